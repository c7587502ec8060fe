// SPDX-License-Identifier: BSL-1.0
// scenarios/timeout-frees-threads.json, timeout-too-short.json and deadline-travels.json, held
// against closed forms.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string frees = "timeout-frees-threads", too_short = "timeout-too-short",
                  travels = "deadline-travels";
const std::string during = "during 'slow payment'", after = "after 'outage'";

/// By Little's law: ten orders a second, each for as long as the timeout and 10 ms of work.
void check_threads_held(const std::string& variant, double timeout) {
    on_every_seed(frees, variant, verdict::passed, [&](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        const double held = 32 * utilisation(service_in_phase(run.merged, "orders", during));
        CHECK(held == Approx(10 * (timeout + 0.01)).epsilon(0.12));
        const tally charges = in_phase(run.merged, "orders->payment", during);
        CHECK(failure_share(charges, failure_kind::timed_out) > 0.95);
    });
}

/// Whether a queue M/M/1 of capacity 300/s has a load x with x = 210 (1 + p + p^2), where an
/// answer comes later than the timeout with probability p = exp(-(300 - x) timeout).
bool has_balance(double timeout) {
    double load = 210;
    for (int i = 0; i < 10'000 && load < 300; ++i) {
        const double p = std::exp(-(300 - load) * timeout);
        load = 210 * (1 + p + p * p);
    }
    return load < 300;
}

tally clients(const replicated_result& run) {
    return in_phase(run.merged, "clients", "overall");
}

double recovery_of(const replicated_result& run) {
    return expectation_of(run, "web: recovers").observed.value();
}

/// Queries that the database dropped, because nobody waited for them any more.
std::uint64_t dropped(const replicated_result& run) {
    return service_in_phase(run.merged, "database", "overall").abandoned;
}

} // namespace

TEST_CASE("a timeout below 3.2 s leaves orders threads while payment hangs") {
    check_threads_held("", 1);
    check_threads_held("2.5 s", 2.5);
}

TEST_CASE("a timeout above 3.2 s, or none, lets orders take the threads of the pages") {
    for (const std::string variant : {"4 s", "no timeout"})
        on_every_seed(frees, variant, verdict::failed, [](const auto& run) {
            CHECK(utilisation(service_in_phase(run.merged, "orders", during)) > 0.85);
            CHECK(error_share(in_phase(run.merged, "browsers", during)) > 0.02);
        });
}

TEST_CASE("a timeout of 30 ms and two retries bring down a database that is well without it") {
    CHECK_FALSE(has_balance(0.030));
    CHECK_FALSE(has_balance(0.034));
    CHECK(has_balance(0.035));
    on_every_seed(too_short, "", verdict::failed, [](const auto& run) {
        CHECK(error_share(clients(run)) > 0.99);
        CHECK(attempts_each(clients(run)) == Approx(3).epsilon(0.01));
    });
    on_every_seed(too_short, "no timeout", verdict::passed, [](const auto& run) {
        const double p99 = to_seconds(clients(run).good_latency.quantile(0.99));
        CHECK(p99 == Approx(std::log(100) / (300 - 210)).epsilon(0.2));
    });
}

TEST_CASE("a timeout of twice the 99th percentile does no harm, one of the percentile still does") {
    on_every_seed(too_short, "100 ms", verdict::passed,
                  [](const auto& run) { CHECK(attempts_each(clients(run)) < 1.002); });
    const scenario_spec spec =
        shipped(too_short, {.set = {{"/policies/clients->database/timeout", "50ms"}}});
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        CHECK(error_share(clients(run_once(spec, seed))) > 0.5);
    }
}

TEST_CASE("without retries, or at a third of the load, the short timeout makes no storm") {
    on_every_seed(too_short, "no retry", verdict::failed, [](const auto& run) {
        const double late = std::exp(-(300 - 210) * 0.030);
        CHECK(error_share(clients(run)) == Approx(late).epsilon(0.25));
    });
    on_every_seed(too_short, "90/s", verdict::passed,
                  [](const auto& run) { CHECK(attempts_each(clients(run)) < 1.01); });
}

TEST_CASE("a database that knows its deadlines drops what nobody waits for after an outage") {
    on_every_seed(travels, "", verdict::passed, [](const auto& run) {
        CHECK(recovery_of(run) <= 7);
        CHECK(static_cast<double>(dropped(run)) == Approx(5 * 160 - 200).epsilon(0.25));
    });
}

TEST_CASE("a deadline that stays behind anywhere on the way leaves the whole backlog to do") {
    for (const std::string variant : {"deadline stays", "one tier forgets"})
        on_every_seed(travels, variant, verdict::failed, [](const auto& run) {
            CHECK(recovery_of(run) == Approx(5.0 * 160 / (200 - 160)).margin(5));
            CHECK(dropped(run) == 0);
        });
}

TEST_CASE("at half of the capacity the backlog of an outage is no trouble without deadlines") {
    on_every_seed(travels, "100/s, deadline stays", verdict::passed, [](const auto& run) {
        CHECK(recovery_of(run) == Approx(5.0 * 100 / (200 - 100)).margin(3));
    });
}

} // namespace windtunnel::scenario
