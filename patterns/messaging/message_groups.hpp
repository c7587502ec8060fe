// SPDX-License-Identifier: BSL-1.0
// Messages in groups: in order within each, and one of a group in a hand at a time. Among the
// groups that are free the one whose first message was published first is next. A group is known
// while it has a message, ready or in a hand. O(log groups) each.
#pragma once

#include <cstdint>

#include "patterns/base/slot_index.hpp"
#include "patterns/messaging/indexed_heap.hpp"
#include "patterns/messaging/queued_message.hpp"

namespace windtunnel::detail {

class message_groups {
  public:
    explicit message_groups(message_slab& messages) : messages_(messages) {}

    /// It was published.
    void append(std::uint32_t slot);
    /// It was in a hand, and is the first of its group again.
    void put_back(std::uint32_t slot);
    /// The first of a free group goes into a hand.
    void take(std::uint32_t slot);
    /// It was in a hand, and is gone.
    void settle(std::uint32_t slot);
    /// It was ready, and is gone.
    void remove(std::uint32_t slot);

    /// The first of the group that is next; no_slot: all are blocked or there are none.
    std::uint32_t next() const {
        return heads_.empty() ? no_slot : groups_[heads_.top()].ready.first();
    }

  private:
    struct group {
        std::uint64_t key = 0;
        message_chain ready;
        bool blocked = false; ///< one of it is in a hand
    };

    std::uint32_t find_or_make(std::uint64_t key);
    void free(std::uint32_t g);
    void offer(std::uint32_t g);

    message_slab& messages_;
    slot_slab<group> groups_;
    slot_index index_;                  ///< by key
    indexed_heap<std::uint64_t> heads_; ///< free groups with a message, by the rank of the first
};

} // namespace windtunnel::detail
