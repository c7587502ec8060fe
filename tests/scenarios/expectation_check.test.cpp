// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_check.hpp"

#include <catch2/catch.hpp>

#include "scenarios/result_support.hpp"
#include "scenarios/src/expectation_text.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

using s = check_status;

const scenario_spec& scenario() {
    static const scenario_spec the_scenario = shop_with("{}");
    return the_scenario;
}

expectation_result check(const std::string& text, const run_result& result) {
    return check_expectation(parse_expectation(text, scenario()), result);
}

run_result nothing() {
    return empty_result(scenario());
}

/// A result in which readers have this tally in each of these phases.
template <class Fill>
run_result readers(const std::vector<std::size_t>& phases, Fill&& fill_tally) {
    run_result r = nothing();
    for (const std::size_t p : phases)
        fill_tally(r.workloads[0].traffic.phases[p]);
    return r;
}

/// 1000 good ones of 100 ms and 10 failed ones of 2 s, overall.
run_result usual() {
    return readers({overall}, [](tally& t) {
        add_good(t, 1000, 100ms);
        add_failed(t, 8, 2s, failure_kind::timed_out);
        add_failed(t, 2, 2s, failure_kind::overloaded);
    });
}

} // namespace

TEST_CASE("latencies are measured of good, failed or all requests") {
    const auto r = usual();
    CHECK(check("readers: p99 < 200ms", r).observed == 0.1);
    CHECK(check("readers: mean < 200ms", r).observed_text == "mean = 100 ms");
    CHECK(check("readers: p50 < 200ms", r).status == s::passed);
    CHECK(check("readers: max < 200ms", r).status == s::passed);
    CHECK(check("readers: max of all < 200ms", r).observed == 2);
    CHECK(check("readers: mean of failed <= 2s", r).status == s::passed);
    CHECK(check("readers: mean of failed < 2s", r).status == s::failed);
    CHECK(*check("readers: mean of all < 2s", r).observed == Approx(120.0 / 1010));
    CHECK(check("readers: p99.9 of all < 1s", r).status == s::failed);
}

TEST_CASE("a failed expectation says what was seen, where, and what was wanted") {
    const auto failed = check("readers: p99 < 100ms", usual());
    CHECK(failed.status == s::failed);
    CHECK(failed.observed_text == "p99 = 100 ms");
    CHECK(failed.phase == "overall");
    CHECK(failed.samples == 1000);
    CHECK(failed.explanation == "p99 = 100 ms overall of 1000 requests, not < 100 ms");
    CHECK(check("readers: p99 < 1s", usual()).explanation ==
          "p99 = 100 ms overall of 1000 requests");
}

TEST_CASE("each comparison holds or not at the bound itself") {
    const auto r = usual();
    CHECK(check("readers: max < 100ms", r).status == s::failed);
    CHECK(check("readers: max <= 100ms", r).status == s::passed);
    CHECK(check("readers: max > 100ms", r).status == s::failed);
    CHECK(check("readers: max >= 100ms", r).status == s::passed);
    CHECK(check("readers: max = 100ms", r).status == s::passed);
    CHECK(check("readers: max = 101ms", r).status == s::failed);
    CHECK(check("readers: max < 101ms", r).status == s::passed);
    CHECK(check("readers: max >= 101ms", r).status == s::failed);
    CHECK(check("readers: max > 99ms", r).status == s::passed);
}

TEST_CASE("values a rounding apart are equal") {
    const auto r = readers({overall}, [](tally& t) {
        add_good(t, 1000, 100ms);
        add_good(t, 2000, 100ms);
    });
    CHECK(check("readers: mean = 100ms", r).status == s::passed);
    CHECK(check("readers: mean < 100ms", r).status == s::failed);
}

