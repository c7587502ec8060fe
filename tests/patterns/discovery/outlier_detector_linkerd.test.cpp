// SPDX-License-Identifier: BSL-1.0
// linkerd2-proxy's unified breaker, of one endpoint: its tests on a paused clock.
#include <catch2/catch.hpp>

#include "patterns/discovery/outlier_test.hpp"

using namespace windtunnel;
using namespace windtunnel::outlier_test;
using namespace std::chrono_literals;

namespace {

/// Three in a row, or 80 % over 10 s, back-off from 1 s to 100 s.
outlier_detector_options linkerd_test(int window = 1) {
    auto options = linkerd_outlier_detection();
    options.interval = 100ms;
    options.max_ejection_time = 100s;
    options.consecutive_failures = 3;
    options.average_success_rate.window = window;
    return options;
}

struct endpoint {
    explicit endpoint(const outlier_detector_options& options) : detector(made(options, 1)) {}

    void answers(host_result result, duration after) {
        result.sent = now;
        detector.on_start(0, now);
        detector.on_result(0, result, now);
        now += after;
        detector.advance(now);
    }
    void ok(duration after = 1s) { answers({}, after); }
    void error(duration after = 1s) { answers({.result = verdict::failure}, after); }
    void too_many(duration after = 1s) {
        answers({.result = verdict::failure, .overloaded = true}, after);
    }
    bool open() const { return !detector.ejected(0) && !detector.on_probation(0); }
    ejection_reason reason() const { return detector.ejections().at(0).reason; }

    time_point now{};
    outlier_detector detector;
};

} // namespace

TEST_CASE("linkerd trips on three failures in a row, which a success begins anew") {
    endpoint e{linkerd_test(100)};
    e.error(100ms);
    e.error(100ms);
    e.ok(100ms);
    e.error(100ms);
    e.error(100ms);
    CHECK(e.open());
    e.error(100ms);
    CHECK(e.detector.ejected(0));
    CHECK(e.reason() == ejection_reason::consecutive_failures);
}

TEST_CASE("linkerd's 429 is no failure in a row, and lowers the success rate") {
    auto options = linkerd_test(100);
    options.average_success_rate.threshold = 10;
    endpoint e{options};
    for (int i = 0; i < 5; ++i)
        e.too_many(100ms);
    CHECK(e.open());
    e.error(100ms);
    e.error(100ms);
    e.too_many(100ms); // ends the row
    e.error(100ms);
    e.error(100ms);
    CHECK(e.open());
}

TEST_CASE("linkerd's success rate trips at the third 429, at .741, and it is charged with it") {
    auto options = linkerd_test(3);
    options.consecutive_failures = 5;
    endpoint e{options};
    e.ok();
    e.too_many(); // .905
    e.too_many(); // .819
    CHECK(e.open());
    e.too_many(0s); // e^-.3
    REQUIRE(e.detector.ejected(0));
    CHECK(e.reason() == ejection_reason::average_success_rate);
}

TEST_CASE("linkerd's cold start: no success rate before min_requests, but a row counts") {
    auto options = linkerd_test(5);
    options.consecutive_failures = 100;
    endpoint e{options};
    for (int i = 0; i < 4; ++i)
        e.too_many();
    CHECK(e.open());
    e.too_many(0s);
    CHECK(e.detector.ejected(0));
    endpoint cold{linkerd_test(1000)};
    for (int i = 0; i < 3; ++i)
        cold.error(0s);
    CHECK(cold.detector.ejected(0));
}

TEST_CASE("linkerd's pause of more than three decays asks for min_requests again") {
    const auto trips_after = [](duration pause) {
        auto options = linkerd_test(3);
        options.consecutive_failures = 100;
        endpoint e{options};
        e.ok();
        e.ok();
        e.ok(pause);
        e.error(0s); // .05
        return e.detector.ejected(0);
    };
    CHECK(trips_after(30s));
    CHECK_FALSE(trips_after(30s + 1us));
}

TEST_CASE("linkerd's simultaneous trips are charged to the row") {
    auto options = linkerd_test(1);
    options.average_success_rate.threshold = 75;
    endpoint e{options};
    e.error();   // of no time: 1
    e.error();   // .905
    e.error(0s); // .819
    REQUIRE(e.detector.ejected(0));
    CHECK(e.reason() == ejection_reason::consecutive_failures);
    options.average_success_rate.threshold = 82; // of the same answer
    endpoint both{options};
    both.error();
    both.error();
    CHECK(both.open());
    both.error(0s);
    REQUIRE(both.detector.ejected(0));
    CHECK(both.reason() == ejection_reason::consecutive_failures);
}

TEST_CASE("linkerd's probation: one request, which opens, and which a 429 fails") {
    endpoint e{linkerd_test()};
    for (int i = 0; i < 3; ++i)
        e.error(0s);
    REQUIRE(e.detector.ejected(0));
    e.now += 1s;
    e.detector.advance(e.now);
    REQUIRE(e.detector.on_probation(0));
    CHECK(e.detector.usable(0));
    e.detector.on_start(0, e.now);
    CHECK_FALSE(e.detector.usable(0)); // one, and not a second beside it
    SECTION("a success") {
        e.detector.on_result(0, {.sent = e.now}, e.now);
        CHECK(e.open());
        CHECK(e.detector.usable(0));
    }
    SECTION("a 429") {
        e.detector.on_result(0, {.result = verdict::failure, .overloaded = true, .sent = e.now},
                             e.now);
        REQUIRE(e.detector.ejected(0));
        CHECK(e.reason() == ejection_reason::probation);
        CHECK(e.detector.ejections()[0].until == e.now + 2s); // the back-off goes on
    }
}

TEST_CASE("linkerd's back-off begins anew when it trips again after a recovery") {
    endpoint e{linkerd_test()};
    for (int trip = 0; trip < 2; ++trip) {
        for (int i = 0; i < 3; ++i)
            e.error(0s);
        REQUIRE(e.detector.ejected(0));
        CHECK(e.detector.ejections()[0].until == e.now + 1s);
        e.now += 1s;
        e.detector.advance(e.now);
        e.ok(100ms);
        CHECK(e.open());
    }
}

TEST_CASE("linkerd recovers: half of ten seconds' failures trip it, and one after it does not") {
    auto options = linkerd_test();
    options.consecutive_failures = 0;
    options.average_success_rate.threshold = 50;
    endpoint e{options};
    e.ok();
    int bad = 0;
    for (; !e.detector.ejected(0) && bad < 9; ++bad) {
        e.now += bad > 0 ? 1s : 0s;
        e.too_many(0s);
    }
    CHECK(bad == 7); // e^-.7 = .497
    e.now += 1s;
    e.detector.advance(e.now);
    e.ok(10ms);
    e.error();
    CHECK(e.open());
    for (int i = 0; i < 20; ++i) {
        e.ok();
        CHECK(e.open());
    }
}

TEST_CASE("linkerd's threshold of 0 turns the success rate off") {
    auto options = linkerd_test();
    options.average_success_rate.threshold = 0;
    options.consecutive_failures = 100;
    endpoint e{options};
    e.ok();
    for (int i = 0; i < 10; ++i)
        e.too_many();
    CHECK(e.open());
}
