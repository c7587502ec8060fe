// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/codel.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/adaptive_lifo.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr auto keep = queue_verdict::keep;
constexpr auto drop = queue_verdict::drop;

time_point at(duration t) {
    return time_point{t};
}

/// When it drops if somebody who waited 6ms leaves the queue each microsecond, from `from` to `to`.
std::vector<duration> drops(codel& machine, duration from, duration to) {
    std::vector<duration> result;
    for (auto t = from; t < to; t += 1us)
        if (machine.on_dequeue(at(t), 6ms) == drop)
            result.push_back(t);
    return result;
}

duration spacing_after(codel& machine, duration begin) {
    CHECK(machine.on_dequeue(at(begin), 6ms) == keep);
    const auto seen = drops(machine, begin + 100ms, begin + 300ms);
    return seen.at(1) - seen.at(0);
}

} // namespace

TEST_CASE("codel drops the first after an interval, and then ever faster, by the control law") {
    codel machine{codel_options{}};
    const auto seen = drops(machine, 0s, 465ms);
    REQUIRE(seen.size() == 7);
    const std::vector<duration> expected{0ns,         100000us,    170710678ns, 228445704ns,
                                         278445704ns, 323167063ns, 363991892ns};
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const auto late = seen[i] - 100ms - expected[i];
        CHECK(late >= 0ns);
        CHECK(late < 1us); // somebody leaves each microsecond
    }
    CHECK(machine.dropped() == 7);
    CHECK(machine.overloaded());
}

TEST_CASE("the instants of the control law are exact to the nanosecond") {
    codel machine{codel_options{}};
    machine.on_dequeue(at(0s), 5ms);
    CHECK(machine.on_dequeue(at(100ms - 1ns), 5ms) == keep);
    CHECK(machine.on_dequeue(at(100ms), 5ms) == drop);
    for (const duration next : {200000000ns, 270710678ns, 328445704ns, 378445704ns, 423167063ns}) {
        CHECK(machine.on_dequeue(at(next - 1ns), 5ms) == keep);
        CHECK(machine.on_dequeue(at(next), 5ms) == drop);
        CHECK(machine.on_dequeue(at(next), 5ms) == keep);
    }
}

TEST_CASE("whoever waited less than the target ends it, at the target it goes on") {
    codel machine{codel_options{}};
    machine.on_dequeue(at(0s), 5ms);
    CHECK(machine.on_dequeue(at(50ms), 5ms - 1ns) == keep);
    CHECK(machine.on_dequeue(at(100ms), 5ms) == keep); // it starts over here
    CHECK(machine.on_dequeue(at(200ms), 5ms) == drop);
    CHECK(machine.overloaded());
    CHECK(machine.on_dequeue(at(400ms), 5ms - 1ns) == keep);
    CHECK_FALSE(machine.overloaded());
    CHECK(machine.on_dequeue(at(401ms), 1s) == keep);
}

TEST_CASE("after a pause it makes up for all drops that were due, one for each that leaves") {
    codel machine{codel_options{}};
    machine.on_dequeue(at(0s), 6ms);
    CHECK(machine.on_dequeue(at(100ms), 6ms) == drop);
    for (int i = 0; i < 5; ++i) // due at 200, 270.7, 328.4, 378.4 and 423.2 ms
        CHECK(machine.on_dequeue(at(424ms), 6ms) == drop);
    CHECK(machine.on_dequeue(at(424ms), 6ms) == keep);
}

TEST_CASE("the last one in the queue is kept: the server would have nothing to do") {
    codel machine{codel_options{}};
    machine.on_dequeue(at(0s), 6ms);
    CHECK(machine.on_dequeue(at(100ms), 6ms, true) == keep);
    CHECK(machine.on_dequeue(at(101ms), 6ms) == keep);
    CHECK(machine.on_dequeue(at(201ms), 6ms) == drop);
}

TEST_CASE("when it was over for a short while it goes on at about its pace, else from the start") {
    for (const bool soon : {true, false}) {
        codel machine{codel_options{}};
        CHECK(drops(machine, 0s, 465ms).size() == 7); // the last at 463.99ms
        const auto pause = soon ? 1400ms : 1600ms;    // and an interval until it drops: 16 of them
        machine.on_dequeue(at(465ms), 0ms);
        const auto spacing = spacing_after(machine, 465ms + pause);
        const duration expected = soon ? 40824829ns : 100ms; // interval / sqrt(7 - 1)
        CHECK(spacing >= expected);
        CHECK(spacing < expected + 1us);
    }
}

TEST_CASE("interval / sqrt(count) is exact for intervals of any size") {
    for (const duration interval :
         {2ns, 1000ns, 999999937ns, duration{3599999999978}, // there a double is too coarse
          duration{1h}}) {
        codel machine{codel_options{.target = 1ns, .interval = interval}};
        machine.on_dequeue(at(0s), 1ns);
        auto now = at(interval);
        CHECK(machine.on_dequeue(now, 1ns) == drop);
        for (std::int64_t count = 1; count <= 1000; ++count) {
            __extension__ using wide = __int128;
            std::int64_t step = 0; // the largest whose square times count is at most interval^2
            for (std::int64_t bit = std::int64_t{1} << 42; bit > 0; bit /= 2)
                if (static_cast<wide>(step + bit) * (step + bit) * count <=
                    static_cast<wide>(interval.count()) * interval.count())
                    step += bit;
            if (step > 0) {
                REQUIRE(machine.on_dequeue(now + duration{step - 1}, 1ns) == keep);
            }
            now += duration{step};
            REQUIRE(machine.on_dequeue(now, 1ns) == drop);
        }
    }
}

