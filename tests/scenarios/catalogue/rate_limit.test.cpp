// SPDX-License-Identifier: BSL-1.0
// scenarios/rate-limit-fairness.json and rate-limit-refuses-bursts.json, held against queueing
// theory.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string fairness = "rate-limit-fairness", bursts = "rate-limit-refuses-bursts";

/// What an M/D/1 queue with so many places, the one in service included, loses; so does a token
/// bucket of so many tokens. The chain of numbers left behind by who leaves; its balance, state by
/// state, gives the next probability.
double md1_loss(double load, int places) {
    const auto arrivals = [&](int n) {
        return std::exp(-load + n * std::log(load)) / std::tgamma(n + 1);
    };
    std::vector<double> left{1};
    for (int j = 0; j + 1 < places; ++j) {
        double next = left[j] - left[0] * arrivals(j);
        for (int i = 1; i <= j; ++i)
            next -= left[i] * arrivals(j - i + 1);
        left.push_back(next / arrivals(0));
    }
    const double idle = 1 / std::accumulate(left.begin(), left.end(), 0.0);
    return 1 - 1 / (idle + load);
}

double refused(const replicated_result& run, const std::string& workload) {
    return failure_share(in_phase(run.merged, workload, "overall"), failure_kind::rate_limited);
}

void check_refusals(const std::string& variant, verdict expected, double share, double margin) {
    on_every_seed(bursts, variant, expected, [&](const auto& run) {
        CHECK(refused(run, "clients") == Approx(share).margin(margin).epsilon(0));
    });
}

} // namespace

TEST_CASE("the loss of an M/D/1 queue with few places is what theory says") {
    CHECK(md1_loss(0.8, 1) == Approx(0.8 / 1.8)); // Erlang's formula B for one place
    CHECK(md1_loss(0.8, 5) == Approx(0.0353).epsilon(0.01));
    CHECK(md1_loss(2, 60) == Approx(0.5)); // it works all the time
}

TEST_CASE("an export that asks for more than there is leaves the shop nothing") {
    on_every_seed(fairness, "no limit", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "shop", "overall")) > 0.99);
        CHECK(error_share(in_phase(run.merged, "export", "overall")) > 0.95);
    });
    on_every_seed(fairness, "100/s, no limit", verdict::passed);
}

TEST_CASE("a limit for the export saves the shop while both together are below the capacity") {
    on_every_seed(fairness, "", verdict::passed, [](const auto& run) {
        const tally shop = in_phase(run.merged, "shop", "overall");
        CHECK(shop.failed() == 0);
        // M/M/1 is the worst case: what passes the limiter is smoother
        CHECK(to_seconds(shop.good_latency.quantile(0.99)) < std::log(100) / (300 - 250));
        CHECK(refused(run, "export") == Approx(0.75).epsilon(0.01));
    });
    on_every_seed(fairness, "limit of 130/s", verdict::passed, [](const auto& run) {
        const tally shop = in_phase(run.merged, "shop", "overall");
        CHECK(to_seconds(shop.good_latency.quantile(0.99)) < std::log(100) / (300 - 280));
    });
    on_every_seed(fairness, "limit of 170/s", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "shop", "overall")) > 0.9);
        CHECK(utilisation(service_in_phase(run.merged, "database", "overall")) > 0.99);
    });
}

TEST_CASE("a limit refuses bursts that are none of the database's trouble, as M/D/1/K loses") {
    check_refusals("", verdict::failed, md1_loss(0.8, 1), 0.006);
    check_refusals("burst of 5", verdict::failed, md1_loss(0.8, 5), 0.006);
    check_refusals("burst of 12", verdict::passed, md1_loss(0.8, 12), 0.001);
    check_refusals("no limit", verdict::passed, 0, 0);
    CHECK(md1_loss(0.8, 7) > 0.01);
    CHECK(md1_loss(0.8, 8) < 0.01);
}

TEST_CASE("a limit whose calls wait for ten permits refuses as one with a burst of eleven") {
    check_refusals("waits for 100 ms", verdict::failed, md1_loss(0.8, 11), 0.0012);
    on_every_seed(bursts, "waits for 100 ms", verdict::failed, [](const auto& run) {
        const tally clients = in_phase(run.merged, "clients", "overall");
        CHECK(to_seconds(clients.good_latency.quantile(0.99)) == Approx(0.09).epsilon(0.07));
    });
}

} // namespace windtunnel::scenario