TEST_CASE("errors are a share, of all or of one reason") {
    const auto r = usual();
    CHECK(*check("readers: errors < 1%", r).observed == Approx(10.0 / 1010));
    CHECK(check("readers: errors < 1%", r).status == s::passed);
    CHECK(check("readers: errors < 0.9%", r).status == s::failed);
    CHECK(*check("readers: errors(timed_out) < 1%", r).observed == Approx(8.0 / 1010));
    CHECK(check("readers: errors(breaker_open) = 0%", r).status == s::passed);
    CHECK(check("readers: errors = 0%", r).status == s::failed);
}

TEST_CASE("counts and rates are those of the phase") {
    const auto r = usual();
    CHECK(check("readers: requests = 1010", r).status == s::passed);
    CHECK(*check("readers: rate > 10/s", r).observed == Approx(10.1));
    CHECK(*check("readers: goodput >= 10/s", r).observed == Approx(10));
    CHECK(check("readers: goodput >= 10/s", r).status == s::passed);
    CHECK(check("readers: goodput >= 10.1/s", r).observed_text == "goodput = 10/s");
    CHECK(check("readers: requests = 0", nothing()).status == s::passed);
    CHECK(check("readers: goodput > 0/s", nothing()).status == s::failed);
}

TEST_CASE("the requests of merged runs are those of a run, their rate that of all") {
    run_result r = usual();
    r.merge(usual());
    CHECK(check("readers: requests = 1010", r).status == s::passed);
    CHECK(*check("readers: rate > 10/s", r).observed == Approx(10.1));
}

TEST_CASE("degraded is a share of the good answers") {
    const auto r = readers({overall}, [](tally& t) {
        add_good(t, 400, 1ms);
        add_failed(t, 600, 1ms);
        t.degraded = 100;
    });
    CHECK(check("readers: degraded = 25%", r).status == s::passed);
}

TEST_CASE("attempts and calls are counted for each request") {
    run_result r = usual();
    tally& edge = r.edges[2].traffic.phases[overall];
    add_good(edge, 1010, 1ms);
    edge.attempts = 2020;
    add_good(r.endpoints[3].traffic.phases[overall], 2020, 1ms);
    CHECK(check("web->pay: attempts <= 2", r).status == s::passed);
    CHECK(check("web->pay: attempts < 2", r).status == s::failed);
    CHECK(check("pay: calls per readers = 2", r).observed_text == "calls per readers = 2");
    CHECK(check("pay: calls per readers = 2", r).status == s::passed);
    CHECK(check("pay.POST /charge: calls per readers > 2", r).status == s::failed);
    CHECK(check("web->pay: calls per readers = 2", r).status == s::passed);
    CHECK(check("web->pay: requests = 2020", r).status == s::passed);
    CHECK(check("web->cart: calls per readers = 0", r).status == s::passed);
    CHECK(check("web->cart: attempts = 1", r).status == s::inconclusive);
}

