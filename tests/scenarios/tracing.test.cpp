// SPDX-License-Identifier: BSL-1.0
// Traces of a whole run: what is kept of it, and that nothing else depends on it.
#include "scenarios/src/tracing.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "patterns/trace/trace_id.hpp"
#include "scenarios/catalogue/support.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/reports/text.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

scenario_spec traced(const std::string& name, double head = 1) {
    scenario_spec spec = shipped(name);
    spec.tracing.emplace();
    spec.tracing->head = head;
    return spec;
}

run_result without_traces(run_result r) {
    r.traces.reset();
    return r;
}

replicated_result run_on(const scenario_spec& spec, int replications, unsigned threads) {
    replication_options options;
    options.replications = replications;
    options.threads = threads;
    return run_replications(spec, options);
}

} // namespace

TEST_CASE("what a run finds is the same bytes, whatever is recorded of it") {
    const auto name = GENERATE(as<std::string>{}, "retry-storm", "hedging-cuts-the-tail",
                               "cache-carries-the-reads", "fallback-inside-a-retry",
                               "codel-keeps-the-queue-short");
    INFO(name);
    scenario_spec plain = traced(name);
    plain.tracing.reset();
    const auto expected = run_once(plain, 1);
    const std::string bytes = to_archive(expected.merged);
    for (const double head : {1.0, 0.01, 0.0}) {
        const scenario_spec spec = traced(name, head);
        const auto recorded = run_once(spec, 1);
        REQUIRE(recorded.merged.traces);
        CHECK(to_archive(without_traces(recorded.merged)) == bytes);
        CHECK(text_report(spec, recorded, {}) == text_report(plain, expected, {}));
    }
}

TEST_CASE("the same seed keeps the same traces, whatever the number of threads") {
    const scenario_spec spec = traced("retry-storm", 0.2);
    const auto one = run_on(spec, 4, 1), two = run_on(spec, 4, 2);
    CHECK(to_archive(one.merged) == to_archive(two.merged));
    CHECK(one.merged.traces->kept.size() > 100);
}

TEST_CASE("every request of a workload begins a trace, and those that were over can be kept") {
    scenario_spec spec = traced("bookinfo-ratings-delay");
    spec.tracing->sample = 100'000;
    const auto run = run_once(spec, 1).merged;
    const trace_result& traces = *run.traces;
    std::uint64_t sent = 0, over = 0;
    for (const workload_result& w : run.workloads) {
        sent += w.sent;
        over += w.traffic.phases[whole_phase].requests;
    }
    CHECK(traces.begun() == sent);
    CHECK(traces.recorded == sent);
    CHECK(traces.kept.size() + traces.under_way == sent);
    CHECK(traces.kept.size() <= over);
    CHECK(traces.broken == 0);
    std::multiset<duration> lengths;
    for (const kept_trace& each : traces.kept)
        lengths.insert(each.what.length());
    const auto& all = run.workloads[0].traffic.phases[whole_phase];
    CHECK(*lengths.rbegin() >= all.good_latency.max());
}

TEST_CASE("replications are merged within the bounds of one run") {
    scenario_spec spec = traced("retry-storm");
    spec.tracing->slowest = 2;
    spec.tracing->errors = 10;
    spec.tracing->sample = 20;
    const auto one = run_on(spec, 1, 1).merged, five = run_on(spec, 5, 2).merged;
    CHECK(five.traces->recorded > 4 * one.traces->recorded);
    const std::size_t workloads = spec.workloads.size();
    CHECK(five.traces->kept.size() <= workloads * (101 * 2 + 10 + 20));
    duration slowest_of_one{}, slowest_of_five{};
    std::set<std::uint64_t> seeds_kept;
    for (const kept_trace& each : one.traces->kept)
        slowest_of_one = std::max(slowest_of_one, each.what.length());
    for (const kept_trace& each : five.traces->kept) {
        slowest_of_five = std::max(slowest_of_five, each.what.length());
        seeds_kept.insert(each.seed);
    }
    CHECK(slowest_of_five >= slowest_of_one);
    CHECK(seeds_kept.size() == 5);
}

TEST_CASE("a trace that an id asks for is kept, though nothing else is recorded") {
    const auto all = run_once(traced("retry-storm"), 1).merged;
    const trace& one = all.traces->kept.at(17).what;
    scenario_spec spec = traced("retry-storm", 0);
    spec.tracing->wanted = {
        *trace_id_prefix::parse(trace_id_text(one.high, one.low).substr(0, 14))};
    const auto again = run_once(spec, 1).merged;
    REQUIRE(again.traces->kept.size() == 1);
    const trace& found = again.traces->kept[0].what;
    CHECK(found.low == one.low);
    CHECK(found.spans.size() == one.spans.size());
    CHECK(found.spans.back().id == one.spans.back().id);
    CHECK(found.spans.back().end == one.spans.back().end);
}

TEST_CASE("services that lose the context are counted by what they began") {
    scenario_spec spec = traced("bookinfo-ratings-delay");
    for (auto& service : spec.topology.services)
        service.trace_context = topology::context_use::drop;
    const trace_result traces = *run_once(spec, 1).merged.traces;
    CHECK(traces.broken > 0);
    CHECK(traces.lost_calls > 0);
    std::uint64_t begun_by_services = 0;
    for (std::uint32_t i = 0; i < traces.services; ++i)
        begun_by_services += traces.origins[i].begun;
    CHECK(begun_by_services == traces.lost_calls);
}

TEST_CASE("a run may be looked at while it goes on") {
    const scenario_spec spec = traced("retry-storm");
    scenario_run run(spec, 1);
    run.advance_to(1s);
    const auto early = run.result();
    REQUIRE(early.traces);
    run.advance_to(3s);
    CHECK(run.result().traces->recorded > early.traces->recorded);
}

} // namespace windtunnel::scenario
