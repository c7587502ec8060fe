// SPDX-License-Identifier: BSL-1.0
// Who is found, and why.
#include "patterns/discovery/outlier_detector.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

#include "patterns/discovery/outlier_test.hpp"

using namespace windtunnel;
using namespace windtunnel::outlier_test;
using namespace std::chrono_literals;
using hosts = std::vector<host>;

TEST_CASE("the threshold of success rates is the mean less some standard deviations") {
    const double known[] = {50, 100, 100, 100, 100};
    const auto s = success_rate_threshold(known, 1900);
    CHECK(s.mean == 90);
    CHECK(s.stdev == 20);
    CHECK(s.threshold == 52);
    const double alike[] = {80, 80};
    CHECK(success_rate_threshold(alike, 1900).threshold == 80);
    CHECK(success_rate_threshold(known, 0).threshold == 90);
}

TEST_CASE("a host with a success rate below the threshold is ejected when the interval ends") {
    auto d = made({.consecutive_failures = 0}, 5);
    for (host h = 0; h < 5; ++h)
        succeed(d, h, h == 2 ? 50 : 100, 5s);
    fail(d, 2, 50, 5s);
    d.advance(at(10s) - 1ns);
    CHECK(ejected(d).empty());
    d.advance(at(10s));
    CHECK(d.ejections() ==
          std::vector<ejection>{{2, ejection_reason::success_rate, at(10s), at(40s), 1}});
    CHECK(d.ejected(2));
    CHECK_FALSE(d.usable(2));
    CHECK(d.usable(1));
}

TEST_CASE("R8: a success rate at the threshold is none below it") {
    auto options = outlier_detector_options{.consecutive_failures = 0};
    options.success_rate.stdev_factor = 2000; // 90 - 2 * 20 = 50
    auto d = made(options, 5);
    for (host h = 0; h < 5; ++h)
        succeed(d, h, h == 2 ? 50 : 100, 5s);
    fail(d, 2, 50, 5s);
    d.advance(at(10s));
    CHECK(ejected(d).empty());
}

TEST_CASE("hosts that are all alike have no outlier, whatever the factor") {
    for (const int successes : {0, 1, 2, 4, 7}) { // the mean of seven times 100 / 7 is above it
        auto options = outlier_detector_options{.consecutive_failures = 0};
        options.success_rate = {.stdev_factor = 0, .request_volume = 3};
        auto d = made(options, 7);
        for (host h = 0; h < 7; ++h) {
            succeed(d, h, successes, 5s);
            fail(d, h, 7 - successes, 5s);
        }
        d.advance(at(10s));
        CHECK(ejected(d).empty());
    }
}

TEST_CASE("success rates are compared only where enough hosts had enough requests") {
    const auto found = [](int volume, host enough) {
        auto d = made({.consecutive_failures = 0}, 6);
        for (host h = 0; h < enough; ++h)
            succeed(d, h, h == 0 ? 20 : volume, 5s);
        fail(d, 0, volume - 20, 5s);
        fail(d, 5, 99, 5s); // not enough to be compared
        d.advance(at(10s));
        return ejected(d);
    };
    CHECK(found(100, 5) == hosts{0});
    CHECK(found(99, 5).empty());
    CHECK(found(100, 4).empty());
}

TEST_CASE("what an interval has seen does not count in the next") {
    auto d = made(shares_only(), 2);
    fail(d, 0, 1, 9s);
    succeed(d, 0, 2, 9s);
    fail(d, 0, 1, 10s); // the interval ends before this one
    CHECK(ejected(d).empty());
    d.advance(at(20s));
    CHECK(ejected(d) == hosts{0});
}

TEST_CASE("A failure percentage at the threshold ejects") {
    const auto found = [](int failures, int of) {
        auto d = made(shares_only(85), 2);
        fail(d, 1, failures, 5s);
        succeed(d, 1, of - failures, 5s);
        d.advance(at(10s));
        return !ejected(d).empty();
    };
    CHECK(found(17, 20));
    CHECK(found(85, 100));
    CHECK_FALSE(found(849, 1000));
    CHECK(found(1, 1));
}

TEST_CASE("shares of failures are compared only where enough hosts had enough requests") {
    const auto found = [](host enough, int volume) {
        auto options = shares_only();
        options.failure_percentage.minimum_hosts = 3;
        options.failure_percentage.request_volume = 10;
        auto d = made(options, 4);
        for (host h = 0; h < enough; ++h)
            fail(d, h, volume, 5s);
        d.advance(at(10s));
        return ejected(d).size();
    };
    CHECK(found(3, 10) == 3);
    CHECK(found(2, 10) == 0);
    CHECK(found(3, 9) == 0);
}