TEST_CASE("a service's levels are averages over the phase") {
    run_result r = nothing();
    service_tally& pay = r.services[2].phases[overall];
    pay.levels.workers = sim::wide_integer{200'000'000'000};
    pay.levels.busy = sim::wide_integer{150'000'000'000};
    pay.levels.in_system = sim::wide_integer{350'000'000'000};
    pay.levels.in_queue = sim::wide_integer{200'000'000'000};
    pay.waits = 1000;
    pay.wait_sum = sim::wide_integer{2'000'000'000};
    CHECK(check("pay: utilisation <= 75%", r).status == s::passed);
    CHECK(check("pay: utilisation < 75%", r).observed_text == "utilisation = 75 %");
    CHECK(check("pay: in system = 3.5", r).status == s::passed);
    CHECK(check("pay: in queue = 2", r).status == s::passed);
    CHECK(check("pay: mean wait = 2ms", r).status == s::passed);
    CHECK(check("pay: mean wait = 2ms", r).samples == 1000);
    CHECK(check("cart: mean wait < 2ms", r).status == s::inconclusive);
    CHECK(check("cart: utilisation < 2%", r).status == s::inconclusive);
}

TEST_CASE("a workload is done when its last request is over, in the mean of the runs") {
    const scenario_spec spec = shop_with(R"j({"workload":[{"name":"readers","to":"web.GET /",
        "arrivals":"constant(1/s)","limit":10}]})j");
    const auto checked = [&](const std::string& text, const run_result& r) {
        return check_expectation(parse_expectation(text, spec), r);
    };
    run_result r = empty_result(spec), other = r;
    r.workloads[0].done = 10s;
    other.workloads[0].done = 20s;
    r.workloads[0].runs_done = other.workloads[0].runs_done = 1;
    other.seeds = {2};
    r.merge(other);
    CHECK(checked("readers: done = 15s", r).status == s::passed);
    CHECK(checked("readers: done < 15s", r).explanation == "done = 15 s overall, not < 15 s");
    r.workloads[0].runs_done = 1; // one was not done when it ended
    CHECK(checked("readers: done < 15s", r).status == s::failed);
    CHECK(checked("readers: done > 14s", r).status == s::passed);
    const auto unclear = checked("readers: done < 20s", r);
    CHECK(unclear.status == s::inconclusive);
    CHECK(unclear.explanation ==
          "done > 15 s overall: not all of its requests were over by then; run longer");
}

TEST_CASE("each phase has its own figures") {
    run_result r = nothing();
    auto& phases = r.workloads[0].traffic.phases;
    add_good(phases[before], 1000, 10ms);
    add_good(phases[during], 1000, 5s);
    add_good(phases[after], 1000, 20ms);
    CHECK(check("readers: p99 < 5s before 'slow pay'", r).observed == 0.01);
    CHECK(check("readers: p99 < 6s during 'slow pay'", r).observed == 5);
    CHECK(check("readers: p99 < 6s after 'slow pay'", r).observed == 0.02);
    CHECK(*check("readers: rate > 1/s during 'slow pay'", r).observed == Approx(50));
    CHECK(*check("readers: rate > 1/s after 'slow pay'", r).observed == Approx(20));
    CHECK(check("readers: p99 < 6s during 'slow pay'", r).phase == "during 'slow pay'");
}

TEST_CASE("what is broken before the fault already is an invalid baseline") {
    const auto r = readers({whole, overall, before}, [](tally& t) { add_good(t, 1000, 1s); });
    const auto broken = check("readers: p99 < 500ms before 'slow pay'", r);
    CHECK(broken.status == s::invalid_baseline);
    CHECK(broken.explanation ==
          "p99 = 1 s before 'slow pay' of 1000 requests, not < 500 ms: it did not hold before the "
          "fault, so the run says nothing about the fault");
    CHECK(check("readers: p99 < 500ms always", r).status == s::invalid_baseline);
    CHECK(check("readers: p99 < 500ms", r).status == s::failed);
}

TEST_CASE("always is checked in every phase and reports the worst") {
    run_result r =
        readers({whole, overall, before, during, after}, [](tally& t) { add_good(t, 1000, 10ms); });
    CHECK(check("readers: p99 < 20ms always", r).status == s::passed);
    add_good(r.workloads[0].traffic.phases[during], 1000, 50ms);
    const auto failed = check("readers: p99 < 20ms always", r);
    CHECK(failed.status == s::failed);
    CHECK(failed.phase == "during 'slow pay'");
    CHECK(check("readers: p99 < 60ms always", r).status == s::passed);
    CHECK(check("readers: p99 < 60ms always", r).phase == "during 'slow pay'");
    CHECK(check("readers: goodput > 1/s always", r).phase == "whole run");
}

TEST_CASE("always includes the warm-up and skips phases without requests") {
    run_result r = readers({overall, before}, [](tally& t) { add_good(t, 1000, 10ms); });
    add_good(r.workloads[0].traffic.phases[whole], 1000, 80ms);
    CHECK(check("readers: p99 < 20ms always", r).phase == "whole run");
    CHECK(check("readers: p99 < 20ms always", r).status == s::failed);
    CHECK(check("readers: p99 < 90ms always", r).status == s::passed);
    CHECK(check("readers: p99 < 20ms", r).status == s::passed);
}

TEST_CASE("the baseline of always is the time before the first fault") {
    const auto two = shop_with(R"({"faults":[
        {"name":"second","at":"60s","for":"10s","pause":{"on":"pay"}},
        {"name":"first","at":"30s","for":"10s","pause":{"on":"pay"}}]})");
    run_result r = empty_result(two);
    for (std::size_t i = 0; i < r.phases.size(); ++i)
        add_good(r.workloads[0].traffic.phases[i], 1000,
                 r.phases[i].name() == "before 'second'" ? 1s : 1ms);
    const auto always = parse_expectation("readers: p99 < 500ms always", two);
    CHECK(check_expectation(always, r).status == s::failed);
    for (std::size_t i = 0; i < r.phases.size(); ++i)
        if (r.phases[i].name() == "before 'first'")
            add_good(r.workloads[0].traffic.phases[i], 1000, 1s);
    CHECK(check_expectation(always, r).status == s::invalid_baseline);
}

