// SPDX-License-Identifier: BSL-1.0
// Caches and coalescing before a backend: where they save the day, and where they do harm.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string carries = "cache-carries-the-reads", remembers = "cache-remembers-failures";
const std::string stampede = "coalescing-stops-the-stampede",
                  slowest = "coalescing-shares-the-slowest";

tally readers(const replicated_result& run) {
    return in_phase(run.merged, "readers", "overall");
}

bool slow_at(const replicated_result& run, double share) {
    return readers(run).good_latency.quantile(share) > std::chrono::milliseconds{100};
}

} // namespace

TEST_CASE("a cache of 1,000 of 10,000 keys answers 44 % and lets the database serve the rest") {
    on_every_seed(carries, "", verdict::passed, [](const auto& run) {
        CHECK(attempts_each(readers(run)) == Approx(1 - 0.43666).epsilon(0.03));
        const auto& database = service_in_phase(run.merged, "database", "overall");
        CHECK(utilisation(database) == Approx(400 * 0.563 / 300).epsilon(0.06));
    });
}

TEST_CASE("a cache that leaves the database more than it can do does not help") {
    for (const std::string variant : {"no cache", "50 places", "1 s to live"})
        on_every_seed(carries, variant, verdict::failed,
                      [](const auto& run) { CHECK(error_share(readers(run)) > 0.5); });
}

TEST_CASE("an outage of 2 s lasts for as long as its failures are remembered") {
    const auto recovery = [](const auto& run) {
        return expectation_of(run, "readers: recovers").observed.value();
    };
    on_every_seed(remembers, "", verdict::failed,
                  [&](const auto& run) { CHECK(recovery(run) == Approx(29).margin(2)); });
    on_every_seed(remembers, "1 s", verdict::passed,
                  [&](const auto& run) { CHECK(recovery(run) <= 3); });
    on_every_seed(remembers, "failures not remembered", verdict::passed);
}

TEST_CASE("one reader fetches for all who come meanwhile, instead of a hundred") {
    on_every_seed(stampede, "", verdict::passed, [](const auto& run) {
        const auto& pages = service_in_phase(run.merged, "pages", "overall");
        CHECK(pages.arrivals <= 13); // once in 10.2 s
    });
    on_every_seed(stampede, "no coalescing", verdict::failed, [](const auto& run) {
        const auto& pages = service_in_phase(run.merged, "pages", "overall");
        CHECK(pages.arrivals > 50 * 11);
    });
    on_every_seed(stampede, "2/s", verdict::passed);
}

TEST_CASE("who joins a call that hangs hangs along, unless calls are joined only while young") {
    on_every_seed(slowest, "", verdict::failed, [](const auto& run) {
        CHECK_FALSE(slow_at(run, 0.3));
        CHECK(slow_at(run, 0.7)); // half of them, more or less
    });
    on_every_seed(slowest, "joins for 50 ms", verdict::passed,
                  [](const auto& run) { CHECK_FALSE(slow_at(run, 0.9)); });
    on_every_seed(slowest, "no coalescing", verdict::passed,
                  [](const auto& run) { CHECK_FALSE(slow_at(run, 0.98)); });
    on_every_seed(slowest, "1000 keys", verdict::passed);
}

} // namespace windtunnel::scenario
