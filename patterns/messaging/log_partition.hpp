// SPDX-License-Identifier: BSL-1.0
// One partition of an event log: its records, its replicas and its idempotent producers.
// Invariant: log_start() <= high_watermark() <= log_end(), and no record below the high watermark
// changes or goes, but by retention and by an unclean election.
// A value; not thread-safe. `now` never goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "patterns/messaging/log_record.hpp"
#include "patterns/messaging/log_segments.hpp"
#include "patterns/messaging/producer_states.hpp"
#include "patterns/messaging/replica_set.hpp"

namespace windtunnel {

/// Defaults are Kafka's (broker and topic configuration, 3.x). Fixed for the life of a log.
struct event_log_options {
    int partitions = 1;          ///< num.partitions, at least 1
    int replication_factor = 1;  ///< default.replication.factor, at least 1
    int min_insync_replicas = 1; ///< min.insync.replicas, 1 to replication_factor
    /// replica.lag.time.max.ms, above 0
    duration replica_lag_time = std::chrono::seconds{30};
    bool unclean_leader_election = false; ///< unclean.leader.election.enable

    /// log.retention.hours, above 0: a segment goes when its newest record is that old;
    /// duration::max(): it stays
    duration retention = std::chrono::hours{168};
    /// log.retention.bytes: the first segment goes where the others have as many; 0: off
    std::uint64_t retention_bytes = 0;
    std::uint64_t segment_bytes = std::uint64_t{1} << 30; ///< log.segment.bytes, at least 1
    std::uint64_t segment_records = 0;                    ///< 0: no bound; not in Kafka
    duration segment_time = std::chrono::hours{168};      ///< log.roll.hours, above 0

    /// producer.id.expiration.ms, above 0: after so long without an append a producer is forgotten
    duration producer_expiry = std::chrono::hours{24};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const event_log_options&, const event_log_options&) = default;
};
static_assert(std::is_aggregate_v<event_log_options> &&
              std::is_trivially_copyable_v<event_log_options>);

/// Sums since the beginning.
struct event_log_metrics {
    std::uint64_t batches = 0, records = 0; ///< appended
    std::uint64_t duplicates = 0;           ///< batches found in the log
    std::uint64_t no_leader = 0, not_enough_replicas = 0, out_of_order = 0, fenced = 0,
                  unknown_producers = 0; ///< batches
    std::uint64_t deleted = 0;           ///< records, by retention
    std::uint64_t truncated = 0;         ///< records, above the high watermark, by elections
    std::uint64_t lost = 0;              ///< records below it, by unclean elections
    std::uint64_t elections = 0, unclean_elections = 0;
    std::uint64_t shrinks = 0, expansions = 0; ///< of in-sync sets

    event_log_metrics& operator+=(const event_log_metrics& other);
    friend bool operator==(const event_log_metrics&, const event_log_metrics&) = default;
};

class log_partition {
  public:
    static constexpr log_offset whole = std::numeric_limits<log_offset>::max();

    /// The options must be valid and outlive it.
    explicit log_partition(const event_log_options& options);

    append_result append(std::span<const log_record> batch, const producer_stamp& stamp,
                         append_acks acks, time_point now);
    commit_status committed(const append_result& result) const;
    fetch_result fetch(const fetch_request& request) const;
    /// Also where nobody leads: for who has fetched it already. nullptr: it is not in the log.
    const log_record* record_at(log_offset offset) const;
    log_offset find(time_point t) const { return log_.find(t); }

    bool replicated(int replica, log_offset end, std::int32_t epoch, time_point now);
    void fail(int replica, time_point now);
    void restore(int replica, time_point now, log_offset end);
    election_result elect(int replica, time_point now);

    void advance(time_point now);
    time_point next_event() const;

    log_offset log_start() const { return log_.begin(); }
    log_offset log_end() const { return log_.end(); }
    log_offset high_watermark() const { return replicas_.high_watermark(); }
    std::uint64_t bytes() const { return log_.bytes(); }
    std::size_t segments() const { return log_.segments(); }
    const replica_set& replicas() const { return replicas_; }
    std::size_t producers() const { return producers_.size(); }
    event_log_metrics metrics() const;

  private:
    append_result examine(std::size_t count, const producer_stamp& stamp, append_acks acks) const;
    void count(append_status status, std::size_t records);
    bool first_may_go() const;
    bool first_is_due(time_point now) const;
    void retain(time_point now);

    const event_log_options* options_;
    log_segments log_;
    replica_set replicas_;
    producer_states producers_;
    event_log_metrics metrics_;
};

} // namespace windtunnel
