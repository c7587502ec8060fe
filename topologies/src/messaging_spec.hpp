// SPDX-License-Identifier: BSL-1.0
// What a file says of brokers and of who reads from them: the options of patterns/messaging, with
// what the simulator has to know besides. A broker is a service that has queues or topics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "patterns/messaging/consumer_group_options.hpp"
#include "patterns/messaging/consumer_position.hpp"
#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/producer_options.hpp"
#include "patterns/messaging/work_queue_options.hpp"
#include "patterns/messaging/work_queue_results.hpp"
#include "sim-core/engine/distribution.hpp"
#include "topologies/src/endpoint_ref.hpp"
#include "topologies/src/location.hpp"

namespace windtunnel::topology {

/// Each message is one consumer's until it is acknowledged.
struct message_queue_spec {
    work_queue_options options;
    /// Consumers ask for messages, and the queue does not know whether they live: what was in the
    /// hand of one that crashed comes back with its visibility timeout. SQS; RabbitMQ sees that
    /// the connection is gone.
    bool polled = false;
    std::string dead_letter; ///< another queue of this broker; empty: there is none
    /// From taking a message to its confirmation: a disk that is made to write.
    std::optional<sim::distribution> sync;
    location where;

    void validate() const { options.validate(); }
};

/// A log of partitions that anybody may read again.
struct topic_spec {
    event_log_options options;
    producer_options producer; ///< of each process that publishes here
    /// From the crash of a leader to the election of another. Kafka: broker.session.timeout.ms
    duration election = std::chrono::seconds{9};
    location where;

    void validate() const {
        options.validate();
        producer.validate();
    }
};

using destination_spec = std::variant<message_queue_spec, topic_spec>;

enum class acknowledge : std::uint8_t {
    after,       ///< the work: at least once
    on_delivery, ///< before it: at most once (RabbitMQ's automatic acknowledgement)
};

/// What becomes of a message of a queue whose work has failed.
enum class after_failure : std::uint8_t {
    requeue, ///< it is ready again
    reject,  ///< it is a dead letter, or dropped
    leave,   ///< it comes back with its visibility timeout
};

/// An option that the file says, and where.
struct said_option {
    std::string key;
    location where;
};

/// An endpoint that works on messages: each replica of its service is a consumer.
struct consume_spec {
    endpoint_ref from;

    // ---- of a queue
    /// Messages in the hand of a replica at once; 0: no bound, RabbitMQ's default. SQS: 10 a batch
    int prefetch = 10;
    acknowledge ack = acknowledge::after;
    std::optional<after_failure> on_error; ///< absent: requeue; of a polled queue: leave
    /// A message whose work has failed is given back after this. Not RabbitMQ's: there it comes
    /// back at once, which no simulated time would end.
    duration requeue_after = std::chrono::milliseconds{1};
    /// From the return of the broker, or its own restart, until it is connected. RabbitMQ's Java
    /// client: network recovery interval, 5 s
    duration reconnect = std::chrono::seconds{5};

    // ---- of a topic
    std::string group; ///< empty: the service's name
    consumer_group_options membership;
    consumer_position_options position;
    int concurrency = 1; ///< consumers in each replica: threads, of which each has partitions
    int attempts = 10;   ///< at a record, then it is skipped. Spring for Kafka: 10
    /// How long a fetch waits for records that are not there yet. Kafka: fetch.max.wait.ms
    duration fetch_wait = std::chrono::milliseconds{500};

    location where;
    std::optional<said_option> of_queues, of_topics; ///< the first that is only for one of them

    void validate() const {
        membership.validate();
        position.validate();
    }
};

} // namespace windtunnel::topology
