// SPDX-License-Identifier: BSL-1.0
// Benchmarks of others under their own mixes: how often a request visits each service, exactly.
#include <catch2/catch.hpp>

#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

/// Requests that reached it, in the whole run.
std::uint64_t visits(const run_result& result, const std::string& subject) {
    return in_phase(result, subject, "whole run").requests;
}

/// That it was visited by this share of the requests: within what chance explains of a mix.
void check_share(const run_result& result, const std::string& subject, const std::string& users,
                 double share) {
    const auto n = static_cast<double>(visits(result, users));
    INFO(subject);
    const double slack = 4 * std::sqrt(std::max(share * (1 - share), 1e-9) / n) + 1e-9;
    CHECK(std::abs(static_cast<double>(visits(result, subject)) / n - share) < slack);
}

} // namespace

TEST_CASE("of a social network's requests each reads or writes posts once, a tenth composes") {
    on_every_seed("social-network-mix", "", verdict::passed, [](const replicated_result& run) {
        const run_result& r = run.merged;
        const auto home = visits(r, "nginx-thrift.GET /wrk2-api/home-timeline/read");
        const auto user = visits(r, "nginx-thrift.GET /wrk2-api/user-timeline/read");
        const auto compose = visits(r, "nginx-thrift.POST /wrk2-api/post/compose");
        CHECK(home + user + compose == visits(r, "users"));
        CHECK(visits(r, "home-timeline") == home + compose);
        CHECK(visits(r, "user-timeline") == user + compose);
        CHECK(visits(r, "post-storage") == home + user + compose);
        for (const char* leaf :
             {"text", "media", "unique-id", "url-shorten", "user-mention", "user", "social-graph"})
            CHECK(visits(r, leaf) == compose);
        check_share(r, "home-timeline", "users", 0.7);
        check_share(r, "user-timeline", "users", 0.4);
        check_share(r, "compose-post", "users", 0.1);
    });
}

TEST_CASE("of a hotel's requests three in five search, and one in two hundred reserves") {
    const scenario_spec spec = shipped("hotel-mix", {.set = {{"faults", "[]"}, {"expect", "[]"}}});
    for (const std::uint64_t seed : seeds) {
        const run_result r = run_once(spec, seed).merged;
        const auto search = visits(r, "frontend.GET /hotels");
        const auto recommend = visits(r, "frontend.GET /recommendations");
        const auto user = visits(r, "frontend.POST /user");
        const auto reserve = visits(r, "frontend.POST /reservation");
        for (const char* each : {"search", "geo", "rate"})
            CHECK(visits(r, each) == search);
        CHECK(visits(r, "reservation") == search + reserve);
        CHECK(visits(r, "profile") == search + recommend);
        CHECK(visits(r, "recommendation") == recommend);
        CHECK(visits(r, "user") == user + reserve);
        check_share(r, "search", "guests", 0.6);
        check_share(r, "reservation", "guests", 0.605);
        check_share(r, "profile", "guests", 0.99);
        check_share(r, "recommendation", "guests", 0.39);
        check_share(r, "user", "guests", 0.01);
    }
}

TEST_CASE("without geo a hotel's searches fail, and nothing else does") {
    on_every_seed("hotel-mix", "", verdict::passed);
}

TEST_CASE("Sock Shop answers every order well while it loses each one's shipment") {
    on_every_seed("sock-shop-loses-shipments", "", verdict::passed,
                  [](const replicated_result& run) {
                      const tally during = in_phase(run.merged, "buyers", "during 'no broker'");
                      CHECK(during.failed() == 0);
                      CHECK(during.lost > 150);
                  });
    on_every_seed("sock-shop-loses-shipments", "shipping does not swallow", verdict::passed);
}

TEST_CASE("an order of Sock Shop asks user six times and carts once") {
    const run_result r =
        run_once(
            shipped("sock-shop-loses-shipments", {.set = {{"faults", "[]"}, {"expect", "[]"}}}), 1)
            .merged;
    const auto orders = visits(r, "orders.POST /orders");
    CHECK(visits(r, "orders->user") == 3 * orders);
    CHECK(visits(r, "orders->carts") == orders);
    CHECK(visits(r, "orders->payment") == orders);
    CHECK(visits(r, "orders->shipping") == orders);
    CHECK(visits(r, "front-end->user") == 3 * orders + visits(r, "user.GET /login"));
    CHECK(visits(r, "queue-master") == orders);
}

TEST_CASE("a slow station adds up along the chains of Train Ticket") {
    on_every_seed("train-ticket-preserve", "", verdict::passed, [](const replicated_result& run) {
        const run_result& r = run.merged;
        const auto reserved = visits(r, "preserve.serve");
        CHECK(visits(r, "preserve->station") == 2 * reserved);
        CHECK(visits(r, "preserve->security") == reserved);
        CHECK(visits(r, "preserve->notification") == 0);
        CHECK(visits(r, "seat->travel") == visits(r, "seat.serve"));
    });
}

} // namespace windtunnel::scenario
