// SPDX-License-Identifier: BSL-1.0
// scenarios/bookinfo-ratings-delay.json: the task of Istio's documentation.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string file = "bookinfo-ratings-delay";
const std::string during = "during 'delayed ratings'";

/// Work without chance, so that times come out exactly.
const load_options fixed_work{.set = {{"/topology_patch",
                                       R"({"services":{
                 "productpage":{"endpoints":{"GET /productpage":{"work":"4ms"}}},
                 "details":{"endpoints":{"GET /details":{"work":"1ms"}}},
                 "reviews":{"endpoints":{"GET /reviews":{"work":"3ms"}}},
                 "ratings":{"endpoints":{"GET /ratings":{"work":"1ms"}}}}})"}}};

} // namespace

TEST_CASE("ratings 7 s late: the page comes after twice 3 s, poorer, and asks ratings twice") {
    const scenario_spec spec = shipped(file);
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        CHECK(exit_code(run.verdict) == 0);

        const tally page = in_phase(run.merged, "readers", during);
        CHECK(page.requests == 40);
        CHECK(page.good() == 40);
        CHECK(page.degraded == 40);
        CHECK(page.good_latency.min() > 6s);
        CHECK(page.good_latency.max() < 6s + 50ms);
        CHECK(in_phase(run.merged, "details", during).requests == 40);
        CHECK(in_phase(run.merged, "reviews", during).requests == 80);
        CHECK(in_phase(run.merged, "ratings", during).requests == 80);
        CHECK(in_phase(run.merged, "ratings", during).failed() == 0);

        const tally call = in_phase(run.merged, "productpage->reviews", during);
        CHECK(call.requests == 40);
        CHECK(call.attempts == 80);
        CHECK(call.failures[static_cast<std::size_t>(failure_kind::timed_out)] == 40);
    }
}

TEST_CASE("before and after the delay the page of Bookinfo is quick and complete") {
    const scenario_spec spec = shipped(file);
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        for (const auto& [readers, phase] :
             {std::pair{"early readers", "before 'delayed ratings'"},
              std::pair{"late readers", "after 'delayed ratings'"}}) {
            const tally page = in_phase(run.merged, readers, phase);
            CHECK(page.requests > 500);
            CHECK(page.failed() == 0);
            CHECK(page.degraded == 0);
            CHECK(page.good_latency.max() < 100ms);
        }
        for (const workload_result& w : run.merged.workloads)
            CHECK(w.in_flight == 0);
    }
}

TEST_CASE("with work that never varies the delayed page takes 6.006 s, to the nanosecond") {
    // 0.25 ms to the page, 4 ms of work, 1.5 ms for the details, twice 3 s, 0.25 ms back
    const auto run = run_once(shipped(file, fixed_work), 1);
    const tally page = in_phase(run.merged, "readers", during);
    CHECK(page.good_latency.min() == 6006ms);
    CHECK(page.good_latency.max() == 6006ms);
    // 4 ms, and round trips of 0.5 ms with 1 ms at details, 3 ms at reviews, 1 ms at ratings
    const tally quick = in_phase(run.merged, "early readers", "before 'delayed ratings'");
    CHECK(quick.good_latency.min() == 11ms);
}

TEST_CASE("version 3 of reviews gives up on ratings in time, so that the page has its reviews") {
    const scenario_spec spec = shipped(file, {.variant = "reviews v3"});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        const tally page = in_phase(run.merged, "readers", during);
        CHECK(page.good_latency.min() > 2500ms);
        CHECK(page.good_latency.max() < 2550ms);
        CHECK(in_phase(run.merged, "productpage->reviews", during).failed() == 0);
        CHECK(in_phase(run.merged, "reviews->ratings", during).failed() == 40);
    }
}

} // namespace windtunnel::scenario
