// SPDX-License-Identifier: BSL-1.0
// scenarios/retry-masks-blips.json, backoff-outlasts-restart.json, jitter-spreads-crowd.json,
// retries-multiply.json and optimistic-writers-back-off.json, held against closed forms (the last
// of them against published figures). What a retry does to an overload is in
// retry_storm.test.cpp.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

/// All requests of a workload, the warm-up included.
tally everything(const replicated_result& run, const std::string& workload) {
    return in_phase(run.merged, workload, "whole run");
}

/// Failures that know nothing of each other: p^3 of errors and 1 + p + p^2 attempts.
void check_three_attempts(const std::string& variant, verdict expected, double p, double margin) {
    on_every_seed("retry-masks-blips", variant, expected, [&](const auto& run) {
        const tally web = in_phase(run.merged, "web", "during 'blips'");
        CHECK(error_share(web) == Approx(p * p * p).margin(margin).epsilon(0));
        CHECK(attempts_each(web) == Approx(1 + p + p * p).epsilon(0.01));
    });
}

double failed_a_restart(const replicated_result& run) {
    return static_cast<double>(everything(run, "web").failed()) /
           static_cast<double>(run.merged.activations.size());
}

/// How many seconds all take, and how many writes.
void check_writers(const std::string& variant, verdict expected, double seconds, double writes) {
    on_every_seed("optimistic-writers-back-off", variant, expected, [&](const auto& run) {
        const workload_result& shoppers = run.merged.workloads.at(0);
        CHECK(shoppers.runs_done == 1);
        CHECK(to_seconds(shoppers.done) == Approx(seconds).epsilon(0.4));
        const tally puts = in_phase(run.merged, "stock.PUT /item", "overall");
        CHECK(puts.good() == 100);
        CHECK(static_cast<double>(puts.requests) == Approx(writes).epsilon(0.15));
    });
}

void check_storm_of_tiers(const std::string& variant, double rate) {
    on_every_seed("retries-multiply", variant, verdict::failed, [&](const auto& run) {
        CHECK(in_phase(run.merged, "web", "after 'pause'").good() == 0);
        const service_tally& database = service_in_phase(run.merged, "database", "after 'pause'");
        CHECK(per_second(database.arrivals, database) == Approx(27 * rate).epsilon(0.15));
        CHECK(per_second(database.completed, database) == Approx(200).epsilon(0.03));
    });
}

} // namespace

TEST_CASE("three attempts keep errors below 1 % up to a failure share of 21.5 %") {
    CHECK(std::cbrt(0.01) == Approx(0.215).margin(0.0005));
    check_three_attempts("", verdict::passed, 0.10, 0.0009);
    check_three_attempts("20 % fail", verdict::passed, 0.20, 0.0020);
    check_three_attempts("25 % fail", verdict::failed, 0.25, 0.0035);
    on_every_seed("retry-masks-blips", "no retry", verdict::failed, [](const auto& run) {
        const tally web = in_phase(run.merged, "web", "during 'blips'");
        CHECK(error_share(web) == Approx(0.1).margin(0.01));
    });
}

TEST_CASE("backoffs of 700 ms in all outlast every shorter restart") {
    for (const std::string variant : {"", "650 ms"})
        on_every_seed("backoff-outlasts-restart", variant, verdict::passed, [](const auto& run) {
            CHECK(run.merged.activations.size() >= 9);
            CHECK(everything(run, "web").failed() == 0);
            CHECK(everything(run, "web").good_latency.max() > 700ms);
        });
}

TEST_CASE("a restart that outlasts the backoffs fails those who come at its beginning") {
    // 200 a second come; the last attempt is made after 700 ms and, on average, 10 % more
    on_every_seed("backoff-outlasts-restart", "1 s", verdict::failed, [](const auto& run) {
        CHECK(failed_a_restart(run) == Approx(200 * (1 - 0.77)).epsilon(0.2));
    });
}

TEST_CASE("retries at once mask no restart at all") {
    on_every_seed("backoff-outlasts-restart", "at once", verdict::failed, [](const auto& run) {
        CHECK(failed_a_restart(run) == Approx(200 * 0.5).epsilon(0.1));
    });
}

TEST_CASE("a crowd whose retries come in step is served in waves of the room that there is") {
    on_every_seed("jitter-spreads-crowd", "in step", verdict::failed, [](const auto& run) {
        const tally jobs = in_phase(run.merged, "jobs", "overall");
        CHECK(error_share(jobs) == Approx(1 - 4 * 20 / 100.0).margin(0.015));
        CHECK(attempts_each(jobs) == Approx((20 * (1 + 2 + 3) + 40 * 4) / 100.0).epsilon(0.02));
    });
    on_every_seed("jitter-spreads-crowd", "80 jobs in step", verdict::passed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "jobs", "overall")) < 0.015);
    });
}

TEST_CASE("full jitter serves a crowd of 100 and of 200, and not one of 400") {
    on_every_seed("jitter-spreads-crowd", "", verdict::passed, [](const auto& run) {
        const tally jobs = in_phase(run.merged, "jobs", "overall");
        CHECK(error_share(jobs) < 0.001);
        CHECK(attempts_each(jobs) < 2);
    });
    on_every_seed("jitter-spreads-crowd", "200 jobs", verdict::passed);
    on_every_seed("jitter-spreads-crowd", "400 jobs", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "jobs", "overall")) > 0.07);
    });
}

TEST_CASE("optimistic writers wait longest without jitter, and write most without back-off") {
    check_writers("", verdict::passed, 4.9, 795);
    check_writers("no jitter", verdict::failed, 63.6, 1859);
    check_writers("at once", verdict::failed, 2.03, 2422);
    check_writers("equal jitter", verdict::passed, 6.65, 813);
    check_writers("decorrelated jitter", verdict::passed, 4.24, 1003);
}

TEST_CASE("optimistic writers of different records need no back-off") {
    on_every_seed("optimistic-writers-back-off", "1000 items, at once", verdict::passed,
                  [](const auto& run) {
                      CHECK(run.merged.workloads.at(0).done < 300ms);
                      CHECK(in_phase(run.merged, "stock.PUT /item", "overall").requests < 130);
                  });
}

TEST_CASE("three attempts at three tiers keep a database down from 1/27 of its capacity on") {
    CHECK(1 / 27.0 == Approx(0.037).margin(0.0005));
    check_storm_of_tiers("", 20);
    check_storm_of_tiers("10/s", 10);
    on_every_seed("retries-multiply", "6/s", verdict::passed);
}

TEST_CASE("retries at one tier of three do not keep the database down") {
    on_every_seed("retries-multiply", "one tier", verdict::passed, [](const auto& run) {
        const tally queries = in_phase(run.merged, "store->database", "overall");
        CHECK(attempts_each(queries) < 1.5);
    });
}

} // namespace windtunnel::scenario
