// SPDX-License-Identifier: BSL-1.0
#include "patterns/connection/connection_pool.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <rapidcheck/catch.h>
#include <set>
#include <stdexcept>

#include "patterns/connection/transfer_rounds.hpp"

namespace windtunnel {

using namespace std::chrono_literals;
using answer = connection_pool::answer;

namespace {

constexpr time_point at(duration d) {
    return time_point{} + d;
}

/// Opens all that is to be opened.
int open_all(connection_pool& pool, time_point now) {
    std::vector<connection_number> opening;
    while (const auto c = pool.to_open())
        opening.push_back(*c);
    for (const connection_number c : opening)
        pool.opened(c, now);
    return static_cast<int>(opening.size());
}

} // namespace

TEST_CASE("connections are opened as they are needed, up to the maximum, and served in line") {
    connection_pool pool({.max_connections = 2});
    for (connection_pool::ticket t = 1; t <= 4; ++t)
        CHECK(pool.acquire(t, at(0ms)).what == answer::waits);
    CHECK(open_all(pool, at(1ms)) == 2);
    const auto first = pool.next_grant(at(1ms)), second = pool.next_grant(at(1ms));
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first->who == 1);
    CHECK(second->who == 2);
    CHECK_FALSE(pool.next_grant(at(1ms)));
    pool.release(second->on, false, at(2ms));
    CHECK(pool.acquire(5, at(2ms)).what == answer::waits); // nobody overtakes
    CHECK(pool.next_grant(at(2ms))->who == 3);
    CHECK(pool.forget(4));
    CHECK_FALSE(pool.forget(4));
    pool.release(first->on, false, at(3ms));
    CHECK(pool.next_grant(at(3ms))->who == 5);
}

TEST_CASE("streams share a connection, and another is opened when it is full") {
    connection_pool pool({.max_connections = 2, .max_streams = 3});
    for (connection_pool::ticket t = 1; t <= 3; ++t)
        pool.acquire(t, at(0ms));
    CHECK(open_all(pool, at(1ms)) == 1);
    while (pool.next_grant(at(1ms))) {
    }
    CHECK(pool.acquire(4, at(2ms)).what == answer::waits);
    CHECK(open_all(pool, at(2ms)) == 1);
    CHECK(pool.in_use() == 3);
}

TEST_CASE("the connection that was used last is taken, and idle ones end at their instant") {
    connection_pool pool({.max_connections = 2, .idle_timeout = 1s});
    pool.acquire(1, at(0ms));
    pool.acquire(2, at(0ms));
    open_all(pool, at(0ms));
    const auto a = pool.next_grant(at(0ms)), b = pool.next_grant(at(0ms));
    pool.release(a->on, false, at(10ms));
    pool.release(b->on, false, at(20ms));
    CHECK(pool.acquire(3, at(30ms)).on == b->on);
    CHECK(pool.next_event() == at(1010ms));
    CHECK(pool.advance(at(1009ms)).empty());
    CHECK(pool.advance(at(1010ms)) == std::vector{a->on});
    CHECK(pool.open() == 1);
}

TEST_CASE("a broken connection ends with its last request, a used one after so many") {
    connection_pool pool({.max_connections = 1, .max_streams = 2, .max_requests = 3});
    for (connection_pool::ticket t = 1; t <= 2; ++t)
        pool.acquire(t, at(0ms));
    open_all(pool, at(0ms));
    const auto a = pool.next_grant(at(0ms));
    pool.next_grant(at(0ms));
    pool.release(a->on, true, at(1ms));
    CHECK(pool.open() == 1); // the other one is under way
    CHECK(pool.acquire(3, at(1ms)).what == answer::waits);
    pool.release(a->on, false, at(2ms));
    CHECK(pool.open() == 0);
    CHECK(open_all(pool, at(2ms)) == 1);
}

