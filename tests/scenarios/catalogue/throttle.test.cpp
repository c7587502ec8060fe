// SPDX-License-Identifier: BSL-1.0
// scenarios/throttle-overloaded-database.json and throttle-one-bad-endpoint.json: the client-side
// throttling of Google's SRE book, chapter 21.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string overload = "throttle-overloaded-database", partial = "throttle-one-bad-endpoint";

double goodput(const replicated_result& run) {
    const service_tally& database = service_in_phase(run.merged, "database", "overall");
    return per_second(in_phase(run.merged, "clients", "overall").good(), database);
}

/// Clients send k times what is accepted, so a k-th of the 300/s that are worked off is accepted.
void check_settles(const std::string& variant, double k) {
    on_every_seed(overload, variant, verdict::passed,
                  [&](const auto& run) { CHECK(goodput(run) == Approx(300 / k).epsilon(0.1)); });
}

double products_failed(const replicated_result& run, const std::string& phase) {
    return error_share(in_phase(run.merged, "product", phase + " 'hanging offers'"));
}

void check_products_spared(const std::string& variant) {
    on_every_seed(partial, variant, verdict::passed, [](const auto& run) {
        CHECK(in_phase(run.merged, "product", "whole run").failed() == 0);
        CHECK(error_share(in_phase(run.merged, "home", "during 'hanging offers'")) > 0.99);
    });
}

} // namespace

TEST_CASE("a database whose queue outlasts its clients' patience answers none of them") {
    on_every_seed(overload, "no throttle", verdict::failed, [](const auto& run) {
        const tally clients = in_phase(run.merged, "clients", "overall");
        CHECK(clients.good() == 0);
        CHECK(failure_share(clients, failure_kind::overloaded) == Approx(0.5).epsilon(0.02));
        CHECK(failure_share(clients, failure_kind::timed_out) == Approx(0.5).epsilon(0.02));
    });
}

TEST_CASE("throttled clients leave an overloaded database capacity / k, whatever they want") {
    check_settles("", 2);
    check_settles("1200/s", 2);
    check_settles("k = 1.5", 1.5);
}

TEST_CASE("a short queue, or less load than capacity, needs no throttle") {
    on_every_seed(overload, "short queue, no throttle", verdict::passed,
                  [](const auto& run) { CHECK(goodput(run) == Approx(300).epsilon(0.02)); });
    const scenario_spec calm =
        shipped(overload, {.set = {{"workload.clients.arrivals", "poisson(250/s)"}}});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        CHECK(in_phase(run_once(calm, seed).merged, "clients", "whole run").failed() == 0);
    }
}

TEST_CASE("a throttle refuses good calls with the bad ones when more than 1 - 1/k are bad") {
    on_every_seed(partial, "", verdict::failed, [](const auto& run) {
        CHECK(products_failed(run, "before") == 0);
        CHECK(products_failed(run, "during") > 0.6);
        CHECK(products_failed(run, "during") < 0.75);
        CHECK(products_failed(run, "after") > 0.3);
        CHECK(expectation_of(run, "product: recovers").observed.value() > 60);
    });
    on_every_seed(partial, "60 % bad", verdict::failed, [](const auto& run) {
        CHECK(products_failed(run, "during") == Approx(0.41).margin(0.05).epsilon(0));
    });
}

TEST_CASE("a throttle spares good calls when fewer are bad, with a larger k, or at its endpoint") {
    check_products_spared("no throttle");
    check_products_spared("45 % bad");
    check_products_spared("k = 5");
    check_products_spared("throttle for offers");
}

} // namespace windtunnel::scenario
