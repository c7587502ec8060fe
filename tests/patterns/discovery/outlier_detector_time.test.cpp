// SPDX-License-Identifier: BSL-1.0
// How long an ejection lasts, panic, and what changes at run time.
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/discovery/load_balancer.hpp"
#include "patterns/discovery/outlier_test.hpp"

using namespace windtunnel;
using namespace windtunnel::outlier_test;
using namespace std::chrono_literals;

TEST_CASE("an ejection ends with the first interval that ends at or after its time") {
    auto d = made(rows_only(1), 1);
    fail(d, 0, 1, 10s); // until 40 s, at which an interval ends
    d.advance(at(40s) - 1ns);
    CHECK(d.ejected(0));
    d.advance(at(40s));
    CHECK_FALSE(d.ejected(0));
    auto later = made(rows_only(1), 1);
    fail(later, 0, 1, 10s + 1ns);
    later.advance(at(50s) - 1ns);
    CHECK(later.ejected(0));
    later.advance(at(50s));
    CHECK_FALSE(later.ejected(0));
}

TEST_CASE("each further ejection is longer by the base, up to the maximum") {
    auto d = made(rows_only(1), 1);
    duration now = 0s;
    for (const auto length : {30s, 60s, 90s, 120s, 150s, 180s, 210s, 240s, 270s, 300s, 300s}) {
        fail(d, 0, 1, now);
        CHECK(d.ejections().at(0).until == at(now + length));
        now += length;
        d.advance(at(now));
        CHECK_FALSE(d.ejected(0));
    }
    CHECK(d.multiplier(0) == 11);
}

TEST_CASE("Finagle's back-off: it doubles from 5 s, and is 300 s when that is exhausted") {
    auto options = rows_only(1);
    options.base_ejection_time = 5s;
    options.growth = ejection_growth::exponential;
    options.interval = 5s;
    auto d = made(options, 1);
    duration now = 0s;
    for (const auto length : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        fail(d, 0, 1, now);
        CHECK(d.ejections().at(0).until == at(now + length));
        now += length;
        d.advance(at(now));
        REQUIRE_FALSE(d.ejected(0));
    }
    for (int i = 0; i < 100; ++i) { // also where doubling would be beyond all numbers
        fail(d, 0, 1, now);
        CHECK(d.ejections().at(0).until == at(now + 300s));
        now += 300s;
        d.advance(at(now));
    }
}

TEST_CASE("a base above the maximum is the maximum") {
    auto options = rows_only(1);
    options.base_ejection_time = 40s;
    options.max_ejection_time = 20s;
    auto d = made(options, 1);
    fail(d, 0, 1, 0s);
    CHECK(d.ejections().at(0).until == at(40s));
    d.advance(at(40s));
    fail(d, 0, 1, 40s);
    CHECK(d.ejections().at(0).until == at(80s));
}

TEST_CASE("the multiplier goes down with each interval that the host is healthy in") {
    auto d = made(rows_only(1), 1);
    fail(d, 0, 1, 0s);
    d.advance(at(30s));
    fail(d, 0, 1, 30s);
    CHECK(d.multiplier(0) == 2);
    d.advance(at(90s)); // let back with 2
    CHECK(d.multiplier(0) == 2);
    d.advance(at(100s));
    CHECK(d.multiplier(0) == 1);
    fail(d, 0, 1, 105s);
    CHECK(d.ejections().at(0).multiplier == 2);
    d.advance(at(500s));
    CHECK(d.multiplier(0) == 0);
    d.advance(at(600s));
    fail(d, 0, 1, 600s);
    CHECK(d.ejections().at(0).until == at(630s));
}

TEST_CASE("R11: jitter comes on top of the ejection time, the maximum too") {
    auto options = rows_only(1);
    options.base_ejection_time = 300s;
    options.max_ejection_time_jitter = 100ns;
    auto d = made(options, 2000);
    bool none = false, all = false;
    for (host h = 0; h < 2000; ++h)
        fail(d, h, 1, 0s);
    for (const auto& e : d.ejections()) {
        CHECK(e.until >= at(300s));
        CHECK(e.until <= at(300s + 100ns));
        none = none || e.until == at(300s);
        all = all || e.until == at(300s + 100ns);
    }
    CHECK((none && all));
}

