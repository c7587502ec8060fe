// SPDX-License-Identifier: BSL-1.0
// Hosts that are let back on probation, and results that several find bad.
#include <catch2/catch.hpp>

#include "patterns/discovery/outlier_test.hpp"

using namespace windtunnel;
using namespace windtunnel::outlier_test;
using namespace std::chrono_literals;

namespace {

/// One failure ejects for 10 s; two good answers end a probation.
outlier_detector_options on_trial() {
    auto options = rows_only(1);
    options.base_ejection_time = 10s;
    options.probation = 2;
    return options;
}

/// Host 0 of two is on probation at 20 s.
outlier_detector tried() {
    auto d = made(on_trial(), 2);
    fail(d, 0, 1, 5s);
    d.advance(at(20s));
    REQUIRE(d.on_probation(0));
    return d;
}

} // namespace

TEST_CASE("Finagle's hybrid: of two that find a host bad the longest back-off wins") {
    auto options = rows_only(3);
    options.base_ejection_time = 5s;
    options.average_success_rate = {.threshold = 80, .window = 3};
    SECTION("the average's") {
        options.average_success_rate.base_ejection_time = 7s;
    }
    SECTION("the row's") {
        options.average_success_rate.base_ejection_time = 2s;
    }
    SECTION("the row's, as the first of two alike") {}
    auto d = made(options, 1);
    fail(d, 0, 3, 1s);
    REQUIRE(d.ejected(0));
    const bool longer = options.average_success_rate.base_ejection_time > 5s;
    CHECK(d.ejections()[0].until == at(longer ? 8s : 6s));
    CHECK(d.ejections()[0].reason ==
          (longer ? ejection_reason::average_success_rate : ejection_reason::consecutive_failures));
}

TEST_CASE("Finagle's hybrid: each of the two finds by itself, for its own time") {
    auto options = rows_only(3);
    options.base_ejection_time = 5s;
    options.average_success_rate = {.threshold = 80, .window = 10, .base_ejection_time = 7s};
    auto d = made(options, 2);
    succeed(d, 0, 10, 0s);
    fail(d, 0, 2, 1s); // e^-.2 = .82
    succeed(d, 0, 1, 1s);
    fail(d, 0, 1, 1s); // .76
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].until == at(8s));
    fail(d, 1, 3, 1s); // too few for an average
    REQUIRE(d.ejected(1));
    CHECK(d.ejections()[1].until == at(6s));
}

TEST_CASE("where the longest is spared the next one decides") {
    auto options = rows_only(3);
    options.base_ejection_time = 5s;
    options.average_success_rate = {
        .threshold = 80, .window = 3, .base_ejection_time = 7s, .enforcement = 1e-9};
    auto d = made(options, 1);
    fail(d, 0, 3, 1s);
    REQUIRE(d.ejected(0));
    CHECK(d.ejections()[0].reason == ejection_reason::consecutive_failures);
    CHECK(d.metrics().not_enforced == 1);
}

TEST_CASE("a host on probation gets as many requests as it needs good answers, and no more") {
    auto d = tried();
    const auto before = d.revision();
    d.on_start(0, at(20s));
    CHECK(d.usable(0));
    d.on_start(0, at(20s));
    CHECK_FALSE(d.usable(0));
    CHECK(d.revision() > before);
    d.on_result(0, {.sent = at(20s)}, at(21s));
    CHECK_FALSE(d.usable(0)); // the other one decides
    d.on_result(0, {.sent = at(20s)}, at(22s));
    CHECK(d.usable(0));
    CHECK_FALSE(d.on_probation(0));
    CHECK(d.metrics().recovered == 1);
}

TEST_CASE("R3: a probe that was cancelled decides nothing, and another may be sent") {
    auto d = tried();
    d.on_start(0, at(20s));
    d.on_start(0, at(20s));
    d.on_result(0, {.result = verdict::neutral, .sent = at(20s)}, at(21s));
    CHECK(d.on_probation(0));
    CHECK(d.usable(0));
}

TEST_CASE("R1: what was sent before the probation does not decide it") {
    auto d = tried();
    d.on_result(0, {.result = verdict::failure, .sent = at(1s)}, at(21s));
    d.on_result(0, {.result = verdict::success, .sent = at(20s) - 1ns}, at(21s));
    CHECK(d.on_probation(0));
    CHECK(d.metrics().late_results == 2);
}

TEST_CASE("R4: probes that are never answered are sent again after an interval") {
    auto d = tried();
    d.on_start(0, at(20s));
    d.on_start(0, at(20s));
    CHECK_FALSE(d.usable(0));
    d.advance(at(30s));
    CHECK(d.usable(0));
    CHECK(d.on_probation(0));
}

TEST_CASE("a failure on probation ejects at once and longer, and is told as such") {
    auto d = tried();
    std::vector<outlier_event> told;
    d.observe(
        [](void* to, const outlier_event& e) {
            static_cast<std::vector<outlier_event>*>(to)->push_back(e);
        },
        &told);
    succeed(d, 0, 1, 20s);
    fail(d, 0, 1, 21s);
    REQUIRE(told.size() == 1);
    CHECK(told[0].reason == ejection_reason::probation);
    CHECK(told[0].until == at(41s)); // twice 10 s
    d.advance(at(50s));
    succeed(d, 0, 2, 50s);
    REQUIRE(told.size() == 3);
    CHECK(told[1].kind == outlier_event_kind::unejected);
    CHECK(told[2].kind == outlier_event_kind::recovered);
}

TEST_CASE("what is forgotten of earlier ejections, and when") {
    const auto second_ejection = [](ejection_memory memory, duration later) {
        auto options = on_trial();
        options.memory = memory;
        options.max_ejection_time = 60s;
        auto d = made(options, 1);
        fail(d, 0, 1, 5s);
        d.advance(at(20s));
        succeed(d, 0, 2, 20s);
        fail(d, 0, 1, 20s + later);
        REQUIRE(d.ejected(0));
        return d.ejections()[0].until - d.ejections()[0].since;
    };
    CHECK(second_ejection(ejection_memory::fades, 5s) == 20s);
    CHECK(second_ejection(ejection_memory::fades, 15s) == 10s);
    CHECK(second_ejection(ejection_memory::expires, 60s - 1ns) == 20s);
    CHECK(second_ejection(ejection_memory::expires, 60s) == 10s);
    CHECK(second_ejection(ejection_memory::until_recovered, 1s) == 10s);
}

TEST_CASE("R10: a clock that jumps far ahead costs no loop, whatever is remembered") {
    auto options = on_trial();
    options.interval = 1ms;
    options.memory = ejection_memory::expires;
    auto d = made(options, 1);
    fail(d, 0, 1, 5s);
    d.advance(at(std::chrono::hours{100'000}));
    CHECK(d.on_probation(0));
}
