// SPDX-License-Identifier: BSL-1.0
// scenarios/adaptive-limit-slow-database.json and adaptive-limit-mixed-work.json.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string slow = "adaptive-limit-slow-database", mixed = "adaptive-limit-mixed-work";
const std::string slow_disk = "during 'slow disk'", slow_payment = "during 'slow payment'";
const std::string pages = "users->storefront.GET /product";

/// The limit refuses what is above the capacity, and the database works all the time.
void check_finds(const std::string& variant, double capacity) {
    on_every_seed(slow, variant, verdict::passed, [&](const auto& run) {
        const tally clients = in_phase(run.merged, "clients", slow_disk);
        CHECK(failure_share(clients, failure_kind::limit_reached) ==
              Approx(1 - capacity / 150).margin(0.04).epsilon(0));
        const service_tally& database = service_in_phase(run.merged, "database", slow_disk);
        CHECK(per_second(database.completed, database) == Approx(capacity).epsilon(0.05));
        CHECK(failure_share(clients, failure_kind::timed_out) == 0);
    });
}

double pages_refused(const replicated_result& run) {
    return failure_share(in_phase(run.merged, pages, slow_payment), failure_kind::limit_reached);
}

void check_nothing_refused(const std::string& variant) {
    on_every_seed(mixed, variant, verdict::passed,
                  [](const auto& run) { CHECK(pages_refused(run) < 0.001); });
}

} // namespace

TEST_CASE("without a limit a database too slow for its load answers hardly anything in time") {
    on_every_seed(slow, "no limit", verdict::failed, [](const auto& run) {
        const tally clients = in_phase(run.merged, "clients", slow_disk);
        CHECK(failure_share(clients, failure_kind::timed_out) > 0.95);
        CHECK(expectation_of(run, "clients: recovers").observed.value() == Approx(21).margin(2));
    });
}

TEST_CASE("an adaptive limit finds what a database 3 or 4 times slower can do") {
    check_finds("", 100);
    check_finds("4 times slower", 75);
    check_finds("vegas", 100);
}

TEST_CASE("a database that is still fast enough needs no limit, and is not held back by one") {
    on_every_seed(slow, "1.5 times slower, no limit", verdict::passed);
    const scenario_spec spec = shipped(slow, {.set = {{"/faults/0/slow/factor", "1.5"}}});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        CHECK(error_share(in_phase(run.merged, "clients", slow_disk)) < 0.02);
    }
}

TEST_CASE("an adaptive limit cannot help where its least is too much") {
    on_every_seed(slow, "30 times slower", verdict::failed, [](const auto& run) {
        // four at once, at 10/s, and those that were given up on
        const tally clients = in_phase(run.merged, "clients", slow_disk);
        CHECK(clients.good_latency.mean_seconds() > 0.4);
    });
}

TEST_CASE("an adaptive limit takes orders that wait for payment for a queue, and refuses pages") {
    on_every_seed(mixed, "", verdict::failed, [](const auto& run) {
        CHECK(pages_refused(run) > 0.2);
        CHECK(pages_refused(run) < 0.4);
        CHECK(utilisation(service_in_phase(run.merged, "storefront", slow_payment)) < 0.17);
        CHECK(in_phase(run.merged, "users", "before 'slow payment'").failed() == 0);
    });
    on_every_seed(mixed, "vegas", verdict::failed,
                  [](const auto& run) { CHECK(pages_refused(run) > 0.35); });
}

TEST_CASE("an adaptive limit bears a payment 200 ms later; a bulkhead or nothing bears 500 ms") {
    check_nothing_refused("200 ms later");
    check_nothing_refused("no limit");
    check_nothing_refused("bulkhead for orders");
}

} // namespace windtunnel::scenario
