// SPDX-License-Identifier: BSL-1.0
// scenarios/waits-that-no-service-shows.json, held against closed forms and its own traces.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/src/reports/trace_search.hpp"
#include "scenarios/src/reports/waterfall.hpp"

namespace windtunnel::scenario {

namespace {

const std::string waits = "waits-that-no-service-shows", during = "during 'quotes fail'";

const trace& slowest(const replicated_result& run) {
    const auto found = find_trace({trace_wish::kind::slowest, {}}, run.merged);
    REQUIRE(found.trace != nullptr);
    return found.trace->what;
}

/// Seconds after which so many of 1000 requests have an answer.
double quantile(const replicated_result& run, double q) {
    return to_seconds(in_phase(run.merged, "users", during).good_latency.quantile(q));
}

} // namespace

TEST_CASE("waits that no service shows are back-offs, which the slowest traces name") {
    on_every_seed(waits, "", verdict::failed, [](const auto& run) {
        // A page asks more than twice with probability 0.2^2, more than three times with 0.2^3.
        CHECK(quantile(run, 0.95) > 0.2);
        CHECK(quantile(run, 0.95) < 0.25);
        CHECK(quantile(run, 0.97) > 0.6);
        CHECK(quantile(run, 0.98) < 0.65);
        CHECK(in_phase(run.merged, "page->quotes", during).failed() > 0); // 0.2^4 of 8000
        CHECK(in_phase(run.merged, "page->quotes", during).failed() < 35);
        CHECK_THAT(spent_on(slowest(run)), Catch::StartsWith("back-off 9"));
        CHECK_FALSE(slowest(run).broken());
    });
}

TEST_CASE("a shorter back-off hides the same errors") {
    on_every_seed(waits, "back-off of 20 ms", verdict::passed, [](const auto& run) {
        CHECK(quantile(run, 0.97) > 0.06);
        CHECK(quantile(run, 0.98) < 0.1);
    });
}

TEST_CASE("where the context is dropped a trace ends before the reason") {
    on_every_seed(waits, "context dropped", verdict::failed, [](const auto& run) {
        CHECK_THAT(spent_on(slowest(run)), Catch::StartsWith("not recorded 9"));
        CHECK(slowest(run).broken());
        CHECK(run.merged.traces->broken ==
              run.merged.traces->recorded - run.merged.traces->origins[0].begun);
    });
}

} // namespace windtunnel::scenario
