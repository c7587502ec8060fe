// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/warm_up.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "scenarios/src/replications.hpp"
#include "sim-core/stats/truncation.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

constexpr int pilots = 5;
/// Times the scenario's length: where a series seems to change at its middle, that may be chance,
/// and more of it tells (Hoad, Robinson and Davies, "Automating warm-up length estimation", Journal
/// of the Operational Research Society 61, 2010).
constexpr int longest_pilots = 4;
constexpr std::int64_t windows = 1000; ///< of a pilot: a truncation is a multiple of five
constexpr double answers_enough = 20;  ///< in a value of the latency, in the mean

scenario_spec pilot_of(const scenario_spec& spec, int times_as_long) {
    scenario_spec pilot = spec;
    pilot.length *= times_as_long;
    pilot.finds_warmup = false;
    pilot.most_replications.reset();
    pilot.faults.clear();
    pilot.expectations.clear();
    pilot.tracing.reset();
    pilot.drain = duration::zero();
    pilot.window = std::max(duration{1}, pilot.length / windows);
    return pilot;
}

/// Of the windows that are whole.
std::size_t whole_windows(const run_result& r) {
    return static_cast<std::size_t>(r.length / r.window);
}

std::vector<double> in_system(const run_result& r) {
    std::vector<double> series(whole_windows(r));
    for (const service_result& service : r.services)
        for (std::size_t i = 0; i < std::min(series.size(), service.windows.size()); ++i)
            series[i] += in_seconds(service.windows[i].in_system);
    return series;
}

/// Of requests by when they were sent, of all workloads.
std::vector<window> traffic_windows(const run_result& r) {
    std::vector<window> all(whole_windows(r));
    for (const workload_result& workload : r.workloads)
        for (std::size_t i = 0; i < std::min(all.size(), workload.traffic.windows.size()); ++i)
            all[i].merge(workload.traffic.windows[i]);
    return all;
}

/// The mean latency, each value of as many windows as have answers enough; where one has none, as
/// the one before it.
struct latency_series {
    std::vector<double> values;
    std::size_t windows_each = 1;
};
latency_series latencies(const run_result& r) {
    const auto all = traffic_windows(r);
    std::uint64_t answers = 0;
    for (const window& each : all)
        answers += each.good;
    if (answers == 0)
        return {};
    const double each = static_cast<double>(answers) / static_cast<double>(all.size());
    latency_series series;
    series.windows_each = static_cast<std::size_t>(std::clamp(answers_enough / each, 1.0, 20.0));
    for (std::size_t i = 0; i + series.windows_each <= all.size(); i += series.windows_each) {
        window sum;
        for (std::size_t j = 0; j < series.windows_each; ++j)
            sum.merge(all[i + j]);
        const double before = series.values.empty() ? 0 : series.values.back();
        series.values.push_back(sum.good == 0 ? before
                                              : in_seconds(sum.good_latency_sum) /
                                                    static_cast<double>(sum.good));
    }
    return series;
}

/// Of some pilots: what was found, or what still changes at their middle.
struct looked_at {
    warm_up found;
    const char* unsettled = nullptr;
};

looked_at look_at(const run_result& r, const scenario_spec& pilot) {
    looked_at result{.found = {.pilots = pilots, .pilot_length = pilot.length}};
    const auto consider = [&](const std::vector<double>& series, std::size_t windows_each,
                              const char* what) {
        const auto cut = sim::mser_truncation(series);
        if (!cut) {
            result.unsettled = what;
            return;
        }
        const duration length = pilot.window * static_cast<std::int64_t>(*cut * windows_each);
        if (length > result.found.length) {
            result.found.length = length;
            result.found.decided_by = what;
        }
    };
    const auto latency = latencies(r);
    if (!latency.values.empty())
        consider(latency.values, latency.windows_each, "the latencies");
    consider(in_system(r), 1, "the requests in the system");
    return result;
}

[[noreturn]] void never_settles(const scenario_spec& spec, const looked_at& last) {
    throw topology::input_error(
        {spec.warmup_where,
         fmt::format("no warm-up can be found: in {} pilot runs of {} {} still change at the "
                     "middle; give a longer duration, or a load that the system can bear, or "
                     "write how long the warm-up is",
                     pilots, topology::format_duration(last.found.pilot_length), last.unsettled),
         ""});
}

} // namespace

warm_up find_warm_up(const scenario_spec& spec, const replication_options& options) {
    replication_options how;
    how.seed = random_stream(options.seed, "warm-up")() >> 11; // as small as a file's may be
    how.replications = pilots;
    how.threads = options.threads;
    how.stop = options.stop;
    for (int times_as_long = 1;; times_as_long *= 2) {
        const scenario_spec pilot = pilot_of(spec, times_as_long);
        const run_result r = run_replications(pilot, how).merged;
        if (r.status == run_status::aborted)
            return {.pilots = pilots, .pilot_length = pilot.length};
        const looked_at result = look_at(r, pilot);
        if (result.unsettled == nullptr)
            return result.found;
        if (times_as_long == longest_pilots)
            never_settles(spec, result);
    }
}

scenario_spec with_warm_up(const scenario_spec& spec, const warm_up& found) {
    scenario_spec settled = spec;
    settled.finds_warmup = false;
    settled.warmup = found.length;
    topology::error_collector errors;
    for (const fault_spec& fault : spec.faults)
        if (fault.at < found.length)
            errors.add({fault.where,
                        fmt::format("the fault begins at {}, but the warm-up that was found takes "
                                    "{}: begin it later (times are from the beginning of the run)",
                                    topology::format_duration(fault.at),
                                    topology::format_duration(found.length)),
                        ""});
    errors.finish();
    return settled;
}

} // namespace windtunnel::scenario
