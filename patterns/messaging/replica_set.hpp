// SPDX-License-Identifier: BSL-1.0
// Which replicas of a partition have what, who leads them in which epoch, and what is committed:
// the high watermark is the smallest log end of the in-sync replicas, and never falls but by an
// unclean election. A replica leaves the in-sync set when for replica_lag_time (>=) it has lacked
// something, or when it fails, but for the last one: somebody must have everything. It joins again
// when it has all up to the high watermark and to where the leader's epoch began.
// A replica is up to date at a report that has the leader's whole log, and at one that has what was
// the whole log at the report before (Kafka's rule): one that is always a little behind stays.
// Called by the partition. A value; not thread-safe. `now` never goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

class replica_set {
  public:
    static constexpr int nobody = -1;

    /// Replica 0 leads in epoch 0, all are in sync; `count` is at least 1.
    replica_set(int count, duration lag_time);

    int leader() const { return leader_; }
    std::int32_t epoch() const { return epoch_; }
    log_offset high_watermark() const { return high_watermark_; }
    int in_sync() const { return in_sync_; }
    bool in_sync(int replica) const { return at(replica).in_sync; }
    bool online(int replica) const { return at(replica).online; }
    log_offset end(int replica) const { return at(replica).end; }
    /// The first in-sync replica that is online: whom a clean election would take.
    std::optional<int> candidate() const;

    void appended(log_offset end, time_point now);
    /// What a follower has. False where it says nothing: of another epoch, less than is known, of
    /// who leads or is offline, or of nobody's followers.
    bool report(int replica, log_offset end, std::int32_t epoch, time_point now);

    void fail(int replica);
    /// It is back with its log up to `end`, of what it had. Harmless for one that is online.
    void restore(int replica, log_offset end, time_point now);
    /// After `elected...` the log must be truncated to end(replica).
    election_result elect(int replica, bool unclean_allowed, time_point now);

    void advance(time_point now);
    /// When the next replica will have lagged for too long; `never` where none lags.
    time_point next_event() const;

    std::uint64_t shrinks() const { return shrinks_; } ///< of the in-sync set
    std::uint64_t expansions() const { return expansions_; }

  private:
    struct state {
        log_offset end = 0;
        log_offset leader_end_seen = 0; ///< the leader's at the last report
        time_point seen_at{};
        time_point up_to_date_at{};
        bool in_sync = true;
        bool online = true;
    };
    const state& at(int number) const { return replicas_[static_cast<std::size_t>(number)]; }
    state& at(int number) { return replicas_[static_cast<std::size_t>(number)]; }
    bool is_valid(int number) const {
        return number >= 0 && static_cast<std::size_t>(number) < replicas_.size();
    }
    bool lags(const state& r) const { return r.in_sync && r.end < leader_end_; }
    void remove(state& r);
    void lead(int number, bool unclean, time_point now);
    void raise_high_watermark();

    std::vector<state> replicas_;
    duration lag_time_;
    int leader_ = 0;
    int in_sync_;
    std::int32_t epoch_ = 0;
    log_offset leader_end_ = 0;
    log_offset epoch_start_ = 0;
    log_offset high_watermark_ = 0;
    std::uint64_t shrinks_ = 0, expansions_ = 0;
};

} // namespace windtunnel