TEST_CASE("failures in a row eject at once, a success begins the row anew") {
    auto d = made(rows_only(), 3);
    fail(d, 1, 4, 1s);
    succeed(d, 1, 1, 1s);
    fail(d, 1, 4, 1s);
    CHECK(ejected(d).empty());
    fail(d, 1, 1, 2s);
    CHECK(d.ejections() ==
          std::vector<ejection>{{1, ejection_reason::consecutive_failures, at(2s), at(32s), 1}});
}

TEST_CASE("Finagle's consecutive failures: the third in a row, and again after a revival") {
    auto options = rows_only(3);
    options.base_ejection_time = 5s;
    auto d = made(options, 1);
    fail(d, 0, 2, 0s);
    CHECK_FALSE(d.ejected(0));
    succeed(d, 0, 1, 0s);
    fail(d, 0, 2, 1s);
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 1s);
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].until == at(6s));
    d.uneject(0, at(2s));
    fail(d, 0, 2, 2s);
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 2s);
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].until == at(7s));
}

TEST_CASE("Finagle's hybrid: a row of three, or a success rate below 80 %") {
    auto options = shares_only(20); // Finagle: an average over 30 s; ours: intervals of 30 s
    options.consecutive_failures = 3;
    options.interval = 30s;
    auto d = made(options, 1);
    for (int i = 0; i < 15; ++i) {
        succeed(d, 0, 1, i * 2s);
        fail(d, 0, 1, i * 2s + 1s);
    }
    CHECK_FALSE(d.ejected(0)); // never two in a row
    d.advance(at(30s));
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].reason == ejection_reason::failure_percentage);
    auto rows = made(options, 1);
    succeed(rows, 0, 100, 1s); // 97 %
    fail(rows, 0, 3, 2s);
    REQUIRE(rows.ejected(0));
    CHECK(rows.ejections()[0].reason == ejection_reason::consecutive_failures);
}

TEST_CASE("Finagle's average over 100: after 100 successes the 70th failure kills at one half") {
    auto options = rows_only(0);
    options.average_success_rate.threshold = 50;
    auto d = made(options, 2);
    succeed(d, 0, 100, 0s);
    fail(d, 0, 69, 1s); // e^-.69 = .5016
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 2s); // e^-.70 = .4966
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].reason == ejection_reason::average_success_rate);
    CHECK(d.ejections()[0].since == at(2s));
    fail(d, 1, 99, 3s); // too few to tell
    CHECK_FALSE(d.ejected(1));
    fail(d, 1, 1, 3s);
    CHECK(d.ejected(1));
    d.uneject(1, at(4s));
    fail(d, 1, 99, 4s); // with nothing held against it
    CHECK_FALSE(d.ejected(1));
}

TEST_CASE("an average that is spared is seen anew, and without enforcement it finds nothing") {
    auto options = rows_only(0);
    options.average_success_rate = {.threshold = 50, .window = 10, .enforcement = 1e-9};
    auto d = made(options, 1);
    fail(d, 0, 25, 1s);
    CHECK(d.metrics().not_enforced == 2);
    options.average_success_rate.enforcement = 0;
    CHECK_FALSE(options.enabled());
    auto none = made(options, 1);
    fail(none, 0, 25, 1s);
    CHECK(none.metrics().ejected + none.metrics().not_enforced == 0);
}

TEST_CASE("a row goes on over intervals, and neutral results neither add to it nor end it") {
    auto d = made(rows_only(), 1);
    fail(d, 0, 4, 9s);
    d.on_result(0, verdict::neutral, false, at(15s));
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 25s);
    CHECK(d.ejected(0));
}

