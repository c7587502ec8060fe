// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/evidence.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/result_support.hpp"
#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/expectation_text.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using s = check_status;

/// The shop with one expectation.
scenario_spec expecting(const std::string& text) {
    scenario_spec spec = shop_with("{}");
    spec.expectations = {parse_expectation(text, spec)};
    return spec;
}

/// A replication in which all readers wait for so long, overall.
run_result replication(const scenario_spec& spec, std::uint64_t seed, duration latency,
                       std::uint64_t good = 1000, std::uint64_t failed = 0) {
    run_result r = empty_result(spec);
    r.seeds = {seed};
    add_good(r.workloads[0].traffic.phases[overall], good, latency);
    add_failed(r.workloads[0].traffic.phases[overall], failed, latency);
    return r;
}

expectation_result judged(const scenario_spec& spec, const std::vector<run_result>& replications,
                          double level = 0.95) {
    evidence seen(spec.expectations);
    run_result all = replications.front();
    for (const run_result& each : replications) {
        seen.add(each);
        if (&each != &replications.front())
            all.merge(each);
    }
    return check_expectations(spec, all, seen, level).front();
}

std::vector<run_result> replications_of(const scenario_spec& spec,
                                        const std::vector<duration>& latencies) {
    std::vector<run_result> all;
    for (std::size_t i = 0; i < latencies.size(); ++i)
        all.push_back(replication(spec, i + 1, latencies[i]));
    return all;
}

const std::vector<duration> around_100ms{98ms, 102ms, 99ms, 101ms, 100ms};

} // namespace

TEST_CASE("an expectation passes or fails where its interval is clear of the bound") {
    const auto passed = expecting("readers: mean < 105ms"),
               failed = expecting("readers: mean < 95ms");
    const auto yes = judged(passed, replications_of(passed, around_100ms));
    CHECK(yes.status == s::passed);
    REQUIRE(yes.interval);
    // Five means with a deviation of 1.581 ms: t of 2.776 times 0.7071 ms.
    CHECK(yes.interval->low == Approx(0.1 - 2.7764 * 0.00070711).epsilon(1e-4));
    CHECK(yes.interval->high == Approx(0.1 + 2.7764 * 0.00070711).epsilon(1e-4));
    CHECK(interval_text(yes) == "98.04 ms to 102 ms at 95 %");
    CHECK(judged(failed, replications_of(failed, around_100ms)).status == s::failed);
}

TEST_CASE("a bound within the interval cannot be told, and the message says what to do") {
    const auto spec = expecting("readers: mean < 101ms");
    const auto found = judged(spec, replications_of(spec, around_100ms));
    CHECK(found.status == s::inconclusive);
    CHECK(found.explanation == "mean = 100 ms (98.04 ms to 102 ms at 95 %) overall of 5000 "
                               "requests: 101 ms is within that; run more replications, or longer");
    CHECK(judged(spec, replications_of(spec, around_100ms), 0.6).status == s::passed);
}

TEST_CASE("percentiles have the interval of the merged histogram") {
    const auto spec = expecting("readers: p50 < 101ms");
    std::vector<run_result> runs;
    for (const duration shift : around_100ms) { // 50 to 150 ms, a little more or less of it
        runs.push_back(replication(spec, runs.size() + 1, shift, 0));
        for (int i = -50; i <= 50; ++i)
            add_good(runs.back().workloads[0].traffic.phases[overall], 10,
                     shift + std::chrono::milliseconds{i});
    }
    const auto found = judged(spec, runs);
    REQUIRE(found.interval);
    CHECK(found.interval->low == Approx(0.098).margin(0.001));
    CHECK(found.interval->high == Approx(0.102).margin(0.001));
    CHECK(found.status == s::inconclusive);
}

