// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/client_throttle.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr auto envoy = client_throttle_kind::admission_control;

time_point at(duration t) {
    return time_point{t};
}

void ended(client_throttle& throttle, duration when, int well, int badly) {
    for (int i = 0; i < well; ++i)
        throttle.on_outcome(at(when), verdict::success);
    for (int i = 0; i < badly; ++i)
        throttle.on_outcome(at(when), verdict::failure);
}

double after(const client_throttle_options& options, int well, int badly) {
    client_throttle throttle{options};
    ended(throttle, 0s, well, badly);
    return throttle.rejection_probability(at(0s));
}

} // namespace

TEST_CASE("a throttle lets through what k times the accepts cover, and refuses the share above") {
    CHECK(after({}, 0, 0) == 0);
    CHECK(after({}, 5, 5) == 0);
    CHECK(after({}, 4, 6) == 2.0 / 11);
    CHECK(after({}, 0, 9) == 9.0 / 10);
    CHECK(after({.k = 1}, 9, 1) == 1.0 / 11);
    CHECK(after({.k = 1}, 10, 0) == 0);
}

TEST_CASE("R8: a draw below the probability is refused, one that equals it is not") {
    client_throttle throttle{{}};
    ended(throttle, 0s, 0, 3);
    CHECK(throttle.admit(at(0s), 0.75));
    CHECK_FALSE(throttle.admit(at(0s), 0.7499));
    CHECK(throttle.rejected() == 1);
    CHECK(client_throttle{{}}.admit(at(0s), 0));
}

TEST_CASE("for sre what is refused here is a request, for admission_control it is nothing") {
    client_throttle sre{{}};
    ended(sre, 0s, 0, 3);
    CHECK_FALSE(sre.admit(at(0s), 0));
    CHECK(sre.rejection_probability(at(0s)) == 4.0 / 5);
    client_throttle control{{.kind = envoy}};
    ended(control, 0s, 0, 3);
    CHECK_FALSE(control.admit(at(0s), 0));
    CHECK(control.rejection_probability(at(0s)) == 3.0 / 4);
}

TEST_CASE("admission control refuses by the success rate, its aggression and its cap") {
    CHECK(after({.kind = envoy}, 95, 5) == Approx(0).margin(1e-12));
    CHECK(after({.kind = envoy}, 96, 4) == 0);
    CHECK(after({.kind = envoy}, 50, 50) == Approx((100 - 50 / 0.95) / 101));
    CHECK(after({.kind = envoy, .aggression = 2}, 50, 50) ==
          Approx(std::sqrt((100 - 50 / 0.95) / 101)));
    CHECK(after({.kind = envoy, .sr_threshold = 0.5}, 25, 75) == 50.0 / 101);
    CHECK(after({.kind = envoy}, 0, 1000) == 0.8);
    CHECK(after({.kind = envoy, .max_rejection_probability = 1}, 0, 999) == 999.0 / 1000);
}

TEST_CASE("below so many requests a second admission control refuses nothing, at it, it does") {
    CHECK(after({.kind = envoy, .rps_threshold = 1}, 0, 29) == 0);
    CHECK(after({.kind = envoy, .rps_threshold = 1}, 0, 30) == 0.8);
}

TEST_CASE("the window slides, a thirtieth at a time") {
    client_throttle sre{{}};
    ended(sre, 3999ms, 0, 3);
    ended(sre, 4s, 0, 1);
    CHECK(sre.rejection_probability(at(2min - 1ns)) == 4.0 / 5);
    CHECK(sre.rejection_probability(at(2min)) == 1.0 / 2);
    CHECK(sre.rejection_probability(at(2min + 4s)) == 0);
    client_throttle control{{.kind = envoy}};
    ended(control, 0s, 0, 1);
    CHECK(control.rejection_probability(at(30s - 1ns)) == 0.5);
    CHECK(control.rejection_probability(at(30s)) == 0);
    client_throttle own{{.window = 300ms}};
    ended(own, 0s, 0, 1);
    CHECK(own.rejection_probability(at(300ms - 1ns)) == 0.5);
    CHECK(own.rejection_probability(at(300ms)) == 0);
    CHECK(own.rejection_probability(never) == 0);
}

TEST_CASE("what says nothing about the backend counts nowhere") {
    client_throttle throttle{{}};
    ended(throttle, 0s, 0, 1);
    for (int i = 0; i < 100; ++i)
        throttle.on_outcome(at(0s), verdict::neutral);
    CHECK(throttle.rejection_probability(at(0s)) == 0.5);
}

TEST_CASE("with the backend overloaded a throttle sends k times what is accepted") {
    // 1000 requests a second come, the backend accepts the first 100 of those it gets in each.
    for (const double k : {1.5, 2.0, 3.0}) {
        client_throttle throttle{{.k = k}};
        random_stream random{1, "throttle"};
        std::int64_t sent = 0;
        for (int second = 0; second < 600; ++second) {
            int got = 0;
            for (int i = 0; i < 1000; ++i) {
                const auto now = at(1s * second + 1ms * i);
                if (throttle.admit(now, random.uniform()))
                    throttle.on_outcome(now, ++got <= 100 ? verdict::success : verdict::failure);
            }
            sent += second >= 300 ? got : 0;
        }
        CHECK(static_cast<double>(sent) / 300 == Approx(100 * k).epsilon(0.05));
    }
}

TEST_CASE("a probability is one, and never refuses while everything goes well") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint16_t, bool>>& outcomes) {
        client_throttle throttle{{.kind = *rc::gen::element(client_throttle_kind::sre, envoy),
                                  .aggression = *rc::gen::element(1.0, 1.5, 3.0)}};
        time_point now{};
        bool well = true;
        for (const auto& [gap, good] : outcomes) {
            now += std::chrono::milliseconds{gap};
            throttle.on_outcome(now, good ? verdict::success : verdict::failure);
            well &= good;
            const double p = throttle.rejection_probability(now);
            RC_ASSERT(p >= 0 && p < 1);
            RC_ASSERT(!well || p == 0);
        }
    }));
}

TEST_CASE("a throttle refuses options that make no sense") {
    using o = client_throttle_options;
    CHECK_NOTHROW(o{}.validate());
    const std::vector<std::pair<std::function<void(o&)>, std::string>> rows{
        {[](o& x) { x.window = 999us; }, "window is 999us; it must be at least 1ms, or 0s"},
        {[](o& x) { x.window = -1s; }, "window is -1s"},
        {[](o& x) { x.k = 0.9; }, "k is 0.9; it must be from 1 to 1000"},
        {[](o& x) { x.k = std::numeric_limits<double>::quiet_NaN(); }, "k is"},
        {[](o& x) { x.sr_threshold = 0; }, "sr_threshold is 0; it must be from 0.01 to 1"},
        {[](o& x) { x.aggression = 0.5; }, "aggression is 0.5; it must be from 1 to 100"},
        {[](o& x) { x.rps_threshold = -1; }, "rps_threshold is -1; it must be from 0 to 1e9"},
        {[](o& x) { x.max_rejection_probability = 0; },
         "max_rejection_probability is 0; it must be above 0 and at most 1"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_WITH(client_throttle{options},
                          Catch::Matchers::StartsWith("client_throttle: " + message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
    }
    CHECK(to_string(envoy) == "admission_control");
}