TEST_CASE("an enforcement in between ejects that share of those found") {
    auto options = rows_only();
    options.enforcing_consecutive_failures = 30;
    auto d = made(options, 10'000);
    for (host h = 0; h < 10'000; ++h)
        fail(d, h, 5, 1s);
    CHECK(d.ejected_hosts() == Approx(3000).margin(185));
    CHECK(d.metrics().ejected == d.ejected_hosts());
    CHECK(d.metrics().not_enforced == 10'000 - d.ejected_hosts());
}

TEST_CASE("one that was spared needs the whole row again") {
    auto options = rows_only();
    options.enforcing_consecutive_failures = 1e-9;
    auto d = made(options, 1);
    fail(d, 0, 14, 1s);
    CHECK(d.metrics().not_enforced == 2);
}

TEST_CASE("without enforcement nothing is found") {
    auto options = shares_only();
    options.failure_percentage.enforcement = 0;
    options.consecutive_failures = 3;
    options.enforcing_consecutive_failures = 0;
    auto d = made(options, 2);
    fail(d, 0, 100, 5s);
    d.advance(at(10s));
    CHECK(d.metrics().ejected + d.metrics().not_enforced + d.metrics().limit_reached == 0);
}

TEST_CASE("local origins count with the others until they are split off") {
    auto d = made(rows_only(), 1);
    fail(d, 0, 2, 1s);
    fail(d, 0, 3, 1s, true);
    CHECK(d.ejections().at(0).reason == ejection_reason::consecutive_failures);
}

TEST_CASE("split off, what happened on our side has a row of its own") {
    auto options = rows_only();
    options.split_local_origin = true;
    options.consecutive_local_origin_failures = 3;
    auto d = made(options, 3);
    fail(d, 0, 4, 1s);
    fail(d, 0, 2, 1s, true); // neither adds to the row of what it answered, nor ends it
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 1s);
    CHECK(d.ejections().at(0).reason == ejection_reason::consecutive_failures);

    fail(d, 1, 2, 1s, true);
    fail(d, 1, 1, 1s); // it was reached
    fail(d, 1, 2, 1s, true);
    CHECK_FALSE(d.ejected(1));
    fail(d, 1, 1, 1s, true);
    CHECK(d.ejections().at(1).reason == ejection_reason::consecutive_local_origin_failures);

    fail(d, 2, 2, 1s, true);
    succeed(d, 2, 1, 1s, true);
    fail(d, 2, 2, 1s, true);
    CHECK_FALSE(d.ejected(2));
}

TEST_CASE("split off, what happened on our side is compared by itself") {
    auto options = shares_only();
    options.split_local_origin = true;
    options.consecutive_local_origin_failures = 0;
    auto d = made(options, 3);
    fail(d, 0, 6, 1s, true); // 6 of 10 were not reached, all others went well
    succeed(d, 0, 4, 1s);
    fail(d, 1, 4, 1s, true); // 4 of 10 were not reached, all others failed
    fail(d, 1, 6, 1s);
    fail(d, 2, 4, 1s, true); // 4 of 10 each: under the threshold apart, over it together
    fail(d, 2, 2, 1s);
    succeed(d, 2, 4, 1s);
    d.advance(at(10s));
    REQUIRE(ejected(d) == hosts{0, 1});
    CHECK(d.ejections()[0].reason == ejection_reason::local_origin_failure_percentage);
    CHECK(d.ejections()[1].reason == ejection_reason::failure_percentage);
}

TEST_CASE("an outlier of both comparisons is ejected once, for its success rate") {
    auto options = outlier_detector_options{.consecutive_failures = 0};
    options.failure_percentage.enforcement = 100;
    auto d = made(options, 5);
    for (host h = 1; h < 5; ++h)
        succeed(d, h, 100, 5s);
    fail(d, 0, 100, 5s);
    d.advance(at(10s));
    CHECK(d.metrics().ejected == 1);
    CHECK(d.ejections().at(0).reason == ejection_reason::success_rate);
}

TEST_CASE("gRPC's example: of three, two fail, and 10 % allows one of them") {
    auto options = grpc_outlier_detection();
    options.success_rate.enforcement = 0;
    options.failure_percentage = {
        .threshold = 50, .minimum_hosts = 3, .request_volume = 3, .enforcement = 100};
    const auto found = [](const outlier_detector_options& some) {
        auto d = made(some, 3);
        succeed(d, 0, 3, 1s);
        fail(d, 1, 3, 1s);
        fail(d, 2, 3, 1s);
        d.advance(at(10s));
        return ejected(d);
    };
    CHECK(found(options) == hosts{1});
    auto none = options;
    none.max_ejection_percent = 0;
    CHECK(found(none).empty());
    none = options;
    none.failure_percentage.enforcement = 0;
    CHECK(found(none).empty());
}

TEST_CASE("At least one host may be ejected, unless the limit is strict or none") {
    CHECK(outlier_detector_options{}.limit == ejection_limit::at_least_one);
    struct row {
        ejection_limit limit;
        std::size_t hosts;
        double percent;
        std::uint32_t ejected;
    };
    using enum ejection_limit;
    const row rows[] = {
        {strict, 5, 10, 0},         {strict, 10, 10, 1},        {strict, 19, 10, 1},
        {strict, 20, 10, 2},        {strict, 3, 100, 3},        {strict, 1, 100, 1},
        {at_least_one, 5, 10, 1},   {at_least_one, 10, 10, 1},  {at_least_one, 20, 10, 2},
        {at_least_one, 1, 1, 1},    {at_least_one, 5, 0, 0},    {until_reached, 5, 10, 1},
        {until_reached, 10, 10, 1}, {until_reached, 11, 10, 2}, {until_reached, 20, 10, 2},
        {until_reached, 3, 0, 0},   {until_reached, 3, 100, 3}, {until_reached, 3, 34, 2},
    };
    for (const auto& r : rows) {
        auto options = rows_only(1);
        options.limit = r.limit;
        options.max_ejection_percent = r.percent;
        auto d = made(options, r.hosts);
        for (host h = 0; h < r.hosts; ++h)
            fail(d, h, 1, 1s);
        CAPTURE(to_string(r.limit), r.hosts, r.percent);
        CHECK(d.ejected_hosts() == r.ejected);
        CHECK(d.metrics().limit_reached == r.hosts - r.ejected);
    }
}
