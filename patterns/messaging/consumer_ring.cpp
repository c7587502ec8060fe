// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_ring.hpp"

#include <algorithm>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void queue_consumer_options::validate() const {
    constexpr option_check check{"consumer"};
    check(prefetch >= 0, "prefetch", prefetch, "not be negative");
}

namespace detail {

consumer_id consumer_ring::add(const queue_consumer_options& options, bool pulls) {
    const auto slot = consumers_.take();
    auto& c = consumers_[slot];
    c = {};
    c.options = options;
    c.number = ++last_number_;
    c.pulls = pulls;
    if (!pulls) {
        all_.push_back(consumers_, slot);
        ++size_;
        enter(slot);
    }
    return {c.number, slot};
}

void consumer_ring::remove(std::uint32_t slot) {
    leave(slot);
    all_.remove(consumers_, slot);
    --size_;
    consumers_[slot].number = 0;
    consumers_.give_back(slot);
}

void consumer_ring::clear() {
    while (!all_.empty())
        remove(all_.first());
}

std::uint32_t consumer_ring::next() const {
    for (const auto& l : levels_)
        if (!l.with_room.empty())
            return l.with_room.first();
    return no_slot;
}

void consumer_ring::took(std::uint32_t slot) {
    ++consumers_[slot].unacked;
    leave(slot);
    enter(slot);
}

void consumer_ring::gave_back(std::uint32_t slot) {
    --consumers_[slot].unacked;
    enter(slot);
}

consumer_ring::chain& consumer_ring::level_of(int priority) {
    const auto place = std::find_if(levels_.begin(), levels_.end(),
                                    [=](const level& l) { return l.priority <= priority; });
    if (place != levels_.end() && place->priority == priority)
        return place->with_room;
    return levels_.insert(place, {priority, {}})->with_room;
}

void consumer_ring::enter(std::uint32_t slot) {
    auto& c = consumers_[slot];
    if (c.in_ring || c.pulls || !c.has_room())
        return;
    c.in_ring = true;
    level_of(c.options.priority).push_back(consumers_, slot);
}

void consumer_ring::leave(std::uint32_t slot) {
    auto& c = consumers_[slot];
    if (!c.in_ring)
        return;
    c.in_ring = false;
    level_of(c.options.priority).remove(consumers_, slot);
}

} // namespace detail
} // namespace windtunnel
