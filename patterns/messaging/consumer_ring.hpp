// SPDX-License-Identifier: BSL-1.0
// The consumers of a work_queue, and who of them is next: of those with room the highest priority,
// and among equals each in turn; who gets room stands at the end. O(priorities in use).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "patterns/messaging/queued_message.hpp"

namespace windtunnel {

struct queue_consumer_options {
    int prefetch = 0;      ///< messages in its hand at once; 0: no bound, as RabbitMQ
    int priority = 0;      ///< larger first, also below 0; RabbitMQ: x-priority, 0
    std::uint64_t tag = 0; ///< the user's own: each delivery carries it

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const queue_consumer_options&, const queue_consumer_options&) = default;
};
static_assert(std::is_aggregate_v<queue_consumer_options> &&
              std::is_trivially_copyable_v<queue_consumer_options>);

/// No two consumers of a queue ever have the same.
struct consumer_id {
    std::uint64_t number = 0;
    std::uint32_t slot = detail::no_slot;
    friend bool operator==(const consumer_id&, const consumer_id&) = default;
};

namespace detail {

struct queue_consumer {
    queue_consumer_options options;
    std::uint64_t number = 0; ///< 0: there is none here
    message_chain hand;       ///< as delivered
    int unacked = 0;
    bool pulls = false; ///< asks, and is never next
    bool in_ring = false;
    slot_links ring;
    slot_links all;

    bool has_room() const { return options.prefetch == 0 || unacked < options.prefetch; }
};

class consumer_ring {
  public:
    consumer_id add(const queue_consumer_options& options, bool pulls = false);
    /// Of one who does not pull; its hand must be empty.
    void remove(std::uint32_t slot);
    /// All but those who pull; their hands must be empty.
    void clear();
    bool knows(const consumer_id& id) const {
        return consumers_.knows(id.slot) && consumers_[id.slot].number == id.number &&
               id.number != 0;
    }
    queue_consumer& operator[](std::uint32_t slot) { return consumers_[slot]; }

    /// no_slot: nobody has room.
    std::uint32_t next() const;
    void took(std::uint32_t slot);
    void gave_back(std::uint32_t slot);

    std::size_t size() const { return size_; }

  private:
    using chain = slot_chain<queue_consumer, &queue_consumer::ring>;
    struct level {
        int priority;
        chain with_room;
    };
    chain& level_of(int priority);
    void enter(std::uint32_t slot);
    void leave(std::uint32_t slot);

    slot_slab<queue_consumer> consumers_;
    slot_chain<queue_consumer, &queue_consumer::all> all_; ///< without those who pull
    std::vector<level> levels_; ///< by falling priority; stays when its consumers go
    std::uint64_t last_number_ = 0;
    std::size_t size_ = 0;
};

} // namespace detail
} // namespace windtunnel
