// SPDX-License-Identifier: BSL-1.0
// The figures by which two results are compared, with what each replication contributed to them:
// plain data, which a JSON report carries, so that a saved result can be compared with a later one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

struct replicated_result;

enum class better : std::uint8_t { lower, higher, neither };
std::string_view to_string(better which);

struct figure_sample {
    std::string name; ///< "readers: p99 before 'slow ratings'": as an expectation would say it
    unit_kind unit{};
    better direction = better::neither;
    double value = 0; ///< of all replications together; seconds, share, per second, count
    /// One number a group of replications, in the order of the seeds, whose mean is the figure: see
    /// evidence.hpp. Empty: how sure the figure is cannot be told.
    std::vector<double> values;
};

/// Of one result. A figure that there was nothing to measure of is not there.
struct figure_set {
    std::string scenario, variant, version;
    std::vector<std::uint64_t> seeds;
    std::size_t group_size = 1; ///< replications in a group
    std::vector<figure_sample> figures;
};

/// What to ask `run_replications` for: of each workload, in every phase after the warm-up, the
/// latency (mean, p50, p99), errors and goodput; of each service overall its utilisation and mean
/// wait; of each call overall its mean latency, errors and tries. And what the scenario's own
/// expectations are about.
std::vector<expectation_spec> compared_figures(const scenario_spec& scenario);
/// The name that such a figure has in a result.
std::string figure_name(const expectation_spec& figure);

/// Of a result that `compared_figures` was asked for.
figure_set figure_set_of(const scenario_spec& scenario, const replicated_result& result);

} // namespace windtunnel::scenario