TEST_CASE("R10: ejection times do not overflow") {
    auto options = rows_only(1);
    options.base_ejection_time = options.max_ejection_time = duration::max();
    options.max_ejection_time_jitter = duration::max();
    auto d = made(options, 1);
    fail(d, 0, 1, 1s);
    CHECK(d.ejections().at(0).until == never);
    auto idle = made({.interval = duration::max()}, 1);
    idle.advance(never);
    auto busy = made({.interval = 1ns}, 1);
    busy.advance(never); // intervals in which nothing can happen cost nothing
    CHECK(busy.next_interval() == never);
}

TEST_CASE("R1: what comes during an ejection changes nothing, who is let back has a clean slate") {
    auto d = made(rows_only(5), 1);
    fail(d, 0, 5, 0s);
    fail(d, 0, 4, 29s); // late, of requests that were under way
    CHECK(d.metrics().late_results == 4);
    d.advance(at(30s));
    fail(d, 0, 4, 31s);
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 31s);
    CHECK(d.ejected(0));
}

TEST_CASE("who was ejected by comparison begins its row anew when it is let back") {
    auto options = shares_only();
    options.consecutive_failures = 5;
    auto d = made(options, 1);
    fail(d, 0, 4, 5s);
    d.advance(at(10s));
    CHECK(d.ejections().at(0).reason == ejection_reason::failure_percentage);
    fail(d, 0, 4, 41s);
    CHECK_FALSE(d.ejected(0));
    fail(d, 0, 1, 41s);
    CHECK(d.ejections().at(0).reason == ejection_reason::consecutive_failures);
}

TEST_CASE("ejected hosts are not compared") {
    auto options = shares_only();
    options.failure_percentage.minimum_hosts = 2;
    options.consecutive_failures = 3;
    auto d = made(options, 2);
    fail(d, 0, 3, 1s);
    fail(d, 1, 2, 1s);
    d.advance(at(10s)); // only one is left to be compared
    CHECK(ejected(d) == std::vector<host>{0});
}

TEST_CASE("with fewer usable hosts than the panic threshold all are used") {
    auto options = rows_only(1);
    options.panic_threshold = 50;
    auto d = made(options, 10);
    for (host h = 0; h < 5; ++h)
        fail(d, h, 1, 1s);
    CHECK_FALSE(d.panicking()); // 50 % is not below 50 %
    CHECK_FALSE(d.usable(0));
    const auto before = d.revision();
    fail(d, 5, 1, 2s);
    CHECK(d.panicking());
    CHECK(d.revision() != before);
    for (host h = 0; h < 10; ++h)
        CHECK(d.usable(h));
    CHECK(d.ejected_hosts() == 6);
    d.advance(at(40s));
    CHECK_FALSE(d.panicking());
    CHECK(d.usable(0));
}

TEST_CASE("where all are ejected all are used, but without a panic threshold none is") {
    for (const double threshold : {50.0, 0.0}) {
        auto options = rows_only(1);
        options.panic_threshold = threshold;
        auto d = made(options, 3);
        for (host h = 0; h < 3; ++h)
            fail(d, h, 1, 1s);
        for (host h = 0; h < 3; ++h)
            CHECK(d.usable(h) == (threshold > 0));
    }
}

TEST_CASE("in panic no host is used where traffic is to fail") {
    auto options = rows_only(1);
    options.panic_threshold = 100;
    options.fail_traffic_on_panic = true;
    auto d = made(options, 3);
    CHECK(d.usable(1));
    fail(d, 0, 1, 1s);
    CHECK(d.panicking());
    CHECK_FALSE(d.usable(1));
}

TEST_CASE("without a panic threshold there is no panic, nor without hosts") {
    auto d = made(rows_only(1), 2);
    fail(d, 0, 1, 1s);
    fail(d, 1, 1, 1s);
    CHECK_FALSE(d.panicking());
    CHECK_FALSE(d.usable(0));
    CHECK_FALSE(made({.panic_threshold = 100}, 0).panicking());
}

TEST_CASE("health checks count for panic, and a passing one ends an ejection") {
    auto options = rows_only(1);
    options.panic_threshold = 50;
    auto d = made(options, 4);
    d.set_healthy(0, false, at(1s));
    CHECK_FALSE(d.usable(0));
    fail(d, 1, 1, 1s);
    CHECK_FALSE(d.panicking());
    d.set_healthy(2, false, at(1s));
    CHECK(d.panicking());
    CHECK(d.usable(0));
    d.set_healthy(0, true, at(2s));
    CHECK_FALSE(d.panicking());
    CHECK(d.usable(0));
    d.set_healthy(1, true, at(2s));
    CHECK_FALSE(d.ejected(1));
    CHECK(d.usable(1));

    options.successful_active_health_check_uneject = false;
    auto stays = made(options, 4);
    fail(stays, 1, 1, 1s);
    stays.set_healthy(1, false, at(2s));
    stays.set_healthy(1, true, at(2s));
    CHECK(stays.ejected(1));
    CHECK_FALSE(stays.usable(1));
    stays.set_healthy(1, false, at(2s));
    stays.advance(at(40s));
    CHECK_FALSE(stays.ejected(1));
    CHECK_FALSE(stays.usable(1)); // still unhealthy
}