TEST_CASE("no more wait than may") {
    connection_pool pool({.max_connections = 1, .max_waiting = 1});
    CHECK(pool.acquire(1, at(0ms)).what == answer::waits); // for the one that is to be opened
    open_all(pool, at(0ms));
    pool.next_grant(at(0ms));
    CHECK(pool.acquire(2, at(0ms)).what == answer::waits);
    CHECK(pool.acquire(3, at(0ms)).what == answer::refused);
    CHECK(pool.metrics().refused == 1);
}

TEST_CASE("options that cannot be are refused by name") {
    CHECK_THROWS_AS(connection_pool({.max_connections = 0}), std::invalid_argument);
    CHECK_THROWS_AS(connection_pool({.max_streams = 0}), std::invalid_argument);
    CHECK_THROWS_AS(connection_pool({.max_waiting = -1}), std::invalid_argument);
    CHECK_THROWS_AS(connection_pool({.idle_timeout = 0s}), std::invalid_argument);
    CHECK_THROWS_AS(connection_pool({.max_requests = -1}), std::invalid_argument);
}

TEST_CASE("a pool keeps its bounds and its order whatever happens") {
    rc::prop("never too many, first come first served, nobody waits beside room", [] {
        const connection_pool_options options{.max_connections = *rc::gen::inRange(1, 4),
                                              .max_streams = *rc::gen::inRange(1, 4),
                                              .idle_timeout = 5ms};
        connection_pool pool(options);
        std::deque<connection_pool::ticket> waiting;
        std::multiset<connection_number> used;
        std::vector<connection_number> opening;
        connection_pool::ticket next = 1;
        const auto serve = [&](time_point now) {
            while (const auto c = pool.to_open())
                opening.push_back(*c);
            while (const auto g = pool.next_grant(now)) {
                RC_ASSERT(g->who == waiting.front());
                waiting.pop_front();
                used.insert(g->on);
            }
        };
        for (int step = 0; step < 200; ++step) {
            const time_point now = at(step * 1ms);
            pool.advance(now);
            switch (*rc::gen::inRange(0, 6)) {
            case 0:
            case 1: {
                const auto got = pool.acquire(next, now);
                if (got.what == answer::granted)
                    used.insert(got.on);
                else
                    waiting.push_back(next);
                ++next;
                break;
            }
            case 2:
                if (!opening.empty()) {
                    pool.opened(opening.back(), now);
                    opening.pop_back();
                }
                break;
            case 3:
                if (!opening.empty()) {
                    pool.failed(opening.back());
                    opening.pop_back();
                }
                break;
            case 4:
                if (!used.empty()) {
                    const connection_number c = *used.begin();
                    used.erase(used.begin());
                    pool.release(c, *rc::gen::arbitrary<bool>(), now);
                }
                break;
            default:
                if (!used.empty()) {
                    const connection_number c = *used.rbegin();
                    pool.lost(c);
                    used.erase(c);
                }
            }
            serve(now);
            RC_ASSERT(pool.open() + pool.opening() <= options.max_connections);
            RC_ASSERT(pool.in_use() == static_cast<int>(used.size()));
            RC_ASSERT(pool.waiting() == waiting.size());
            for (const connection_number c : used)
                RC_ASSERT(static_cast<int>(used.count(c)) <= options.max_streams);
            const bool full = pool.open() + pool.opening() == options.max_connections;
            RC_ASSERT(waiting.empty() || full || pool.opening() > 0);
        }
    });
}

TEST_CASE("a transfer takes a round for each doubling of the window, and begins anew when idle") {
    transfer_window w({});
    CHECK(w.send(10'000, at(0s)) == 1);
    CHECK(w.send(14'600, at(100ms)) == 1);
    CHECK(w.send(100'000, at(200ms)) == 3);
    CHECK(w.send(50'000, at(300ms)) == 1); // the window has grown to 58,400
    CHECK(w.send(100'000, at(2s)) == 3);   // idle for longer than a second
}

TEST_CASE("a stream's window grants as much each round") {
    transfer_window w({.initial_segments = 1000, .stream_window = 65'535});
    CHECK(w.send(65'535, at(0s)) == 1);
    CHECK(w.send(65'536, at(0s)) == 2);
    CHECK(w.send(1'000'000, at(0s)) == 16);
}

} // namespace windtunnel
