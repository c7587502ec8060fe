// SPDX-License-Identifier: BSL-1.0
// scenarios/hedging-cuts-the-tail.json (Dean and Barroso, "The Tail at Scale", 2013) and
// scenarios/hedging-under-load.json, held against closed forms.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string tail = "hedging-cuts-the-tail", load = "hedging-under-load";

/// Where a falling function comes down to a value, between 0 and 1000.
double falls_to(double value, const std::function<double(double)>& f) {
    double low = 0, high = 1000;
    while (high - low > 1e-6) {
        const double middle = (low + high) / 2;
        (f(middle) > value ? low : high) = middle;
    }
    return low;
}

/// The share of fetches that take longer than t ms, where so many are slow.
double longer_than(double t, double slow) {
    return t <= 0 ? 1 : (1 - slow) * std::exp(-t / 5) + slow * std::exp(-t / 100);
}

double quantile(double share, double slow) {
    return falls_to(1 - share, [&](double t) { return longer_than(t, slow); });
}

/// With a second fetch after the 95th percentile, the two independent.
double hedged_p99(double slow) {
    const double delay = quantile(0.95, slow);
    return falls_to(0.01,
                    [&](double t) { return longer_than(t, slow) * longer_than(t - delay, slow); });
}

double p99_ms(const replicated_result& run, const std::string& workload) {
    const duration p99 = in_phase(run.merged, workload, "overall").good_latency.quantile(0.99);
    return to_seconds(p99) * 1e3;
}

void check_tail(const std::string& variant, verdict expected, double p99) {
    on_every_seed(tail, variant, expected, [&](const auto& run) {
        CHECK(p99_ms(run, "readers") == Approx(p99).epsilon(0.1));
    });
}

constexpr double hedge_after = 3; ///< in mean service times

/// The load that it takes to end at the load x, where what is longer than that is asked twice.
double load_before_hedges(double x) {
    return x / (1 + std::exp(-hedge_after * (1 - x)));
}

double store_load(const replicated_result& run) {
    return utilisation(service_in_phase(run.merged, "store", "overall"));
}

} // namespace

TEST_CASE("a hedge for 5 % of the fetches cuts p99 from 161 to 30 ms") {
    CHECK(quantile(0.99, 0.05) == Approx(160.94).epsilon(1e-4));
    CHECK(hedged_p99(0.05) == Approx(30.267).epsilon(1e-4));
    check_tail("no hedge", verdict::failed, 160.94);
    on_every_seed(tail, "", verdict::passed, [](const auto& run) {
        CHECK(p99_ms(run, "readers") == Approx(30.267).epsilon(0.05));
        const tally calls = in_phase(run.merged, "readers->store", "overall");
        CHECK(attempts_each(calls) == Approx(1.05).margin(0.003).epsilon(0));
    });
}

TEST_CASE("a hedge keeps p99 below 50 ms up to 7.5 % of slow fetches, no hedge up to 1.6 %") {
    CHECK(hedged_p99(0.0749) < 50);
    CHECK(hedged_p99(0.0750) > 50);
    CHECK(quantile(0.99, 0.0164) < 50);
    CHECK(quantile(0.99, 0.0165) > 50);
    check_tail("7 % slow", verdict::passed, hedged_p99(0.07));
    check_tail("8 % slow", verdict::failed, hedged_p99(0.08));
    check_tail("1 % slow, no hedge", verdict::passed, quantile(0.99, 0.01));
}

TEST_CASE("hedges after three mean service times have no balance above 52 % load") {
    double most = 0;
    for (int percent = 0; percent <= 100; ++percent)
        most = std::max(most, load_before_hedges(percent / 100.0));
    CHECK(most == Approx(0.519).margin(0.001));

    on_every_seed(load, "48 % load", verdict::passed, [](const auto& run) {
        CHECK(load_before_hedges(store_load(run)) == Approx(0.48).epsilon(0.03));
    });
    for (const char* variant : {"", "56 % load"})
        on_every_seed(load, variant, verdict::failed, [](const auto& run) {
            CHECK(store_load(run) > 0.99);
            const tally searchers = in_phase(run.merged, "searchers", "overall");
            CHECK(failure_share(searchers, failure_kind::timed_out) > 0.8);
            CHECK(attempts_each(searchers) > 1.95);
        });
}

TEST_CASE("without hedges, or with hedges that are rationed, 60 % load is no trouble") {
    on_every_seed(load, "no hedge", verdict::passed, [](const auto& run) {
        CHECK(p99_ms(run, "searchers") == Approx(std::log(100) / 40 * 1e3).epsilon(0.07));
        CHECK(store_load(run) == Approx(0.6).epsilon(0.02));
    });
    for (const char* variant : {"budget of 5 %", "observed delay"})
        on_every_seed(load, variant, verdict::passed, [](const auto& run) {
            CHECK(store_load(run) == Approx(0.63).epsilon(0.02));
        });
}

} // namespace windtunnel::scenario