TEST_CASE("a percentile that the values do not reach far enough beyond tells nothing") {
    for (const std::string bound : {"< 105ms", "< 90ms", "> 105ms", "> 90ms"}) {
        const auto spec = expecting("readers: p99 " + bound);
        const auto found =
            judged(spec, replications_of(spec, around_100ms)); // five values, in fact
        CHECK_FALSE(found.interval);
        CHECK(found.status == s::inconclusive);
        CHECK_THAT(found.explanation, Contains("the replications differ too much to tell"));
    }
    const auto median = expecting("readers: p50 < 105ms"); // three have more, three less
    CHECK(judged(median, replications_of(median, around_100ms)).status == s::passed);
}

TEST_CASE("no error in some requests does not say that there is never one") {
    const auto few = expecting("readers: errors < 1%");
    std::vector<run_result> runs;
    for (std::uint64_t i = 1; i <= 10; ++i)
        runs.push_back(replication(few, i, 100ms, 20));
    const auto found = judged(few, runs);
    REQUIRE(found.interval);
    CHECK(found.interval->low == 0);
    CHECK(found.interval->high == Approx(1 - std::pow(0.025, 1. / 200)));
    CHECK(found.status == s::inconclusive);
}

TEST_CASE("one replication of several that saw something has no interval") {
    const auto spec = expecting("readers: mean < 1s");
    std::vector<run_result> runs;
    for (std::uint64_t i = 1; i <= 5; ++i)
        runs.push_back(replication(spec, i, 100ms, i == 3 ? 1 : 0));
    CHECK_FALSE(judged(spec, runs).interval);
}

TEST_CASE("one run, and a figure whose error is not known, have no interval") {
    const auto mean = expecting("readers: mean < 101ms"), most = expecting("readers: max < 101ms");
    CHECK_FALSE(judged(mean, replications_of(mean, {100ms})).interval);
    const auto found = judged(most, replications_of(most, {98ms, 99ms, 100ms}));
    CHECK_FALSE(found.interval);
    CHECK(found.status == s::passed);
}

TEST_CASE("no interval goes below zero") {
    const auto spec = expecting("readers: errors < 50%");
    std::vector<run_result> runs;
    for (std::uint64_t i = 1; i <= 4; ++i)
        runs.push_back(replication(spec, i, 10ms, 1000, i == 4 ? 10 : 0));
    const auto found = judged(spec, runs);
    REQUIRE(found.interval);
    CHECK(found.interval->low == 0);
    CHECK(found.status == s::passed);
}

TEST_CASE("no interval of a share goes above all") {
    const auto spec = expecting("readers: errors > 50%");
    const auto found =
        judged(spec, {replication(spec, 1, 10ms, 10, 1000), replication(spec, 2, 10ms, 500, 1000)});
    REQUIRE(found.interval);
    CHECK(found.interval->high == 1);
    CHECK(interval_text(found).find("to 100 % at 95 %") != std::string::npos);
}

TEST_CASE("of many replications neighbours are put together, and the interval stays sound") {
    figure_evidence figure;
    const std::size_t many = 3 * figure_evidence::most_groups;
    for (std::size_t i = 0; i < many; ++i)
        figure.add(mean_of(i % 2 == 0 ? 9.0 : 11.0, 1));
    CHECK(figure.replications() == many);
    CHECK(figure.group_size() == 4);
    CHECK(figure.values().size() == many / 4);
    const auto found = figure.interval(0.95);
    REQUIRE(found);
    CHECK(found->middle() == Approx(10));
    CHECK(found->contains(10));
}

TEST_CASE("a phase that some replications saw nothing of is judged by the others") {
    const auto spec = expecting("readers: mean < 105ms");
    auto runs = replications_of(spec, around_100ms);
    run_result nothing = empty_result(spec);
    nothing.seeds = {6};
    runs.push_back(nothing);
    const auto found = judged(spec, runs);
    REQUIRE(found.interval);
    CHECK(*found.observed == Approx(0.1));
    CHECK(found.status == s::passed);
}

} // namespace windtunnel::scenario
