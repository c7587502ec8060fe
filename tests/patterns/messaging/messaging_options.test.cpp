// SPDX-License-Identifier: BSL-1.0
// Options that make no sense are refused: the message names option, value and rule.
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/consumer_group.hpp"
#include "patterns/messaging/consumer_position.hpp"
#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/partitioner.hpp"
#include "patterns/messaging/producer_buffer.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

struct bad {
    std::function<void()> make;
    std::string message;
};

template <class Machine, class Options>
bad refused(const Options& options, std::string message) {
    return {[options] { const Machine made{options}; }, std::move(message)};
}

void check_refusals(const std::vector<bad>& table) {
    for (const auto& row : table) {
        CAPTURE(row.message);
        CHECK_THROWS_WITH(row.make(), row.message);
        CHECK_THROWS_AS(row.make(), std::invalid_argument);
    }
}

bad bad_log(const event_log_options& o, const std::string& rest) {
    return refused<event_log>(o, "event_log: " + rest);
}
bad bad_group(const consumer_group_options& o, const std::string& rest) {
    return {[o] { const consumer_group made(o, {}); }, "consumer_group: " + rest};
}
bad bad_producer(const producer_options& o, const std::string& rest) {
    return {[o] { const producer_buffer made(o, 1, 0); }, "producer: " + rest};
}
bad bad_partitioner(const partitioner_options& o, const std::string& rest) {
    return refused<partitioner>(o, "partitioner: " + rest);
}

} // namespace

TEST_CASE("a log refuses options that make no sense") {
    check_refusals({
        bad_log({.partitions = 0}, "partitions is 0; it must be at least 1"),
        bad_log({.replication_factor = 0}, "replication_factor is 0; it must be at least 1"),
        bad_log({.min_insync_replicas = 0},
                "min_insync_replicas is 0; it must be from 1 to replication_factor"),
        bad_log({.replication_factor = 3, .min_insync_replicas = 4},
                "min_insync_replicas is 4; it must be from 1 to replication_factor"),
        bad_log({.replica_lag_time = 0s}, "replica_lag_time is 0s; it must be above 0"),
        bad_log({.retention = 0s}, "retention is 0s; it must be above 0"),
        bad_log({.retention = -1s}, "retention is -1s; it must be above 0"),
        bad_log({.segment_bytes = 0}, "segment_bytes is 0; it must be at least 1"),
        bad_log({.segment_time = 0s}, "segment_time is 0s; it must be above 0"),
        bad_log({.producer_expiry = 0s}, "producer_expiry is 0s; it must be above 0"),
    });
}

TEST_CASE("a partitioner refuses options that make no sense") {
    check_refusals({
        bad_partitioner({.partitions = 0}, "partitions is 0; it must be at least 1"),
        bad_partitioner({.sticky_bytes = 0}, "sticky_bytes is 0; it must be at least 1"),
    });
}

TEST_CASE("a group refuses options that make no sense") {
    check_refusals({
        bad_group({.session_timeout = 0s}, "session_timeout is 0s; it must be above 0"),
        bad_group({.heartbeat_interval = 0s},
                  "heartbeat_interval is 0s; it must be above 0 and below session_timeout"),
        bad_group({.session_timeout = 3s},
                  "heartbeat_interval is 3s; it must be above 0 and below session_timeout"),
        bad_group({.max_poll_interval = 0s}, "max_poll_interval is 0s; it must be above 0"),
        bad_group({.rebalance_timeout = 0s}, "rebalance_timeout is 0s; it must be above 0"),
        bad_group({.initial_rebalance_delay = -1s},
                  "initial_rebalance_delay is -1s; it must not be negative"),
        bad_group({.offsets_retention = 0s}, "offsets_retention is 0s; it must be above 0"),
        bad_group({.protocol = rebalance_protocol::cooperative},
                  "assignor is range; it must be cooperative_sticky where the protocol is "
                  "cooperative"),
    });
}

TEST_CASE("a consumer refuses options that make no sense") {
    check_refusals({
        refused<consumer_position>(
            consumer_position_options{.max_poll_records = 0},
            "consumer_position: max_poll_records is 0; it must be at least 1"),
        refused<consumer_position>(
            consumer_position_options{.auto_commit_interval = 0s},
            "consumer_position: auto_commit_interval is 0s; it must be above 0"),
    });
}

TEST_CASE("a producer refuses options that make no sense") {
    check_refusals({
        bad_producer({.batch_bytes = 0}, "batch_bytes is 0; it must be at least 1"),
        bad_producer({.buffer_bytes = 16383},
                     "buffer_bytes is 16383; it must be at least batch_bytes"),
        bad_producer({.max_in_flight = 0}, "max_in_flight is 0; it must be at least 1"),
        bad_producer({.max_in_flight = 6}, "max_in_flight is 6; it must be at most 5 where "
                                           "idempotent: a log knows the last 5 batches"),
        bad_producer({.acks = append_acks::leader},
                     "acks is leader; it must be all where idempotent"),
        bad_producer({.linger = -1s}, "linger is -1s; it must not be negative"),
        bad_producer({.request_timeout = 0s}, "request_timeout is 0s; it must be above 0"),
        bad_producer({.linger = 90001ms},
                     "delivery_timeout is 120s; it must be at least linger + request_timeout"),
        bad_producer({.delivery_timeout = 29s},
                     "delivery_timeout is 29s; it must be at least linger + request_timeout"),
        bad_producer({.retry_backoff = 0s}, "retry_backoff is 0s; it must be above 0"),
        bad_producer({.retry_backoff = 2s},
                     "retry_backoff_max is 1s; it must be at least retry_backoff"),
        bad_producer({.retry_jitter = 1.5}, "retry_jitter is 1.5; it must be from 0 to 1"),
    });
    producer_options{.max_in_flight = 6, .idempotent = false, .acks = append_acks::none}.validate();
    producer_options{.linger = 90s}.validate();
}
