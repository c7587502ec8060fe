// SPDX-License-Identifier: BSL-1.0
// What a work_queue does, and the defaults of the brokers that it stands for. Sources, read in
// 2026: RabbitMQ 4 (https://www.rabbitmq.com/docs: confirms, consumers, maxlength, ttl, dlx,
// quorum-queues) and Amazon SQS (its developer guide and the API reference of
// ChangeMessageVisibility). By default a queue is without any bound.
#pragma once

#include <cstdint>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/messaging/dead_letter_policy.hpp"

namespace windtunnel {

/// What a full queue does with a message that is published.
enum class queue_overflow : std::uint8_t {
    drop_head,                  ///< takes it, and the next to be delivered has to go; RabbitMQ's
    reject_publish,             ///< refuses it, and the publisher is told
    reject_publish_dead_letter, ///< refuses it, and dead-letters it
};

/// What is there after a restart of the broker.
enum class queue_durability : std::uint8_t {
    transient,  ///< nothing
    by_message, ///< what its publisher wants so; RabbitMQ's durable classic queues
    always,     ///< all; RabbitMQ's quorum queues, SQS
};

/// Options are fixed for the life of a queue.
struct work_queue_options {
    /// How long a message may be in somebody's hand; 0: for ever. SQS: visibility timeout, 30 s;
    /// RabbitMQ: acknowledgement timeout, 30 min.
    duration visibility_timeout{};
    /// From its delivery on it is in a hand no longer than that, however often it is extended;
    /// above 0, at least visibility_timeout. SQS: 12 h
    duration max_visibility = std::chrono::hours{12};
    /// A message that comes back after so many deliveries leaves; 0: no limit. SQS:
    /// maxReceiveCount; RabbitMQ's quorum queues: delivery-limit + 1, which counts the
    /// redeliveries.
    int max_deliveries = 0;
    /// Of every message: the smaller of this and its own; above 0; duration::max(): none. SQS:
    /// retention period, 4 d
    duration message_ttl = duration::max();
    int max_length = 0;         ///< messages that are ready; 0: no bound, as RabbitMQ
    std::int64_t max_bytes = 0; ///< of bodies that are ready; 0: no bound, as RabbitMQ
    queue_overflow overflow = queue_overflow::drop_head; ///< RabbitMQ
    dead_letter_policy dead_letter{};
    /// One message of a group at a time, in order; the groups are independent. SQS FIFO
    bool fifo_groups = false;
    /// How long a deduplication id is remembered; 0: not at all. SQS FIFO: 5 min
    duration deduplication_window{};
    int max_priority = 0; ///< 0 to 31; RabbitMQ's classic queues: x-max-priority, at most 255
    int max_unacked = 0;  ///< in all hands together; 0: no bound. SQS: 120,000
    int max_batch = 0;    ///< most that one receive() gets; 0: no bound. SQS: 10
    queue_durability durability = queue_durability::always;
    /// A dead letter of another queue keeps its age. SQS standard: so; FIFO and RabbitMQ: not
    bool keep_enqueue_time = false;
    /// What is dropped or lost comes out of take_dropped(): for those who keep books.
    bool keep_dropped = false;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const work_queue_options&, const work_queue_options&) = default;
};
static_assert(std::is_aggregate_v<work_queue_options> &&
              std::is_trivially_copyable_v<work_queue_options>);

/// Acknowledgement timeout 30 min, which nobody can extend; durable by message. RabbitMQ closes the
/// channel then, so that all of it comes back; here it is that one message: unsubscribe for all.
work_queue_options rabbitmq_classic();
/// As rabbitmq_classic, but all is durable, and the 21st delivery is the last (delivery-limit 20,
/// of RabbitMQ 4.0).
work_queue_options rabbitmq_quorum();
/// Visibility 30 s, at most 12 h; retention 4 d; 120,000 in flight; 10 a receive. In the order of
/// publishing: the real one promises less, and may deliver twice.
work_queue_options sqs_standard();
/// As sqs_standard, with groups in order and a deduplication window of 5 min. The real one may put
/// several messages of one group into one batch, here it is one.
work_queue_options sqs_fifo();

} // namespace windtunnel
