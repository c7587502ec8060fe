// SPDX-License-Identifier: BSL-1.0
// One window a second; the fault is on from 40 s to 60 s, the run ends at 110 s.
#include "scenarios/src/recovery.hpp"

#include <catch2/catch.hpp>

#include "scenarios/result_support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

using state = recovery::state;

const recovery_times usual{1s, 10s, 40s, 60s, 110s};

/// Good from 0 to 40, nothing good from 40 to `back`, good again to 110.
traffic outage(std::size_t back) {
    traffic t;
    fill(t, 0, 40, 100, 10ms);
    fill(t, 40, back, 0, 0ms, 100);
    fill(t, back, 110, 100, 10ms);
    return t;
}

recovery find(const traffic& t, const recovery_times& times = usual) {
    return find_recovery(t, times);
}

} // namespace

TEST_CASE("recovery is counted from the end of the fault to the first good window") {
    CHECK(find(outage(60)).found == state::recovered);
    CHECK(find(outage(60)).after == 0s);
    CHECK(find(outage(45)).after == 0s);
    CHECK(find(outage(72)).after == 12s);
}

TEST_CASE("a window that the fault's end cuts does not count") {
    CHECK(find(outage(60), {1s, 10s, 40s, 59500ms, 110s}).after == 500ms);
}

TEST_CASE("what is never as before has not recovered, and it is said in what") {
    const auto errors = find(outage(110));
    CHECK(errors.found == state::not_recovered);
    CHECK(errors.observed == 49s);
    CHECK(errors.why == "in the last windows the share without a good answer is 100 % (at most "
                        "1 %), the goodput is 0/s (at least 90/s)");

    traffic slow = outage(60);
    fill(slow, 60, 110, 100, 16ms);
    CHECK(find(slow).why == "in the last windows the mean latency is 16 ms (at most 15 ms)");

    traffic less = outage(60);
    fill(less, 60, 110, 89, 10ms);
    CHECK(find(less).why == "in the last windows the goodput is 89/s (at least 90/s)");
    recovery_times of_ten = usual; // replications, put together
    of_ten.runs = 10;
    CHECK(find(less, of_ten).why == "in the last windows the goodput is 8.9/s (at least 9/s)");
}

TEST_CASE("each tolerance includes its limit") {
    traffic t = outage(60);
    fill(t, 60, 110, 100, 15ms);
    CHECK(find(t).found == state::recovered);
    fill(t, 60, 110, 90, 10ms);
    CHECK(find(t).found == state::recovered);
    fill(t, 60, 110, 99, 10ms, 1);
    CHECK(find(t).found == state::recovered);
    fill(t, 60, 110, 98, 10ms, 2);
    CHECK(find(t).found == state::not_recovered);
}

TEST_CASE("what was worse before the fault already is as before") {
    traffic t = outage(60);
    fill(t, 20, 23, 70, 40ms, 30);
    fill(t, 60, 110, 70, 40ms, 30);
    CHECK(find(t).found == state::recovered);
}

TEST_CASE("a short good time before a relapse is no recovery") {
    traffic t = outage(60);
    fill(t, 66, 90, 0, 0ms, 100);
    CHECK(find(t).after == 30s);
    fill(t, 66, 110, 0, 0ms, 100);
    CHECK(find(t).found == state::not_recovered);
}

TEST_CASE("one bad window later on does not undo a recovery") {
    traffic t = outage(60);
    fill(t, 80, 81, 70, 10ms, 30);
    CHECK(find(t).after == 0s);
}

TEST_CASE("requests that were never answered are not good") {
    traffic t = outage(60);
    for (std::size_t i = 60; i < 110; ++i)
        t.windows[i] = {100, 0, 0, 0, 0, {}};
    CHECK(find(t).found == state::not_recovered);
}

TEST_CASE("what was sent too late to be answered before the end is not judged") {
    traffic t = outage(60);
    fill(t, 10, 40, 100, 5s);
    fill(t, 60, 105, 100, 5s);
    for (std::size_t i = 105; i < 110; ++i)
        t.windows[i] = {100, 0, 0, 0, 0, {}};
    CHECK(find(t).after == 0s);
    CHECK(find(t).observed == 45s);
}

TEST_CASE("without enough windows or requests there is nothing to tell") {
    CHECK(find(outage(60), {1s, 38s, 40s, 60s, 110s}).why ==
          "there are 2 whole windows of 1 s before the fault, and 3 are needed");
    CHECK(find(outage(60), {1s, 10s, 40s, 60s, 62s}).why ==
          "there are 1 whole windows of 1 s after the fault to judge, and 3 are needed");
    CHECK(find(traffic{}).why == "there were no requests before the fault");
    CHECK(find(traffic{}).found == state::undecided);
    traffic t;
    fill(t, 0, 110, 0, 0ms, 10);
    CHECK(find(t).found == state::no_baseline);
}

TEST_CASE("rules that make no sense are refused") {
    CHECK_THROWS_WITH(find_recovery({}, usual, {.block = 0}),
                      "recovery rules: block is 0: it must be at least 1");
    CHECK_THROWS_WITH(find_recovery({}, usual, {.latency_factor = 0.5}),
                      "recovery rules: latency_factor is 0.5: it must be at least 1");
    CHECK_THROWS_WITH(find_recovery({}, usual, {.goodput_factor = 0}),
                      "recovery rules: goodput_factor is 0: it must be above 0 and at most 1");
    CHECK_THROWS_WITH(find_recovery({}, usual, {.extra_share = 2}),
                      "recovery rules: extra_share is 2: it must be 0 to 1");
}

} // namespace windtunnel::scenario
