// SPDX-License-Identifier: BSL-1.0
// Hand-made results of the shop of format_support.hpp: web calls pay for readers, one fault "slow
// pay" from 40 s to 60 s, warm-up 10 s, end at 110 s.
#pragma once

#include <algorithm>

#include "scenarios/format_support.hpp"
#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

/// The phases of the shop, by their place in the result.
enum shop_phase : std::size_t { whole, overall, before, during, after };

inline run_result empty_result(const scenario_spec& scenario) {
    run_result r;
    r.scenario = scenario.name;
    r.seeds = {1};
    r.warmup = scenario.warmup;
    r.length = scenario.length;
    r.window = scenario.window;
    r.ended = scenario.warmup + scenario.length;
    r.phases = phases_of(scenario);
    for (phase& p : r.phases)
        p.span = p.end - p.begin;
    const auto windows = static_cast<std::size_t>(r.ended / r.window);
    const traffic nothing{std::vector<tally>(r.phases.size()), std::vector<window>(windows)};
    r.workloads = {{"readers", nothing, 0, 0}};
    for (const char* service : {"web", "cart", "pay"})
        r.services.push_back({service, std::vector<service_tally>(r.phases.size()), {}, 0});
    for (service_result& s : r.services)
        for (std::size_t i = 0; i < r.phases.size(); ++i)
            s.phases[i].span = r.phases[i].span;
    r.endpoints = {{"web", "GET /", nothing},
                   {"cart", "GET /cart", nothing},
                   {"cart", "GET /a: b", nothing},
                   {"pay", "POST /charge", nothing}};
    r.edges = {{"readers", "web", "GET /", nothing},
               {"web", "cart", "GET /cart", nothing},
               {"web", "pay", "POST /charge", nothing}};
    return r;
}

inline void add_good(tally& t, std::uint64_t count, duration latency) {
    t.requests += count;
    t.attempts += count;
    t.good_latency.record(latency, count);
}

inline void add_failed(tally& t, std::uint64_t count, duration latency,
                       failure_kind kind = failure_kind::error) {
    t.requests += count;
    t.attempts += count;
    t.failures[static_cast<std::size_t>(kind)] += count;
    t.failed_latency.record(latency, count);
}

/// Seconds [from, to) each see this many good requests of this latency, and this many failed ones.
inline void fill(traffic& t, std::size_t from, std::size_t to, std::uint64_t good, duration latency,
                 std::uint64_t failed = 0) {
    t.windows.resize(std::max(t.windows.size(), to));
    for (std::size_t i = from; i < to; ++i)
        t.windows[i] = {good + failed,
                        good,
                        failed,
                        good,
                        sim::wide_integer{latency.count()} * static_cast<std::int64_t>(good),
                        latency};
}

} // namespace windtunnel::scenario
