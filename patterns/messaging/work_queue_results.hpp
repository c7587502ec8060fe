// SPDX-License-Identifier: BSL-1.0
// What a work_queue says: of what was published, of deliveries and their receipts, and its counts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "patterns/messaging/consumer_ring.hpp"
#include "patterns/messaging/dead_letter.hpp"

namespace windtunnel {

enum class publish_status : std::uint8_t {
    accepted,
    duplicate, ///< its id was accepted within the window: it is not there twice
    rejected,  ///< the queue is full
};
std::string_view to_string(publish_status status);

struct publish_result {
    publish_status status = publish_status::accepted;
    int pushed_out = 0; ///< messages that left for it, maybe itself
};

/// One delivery of a message (AMQP's delivery tag, SQS's receipt handle): good until the message is
/// settled or comes back, stale from then on. Rises by its number.
struct delivery_tag {
    std::uint64_t number = 0;
    std::uint32_t slot = detail::no_slot;
    friend bool operator==(const delivery_tag&, const delivery_tag&) = default;
};

struct queue_delivery {
    delivery_tag tag;
    const queue_message* what = nullptr; ///< in the queue: good as long as the tag
    consumer_id consumer;                ///< who gets it; of receive(): the queue's own
    std::uint64_t consumer_tag = 0;      ///< the consumer's own word
    time_point deadline = never;         ///< when it goes back
};

enum class nack_action : std::uint8_t { requeue, dead_letter };

enum class extend_result : std::uint8_t {
    extended,
    stale,   ///< it is not in that hand any more
    refused, ///< beyond max_visibility from its delivery on: nothing has changed
};
std::string_view to_string(extend_result result);

struct work_queue_metrics {
    using by_reason = std::array<std::uint64_t, dead_letter_reasons>;

    std::uint64_t published = 0; ///< accepted
    std::uint64_t duplicates = 0;
    std::uint64_t rejected = 0;               ///< of these,
    std::uint64_t rejected_dead_lettered = 0; ///< so many came out as dead letters
    std::uint64_t delivered = 0;              ///< of these,
    std::uint64_t redelivered = 0;            ///< so many not for the first time
    std::uint64_t acked = 0;
    std::uint64_t nacked = 0;
    std::uint64_t stale_acks = 0; ///< acks, nacks and extensions that came too late
    std::uint64_t timed_out = 0;  ///< hands that were too slow
    std::uint64_t requeued = 0; ///< ready again: after a nack, a time-out, a consumer gone, a crash
    by_reason dead_lettered{};  ///< of what was accepted
    by_reason dropped{};        ///< and was no dead letter

    std::uint64_t expired() const;
    std::uint64_t all_dead_lettered() const;
    std::uint64_t all_dropped() const;
};

} // namespace windtunnel
