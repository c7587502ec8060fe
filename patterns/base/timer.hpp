// SPDX-License-Identifier: BSL-1.0
// A timer as a node: it is armed in an environment's queue, knows its place there, and leaves it at
// once when it is disarmed; most timers are timeouts that never fire. The owner embeds the node and
// disarms it before it dies. `fire` is called by the environment, after the node has left the
// queue; `abandon` instead of it when the environment goes away first: free what the timer alone
// owns.
#pragma once

#include <cstdint>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

/// Where a timer stands among others of the same instant: what happens, happens before a deadline
/// strikes (so an answer at exactly the deadline is in time), and acts (faults, a user's hand) come
/// last. Within a class the order is that of arming.
enum class timer_class : std::uint8_t { event = 0, deadline = 1, act = 2 };

class timer {
  public:
    using function = void (*)(timer&);

    explicit timer(function on_fire, function on_abandon = nullptr)
        : fire_(on_fire), abandon_(on_abandon) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { WINDTUNNEL_ASSERT(!armed()); }

    bool armed() const { return place_ != unarmed; }
    /// When it is due; meaningful while armed.
    time_point due() const { return due_; }
    void fire() { fire_(*this); }
    void abandon() {
        if (abandon_ != nullptr)
            abandon_(*this);
    }

    // ---- for the queue that holds it ----------------------------------------------------------
    static constexpr std::uint32_t unarmed = 0xffffffff;
    time_point due_{};
    std::uint64_t order_ = 0;       ///< class in the two top bits, sequence below
    timer* next_ = nullptr;         ///< behind it in its lane
    timer* previous_ = nullptr;     ///< before it in its lane
    std::uint32_t place_ = unarmed; ///< index in the heap, or `waiting` behind its lane's head
    static constexpr std::uint32_t waiting = 0xfffffffe;
    static constexpr std::uint8_t no_lane = 0xff;
    std::uint8_t lane_ = no_lane;

  private:
    function fire_;
    function abandon_;
};

} // namespace windtunnel
