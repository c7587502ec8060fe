// SPDX-License-Identifier: BSL-1.0
// scenarios/bulkhead-isolates.json and bulkhead-too-small.json: Little's law and Erlang's formula
// B (A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in
// automatic telephone exchanges", 1917).
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string isolates = "bulkhead-isolates", too_small = "bulkhead-too-small";
const std::string during = "during 'slow payment'";

/// The threads that pages hold on average before the fault; 0.5 ms of a page are on the way.
double threads_of_pages(const replicated_result& run) {
    const std::string before = "before 'slow payment'";
    const tally pages = in_phase(run.merged, "browsers", before);
    const service_tally& storefront = service_in_phase(run.merged, "storefront", before);
    return per_second(pages.requests, storefront) * (pages.good_latency.mean_seconds() - 0.0005);
}

void check_isolated(const std::string& variant, int slots) {
    on_every_seed(isolates, variant, verdict::passed, [&](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        CHECK(threads_of_pages(run) == Approx(2.4).epsilon(0.05));
        const auto& storefront = service_in_phase(run.merged, "storefront", during);
        CHECK(64 * utilisation(storefront) < slots + 3);
        const tally orders = in_phase(run.merged, "storefront->orders", during);
        CHECK(failure_share(orders, failure_kind::bulkhead_full) > 0.5);
    });
}

/// The share that `slots` refuse of `erlangs` on average.
double erlang_b(int slots, double erlangs) {
    double blocked = 1;
    for (int n = 1; n <= slots; ++n)
        blocked = erlangs * blocked / (n + erlangs * blocked);
    return blocked;
}

/// Charges under way on average, if none were refused.
double offered(const replicated_result& run, const tally& charges) {
    const service_tally& payment = service_in_phase(run.merged, "payment", "overall");
    return per_second(charges.requests, payment) * charges.good_latency.mean_seconds();
}

void check_refused(const std::string& variant, verdict expected, int slots, double margin) {
    on_every_seed(too_small, variant, expected, [&](const auto& run) {
        const tally charges = in_phase(run.merged, "orders->payment", "overall");
        CHECK(offered(run, charges) == Approx(5.1).epsilon(0.04));
        CHECK(failure_share(charges, failure_kind::bulkhead_full) ==
              Approx(erlang_b(slots, offered(run, charges))).margin(margin).epsilon(0));
        CHECK(utilisation(service_in_phase(run.merged, "payment", "overall")) < 0.015);
    });
}

} // namespace

TEST_CASE("orders that hang fill their pool and no more, and pages go on") {
    check_isolated("", 16);
    check_isolated("60 slots", 60);
}

TEST_CASE("a pool that leaves pages fewer threads than they need isolates nothing") {
    on_every_seed(isolates, "62 slots", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "browsers", during)) == Approx(0.115).margin(0.03));
    });
    on_every_seed(isolates, "no bulkhead", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "browsers", during)) > 0.7);
    });
}

TEST_CASE("a bulkhead of little more than the mean refuses what Erlang's formula says") {
    CHECK(erlang_b(6, 5.125) == Approx(0.201).margin(0.001));
    check_refused("", verdict::failed, 6, 0.015);
    check_refused("10 slots", verdict::failed, 10, 0.005);
    check_refused("12 slots", verdict::passed, 12, 0.002);
}

TEST_CASE("without a bulkhead, or with a short queue before it, every charge is made") {
    on_every_seed(too_small, "no bulkhead", verdict::passed, [](const auto& run) {
        CHECK(in_phase(run.merged, "buyers", "overall").failed() == 0);
    });
    on_every_seed(too_small, "6 slots and a queue", verdict::passed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "buyers", "overall")) < 0.005);
    });
}

} // namespace windtunnel::scenario
