// SPDX-License-Identifier: BSL-1.0
// What a producer's buffer can be told, what it sends, and what it is told of that.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

/// Defaults are Kafka's (producer configuration, 3.x). Fixed for the life of a producer.
struct producer_options {
    std::uint64_t batch_bytes = 16384; ///< batch.size, at least 1; a larger record goes alone
    duration linger{};                 ///< linger.ms: a batch waits so long to fill; 4.0: 5 ms
    /// max.in.flight.requests.per.connection, at least 1, at most 5 where idempotent. Of a
    /// partition: the leader of each is taken for a connection of its own.
    int max_in_flight = 5;
    std::uint64_t buffer_bytes = std::uint64_t{32} << 20; ///< buffer.memory, at least batch_bytes
    duration request_timeout = std::chrono::seconds{30};  ///< request.timeout.ms, above 0
    /// delivery.timeout.ms, from `add` to the end, with all retries; at least linger +
    /// request_timeout
    duration delivery_timeout = std::chrono::seconds{120};
    duration retry_backoff = std::chrono::milliseconds{100};      ///< retry.backoff.ms, above 0
    duration retry_backoff_max = std::chrono::milliseconds{1000}; ///< retry.backoff.max.ms
    double retry_jitter = 0.2;           ///< plus or minus this share, 0 to 1; fixed in Kafka
    bool idempotent = true;              ///< enable.idempotence
    append_acks acks = append_acks::all; ///< all where idempotent

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const producer_options&, const producer_options&) = default;
};
static_assert(std::is_aggregate_v<producer_options> &&
              std::is_trivially_copyable_v<producer_options>);

/// Before retry number `retry` (from 1): min(retry_backoff_max, retry_backoff * 2^(retry-1)), times
/// 1 - jitter to 1 + jitter; the cap comes first, so a delay may exceed it by the jitter. u is in
/// [0, 1).
duration retry_delay(const producer_options& options, int retry, double u);

/// One attempt of one batch.
struct outgoing_batch {
    std::uint64_t id = 0; ///< of the batch
    int attempt = 1;
    int partition = 0;
    std::span<const log_record> records; ///< until the batch is finished
    producer_stamp stamp;
    append_acks acks = append_acks::all;
};

/// What came of an attempt. With acks none it is acknowledged when it is sent.
enum class send_outcome : std::uint8_t {
    acknowledged,
    retriable,    ///< the broker cannot now, or the connection broke
    out_of_order, ///< of its sequence: something before it is missing
    refused,      ///< no other attempt will help
};
std::string_view to_string(send_outcome outcome);
send_outcome outcome_of(append_status status);

struct send_answer {
    int partition = 0;
    std::uint64_t id = 0;
    int attempt = 1;
    send_outcome outcome = send_outcome::acknowledged;
    log_offset base_offset = no_offset;
};

enum class delivery_end : std::uint8_t {
    delivered,
    timed_out, ///< the delivery timeout: whether it is in the log is not known
    refused,
};
std::string_view to_string(delivery_end end);

/// What became of records; in the order in which batches ended.
struct finished_batch {
    int partition = 0;
    delivery_end end = delivery_end::delivered;
    log_offset base_offset = no_offset;
    int attempts = 0;
    std::vector<log_record> records{};
};

} // namespace windtunnel
