// SPDX-License-Identifier: BSL-1.0
// Messages that leave a queue without an acknowledgement, and what they remember of it. Death
// records are RabbitMQ's x-death: one a pair of queue and reason, the latest first, with a count.
// Source: https://www.rabbitmq.com/docs/dlx
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/messaging/dead_letter_policy.hpp"

namespace windtunnel {

struct death_record {
    std::string queue; ///< the name of the queue that it left
    dead_letter_reason reason{};
    std::uint64_t count = 0;                 ///< how often it left that queue for that reason
    time_point first{};                      ///< when it did so for the first time
    duration original_ttl = duration::max(); ///< of the message at that time

    friend bool operator==(const death_record&, const death_record&) = default;
};

/// What a publisher gives, and below what the queue keeps of it.
struct queue_message {
    payload body;
    std::uint64_t key = 0;              ///< of its group; 0: none. Only FIFO groups look at it
    std::uint64_t deduplication_id = 0; ///< 0: none; hash what is longer
    duration ttl = duration::max();     ///< from publishing on; max: none, zero: over at once
    std::uint64_t tag = 0;              ///< the user's own: the queue only carries it
    std::vector<death_record> deaths;   ///< carried from queue to queue
    /// When the queue took it; kept where keep_enqueue_time says so and it has died before.
    time_point published{};
    std::uint32_t deliveries = 0; ///< by this queue, with the one that it is in
    std::uint8_t priority = 0;    ///< larger first; above the queue's highest it counts as that
    bool durable = true;          ///< survives a restart, where durability is by message
    bool redelivered = false;     ///< somebody may have worked on it already
};

struct dead_letter {
    queue_message what; ///< with the new death record in front, and no time to live any more
    dead_letter_reason reason{};
    time_point at{};
};

/// Counts in the record of that queue and reason, or makes one, and puts it in front.
void record_death(queue_message& m, std::string_view queue, dead_letter_reason reason,
                  time_point now);

/// The dead letter that the message becomes. Its own time to live ends here: it shall not expire
/// again.
dead_letter made_dead(queue_message&& m, std::string_view queue, dead_letter_reason reason,
                      time_point now);

/// Whether dead-lettering the message into `target` would let it go round for ever: it has been
/// there, and since then nobody rejected it. RabbitMQ drops it then.
bool is_dead_letter_cycle(const queue_message& m, std::string_view target);

} // namespace windtunnel
