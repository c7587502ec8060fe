// SPDX-License-Identifier: BSL-1.0
// Requests, errors and latency percentiles over time: one point an interval, made of two cumulative
// samples, so each request is in exactly one point: that of the time when it ended. Percentiles are
// those of the interval's own requests, never averages; they are off by at most
// sim::histogram::relative_error, twice that at the ends of the range.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/counters.hpp"

namespace windtunnel::gui {

struct percentiles {
    double p50 = 0, p95 = 0, p99 = 0; ///< seconds
};

struct history_point {
    duration begin{}, end{};
    std::uint64_t sent = 0, good = 0, failed = 0;
    std::optional<percentiles> latency; ///< of good answers; none: there was none

    double per_second(std::uint64_t n) const {
        return static_cast<double>(n) / to_seconds(end - begin);
    }
    double error_share() const;
};

struct workload_history {
    std::string name;
    std::vector<history_point> points;
};

/// What was recorded between two states of one histogram.
sim::histogram recorded_since(const sim::histogram& earlier, const sim::histogram& later);

class history {
  public:
    /// One line for each workload, and, of several, first one for all together.
    explicit history(const std::vector<std::string>& workloads);

    /// Samples come in the order of time, the first at the beginning of the run.
    void add(counters sample);
    const std::vector<workload_history>& lines() const { return lines_; }
    void clear();

  private:
    std::size_t first_workload() const { return lines_.size() > 1 ? 1 : 0; }

    std::vector<workload_history> lines_;
    std::optional<counters> last_;
};

} // namespace windtunnel::gui
