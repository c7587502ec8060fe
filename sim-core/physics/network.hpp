// SPDX-License-Identifier: BSL-1.0
// The seam between what sends and what takes time or loses: a message is a node that its owner
// embeds, a network carries it and says once how it ended. Sizes are bytes. A message is carried by
// at most one network at a time; its callback is never called from inside send() or cancel(), and
// when it is called the message is free again: it may be sent again or destroyed at once.
#pragma once

#include <cstdint>

#include "patterns/base/assert.hpp"
#include "patterns/base/timer.hpp"

namespace windtunnel::sim {

/// A placed process: a replica of a service, or a workload's client.
using node_id = std::uint32_t;

/// What became of a message.
enum class delivery : std::uint8_t {
    arrived,   ///< it is there; the last word on this message
    duplicate, ///< a copy is there, and the message is still on its way: `arrived` follows
    lost,      ///< it will never arrive; senders must not learn this other than by waiting
    refused,   ///< the other side said no (connection refused): certainly not processed
};

class network;

class message {
  public:
    using callback = void (*)(message&, delivery);

    explicit message(callback done) : transit_(*this), done_(done) {}
    ~message() { WINDTUNNEL_ASSERT(!in_flight()); }

    /// Between send() and the callback (or cancel()).
    bool in_flight() const { return carrier_ != nullptr; }
    inline void cancel(); ///< nothing where it is not in flight

    node_id from = 0, to = 0;
    std::uint64_t size = 0; ///< bytes, with headers

  private:
    friend class network;
    struct transit : timer {
        explicit transit(message& m) : timer(&transit::strike), owner(m) {}
        static inline void strike(timer& t);
        message& owner;
    };

    transit transit_;
    network* carrier_ = nullptr;
    void* attachment_ = nullptr; ///< the carrier's own
    std::uint64_t state_ = 0;    ///< the carrier's own
    callback done_;
};

class network {
  public:
    network() = default;
    network(const network&) = delete;
    network& operator=(const network&) = delete;
    virtual ~network() = default;

    /// Takes the message on its way; it must not be in flight. Throws for a node it does not know.
    virtual void send(message&) = 0;
    /// Forgets a message in flight on this network: its callback will not be called.
    virtual void cancel(message&) = 0;

  protected:
    friend class message;
    /// The message's timer struck.
    virtual void due(message&) = 0;

    void take(message& m) {
        WINDTUNNEL_ASSERT(!m.in_flight());
        m.carrier_ = this;
    }
    /// The last word: the message is free before its callback runs, and may be gone after it.
    static void finish(message& m, delivery how) {
        release(m);
        m.done_(m, how);
    }
    static void announce_duplicate(message& m) { m.done_(m, delivery::duplicate); }
    static void release(message& m) {
        WINDTUNNEL_ASSERT(!m.transit_.armed());
        m.carrier_ = nullptr;
        m.attachment_ = nullptr;
    }

    static timer& timer_of(message& m) { return m.transit_; }
    static void*& attachment_of(message& m) { return m.attachment_; }
    static std::uint64_t& state_of(message& m) { return m.state_; }
};

inline void message::cancel() {
    if (in_flight())
        carrier_->cancel(*this);
}

inline void message::transit::strike(timer& t) {
    message& m = static_cast<transit&>(t).owner;
    m.carrier_->due(m);
}

} // namespace windtunnel::sim
