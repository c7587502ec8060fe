// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/admission_queue.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <rapidcheck.h>
#include <stdexcept>
#include <string>
#include <vector>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using verdict = admission_verdict;
using permit = admission_queue::permit;

/// A limit that does not move, so that a table can count on it.
concurrency_limit_options exactly(int limit) {
    return {.initial_limit = limit, .min_limit = limit, .max_limit = limit};
}

time_point at(duration t) {
    return time_point{t};
}

struct request : admission_queue::waiter {
    request() : waiter(&told) {}
    static void told(waiter& w) { ++static_cast<request&>(w).decisions; }
    int decisions = 0;
};

/// A queue, and whether it asked for a serve().
struct door {
    explicit door(const admission_queue_options& options, int limit = 1)
        : queue(options, exactly(limit)) {
        queue.on_room([](void* self) { static_cast<door*>(self)->woken = true; }, this);
    }
    /// Arrives and works, or waits.
    verdict arrive(duration now, request* waits = nullptr, time_point deadline = never) {
        permit granted;
        const verdict found = queue.arrive(at(now), deadline, granted);
        if (granted)
            working.push_back(std::move(granted));
        if (found == verdict::waits && waits != nullptr)
            queue.enqueue(*waits, at(now), deadline);
        return found;
    }
    /// The oldest that works ends, and the waiting are served.
    void end_one(duration now) {
        working.front().record(limit_lesson::latency, at(now));
        working.pop_front();
        if (std::exchange(woken, false))
            queue.serve(at(now));
    }

    admission_queue queue;
    std::deque<permit> working;
    bool woken = false;
};

} // namespace

TEST_CASE("A request is admitted while there is room, waits while there is a place, else refused") {
    door d({.max_queue = 2}, 2);
    request third, fourth;
    CHECK(d.arrive(0ms) == verdict::admitted);
    CHECK(d.arrive(0ms) == verdict::admitted);
    CHECK(d.arrive(0ms, &third) == verdict::waits);
    CHECK(d.arrive(0ms, &fourth) == verdict::waits);
    CHECK(d.arrive(0ms) == verdict::queue_full);
    CHECK(d.queue.in_flight() == 2);
    CHECK(d.queue.queued() == 2);

    d.end_one(1ms);
    CHECK(third.verdict() == verdict::admitted);
    CHECK(fourth.verdict() == verdict::waits);
    permit taken = third.take();
    CHECK(taken);
    CHECK(d.queue.in_flight() == 2);
}

TEST_CASE("Whose deadline has passed is refused on arrival, also at exactly the deadline") {
    door d({}, 1);
    CHECK(d.arrive(10ms, nullptr, at(10ms)) == verdict::deadline_passed);
    CHECK(d.arrive(10ms, nullptr, at(10ms + 1ns)) == verdict::admitted);
}

TEST_CASE(
    "Nobody overtakes who waits, not even between a slot's becoming free and its being served") {
    door d({}, 1);
    request waits, late;
    d.arrive(0ms);
    d.arrive(0ms, &waits);
    d.working.clear(); // dropped: nothing is served until the driver's turn
    CHECK(d.woken);
    CHECK(d.arrive(1ms, &late) == verdict::waits);
    d.queue.serve(at(1ms));
    CHECK(waits.verdict() == verdict::admitted);
    CHECK(late.verdict() == verdict::waits);
}

TEST_CASE("A wait ends at the deadline or after max_wait, whichever is first, and says which") {
    door d({.max_wait = 50ms}, 1);
    request hurried, patient;
    d.arrive(0ms);
    d.arrive(0ms, &hurried, at(20ms));
    d.arrive(0ms, &patient, at(1s));
    CHECK(hurried.until() == at(20ms));
    CHECK(patient.until() == at(50ms));
    d.queue.expire(hurried, at(20ms));
    d.queue.expire(patient, at(50ms));
    CHECK(hurried.verdict() == verdict::deadline_passed);
    CHECK(patient.verdict() == verdict::waited_too_long);
    CHECK(hurried.decisions == 0); // who expires it knows
    CHECK(d.queue.queued() == 0);
}

TEST_CASE("A request whose deadline passes just as room appears gets none of it") {
    door d({}, 1);
    request expired, next;
    d.arrive(0ms);
    d.arrive(0ms, &expired, at(5ms));
    d.arrive(0ms, &next);
    d.end_one(5ms);
    CHECK(expired.verdict() == verdict::deadline_passed);
    CHECK(expired.decisions == 1);
    CHECK(next.verdict() == verdict::admitted);
}

TEST_CASE("Who gives up leaves the queue, and gives back what it was granted and had not taken") {
    door d({}, 1);
    request first, second, third;
    d.arrive(0ms);
    d.arrive(0ms, &first);
    d.arrive(0ms, &second);
    d.arrive(0ms, &third);
    d.queue.cancel(first, at(1ms));
    CHECK(first.verdict() == verdict::cancelled);
    d.end_one(2ms);
    CHECK(second.verdict() == verdict::admitted);
    d.queue.cancel(second, at(2ms));
    CHECK(d.woken); // for the third
    d.queue.serve(at(2ms));
    CHECK(third.verdict() == verdict::admitted);
}

