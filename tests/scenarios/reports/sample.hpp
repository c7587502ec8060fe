// SPDX-License-Identifier: BSL-1.0
// A small scenario and a hand-made result of it, whose every figure is known: a minute of `readers`
// at 10/s through `web` to `db`, which was slow from 20 s to 30 s after a warm-up of 5 s.
#pragma once

#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/result.hpp"

namespace windtunnel::scenario::samples {

using namespace std::chrono_literals;

inline scenario_spec scenario() {
    constexpr const char* text = R"json({
  "title": "A slow database",
  "topology": { "name": "shop", "services": {
    "web": { "workers": 4, "endpoints": {
        "GET /": { "work": "2ms", "steps": [ { "call": "db.query", "timeout": "1s" } ] } } },
    "db": { "workers": 2, "endpoints": { "query": { "work": "1ms" }, "insert": {} } } } },
  "seed": 7, "warmup": "5s", "duration": "60s", "window": "20s",
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "constant(10/s)" } ],
  "faults": [ { "name": "slow db", "at": "20s", "for": "10s",
                "latency": { "on": "db", "add": "2s" } } ],
  "expect": [ "readers: p99 < 50ms before 'slow db'",
              "readers: errors(timed_out) < 10% during 'slow db'",
              "db: utilisation < 50%",
              "web->db: attempts < 3",
              "readers: max < 3s after 'slow db'" ]
})json";
    auto spec =
        parse_scenario(topology::document::parse(text, "shop/slow.json"), "shop", "slow", {});
    return spec;
}

/// `good` answers of 10 ms, and `timed_out` ones of 1 s.
inline tally requests(std::uint64_t good, std::uint64_t timed_out, std::uint64_t retries = 0) {
    tally t;
    t.requests = good + timed_out;
    t.failures[static_cast<std::size_t>(failure_kind::timed_out)] = timed_out;
    t.attempts = t.requests + retries;
    t.degraded = good / 100;
    t.good_latency.record(10ms, good);
    t.failed_latency.record(1s, timed_out);
    return t;
}

/// 600 requests after the warm-up: 150 before, 110 during (60 of them failed), 340 after.
inline traffic minute(std::uint64_t retries) {
    traffic t;
    t.phases = {requests(590, 60, retries), requests(540, 60, retries), requests(150, 0),
                requests(50, 60, retries), requests(340, 0)};
    t.windows = {{200, 200, 0, 199, 2'000'000'000, 10ms},
                 {200, 140, 60, 140, 1'400'000'000, 10ms},
                 {250, 250, 0, 250, 2'500'000'000, 10ms}};
    return t;
}

inline service_tally half_busy(duration span, std::uint64_t arrivals) {
    service_tally t;
    t.span = span;
    const auto ns = static_cast<sim::wide_integer>(span.count());
    t.levels = {ns, 2 * ns, 3 * ns, ns / 2};
    t.arrivals = arrivals;
    t.completed = arrivals - 1;
    t.abandoned = 1;
    t.waits = arrivals;
    t.wait_sum = static_cast<sim::wide_integer>(arrivals) * 500'000;
    return t;
}

inline service_result service(const std::string& name) {
    service_result s;
    s.name = name;
    s.phases = {half_busy(65s, 650), half_busy(60s, 600), half_busy(15s, 150), half_busy(10s, 110),
                half_busy(35s, 340)};
    s.windows = {s.phases[0].levels, s.phases[1].levels, s.phases[2].levels};
    return s;
}

/// Of a breaker that opened once, in the fault, for 6 s; and of a bulkhead that had nothing to do.
inline std::vector<policy_result> policies(std::uint64_t seed) {
    policy_result breaker;
    breaker.caller = "web";
    breaker.callee = "db";
    breaker.machines = 1;
    policy_result bulkhead = breaker;
    breaker.kind = "circuit_breaker";
    breaker.counters = {"admitted", "breaker_open", "late_results", "opened"};
    breaker.levels = {"closed", "open"};
    const auto tallied = [](duration span, std::uint64_t calls, std::uint64_t refused,
                            duration open) {
        return policy_tally{span,
                            {calls, refused, refused / 10, refused > 0 ? 1U : 0U},
                            {(span - open).count(), open.count()}};
    };
    breaker.phases = {tallied(65s, 630, 60, 6s), tallied(60s, 580, 60, 6s),
                      tallied(15s, 150, 0, 0s), tallied(10s, 90, 60, 6s), tallied(35s, 340, 0, 0s)};
    breaker.windows = {tallied(20s, 200, 0, 0s), tallied(20s, 180, 60, 6s),
                       tallied(20s, 200, 0, 0s)};
    breaker.transitions = {
        {seed, 22500ms, "web#0", "closed", "open", "failure rate 55 % of 20 calls"}};
    bulkhead.kind = "bulkhead";
    bulkhead.counters = {"admitted", "bulkhead_full"};
    bulkhead.levels = {"in_use"};
    bulkhead.phases.assign(5, {10s, {100, 0}, {1'000'000'000}});
    bulkhead.windows.assign(3, bulkhead.phases.front());
    return {breaker, bulkhead};
}

inline run_result result(const scenario_spec& spec, std::uint64_t seed = 7) {
    run_result r;
    r.scenario = spec.name;
    r.version = "0.1.0";
    r.seeds = {seed};
    r.ended = 65s;
    r.warmup = spec.warmup;
    r.length = spec.length;
    r.window = spec.window;
    r.phases = phases_of(spec);
    for (phase& p : r.phases)
        p.span = p.end - p.begin;
    traffic none;
    none.phases.resize(r.phases.size());
    r.workloads = {{"readers", minute(0), 650, 0}};
    r.services = {service("web"), service("db")};
    r.endpoints = {{"web", "GET /", minute(0)}, {"db", "query", minute(0)}, {"db", "insert", none}};
    r.edges = {{"readers", "web", "GET /", minute(0)}, {"web", "db", "query", minute(40)}};
    r.policies = policies(seed);
    r.activations = {{"slow db", seed, 20s, 30s}};
    return r;
}

inline replicated_result checked(const scenario_spec& spec, run_result merged) {
    replicated_result all;
    all.seeds = merged.seeds;
    all.expectations = check_expectations(spec, merged);
    all.verdict = verdict_of(all.expectations, merged.status);
    all.merged = std::move(merged);
    return all;
}

inline replicated_result checked(const scenario_spec& spec) {
    return checked(spec, result(spec));
}

} // namespace windtunnel::scenario::samples
