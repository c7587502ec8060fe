// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/result.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "scenarios/result_support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

/// Everything that a merge adds up, as text.
std::string fingerprint(const run_result& r) {
    std::string text;
    const auto add = [&](auto number) { text += std::to_string(number) + " "; };
    const auto add_wide = [&](sim::wide_integer number) {
        add(static_cast<std::int64_t>(number >> 64));
        add(static_cast<std::uint64_t>(number));
    };
    const auto add_histogram = [&](const sim::histogram& h) {
        h.for_each_bucket([&](const sim::histogram_bucket& b) {
            add(b.lowest.count());
            add(b.count);
        });
        add_wide(h.sum_ns());
    };
    const auto add_traffic = [&](const traffic& t) {
        for (const tally& each : t.phases) {
            add(each.requests);
            for (const auto failures : each.failures)
                add(failures);
            add(each.attempts);
            add(each.degraded);
            add_histogram(each.good_latency);
            add_histogram(each.failed_latency);
        }
        for (const window& w : t.windows) {
            add(w.sent);
            add(w.good);
            add_wide(w.good_latency_sum);
            add(w.good_latency_max.count());
        }
    };
    for (const auto seed : r.seeds)
        add(seed);
    add(static_cast<int>(r.status));
    add(r.ended.count());
    for (const phase& p : r.phases)
        add(p.span.count());
    for (const workload_result& w : r.workloads) {
        add_traffic(w.traffic);
        add(w.sent);
        add(w.in_flight);
    }
    for (const endpoint_result& e : r.endpoints)
        add_traffic(e.traffic);
    for (const edge_result& e : r.edges)
        add_traffic(e.traffic);
    for (const service_result& s : r.services)
        for (const service_tally& t : s.phases) {
            add(t.span.count());
            add_wide(t.levels.busy);
            add_wide(t.levels.in_queue);
            add(t.arrivals);
            add(t.lost);
            add_wide(t.wait_sum);
        }
    for (const fault_activation& a : r.activations)
        add(a.begin.count());
    return text;
}

run_result some_result(std::uint64_t seed) {
    static const scenario_spec scenario = shop_with("{}");
    run_result r = empty_result(scenario);
    r.seeds = {seed};
    const auto count = [] { return *rc::gen::inRange<std::uint64_t>(0, 1000); };
    const auto time = [] { return duration{*rc::gen::inRange<std::int64_t>(0, 100'000'000'000)}; };
    for (tally& t : r.workloads[0].traffic.phases) {
        add_good(t, count(), time());
        add_failed(t, count(), time(), failure_kind::timed_out);
    }
    fill(r.edges[1].traffic, 0, 1 + count() % 200, count(), time());
    for (service_tally& t : r.services[0].phases) {
        t.levels.busy = sim::wide_integer{time().count()} * 1'000'000'000;
        t.levels.in_queue = time().count();
        t.arrivals = count();
        t.wait_sum = time().count();
    }
    r.activations = {{"slow pay", seed, time(), 100s}};
    r.status = count() < 100 ? run_status::aborted : run_status::complete;
    r.ended = time();
    return r;
}

run_result merged(run_result a, const run_result& b) {
    a.merge(b);
    return a;
}

std::string merge_message(const std::string& patch) {
    run_result a = empty_result(shop_with("{}"));
    return message_of([&] { a.merge(empty_result(shop_with(patch))); });
}

} // namespace

TEST_CASE("merging is associative, to the last bit") {
    CHECK(rc::check([] {
        const auto a = some_result(1), b = some_result(2), c = some_result(3);
        RC_ASSERT(fingerprint(merged(merged(a, b), c)) == fingerprint(merged(a, merged(b, c))));
    }));
}

TEST_CASE("merging adds counts, histograms, spans and integrals") {
    const auto s = shop_with("{}");
    run_result a = empty_result(s), b = empty_result(s);
    add_good(a.workloads[0].traffic.phases[overall], 3, 10ms);
    add_good(b.workloads[0].traffic.phases[overall], 1, 30ms);
    add_failed(b.workloads[0].traffic.phases[overall], 2, 50ms, failure_kind::overloaded);
    a.services[0].phases[overall].levels.busy = 5;
    b.services[0].phases[overall].levels.busy = 7;
    b.seeds = {2};
    a.merge(b);
    const tally& t = a.workloads[0].traffic.phases[overall];
    CHECK(t.requests == 6);
    CHECK(t.failed() == 2);
    CHECK(t.good() == 4);
    CHECK(t.good_latency.mean_seconds() == Approx(0.015));
    CHECK(t.good_latency.max() == 30ms);
    CHECK(a.phases[overall].span == 200s);
    CHECK((a.services[0].phases[overall].levels.busy == 12));
    CHECK(a.services[0].phases[overall].span == 200s);
    CHECK(a.seeds == std::vector<std::uint64_t>{1, 2});
    CHECK(a.status == run_status::complete);
}

TEST_CASE("a merge with a run that was aborted is aborted") {
    const auto s = shop_with("{}");
    run_result a = empty_result(s), b = empty_result(s);
    b.status = run_status::aborted;
    b.ended = 33s;
    a.merge(b);
    CHECK(a.status == run_status::aborted);
    CHECK(a.ended == 33s);
}

TEST_CASE("results of different scenarios do not merge") {
    CHECK(merge_message(R"({"name":"other"})") == "merging results: scenario is \"shop\" here and "
                                                  "\"other\" there: they must be of one scenario");
    CHECK(merge_message(R"({"duration":"90s"})") ==
          "merging results: length is \"1m40s\" here and \"1m30s\" there: they must be of one "
          "scenario");
    CHECK(merge_message(R"({"window":"2s"})") ==
          "merging results: window is \"1s\" here and \"2s\" there: they must be of one scenario");
    CHECK(merge_message(R"({"faults":[]})") ==
          "merging results: the number of phases is \"5\" here and \"2\" there: they must be of "
          "one scenario");
    CHECK(merge_message(R"({"faults":[{"name":"slow pay","at":"50s","for":"10s",
        "pause":{"on":"pay"}}]})") == "merging results: the end of before 'slow pay' is \"40s\" "
                                      "here and \"50s\" there: they must be of one scenario");
}

