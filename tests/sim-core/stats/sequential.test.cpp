// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/sequential.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/elementary.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;

namespace {

using looks = std::vector<int>;

struct outcome {
    bool clear = false, right = false, holds_truth = false;
};

/// Values around 0 with a deviation of 1, replicated until it is clear on which side of `bound` 0
/// is.
outcome replicate(const sequential_plan& plan, double bound, random_stream& random) {
    moments seen;
    const auto run_up_to = [&](int n) {
        while (seen.count() < static_cast<std::uint64_t>(n))
            seen.add(normal_quantile(random.uniform_open()));
    };
    const auto is_clear = [&](double level) {
        return !mean_interval(seen, level)->contains(bound);
    };
    int until = plan.most();
    outcome found;
    for (const int look : plan.looks()) {
        run_up_to(look);
        if (is_clear(plan.look_level())) {
            until = plan.after_clear(look);
            break;
        }
    }
    run_up_to(until);
    found.clear = is_clear(default_level);
    found.right = (seen.mean() < bound) == (bound > 0);
    found.holds_truth = mean_interval(seen)->contains(0);
    return found;
}

} // namespace

TEST_CASE("looks grow by half, up to half of all that there may be") {
    const sequential_plan plan({.first = 10, .most = 100});
    CHECK(plan.looks() == looks{10, 15, 23, 35, 50});
    CHECK(plan.look_level() == Approx(0.99));
    CHECK(plan.after_clear(15) == 30);
    CHECK(plan.after_clear(50) == 100);
    CHECK(sequential_plan({.first = 10, .most = 19}).looks() == looks{19});
    CHECK(sequential_plan({.first = 10, .most = 19}).after_clear(19) == 19);
    CHECK(sequential_plan({.first = 10, .most = 20}).looks() == looks{10});
    CHECK(sequential_plan({.first = 2, .most = 12}).looks() == looks{2, 3, 5, 6});
}

TEST_CASE("a plan that cannot be is refused") {
    CHECK_THROWS_AS(sequential_plan({.first = 1}), std::invalid_argument);
    CHECK_THROWS_AS(sequential_plan({.first = 10, .most = 9}), std::invalid_argument);
    CHECK_THROWS_AS(sequential_plan({.level = 1}), std::invalid_argument);
}

TEST_CASE("the interval holds the truth as often as it says, wherever the bound is") {
    const sequential_plan plan({});
    constexpr int trials = 4000;
    // 95 % within three standard errors, less the 2 % that optional stopping is allowed to cost.
    constexpr double error = 3 * 0.0034, least = 0.93 - error, most = 0.97;
    for (const double bound : {0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 5.0}) {
        random_stream random(1, "coverage");
        int held = 0, wrong = 0;
        for (int i = 0; i < trials; ++i) {
            const outcome found = replicate(plan, bound, random);
            held += found.holds_truth;
            wrong += bound > 0 && found.clear && !found.right;
        }
        CAPTURE(bound, held, wrong);
        CHECK(held >= least * trials);
        CHECK(held <= most * trials);
        CHECK(wrong <= 0.05 * trials); // on the wrong side of the bound, and called clear
    }
}
