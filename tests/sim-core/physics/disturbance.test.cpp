// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/disturbance.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::sim {

namespace {

struct sent : message {
    sent(node_id a, node_id b) : message([](message&, delivery) {}) {
        from = a;
        to = b;
    }
};

struct losses {
    double share = 0, mean_burst = 0;
};

/// Of many messages from outside (1) to inside (0).
losses observed(double share, double burst, double strength = 1) {
    loss rule(direction::both, random_stream{1, "loss"}, share, burst);
    rule.where.add_inside(0);
    rule.where.add_outside(1);
    rule.strength = strength;
    const sent m(1, 0);
    constexpr int all = 400'000;
    int lost = 0, bursts = 0;
    bool before = false;
    for (int i = 0; i < all; ++i) {
        const bool now = rule.judge(m).what == verdict::kind::drop;
        lost += now;
        bursts += now && !before;
        before = now;
    }
    return {static_cast<double>(lost) / all, static_cast<double>(lost) / bursts};
}

} // namespace

TEST_CASE("losses have their share, each by itself or in bursts of a mean length") {
    // By itself: a burst ends with 1 - share.
    CHECK(observed(0.2, 1).share == Approx(0.2).margin(0.003));
    CHECK(observed(0.2, 1).mean_burst == Approx(1.25).margin(0.02));
    CHECK(observed(0.2, 10).share == Approx(0.2).margin(0.01));
    CHECK(observed(0.2, 10).mean_burst == Approx(10).margin(0.4));
    CHECK(observed(0.2, 10, 0.5).share == Approx(0.1).margin(0.01));
    CHECK(observed(1, 10).share == 1);
}

TEST_CASE("a disturbance is about messages between its two sides, in its direction") {
    const auto dropped = [](direction d, node_id from, node_id to) {
        cut rule(d, false);
        rule.where.add_inside(0);
        rule.where.add_inside(1);
        rule.where.add_outside(2);
        return rule.judge(sent(from, to)).what == verdict::kind::drop;
    };
    CHECK(dropped(direction::both, 2, 0));
    CHECK(dropped(direction::both, 1, 2));
    CHECK(dropped(direction::to, 2, 1));
    CHECK_FALSE(dropped(direction::to, 1, 2));
    CHECK(dropped(direction::from, 1, 2));
    CHECK_FALSE(dropped(direction::from, 2, 1));
    CHECK_FALSE(dropped(direction::both, 0, 1)); // within one side
    CHECK_FALSE(dropped(direction::both, 3, 0)); // of neither
}

} // namespace windtunnel::sim
