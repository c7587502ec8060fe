// SPDX-License-Identifier: BSL-1.0
// Several replications of a scenario on several threads, merged in the order of their seeds: the
// result is the same bytes whatever the number of threads. A topology with a platform runs each
// replication in a forked child, because SimGrid is one engine to a process and cannot be reset.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "scenarios/src/evidence.hpp"
#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"
#include "scenarios/src/verdict.hpp"
#include "scenarios/src/warm_up.hpp"

namespace windtunnel::scenario {

struct replication_progress {
    double share = 0; ///< 0 to 1, of all replications that are planned so far
    int done = 0, all = 1;
    std::uint64_t events = 0;
};

struct replication_options {
    std::uint64_t seed = 1; ///< of the first; the others count up from it
    int replications = 1;   ///< not looked at where the scenario says until when: see below
    unsigned threads = 1;
    /// More of which to keep what each replication contributed (see evidence.hpp).
    std::vector<expectation_spec> figures = {};
    /// Called a few times a second from the calling thread. May be empty.
    std::function<void(const replication_progress&)> progress = {};
    /// Looked at all the time: when it becomes true the runs stop where they are and what they have
    /// found is returned as aborted. (A child that does not answer in two seconds is killed, and
    /// its run is left out.) May be nullptr.
    const std::atomic<bool>* stop = nullptr;
};

struct replicated_result {
    run_result merged;
    std::vector<std::uint64_t> seeds;             ///< of the replications that `merged` holds
    std::vector<expectation_result> expectations; ///< with intervals at the scenario's confidence
    scenario::verdict verdict = verdict::passed;
    evidence figures;               ///< those that were asked for
    std::optional<warm_up> settled; ///< how the warm-up was found, where it was
    /// Where the number of replications was found: whether there are that many because the
    /// expectations could be told, not because there may be no more.
    std::optional<bool> clear;
    /// Where it was compared with an earlier result: how many figures are worse now.
    std::optional<std::size_t> worse_than_before;
    std::size_t gone_since = 0; ///< figures that the earlier result has and this one has not
};

/// The scenario's `finds_warmup` makes pilot runs first; its `most_replications` makes as many
/// replications as are needed to tell on which side of its bound each expectation is
/// (sim-core/stats/sequential.hpp), at most that many. Throws topology::input_error for what only
/// building the system, or SimGrid, can find, and for a run that comes to an instant without end
/// (see run_limits).
replicated_result run_replications(const scenario_spec& spec, const replication_options& options);

} // namespace windtunnel::scenario