TEST_CASE("no time before a fault is a baseline where another began in the warm-up") {
    const std::string early = GENERATE(R"("at":"3s","for":"40s")", R"("at":"3s","for":"4s")",
                                       R"("at":"10s","for":"4s")", R"("at":"3s")");
    INFO(early);
    const auto two = shop_with(R"({"faults":[{"name":"late","at":"40s","pause":{"on":"pay"}},
        {"name":"early",)" + early +
                               R"(,"pause":{"on":"pay"}}]})");
    run_result r = empty_result(two);
    for (std::size_t i = 0; i < r.phases.size(); ++i)
        add_failed(r.workloads[0].traffic.phases[i], 1000, 1ms);
    const auto status = [&](const std::string& text) {
        return check_expectation(parse_expectation(text, two), r).status;
    };
    CHECK(status("readers: errors < 1% always") == s::failed);
    CHECK(status("readers: errors < 1% before 'late'") == s::invalid_baseline);
}

TEST_CASE("without requests there is nothing to tell") {
    const auto none = check("readers: p99 < 1s", nothing());
    CHECK(none.status == s::inconclusive);
    CHECK_FALSE(none.observed);
    CHECK(none.observed_text == "no good answers");
    CHECK(none.explanation == "no good answers overall: nothing to measure");
    CHECK(check("readers: errors < 1%", nothing()).observed_text == "no requests");
    CHECK(check("readers: p99 of failed < 1s", nothing()).observed_text == "no failed requests");
    CHECK(check("readers: p99 of all < 1s always", nothing()).status == s::inconclusive);
    CHECK(check("pay: calls per readers = 2", nothing()).status == s::inconclusive);
}

TEST_CASE("a percentile of too few samples tells only what the missing ones cannot change") {
    const auto with = [](std::uint64_t fast, std::uint64_t slow) {
        return readers({overall}, [&](tally& t) {
            add_good(t, fast, 10ms);
            add_good(t, slow, 1s);
        });
    };
    CHECK(check("readers: p99 < 100ms", with(98, 0)).status == s::inconclusive);
    CHECK(check("readers: p99 < 100ms", with(99, 0)).status == s::passed);
    CHECK(check("readers: p99 < 100ms", with(100, 0)).status == s::passed);
    CHECK(check("readers: p99 < 100ms", with(49, 1)).status == s::inconclusive);
    CHECK(check("readers: p99 < 100ms", with(48, 2)).status == s::failed);
    CHECK(check("readers: p99 < 100ms", with(99, 1)).status == s::passed);
    CHECK(check("readers: p99 < 100ms", with(98, 2)).status == s::failed);
    CHECK(check("readers: p50 < 100ms", with(1, 0)).status == s::passed);
    CHECK(check("readers: p99.9 < 100ms", with(900, 0)).status == s::inconclusive);
    const auto few = check("readers: p99 < 100ms", with(50, 0));
    CHECK(few.observed == 0.01);
    CHECK(few.explanation == "p99 = 10 ms overall of 50 requests: too few to tell, at least 100 "
                             "are needed; run longer");
}