TEST_CASE("letting a host back by hand takes its ejection back") {
    auto d = made(rows_only(1), 1);
    fail(d, 0, 1, 0s);
    d.uneject(0, at(1s));
    d.uneject(0, at(1s));
    CHECK_FALSE(d.ejected(0));
    CHECK(d.metrics().unejected == 1);
    fail(d, 0, 1, 2s);
    CHECK(d.ejections().at(0).multiplier == 1);
}

TEST_CASE("hosts come and go, and the shares are of those who are there") {
    auto options = rows_only(1);
    options.max_ejection_percent = 50;
    options.limit = ejection_limit::strict;
    options.panic_threshold = 60;
    auto d = made(options, 2);
    fail(d, 0, 1, 1s); // half of them
    CHECK(d.panicking());
    fail(d, 1, 1, 1s);
    CHECK(d.ejected_hosts() == 1);
    CHECK(d.add_host(at(2s)) == 2);
    CHECK_FALSE(d.panicking()); // two of three
    CHECK(d.usable(2));
    CHECK(d.add_host(at(2s)) == 3);
    fail(d, 3, 1, 2s);
    CHECK(d.ejected_hosts() == 2);
    d.remove_host(0, at(3s));
    d.remove_host(0, at(3s));
    CHECK_FALSE(d.usable(0));
    CHECK(d.multiplier(0) == 0);
    CHECK(d.ejected_hosts() == 1);
    d.set_healthy(1, false, at(3s));
    d.remove_host(1, at(3s));
    d.remove_host(3, at(3s));
    CHECK_FALSE(d.panicking()); // the one that is left is usable
    fail(d, 3, 9, 4s);          // of requests that were under way
    CHECK(d.ejected_hosts() == 0);
}

TEST_CASE("R14: a new interval counts from the last one's end") {
    for (const auto& [length, next] : {std::pair{8s, 19s}, {9s, 19s}, {10s, 20s}, {5s, 19s}}) {
        auto options = shares_only();
        auto d = made(options, 1);
        d.advance(at(10s));
        fail(d, 0, 1, 15s);
        options.interval = length;
        d.set_options(options, at(19s));
        CHECK(ejected(d).size() == (next == 19s ? 1 : 0));
        d.advance(at(20s));
        CHECK(ejected(d).size() == 1);
        CHECK(d.ejections()[0].since == at(next));
    }
}

TEST_CASE("grpc-go's interval timer: 8 s, then 9 s of which five are over, then nothing to do") {
    outlier_detector_options options = grpc_outlier_detection();
    options.interval = 8s;
    auto d = made(options, 3);
    CHECK(d.next_interval() == at(8s));
    options.interval = 9s;
    d.set_options(options, at(5s));
    CHECK(d.next_interval() == at(9s));
    // A configuration that ejects nobody stops grpc-go's timer; ours goes on and finds nobody.
    options.interval = 10s;
    options.consecutive_failures = 0;
    options.success_rate.enforcement = options.failure_percentage.enforcement = 0;
    d.set_options(options, at(5s));
    CHECK_FALSE(d.options().enabled());
    fail(d, 0, 1000, 6s);
    d.advance(at(10s));
    CHECK(ejected(d).empty());
}

TEST_CASE("R14: options that enable nothing let everybody back and forget") {
    auto d = made(rows_only(1), 2);
    fail(d, 0, 1, 0s);
    auto off = rows_only(0);
    d.set_options(off, at(1s));
    CHECK_FALSE(d.ejected(0));
    CHECK(d.multiplier(0) == 0);
    CHECK_THROWS_AS(d.set_options({.interval = 0s}, at(1s)), std::invalid_argument);
    CHECK(d.options() == off);
}

namespace {

struct listener {
    const outlier_detector* detector = nullptr;
    std::vector<outlier_event> events;
    std::vector<bool> usable;

    static void append(void* context, const outlier_event& event) {
        auto& self = *static_cast<listener*>(context);
        self.events.push_back(event);
        self.usable.push_back(self.detector->usable(event.host));
        throw std::runtime_error("observers may throw");
    }
};

} // namespace