TEST_CASE("A queue that stands is shed from its old end, in the order of the options' choice") {
    for (const auto order : {admission_order::fifo, admission_order::adaptive_lifo}) {
        door d({.max_wait = 10s, .order = order}, 1);
        std::vector<std::unique_ptr<request>> waiting;
        d.arrive(0ms);
        for (int i = 0; i < 40; ++i) {
            waiting.push_back(std::make_unique<request>());
            d.arrive(0ms, waiting.back().get());
        }
        std::size_t served = 0;
        const auto collect = [&] {
            for (auto& w : waiting)
                if (w->verdict() == verdict::admitted)
                    if (permit p = w->take()) {
                        d.working.push_back(std::move(p));
                        ++served;
                    }
        };
        for (int i = 1; i <= 20; ++i) { // 11 ms each; the first interval saw one who did not wait
            d.end_one(i * 11ms);
            collect();
        }
        CHECK(d.queue.metrics().overloaded);
        CHECK(served == 20);
        CHECK(d.queue.metrics()[verdict::shed] == 0);
        d.end_one(21 * 11ms); // all the rest have waited for more than twice the target
        CHECK(d.queue.metrics()[verdict::shed] == 20);
        CHECK(d.queue.queued() == 0);
        const bool newest_served = waiting.back()->verdict() == verdict::admitted;
        CHECK(newest_served == (order == admission_order::adaptive_lifo));
    }
}

TEST_CASE("Every decision is told, with what is there after it") {
    struct log final : admission_observer {
        void on_event(const admission_event& e) override {
            lines.push_back(std::string(to_string(e.what)) + " " + std::to_string(e.in_flight) +
                            " " + std::to_string(e.queued) + " " + std::to_string(e.waited / 1ms));
        }
        std::vector<std::string> lines;
    } seen;
    door d({.max_queue = 1}, 1);
    d.queue.observe(&seen);
    request waits;
    d.arrive(0ms);
    d.arrive(2ms, &waits);
    d.arrive(2ms);
    d.end_one(5ms);
    CHECK(seen.lines == std::vector<std::string>{"admitted 1 0 0", "waits 1 1 0",
                                                 "queue_full 1 1 0", "admitted 1 0 3"});
}

TEST_CASE("R7: what an observer of a server's door throws refuses nobody, and is counted") {
    struct thrower final : admission_observer {
        void on_event(const admission_event&) override {
            throw std::runtime_error("observers may throw");
        }
    } observer;
    admission_queue queue({});
    queue.observe(&observer);
    permit p;
    CHECK(queue.arrive(at(0ms), never, p) == verdict::admitted);
    CHECK(queue.arrive(at(1ms), time_point{1ms}, p) == verdict::deadline_passed);
    CHECK(queue.metrics().observer_errors == 2);
    p.drop();
}

TEST_CASE(
    "Timeouts and refusals of the work make the limit smaller, cancelled work teaches nothing") {
    admission_queue queue({}, {.kind = concurrency_limit_kind::aimd,
                               .initial_limit = 20,
                               .sampling = limit_sampling::each});
    permit p;
    CHECK(queue.arrive(at(0ms), never, p) == verdict::admitted);
    p.drop();
    CHECK(queue.limit() == 20);
    CHECK(queue.arrive(at(1ms), never, p) == verdict::admitted);
    p.record(limit_lesson::dropped, at(2ms));
    CHECK(queue.limit() == 18);
}

TEST_CASE("A queue of requests refuses options out of range by their names") {
    CHECK_THROWS_WITH(admission_queue({.max_queue = -1}), Catch::Contains("max_queue is -1"));
    CHECK_THROWS_WITH(admission_queue({.max_wait = 0s}), Catch::Contains("max_wait is 0s"));
    CHECK_THROWS_WITH(admission_queue({.codel = {.target = 0s}}), Catch::Contains("target"));
    CHECK_THROWS_WITH(admission_queue({}, {.min_limit = 0}), Catch::Contains("min_limit"));
}

TEST_CASE("R2: whatever happens, permits and places are accounted for") {
    rc::check([] {
        const int limit = *rc::gen::inRange(1, 4);
        const auto order = *rc::gen::element(admission_order::fifo, admission_order::adaptive_lifo);
        door d({.max_queue = 5, .max_wait = 20ms, .order = order}, limit);
        std::deque<std::unique_ptr<request>> waiting;
        duration now{};
        for (const int act : *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(0, 6))) {
            now += 3ms;
            if (act < 3) {
                auto w = std::make_unique<request>();
                if (d.arrive(now, w.get(), at(now + 15ms)) == verdict::waits)
                    waiting.push_back(std::move(w));
            } else if (act == 3 && !d.working.empty()) {
                d.end_one(now);
            } else if (act == 4 && !waiting.empty()) {
                d.queue.cancel(*waiting.front(), at(now));
                waiting.pop_front();
            } else if (act == 5 && !d.working.empty()) {
                d.working.pop_front(); // its frame was destroyed
            }
            if (std::exchange(d.woken, false))
                d.queue.serve(at(now));
            for (auto w = waiting.begin(); w != waiting.end();) {
                if ((*w)->queued() && (*w)->until() <= at(now))
                    d.queue.expire(**w, at(now));
                if (permit p = (*w)->take())
                    d.working.push_back(std::move(p));
                w = (*w)->queued() ? w + 1 : waiting.erase(w);
            }
            RC_ASSERT(d.queue.in_flight() == static_cast<int>(d.working.size()));
            RC_ASSERT(d.queue.in_flight() <= limit);
            RC_ASSERT(d.queue.queued() == static_cast<int>(waiting.size()));
            RC_ASSERT(waiting.empty() || d.queue.in_flight() == limit);
        }
        waiting.clear();
        d.working.clear();
    });
}
