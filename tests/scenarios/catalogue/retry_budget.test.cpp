// SPDX-License-Identifier: BSL-1.0
// scenarios/retry-budget-stops-storm.json and retry-budget-too-small.json, held against closed
// forms.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string storm = "retry-budget-stops-storm", small = "retry-budget-too-small";

double queries_after(const replicated_result& run) {
    const service_tally& database = service_in_phase(run.merged, "database", "after 'outage'");
    return per_second(database.arrivals, database);
}

double recovery_of(const replicated_result& run) {
    return expectation_of(run, "clients: recovers").observed.value();
}

/// A tenth of the first attempts fails; each retry that the budget allows saves nine in ten.
void check_used_up(const std::string& variant, double ratio) {
    on_every_seed(small, variant, verdict::failed, [&](const auto& run) {
        const tally web = in_phase(run.merged, "web", "during 'dead replica'");
        CHECK(error_share(web) == Approx(0.1 - 0.9 * ratio).margin(0.003).epsilon(0));
        CHECK(attempts_each(web) == Approx(1 + ratio).epsilon(0.002));
    });
}

/// Of the 0.11 retries a request that are needed none is refused.
void check_enough(const std::string& variant) {
    on_every_seed(small, variant, verdict::passed, [&](const auto& run) {
        const tally web = in_phase(run.merged, "web", "during 'dead replica'");
        CHECK(error_share(web) < 0.002);
        CHECK(attempts_each(web) == Approx(1.11).epsilon(0.005));
    });
}

} // namespace

TEST_CASE("three attempts without a budget keep a database at 200/s of 300/s down for ever") {
    on_every_seed(storm, "no budget", verdict::failed, [](const auto& run) {
        CHECK(in_phase(run.merged, "clients", "after 'outage'").good() == 0);
        CHECK(queries_after(run) == Approx(3 * 200).epsilon(0.02));
    });
}

TEST_CASE("a retry budget below capacity / load - 1 ends the storm, one above does not") {
    // a second's work may wait; (300 - 1.2 * 200) and (300 - 1.4 * 200) a second are worked off
    on_every_seed(storm, "", verdict::passed,
                  [](const auto& run) { CHECK(recovery_of(run) == Approx(41).margin(5)); });
    on_every_seed(storm, "budget of 40 %", verdict::passed,
                  [](const auto& run) { CHECK(recovery_of(run) > 80); });
    on_every_seed(storm, "budget of 60 %", verdict::failed, [](const auto& run) {
        CHECK(in_phase(run.merged, "clients", "after 'outage'").good() == 0);
        CHECK(queries_after(run) == Approx(1.6 * 200).epsilon(0.02));
    });
}

TEST_CASE("a budget of less than 10 % refuses what one dead replica of ten needs") {
    check_used_up("", 0.05);
    check_used_up("budget of 8 %", 0.08);
}

TEST_CASE("a budget of 12 % is as good as none with one dead replica of ten") {
    check_enough("no budget");
    check_enough("budget of 12 %");
}

} // namespace windtunnel::scenario