TEST_CASE("slough drops all that waited more than twice the target, after a bad interval") {
    codel machine{codel_options{.kind = codel_kind::slough}};
    CHECK(machine.on_dequeue(at(0s), 1s) == keep);
    CHECK(machine.on_dequeue(at(50ms), 6ms) == keep);
    CHECK(machine.on_dequeue(at(100ms - 1ns), 1s) == keep);
    CHECK_FALSE(machine.overloaded());
    CHECK(machine.on_dequeue(at(100ms), 1s) == keep); // the first of each interval
    CHECK(machine.overloaded());
    CHECK(machine.on_dequeue(at(101ms), 10ms) == keep);
    CHECK(machine.on_dequeue(at(102ms), 10ms + 1ns) == drop);
    CHECK(machine.on_dequeue(at(103ms), 10ms + 1ns, true) == drop);
    CHECK(machine.on_dequeue(at(104ms), 5ms) == keep); // so the least is the target: good
    CHECK(machine.on_dequeue(at(200ms), 1s) == keep);
    CHECK_FALSE(machine.overloaded());
    CHECK(machine.on_dequeue(at(201ms), 1s) == keep);
    CHECK(machine.dropped() == 2);
}

TEST_CASE("codel never drops who waited less than the target") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint16_t, std::uint16_t>>& queue) {
        codel machine{{.kind = *rc::gen::element(codel_kind::rfc8289, codel_kind::slough)}};
        time_point now{};
        bool high = false; // whether anybody waited so long
        for (const auto& [gap, wait] : queue) {
            now += std::chrono::microseconds{gap};
            const auto sojourn = duration{std::chrono::microseconds{wait}};
            const auto verdict = machine.on_dequeue(now, sojourn);
            if (verdict == drop)
                RC_ASSERT(high && sojourn >= 5ms && machine.overloaded());
            high |= sojourn >= 5ms;
        }
    }));
}

TEST_CASE("codel refuses options that make no sense") {
    CHECK_THROWS_WITH(codel{codel_options{.target = 0s}},
                      "codel: target is 0s; it must be above 0");
    CHECK_THROWS_WITH(codel{codel_options{.interval = 5ms}},
                      "codel: interval is 5ms; it must be longer than target and at most 1h");
    CHECK_THROWS_WITH(codel{codel_options{.interval = 1h + 1ns}},
                      Catch::Matchers::StartsWith("codel: interval is"));
    CHECK_THROWS_AS(adaptive_lifo{{.codel = {.target = -1s}}}, std::invalid_argument);
    CHECK_NOTHROW(codel{codel_options{.interval = 5ms + 1ns}});
    CHECK(to_string(codel_kind::slough) == "slough");
    CHECK(to_string(drop) == "drop");
}

TEST_CASE("adaptive lifo serves the oldest while the queue drains and the newest while it stands") {
    adaptive_lifo order{adaptive_lifo_options{}};
    CHECK(order.next(at(0s), 20ms) == queue_pick::oldest);
    CHECK(order.next(at(50ms), 20ms) == queue_pick::oldest);
    CHECK(order.next(at(100ms), 20ms) == queue_pick::newest);
    CHECK(order.next(at(101ms), 20ms) == queue_pick::drop_oldest);
    CHECK(order.next(at(101ms), 10ms) == queue_pick::newest);
    CHECK(order.next(at(102ms), 1ms, true) == queue_pick::newest);
    CHECK(order.overloaded());
    CHECK(order.next(at(200ms), 1ms) == queue_pick::oldest);
    CHECK(order.dropped() == 1);
    CHECK(to_string(queue_pick::drop_oldest) == "drop_oldest");
}

namespace {

/// A server that takes 2ms a request, of which one comes each millisecond for ten seconds and is
/// good if it begins within 50ms. Returns how many were.
int good_answers(const std::function<queue_pick(time_point, duration, bool)>& pick) {
    std::deque<time_point> queue;
    int good = 0;
    for (auto now = at(0s); now < at(10s); now += 1ms) {
        queue.push_back(now);
        if (now.time_since_epoch() % 2ms != 0ms)
            continue;
        auto choice = pick(now, now - queue.front(), queue.size() == 1);
        for (; choice == queue_pick::drop_oldest && queue.size() > 1;
             choice = pick(now, now - queue.front(), queue.size() == 1))
            queue.pop_front();
        const bool newest = choice == queue_pick::newest;
        good += now - (newest ? queue.back() : queue.front()) <= 50ms;
        if (newest)
            queue.pop_back();
        else
            queue.pop_front();
    }
    return good;
}

} // namespace

TEST_CASE("at twice the load, first come first served answers nobody in time, adaptive lifo many") {
    const int fifo = good_answers([](time_point, duration, bool) { return queue_pick::oldest; });
    CHECK(fifo == 51); // wait = half of now: until 100ms
    adaptive_lifo order{adaptive_lifo_options{}};
    const int adaptive = good_answers(
        [&order](time_point now, duration wait, bool last) { return order.next(now, wait, last); });
    CHECK(adaptive == 4951); // of 5000: the queue was empty in the first interval, so the second
                             // still serves the oldest
}
