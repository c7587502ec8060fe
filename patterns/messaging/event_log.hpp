// SPDX-License-Identifier: BSL-1.0
// A topic: partitions that each keep an order of records, with offsets by which anybody may read
// again. Kafka's semantics: replicas and a high watermark per partition, leader epochs, idempotent
// producers, retention by whole segments. It is the brokers' common state, without their network:
// the driver says what replicas have copied, which of them fail, and who is elected.
// Comparisons: lag, retention and expiry are over at their instant (>=); one report, append or
// election acts on what is expired first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "patterns/messaging/log_partition.hpp"
#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

/// Not thread-safe, neither copied nor moved. `now` never goes back. Partitions are 0 to
/// partitions - 1, replicas 0 to replication_factor - 1; another number is a bug.
class event_log {
  public:
    explicit event_log(const event_log_options& options);
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;

    /// At the leader; all of the batch or nothing, and it must not be empty. With acks none and
    /// leader it is done when it is taken, with acks all when `committed` says so.
    append_result append(int partition, std::span<const log_record> batch, append_acks acks,
                         time_point now, const producer_stamp& stamp = {});
    /// For a batch with acks all. Ask when the partition's replicas or leader have changed.
    commit_status committed(int partition, const append_result& result) const;

    fetch_result fetch(int partition, const fetch_request& request) const;
    /// The first offset whose record is not older than `t`; the log's end where there is none.
    log_offset offset_at(int partition, time_point t) const;

    /// A follower has everything up to `end`, copied in that epoch. Report also what is no news:
    /// a replica that is silent lags. Ends within an idempotent batch count as its beginning. False
    /// where it is ignored: of another epoch, or overtaken by a later report.
    bool replicated(int partition, int replica, log_offset end, std::int32_t epoch, time_point now);
    /// The replica is down: it leaves the in-sync set, unless it is the last in it. A leader
    /// leaves the partition without one.
    void fail(int partition, int replica, time_point now);
    /// It is up again with what it had, or only up to `end`, where it lost some.
    void restore(int partition, int replica, time_point now, log_offset end = log_partition::whole);
    /// A new leader, a new epoch; the log is cut where the new leader's ends. Allowed while there
    /// is a leader, too. replicas().candidate() is whom to take.
    election_result elect(int partition, int replica, time_point now);

    /// Drops replicas that lag, segments that are over, producers that are silent.
    void advance(time_point now);
    /// When to call `advance` next. Never too late, maybe early.
    time_point next_event() const { return next_event_; }

    int partitions() const { return options_.partitions; }
    const log_partition& partition(int number) const;
    event_log_metrics metrics() const; ///< of all partitions
    const event_log_options& options() const { return options_; }

  private:
    log_partition& at(int number);
    void changed(const log_partition& p);

    event_log_options options_;
    std::deque<log_partition> partitions_;
    time_point next_event_ = never;
};

} // namespace windtunnel
