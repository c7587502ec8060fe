// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/tracing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::int64_t most_windows = 1000;

duration whole_run(const scenario_spec& scenario) {
    return scenario.warmup + scenario.length + scenario.drain;
}

/// A hundredth of the run.
duration usual_window(const scenario_spec& scenario) {
    constexpr int parts = 100;
    return std::max(duration{1}, (whole_run(scenario) + duration{parts - 1}) / parts);
}

duration window_of(const scenario_spec& scenario) {
    return scenario.tracing->window.value_or(usual_window(scenario));
}

trace_options options_of(const scenario_spec& scenario) {
    const tracing_spec& asked = *scenario.tracing;
    return {.head = asked.head,
            .slowest = asked.slowest,
            .window = window_of(scenario),
            .windows = most_windows + 1,
            .errors = asked.errors,
            .sample = asked.sample,
            .spans = asked.spans,
            .wanted = asked.wanted};
}

} // namespace

const topology::field_table<tracing_spec>& tracing_table() {
    using s = tracing_spec;
    using topology::count_kind;
    static const auto table =
        topology::field_table<tracing_spec>(
            "tracing", "Which requests are recorded span by span, and which of their traces are "
                       "kept, of each workload. A request that nothing here chooses leaves "
                       "nothing behind.")
            .with("head", &s::head, topology::share_kind(),
                  {.help = "Requests that are recorded at all, chosen by their trace ids; the "
                           "rest of this chooses among them.",
                   .fallback = "100%"})
            .with("slowest", &s::slowest, count_kind<std::uint32_t>(0, 10'000),
                  {.help = "The slowest of each window are kept.", .fallback = "10"})
            .with("window", &s::window, topology::duration_kind(),
                  {.help = "Of `slowest`; a run has at most 1,000.",
                   .fallback = "a hundredth of the run"})
            .with("errors", &s::errors, count_kind<std::uint32_t>(0, 100'000),
                  {.help = "Failed requests that are kept; of more than that a random choice.",
                   .fallback = "100"})
            .with("sample", &s::sample, count_kind<std::uint32_t>(0, 100'000),
                  {.help = "Of all that are recorded, a random choice of so many is kept.",
                   .fallback = "100"})
            .with("spans", &s::spans, count_kind<std::uint32_t>(1, 1'000'000),
                  {.help = "Of one trace; more are counted and left out.", .fallback = "1000"});
    return table;
}

void check_tracing(const topology::node& at, const scenario_spec& scenario) {
    const duration window = window_of(scenario);
    if (whole_run(scenario) / window <= most_windows)
        return;
    const topology::node* said = at.find("window");
    topology::fail(said != nullptr ? *said : at,
                   fmt::format("the run has {} windows of {}, in each of which traces are kept; "
                               "there may be at most {}: write a longer one, such as \"window\": "
                               "\"{}\"",
                               whole_run(scenario) / window, topology::format_duration(window),
                               most_windows, topology::format_duration(usual_window(scenario))));
}

std::unique_ptr<span_recorder> recorder_of(const scenario_spec& scenario, const environment& env) {
    if (!scenario.tracing)
        return nullptr;
    std::vector<random_stream> ids;
    for (const auto& service : scenario.topology.services)
        ids.push_back(env.stream(service.name + "/trace ids"));
    for (const workload_spec& workload : scenario.workloads)
        ids.push_back(env.stream(workload.name + "/trace ids"));
    return std::make_unique<span_recorder>(options_of(scenario), std::move(ids),
                                           env.stream("kept traces"));
}

trace_result traces_of(const span_recorder& recorder, const scenario_spec& scenario,
                       std::uint64_t seed) {
    const trace_options& options = recorder.options();
    const auto& counts = recorder.counted();
    trace_result result{.bounds = {options.slowest, options.errors, options.sample, options.window},
                        .services = static_cast<std::uint32_t>(scenario.topology.services.size()),
                        .origins = {},
                        .recorded = counts.recorded,
                        .crowded = counts.crowded,
                        .under_way = recorder.under_way(),
                        .broken = counts.broken,
                        .lost_calls = counts.lost_calls,
                        .detached = counts.detached,
                        .kept = {}};
    for (const auto& service : scenario.topology.services)
        result.origins.push_back({service.name, counts.begun[result.origins.size()]});
    for (const workload_spec& workload : scenario.workloads)
        result.origins.push_back({workload.name, counts.begun[result.origins.size()]});
    for (trace& each : recorder.kept())
        result.kept.push_back({seed, std::move(each)});
    return result;
}

} // namespace windtunnel::scenario
