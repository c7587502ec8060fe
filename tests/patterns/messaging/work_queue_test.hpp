// SPDX-License-Identifier: BSL-1.0
// What tests of a work_queue share: messages by their tags, and who has which.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "patterns/base/assert.hpp"
#include "patterns/messaging/work_queue.hpp"

namespace windtunnel::test {

inline constexpr time_point start{std::chrono::seconds{10}};
using tags = std::vector<std::uint64_t>;

/// A message of 1 byte with that tag.
inline queue_message tagged(std::uint64_t tag) {
    queue_message m;
    m.body.size = 1;
    m.tag = tag;
    return m;
}
inline queue_message of_group(std::uint64_t key, std::uint64_t tag) {
    auto m = tagged(tag);
    m.key = key;
    return m;
}

inline void publish(work_queue& q, const tags& all, time_point now = start) {
    for (const auto tag : all)
        q.publish(tagged(tag), now);
}

/// One that must be there.
inline queue_delivery receive(work_queue& q, time_point now = start) {
    const auto d = q.receive(now);
    WINDTUNNEL_ASSERT(d.has_value());
    return *d;
}
inline queue_delivery next_delivery(work_queue& q, time_point now = start) {
    const auto d = q.next_delivery(now);
    WINDTUNNEL_ASSERT(d.has_value());
    return *d;
}

/// All that can be delivered, acknowledged at once, so one group after the other: in what order.
inline tags drain(work_queue& q, time_point now = start) {
    tags found;
    while (const auto d = q.receive(now)) {
        found.push_back(d->what->tag);
        q.ack(d->tag, now);
    }
    return found;
}

inline tags tags_of(const std::vector<dead_letter>& letters) {
    tags found;
    for (const auto& d : letters)
        found.push_back(d.what.tag);
    return found;
}

/// What the queue's header promises.
inline bool conserves(const work_queue& q) {
    const auto& m = q.metrics();
    return m.published ==
           q.ready() + q.unacked() + m.acked + m.all_dead_lettered() + m.all_dropped();
}

} // namespace windtunnel::test
