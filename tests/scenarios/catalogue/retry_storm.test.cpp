// SPDX-License-Identifier: BSL-1.0
// scenarios/retry-storm.json: Bronson et al., "Metastable Failures in Distributed Systems" (HotOS
// 2021), held against closed forms. A queue with capacity mu whose callers give up after T and make
// `a` attempts cannot leave the storm while a lambda > mu; with less load it works off a backlog B
// in B / (mu - a lambda).
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string file = "retry-storm", before = "before 'outage'", after = "after 'outage'";
constexpr double capacity = 300, outage_end = 40;

/// The mean number of requests that wait in the second that begins then.
double backlog_at(const run_result& result, std::size_t second) {
    const auto& level = result.find_service("database")->windows.at(second).in_queue;
    return static_cast<double>(level) * 1e-9;
}

double recovery_of(const replicated_result& run) {
    return expectation_of(run, "clients: recovers").observed.value();
}

void check_recovers(const std::string& variant) {
    on_every_seed(file, variant, verdict::passed,
                  [](const auto& run) { CHECK(exit_code(run.verdict) == 0); });
}

replicated_result run_at(const std::string& rate, std::uint64_t seed) {
    return run_once(
        shipped(file, {.set = {{"workload.clients.arrivals", "poisson(" + rate + ")"}}}), seed);
}

} // namespace

TEST_CASE("one retry keeps a database that was out for 10 s overloaded for ever") {
    const scenario_spec spec = shipped(file);
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::failed);
        CHECK(exit_code(run.verdict) == 1);
        CHECK(in_phase(run.merged, "clients", before).failed() == 0);
        const tally clients = in_phase(run.merged, "clients", after);
        CHECK(clients.good() == 0);
        CHECK(clients.attempts == 2 * clients.requests);
        const service_tally& database = service_in_phase(run.merged, "database", after);
        CHECK(per_second(database.arrivals, database) == Approx(560).epsilon(0.02));
        CHECK(per_second(database.completed, database) == Approx(300).epsilon(0.02));
        const double growth = (backlog_at(run.merged, 300) - backlog_at(run.merged, 50)) / 250;
        CHECK(growth == Approx(560 - capacity).epsilon(0.05));
    }
}

TEST_CASE("without its retry the same outage is worked off, at capacity less load") {
    check_recovers("no retry");
    // 2800 wait when it is over, 300 may wait without a timeout, 20/s more are done than come
    const scenario_spec spec = shipped(file, {.variant = "no retry"});
    double sum = 0;
    for (const std::uint64_t seed : seeds)
        sum += recovery_of(run_once(spec, seed));
    CHECK(sum / static_cast<double>(seeds.size()) == Approx(125).epsilon(0.25));
}

TEST_CASE("a breaker at the clients ends the retry storm") {
    check_recovers("breaker");
}

TEST_CASE("a database that drops what nobody waits for leaves the retry storm by itself") {
    check_recovers("expired work dropped");
}

TEST_CASE("dropping expired work does not help where what is taken up has too little time left") {
    const scenario_spec spec = shipped(file, {.variant = "expired slow work dropped"});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::failed);
        const tally clients = in_phase(run.merged, "clients", after);
        CHECK(error_share(clients) > 0.3);
        CHECK(error_share(clients) < 0.9);
        // the work is done all the same
        const service_tally& database = service_in_phase(run.merged, "database", after);
        CHECK(utilisation(database) > 0.99);
    }
}

TEST_CASE("a load whose every query may come twice has no storm") {
    check_recovers("100/s");
}

TEST_CASE("the storm is possible from half of the capacity on") {
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        CHECK(run_at("140/s", seed).verdict == verdict::passed);
        CHECK(run_at("160/s", seed).verdict == verdict::failed);
    }
}

TEST_CASE("load shed to 100/s works the backlog off as fast as theory says") {
    check_recovers("shed to 100/s");
    const scenario_spec spec = shipped(file, {.variant = "shed to 100/s"});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        const double backlog = backlog_at(run.merged, 85);
        CHECK(backlog == Approx(17'021).epsilon(0.06));
        const double expected = 85 + backlog / (capacity - 2 * 100);
        CHECK(outage_end + recovery_of(run) == Approx(expected).epsilon(0.04));
    }
}

TEST_CASE("load shed to 160/s does not end the storm") {
    const scenario_spec spec = shipped(file, {.variant = "shed to 160/s"});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::failed);
        CHECK(in_phase(run.merged, "clients", after).good() == 0);
        CHECK(backlog_at(run.merged, 300) > backlog_at(run.merged, 100));
    }
}

} // namespace windtunnel::scenario
