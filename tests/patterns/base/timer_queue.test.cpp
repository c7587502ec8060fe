// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/timer_queue.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <rapidcheck.h>
#include <set>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

struct node : timer {
    explicit node(std::size_t i) : timer([](timer&) {}), id(i) {}
    std::size_t id;
};

/// The queue, and beside it a sorted set that does the same slowly.
class checked_queue {
  public:
    explicit checked_queue(std::size_t timers) {
        for (std::size_t i = 0; i < timers; ++i)
            nodes_.push_back(std::make_unique<node>(i));
    }
    ~checked_queue() {
        for (auto& n : nodes_)
            queue_.disarm(*n);
    }

    void arm(std::size_t i, duration length, timer_class kind, bool recurring) {
        if (nodes_[i]->armed())
            return;
        if (recurring)
            queue_.arm_recurring(*nodes_[i], now_ + length, kind, now_);
        else
            queue_.arm(*nodes_[i], now_ + length, kind, now_);
        expected_.emplace(now_ + length, kind, ++sequence_, i);
        check();
    }
    void disarm(std::size_t i) {
        queue_.disarm(*nodes_[i]);
        std::erase_if(expected_, [i](const auto& e) { return std::get<3>(e) == i; });
        check();
    }
    void pop() {
        if (expected_.empty())
            return;
        const auto first = *expected_.begin();
        auto& popped = static_cast<node&>(queue_.pop());
        RC_ASSERT(popped.id == std::get<3>(first));
        RC_ASSERT(popped.due() == std::get<0>(first));
        RC_ASSERT(!popped.armed());
        now_ = std::max(now_, std::get<0>(first));
        expected_.erase(expected_.begin());
        check();
    }
    void pass(duration d) { now_ += d; } // a live clock passes what is due
    std::size_t size() const { return nodes_.size(); }
    bool empty() const { return expected_.empty(); }

  private:
    void check() {
        RC_ASSERT(queue_.size() == expected_.size());
        RC_ASSERT(queue_.empty() == expected_.empty());
        RC_ASSERT(queue_.next_due() ==
                  (expected_.empty() ? never : std::get<0>(*expected_.begin())));
    }

    timer_queue queue_;
    std::vector<std::unique_ptr<node>> nodes_;
    std::set<std::tuple<time_point, timer_class, std::uint64_t, std::size_t>> expected_;
    std::uint64_t sequence_ = 0;
    time_point now_{};
};

timer_class any_class() {
    return *rc::gen::elementOf(std::vector<timer_class>{timer_class::event, timer_class::deadline,
                                                        timer_class::deadline, timer_class::act});
}

/// A few durations for each lane and more than there are lanes, with collisions between them.
duration any_length() {
    return *rc::gen::oneOf(
        rc::gen::map(rc::gen::inRange(0, 12), [](int n) { return duration{n * 10}; }),
        rc::gen::map(rc::gen::inRange(0, 200), [](int n) { return duration{n}; }));
}

} // namespace

TEST_CASE("whatever is armed, disarmed and popped, the order is (time, class, sequence)") {
    CHECK(rc::check([] {
        checked_queue queue(60);
        const int steps = *rc::gen::inRange(0, 400);
        for (int i = 0; i < steps; ++i) {
            const auto who = *rc::gen::inRange<std::size_t>(0, queue.size());
            switch (*rc::gen::inRange(0, 8)) {
            case 0:
                queue.disarm(who);
                break;
            case 1:
            case 2:
                queue.pop();
                break;
            case 3:
                queue.pass(duration{*rc::gen::inRange(0, 20)});
                break;
            default:
                queue.arm(who, any_length(), any_class(), *rc::gen::arbitrary<bool>());
            }
        }
        while (!queue.empty())
            queue.pop();
    }));
}

TEST_CASE("timers of one instant and class fire in the order of arming, in lanes and out of them") {
    for (const timer_class kind : {timer_class::event, timer_class::deadline, timer_class::act}) {
        timer_queue queue;
        std::vector<std::unique_ptr<node>> nodes;
        for (std::size_t i = 0; i < 100; ++i) {
            nodes.push_back(std::make_unique<node>(i));
            // all due at 1 ms, with lengths of ten lanes
            const auto now = time_point{std::chrono::microseconds{i % 10}};
            if (i % 3 == 0)
                queue.arm_recurring(*nodes.back(), time_point{1ms}, kind, now);
            else
                queue.arm(*nodes.back(), time_point{1ms}, kind, now);
        }
        for (std::size_t i = 0; i < 100; ++i)
            CHECK(static_cast<node&>(queue.pop()).id == i);
    }
}

TEST_CASE("a deadline is overtaken by an event of its instant that is armed later") {
    timer_queue queue;
    node deadline(0), event(1);
    queue.arm(deadline, time_point{1ms}, timer_class::deadline, time_point{});
    queue.arm(event, time_point{1ms}, timer_class::event, time_point{});
    CHECK(&queue.pop() == &event);
    CHECK(&queue.pop() == &deadline);
}

TEST_CASE("what fills a disarmed timer's place in the heap may have to rise") {
    // As a heap of four children each: 9's parent is 2, and 5's is 1, which is due after 9.
    constexpr std::array<int, 10> due{1, 100, 2, 3, 4, 101, 102, 103, 104, 5};
    timer_queue queue;
    std::vector<std::unique_ptr<node>> nodes;
    for (const int d : due) {
        nodes.push_back(std::make_unique<node>(static_cast<std::size_t>(d)));
        queue.arm(*nodes.back(), time_point{duration{d}}, timer_class::event, time_point{});
    }
    queue.disarm(*nodes[5]);
    for (const std::size_t d : {1U, 2U, 3U, 4U, 5U, 100U, 102U, 103U, 104U})
        CHECK(static_cast<node&>(queue.pop()).id == d);
}

TEST_CASE("a lane whose clock went back stays in order") {
    timer_queue queue;
    node late(0), early(1);
    queue.arm(late, time_point{20ms}, timer_class::deadline, time_point{10ms});
    queue.arm(early, time_point{15ms}, timer_class::deadline, time_point{5ms});
    CHECK(&queue.pop() == &early);
    CHECK(&queue.pop() == &late);
    CHECK(queue.next_due() == never);
}

TEST_CASE("a timer in the past and one that is never due") {
    timer_queue queue;
    node past(0), last(1);
    queue.arm(last, never, timer_class::deadline, time_point{5ms});
    queue.arm(past, time_point{1ms}, timer_class::deadline, time_point{5ms});
    CHECK(&queue.pop() == &past);
    CHECK(queue.next_due() == never);
    CHECK(queue.size() == 1);
    CHECK(&queue.pop() == &last);
}