TEST_CASE("the phases of a scenario are the whole, what counts, and three for each fault") {
    const auto phases = phases_of(shop_with("{}"));
    REQUIRE(phases.size() == 5);
    CHECK(phases[whole].name() == "whole run");
    CHECK(phases[whole].begin == 0s);
    CHECK(phases[whole].end == 110s);
    CHECK(phases[overall].name() == "overall");
    CHECK(phases[overall].begin == 10s);
    CHECK(phases[before].name() == "before 'slow pay'");
    CHECK(phases[before].begin == 10s);
    CHECK(phases[before].end == 40s);
    CHECK(phases[during].begin == 40s);
    CHECK(phases[during].end == 60s);
    CHECK(phases[after].name() == "after 'slow pay'");
    CHECK(phases[after].begin == 60s);
    CHECK(phases[after].end == 110s);
}

TEST_CASE("phases of no length are left out") {
    const auto early = phases_of(shop_with(R"({"faults":[{"name":"f","at":"5s","for":"20s",
        "pause":{"on":"pay"}}]})"));
    REQUIRE(early.size() == 4);
    CHECK(early[2].name() == "during 'f'");
    CHECK(early[2].begin == 10s);
    const auto endless = phases_of(shop_with(R"({"faults":[{"name":"f","at":"50s","for":"20m",
        "pause":{"on":"pay"}}]})"));
    REQUIRE(endless.size() == 4);
    CHECK(endless[3].name() == "during 'f'");
    CHECK(endless[3].end == 110s);
}

TEST_CASE("a request that met the fault counts neither before nor after it") {
    const auto phases = phases_of(shop_with("{}"));
    const auto places = [&](duration sent, duration over) {
        std::vector<std::size_t> in;
        for (std::size_t i = 0; i < phases.size(); ++i)
            if (phases[i].covers(sent, over))
                in.push_back(i);
        return in;
    };
    using list = std::vector<std::size_t>;
    CHECK(places(5s, 6s) == list{whole});
    CHECK(places(5s, 50s) == list{whole});
    CHECK(places(10s, 11s) == list{whole, overall, before});
    CHECK(places(39s, 40s - 1ns) == list{whole, overall, before});
    CHECK(places(39s, 40s) == list{whole, overall, during});
    CHECK(places(39s, 70s) == list{whole, overall, during});
    CHECK(places(60s - 1ns, 70s) == list{whole, overall, during});
    CHECK(places(60s, 70s) == list{whole, overall, after});
    CHECK(places(109s, 115s) == list{whole, overall, after});
    CHECK(places(110s, 115s) == list{whole});
}

TEST_CASE("every request that counts overall counts in one of a fault's three phases") {
    CHECK(rc::check([] {
        const auto ms = [](std::int64_t from, std::int64_t to) {
            return std::chrono::milliseconds{*rc::gen::inRange(from, to)};
        };
        const auto at = std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(0, 110'000)};
        const auto length = ms(1, 150'000);
        auto s = shop_with("{}");
        s.faults.front().at = at;
        s.faults.front().length = length;
        const duration sent = ms(0, 110'000), over = sent + ms(0, 50'000);
        int in = 0;
        const auto phases = phases_of(s);
        for (std::size_t i = 2; i < phases.size(); ++i)
            in += phases[i].covers(sent, over) ? 1 : 0;
        RC_ASSERT(in == (phases[overall].covers(sent, over) ? 1 : 0));
    }));
}

TEST_CASE("the traffic of a service is that of its endpoints, of an edge that of its ends") {
    run_result r = empty_result(shop_with("{}"));
    add_good(r.endpoints[1].traffic.phases[overall], 3, 1ms);
    add_good(r.endpoints[2].traffic.phases[overall], 4, 1ms);
    add_good(r.edges[1].traffic.phases[overall], 5, 1ms);
    CHECK(r.of("cart").phases[overall].requests == 7);
    CHECK(r.of("cart.GET /a: b").phases[overall].requests == 4);
    CHECK(r.of("web->cart").phases[overall].requests == 5);
    CHECK(r.of("web->cart.GET /cart").phases[overall].requests == 5);
    CHECK(r.of("readers").phases[overall].requests == 0);
    CHECK_THROWS_WITH(r.of("nobody"), "the result knows no \"nobody\"");
    CHECK(r.find_service("pay")->name == "pay");
    CHECK(r.find_service("readers") == nullptr);
}

} // namespace windtunnel::scenario
