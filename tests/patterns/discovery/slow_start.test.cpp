// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/slow_start.hpp"

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

slow_start starting(double aggression, duration window = 10s) {
    return slow_start({.slow_start_window = window, .slow_start_aggression = aggression});
}

time_point at(duration d) {
    return time_point{d};
}

} // namespace

TEST_CASE("the share of a host that has just come grows with time, from the minimum") {
    auto s = starting(1);
    s.start(3, at(100s));
    CHECK(s.share(3, at(100s)) == 0.1);
    CHECK(s.share(3, at(99s)) == 0.1);
    CHECK(s.share(3, at(101s)) == 0.1);
    CHECK(s.share(3, at(102s)) == 0.2);
    CHECK(s.share(3, at(105s)) == 0.5);
    CHECK(s.share(3, at(110s) - 1ns) < 1);
    CHECK(s.share(3, at(110s)) == 1);
    CHECK(s.share(4, at(100s)) == 1);
}

TEST_CASE("aggression bends the growth") {
    auto s = starting(2);
    s.start(0, at(0s));
    CHECK(s.share(0, at(2500ms)) == Approx(0.5)); // sqrt(1/4)
    auto slower = starting(0.5);
    slower.start(0, at(0s));
    CHECK(slower.share(0, at(5s)) == Approx(0.25)); // (1/2)^2
}

TEST_CASE("a start again begins anew") {
    auto s = starting(1);
    s.start(0, at(0s));
    s.start(0, at(5s));
    CHECK(s.share(0, at(7s)) == 0.2);
    CHECK(s.share(0, at(10s)) == 0.5);
}

TEST_CASE("without a window nobody is spared and nothing is drawn") {
    auto s = starting(1, 0s);
    host_set hosts(3);
    random_stream random(1, "x"), same(1, "x");
    s.start(0, at(0s));
    CHECK(s.share(0, at(0s)) == 1);
    CHECK(s.spare(hosts, 3, at(0s), random) == 3);
    CHECK(random() == same());
}

TEST_CASE("a spared host is set aside as often as its share says") {
    auto s = starting(1);
    host_set hosts(4);
    random_stream random(1, "x");
    s.start(2, at(0s));
    int candidate = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto left = s.spare(hosts, 4, at(3s), random);
        CHECK(left == (hosts.place(2) < left ? 4 : 3));
        candidate += hosts.place(2) < left;
    }
    CHECK(candidate == Approx(3000).margin(185));
}

TEST_CASE("where all would be spared none is") {
    auto s = starting(1);
    host_set hosts(2);
    random_stream random(1, "x");
    s.start(0, at(0s));
    s.start(1, at(0s));
    int both = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto left = s.spare(hosts, 2, at(0s), random);
        CHECK(left >= 1);
        both += left == 2;
    }
    CHECK(both > 750); // .81 neither, .01 both
}