TEST_CASE("R7: an observer hears of everything, and what it throws is swallowed") {
    auto options = rows_only(1);
    options.max_ejection_percent = 50;
    auto d = made(options, 2);
    listener heard{&d, {}, {}};
    d.observe(&listener::append, &heard);
    fail(d, 1, 1, 5s);
    fail(d, 0, 1, 6s);
    d.advance(at(40s));
    REQUIRE(heard.events.size() == 3);
    CHECK(heard.events[0].kind == outlier_event_kind::ejected);
    CHECK(heard.events[0].host == 1);
    CHECK(heard.events[0].at == at(5s));
    CHECK(heard.events[0].until == at(35s));
    CHECK(heard.events[1].kind == outlier_event_kind::limit_reached);
    CHECK(heard.events[1].host == 0);
    CHECK(heard.events[2].kind == outlier_event_kind::unejected);
    CHECK(heard.events[2].reason == ejection_reason::consecutive_failures);
    CHECK(heard.events[2].at == at(40s));
    CHECK(heard.usable == std::vector<bool>{false, true, true});
    CHECK(d.metrics().observer_errors == 3);
}

TEST_CASE("its owner passes on to a balancer who is usable") {
    auto options = rows_only(3);
    options.panic_threshold = 50;
    auto d = made(options, 3);
    load_balancer b(balancer_policy::round_robin, 3, {});
    std::uint64_t seen = 0;
    const auto pass_on = [&](duration now) {
        for (host h = 0; h < 3 && seen != d.revision(); ++h)
            b.set_available(h, d.usable(h), at(now));
        seen = d.revision();
    };
    for (duration now = 0s; now < 20s; now += 100ms) { // host 1 fails always
        const host h = *b.pick({.now = at(now)});
        d.on_result(h, h == 1 ? verdict::failure : verdict::success, false, at(now));
        pass_on(now);
    }
    CHECK_FALSE(b.available(1));
    CHECK(b.available() == 2);
    fail(d, 0, 3, 21s); // one of three is left: panic
    pass_on(21s);
    CHECK(b.available() == 3);
}

TEST_CASE("whatever happens, the limit holds and who is usable adds up") {
    REQUIRE(rc::check([](const std::vector<std::tuple<std::uint8_t, std::uint8_t>>& script) {
        auto options = rows_only(2);
        options.limit = static_cast<ejection_limit>(*rc::gen::inRange(0, 3));
        options.max_ejection_percent = *rc::gen::inRange(0, 101);
        options.panic_threshold = *rc::gen::inRange(0, 101);
        options.interval = 2s;
        options.base_ejection_time = 3s;
        auto d = made(options, 4);
        std::vector<bool> present(4, true), healthy(4, true);
        duration now{};
        for (const auto& [what, which] : script) {
            now += which * 10ms;
            const auto h = static_cast<host>(which % present.size());
            const auto before = d.ejected_hosts();
            if (what % 16 < 10) {
                d.on_result(h, what % 4 == 0 ? verdict::success : verdict::failure, false, at(now));
            } else if (what % 16 < 13 && present[h]) {
                healthy[h] = what % 2 == 0;
                d.set_healthy(h, healthy[h], at(now));
            } else if (what % 16 == 13) {
                d.remove_host(h, at(now));
                present[h] = false;
            } else if (what % 16 == 14) {
                RC_ASSERT(d.add_host(at(now)) == present.size());
                present.push_back(true);
                healthy.push_back(true);
            } else {
                d.advance(at(now));
            }
            double there = 0, good = 0;
            std::uint32_t out = 0;
            for (host i = 0; i < present.size(); ++i) {
                there += present[i];
                good += present[i] && healthy[i] && !d.ejected(i);
                out += d.ejected(i);
                RC_ASSERT(!d.ejected(i) || present[i]);
            }
            const bool panic = there > 0 && 100.0 * good / there < options.panic_threshold;
            RC_ASSERT(d.panicking() == panic);
            for (host i = 0; i < present.size(); ++i)
                RC_ASSERT(d.usable(i) == (present[i] && (panic || (healthy[i] && !d.ejected(i)))));
            RC_ASSERT(d.ejected_hosts() == out);
            RC_ASSERT(d.ejections().size() == out);
            if (out > before && options.limit == ejection_limit::strict)
                RC_ASSERT(100.0 * out / there <= options.max_ejection_percent);
            if (options.max_ejection_percent == 0)
                RC_ASSERT(out == 0U);
        }
    }));
}
