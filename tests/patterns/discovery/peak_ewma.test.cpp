// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/peak_ewma.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

time_point at(duration d) {
    return time_point{d};
}

} // namespace

TEST_CASE("the decay factor is e to the minus t over tau") {
    for (const auto t : {0ns, 1ns, 1000ns, 1'000'000ns})
        CHECK(decay_factor(t, 10s) == Approx(std::exp(-to_seconds(t) / 10)).epsilon(1e-14));
    for (const duration t : {duration{1s}, duration{2500ms}, duration{2501ms}, duration{10s},
                             duration{60s}, duration{700s}, duration{6999s}})
        CHECK(decay_factor(t, 10s) == Approx(std::exp(-to_seconds(t) / 10)).epsilon(1e-12));
}

TEST_CASE("the decay factor stays from 0 to 1 whatever the time") {
    CHECK(decay_factor(0s, 10s) == 1);
    CHECK(decay_factor(-5s, 10s) == 1);
    CHECK(decay_factor(7000s, 10s) == 0);
    CHECK(decay_factor(duration::max(), 1ns) == 0);
    CHECK(decay_factor(1ns, duration::max()) == 1);
    CHECK(decay_factor(duration::max(), duration::max()) == Approx(std::exp(-1.0)));
}

TEST_CASE("a peak counts at once, what is lower only as time passes") {
    peak_ewma e(10ms, at(0s));
    CHECK_FALSE(e.seen());
    e.record(20ms, 10s, at(0s)); // the first sample replaces what was assumed
    CHECK(e.seen());
    CHECK(e.value(10s, at(0s)) == 20e6);
    e.record(100ms, 10s, at(1s));
    CHECK(e.value(10s, at(1s)) == 100e6);
    e.record(100ms, 10s, at(2s)); // equal: the average as it was
    CHECK(e.value(10s, at(2s)) == 100e6);
    e.record(20ms, 10s, at(2s)); // no time has passed
    CHECK(e.value(10s, at(2s)) == 100e6);
    e.record(20ms, 10s, at(12s));
    CHECK(e.value(10s, at(12s)) ==
          Approx((100 * std::exp(-1.0) + 20 * (1 - std::exp(-1.0))) * 1e6));
}

TEST_CASE("without traffic the average decays") {
    peak_ewma e(10ms, at(5s));
    CHECK(e.value(10s, at(5s)) == 10e6);
    CHECK(e.value(10s, at(15s)) == Approx(10e6 * std::exp(-1.0)));
    e.record(5s, 10s, at(15s));
    CHECK(e.value(10s, at(15s)) == 5e9);
    CHECK(e.value(10s, at(35s)) == Approx(5e9 * std::exp(-2.0)));
    CHECK(e.value(10s, never) == 0);
}

TEST_CASE("the first sample is believed even where it is below what was assumed") {
    peak_ewma e(10ms, at(0s));
    e.record(1ms, 10s, at(0s));
    CHECK(e.value(10s, at(0s)) == 1e6);
}

TEST_CASE("odd samples do no harm") {
    peak_ewma e(10ms, at(10s));
    e.record(-3ms, 10s, at(10s));
    CHECK(e.value(10s, at(10s)) == 0);
    e.record(2ms, 10s, at(9s)); // of the past: no decay, and time does not go back
    CHECK(e.value(10s, at(10s)) == 2e6);
    e.record(duration::max(), 10s, at(10s));
    CHECK(e.value(10s, at(20s)) < static_cast<double>(duration::max().count()));
}
