// SPDX-License-Identifier: BSL-1.0
// A reader of all streams that first catches up from a position and then follows what is appended.
// Both are the same reading after the same position, so there is no moment between them in which an
// event could be lost or come twice. The driver calls next() again when something was appended (or
// after a while, where others append to the same file).
#pragma once

#include <functional>
#include <utility>

#include "patterns/consistency/event_store.hpp"

namespace windtunnel {

/// Not thread-safe; must not outlive its store. Keep position() in the transaction of what the
/// events did, and begin there after a restart.
class event_subscription {
  public:
    using filter = std::function<bool(const recorded_event&)>;

    /// `after` 0: from the very first. Events that the filter, if there is one, says no to are
    /// skipped.
    explicit event_subscription(const event_store& store, std::uint64_t after = 0, filter want = {})
        : store_(&store), want_(std::move(want)), position_(after) {}

    /// The next events, of at most `limit` (at least 1) that are looked at. Empty and live(): no
    /// more are there; empty and not live(): all were filtered, go on.
    std::vector<recorded_event> next(storage_transaction& t, std::size_t limit) {
        auto events = store_->read_all(t, position_, limit);
        live_ = events.size() < limit;
        if (!events.empty())
            position_ = events.back().position;
        if (want_)
            std::erase_if(events, [this](const recorded_event& e) { return !want_(e); });
        return events;
    }
    std::vector<recorded_event> next(std::size_t limit) {
        return next(*store_->where().begin_read(), limit);
    }

    bool live() const { return live_; } ///< the last next() came to the end
    std::uint64_t position() const { return position_; }

  private:
    const event_store* store_;
    filter want_;
    std::uint64_t position_;
    bool live_ = false;
};

} // namespace windtunnel