TEST_CASE("a share of too few samples tells only what the missing ones cannot change") {
    const auto with = [](std::uint64_t good, std::uint64_t bad) {
        return readers({overall}, [&](tally& t) {
            add_good(t, good, 10ms);
            add_failed(t, bad, 10ms);
        });
    };
    CHECK(check("readers: errors < 1%", with(50, 0)).status == s::inconclusive);
    CHECK(check("readers: errors < 1%", with(49, 1)).status == s::failed);
    CHECK(check("readers: errors <= 1%", with(49, 1)).status == s::inconclusive);
    CHECK(check("readers: errors <= 1%", with(48, 2)).status == s::failed);
    CHECK(check("readers: errors < 1%", with(100, 0)).status == s::passed);
    CHECK(check("readers: errors > 99%", with(0, 50)).status == s::inconclusive);
    CHECK(check("readers: errors = 1%", with(50, 0)).status == s::inconclusive);
    CHECK(check("readers: errors = 0%", with(1, 0)).status == s::passed);
    CHECK(check("readers: errors >= 100%", with(0, 1)).status == s::passed);
}

TEST_CASE("recovery within a time passes, fails, or cannot be told") {
    run_result r = nothing();
    auto& t = r.workloads[0].traffic;
    fill(t, 0, 40, 100, 10ms);
    fill(t, 40, 65, 0, 0ms, 100);
    fill(t, 65, 110, 100, 10ms);
    const auto passed = check("readers: recovers within 5s after 'slow pay'", r);
    CHECK(passed.status == s::passed);
    CHECK(passed.observed == 5);
    CHECK(passed.observed_text == "recovered after 5 s");
    CHECK(passed.explanation == "it is as before from 5 s after the end of 'slow pay' on");
    CHECK(check("readers: recovers within 4s", r).status == s::failed);

    fill(t, 65, 110, 0, 0ms, 100);
    const auto failed = check("readers: recovers within 5s", r);
    CHECK(failed.status == s::failed);
    CHECK(failed.observed_text == "not recovered after 49 s");
    CHECK_FALSE(failed.observed);
    const auto early = check("readers: recovers within 2m", r);
    CHECK(early.status == s::inconclusive);
    CHECK(early.explanation ==
          failed.explanation + "; only 49 s after the fault can be judged: run longer");

    fill(t, 0, 110, 0, 0ms, 100);
    CHECK(check("readers: recovers within 5s", r).status == s::invalid_baseline);
    CHECK(check("web: recovers within 5s", r).status == s::inconclusive);
}

TEST_CASE("recovery is looked for until the next fault, or until the run was stopped") {
    const auto two = shop_with(R"({"faults":[
        {"name":"first","at":"40s","for":"10s","pause":{"on":"pay"}},
        {"name":"second","at":"80s","for":"10s","pause":{"on":"pay"}}]})");
    run_result r = empty_result(two);
    auto& t = r.workloads[0].traffic;
    fill(t, 0, 40, 100, 10ms);
    fill(t, 40, 55, 0, 0ms, 100);
    fill(t, 55, 80, 100, 10ms);
    fill(t, 80, 110, 0, 0ms, 100);
    const auto first = parse_expectation("readers: recovers within 5s after 'first'", two);
    CHECK(check_expectation(first, r).observed == 5);
    fill(t, 55, 80, 0, 0ms, 100);
    r.status = run_status::aborted;
    r.ended = 54s;
    CHECK(check_expectation(first, r).status == s::inconclusive);
}

TEST_CASE("all expectations of a scenario are checked in their order") {
    auto with = shop_with(R"({"expect":["readers: p99 < 1s","readers: errors < 1%"]})");
    const auto checked = check_expectations(with, usual());
    REQUIRE(checked.size() == 2);
    CHECK(checked[0].expectation.text == "readers: p99 < 1s");
    CHECK(checked[1].expectation.metric == metric::errors);
    CHECK(to_string(checked[0].status) == "passed");
}

} // namespace windtunnel::scenario
