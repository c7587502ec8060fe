// SPDX-License-Identifier: BSL-1.0
// `run --trace`: the trace that was asked for, as a waterfall below the report of its run, and what
// else could be asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/trace_search.hpp"
#include "scenarios/src/reports/waterfall.hpp"

namespace windtunnel::cli {

class trace_view {
  public:
    /// As the option has it, where it was given. Throws usage_error.
    explicit trace_view(const std::optional<std::string>& wish);

    bool wanted() const { return wish_.has_value(); }
    /// Makes them record it.
    void ask(std::vector<run_job>& jobs) const;
    /// The waterfall; empty where this run has no such trace, which is said on stderr, or by
    /// finish() where another run may have it.
    std::string show(const run_job& job, const scenario::replicated_result& result,
                     const scenario::waterfall_options& options);
    /// After all runs: whether each had what was asked for (one of them, where it was an id).
    bool finish() const;

  private:
    bool is_id() const { return wish_->what == scenario::trace_wish::kind::id; }

    std::optional<scenario::trace_wish> wish_;
    std::size_t found_ = 0;
    std::vector<std::string> problems_;
};

} // namespace windtunnel::cli
