// SPDX-License-Identifier: BSL-1.0
// The future event list: timers ordered by (time, class, sequence of arming), a total order.
// A 4-ary heap of intrusive nodes that know their place, so that a disarmed timer leaves at once.
// Timers of one duration and class never overtake each other, so those whose durations recur
// (deadlines, messages on a link without jitter) stand in a FIFO lane of which only the head is in
// the heap: arming or disarming one of them is O(1), everything else O(log n).
// Not thread-safe; the environment that owns it sees to that.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "patterns/base/timer.hpp"

namespace windtunnel {

class timer_queue {
  public:
    timer_queue() { heap_.reserve(64); }
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;

    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return size_; }
    /// When the next timer is due; `never` when there is none.
    time_point next_due() const { return heap_.empty() ? never : heap_.front().due; }

    /// t must not be armed. `now` decides only which lane a deadline stands in.
    void arm(timer& t, time_point due, timer_class kind, time_point now) {
        if (kind == timer_class::deadline)
            arm_recurring(t, due, kind, now);
        else
            arm_alone(t, due, kind);
    }
    /// The same, in a lane where one is free; for durations due - now of which there are few.
    void arm_recurring(timer& t, time_point due, timer_class kind, time_point now);
    void disarm(timer& t); ///< does nothing when t is not armed
    timer& pop();          ///< the next timer, disarmed; the queue must not be empty

  private:
    struct entry {
        time_point due;
        std::uint64_t order;
        timer* node;
    };
    struct lane {
        duration length{-1};
        timer* head = nullptr;
        timer* tail = nullptr;
        timer_class kind{};
    };
    static constexpr std::size_t lane_count = 8;

    static bool before(const entry& a, const entry& b) {
        return a.due != b.due ? a.due < b.due : a.order < b.order;
    }
    void put(std::size_t place, const entry& e) {
        heap_[place] = e;
        e.node->place_ = static_cast<std::uint32_t>(place);
    }
    void arm_alone(timer& t, time_point due, timer_class kind);
    void number(timer& t, time_point due, timer_class kind);
    void push(timer& t);
    void erase(std::size_t place);
    void sift_up(std::size_t place, const entry& e);
    void sift_down(std::size_t place, const entry& e);
    std::size_t lane_for(duration length, timer_class kind);
    void remove(timer& t);
    void replace_head(timer& t);

    std::vector<entry> heap_;
    std::array<lane, lane_count> lanes_;
    std::uint64_t sequence_ = 0;
    std::size_t size_ = 0;
};

} // namespace windtunnel
