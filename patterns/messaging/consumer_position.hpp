// SPDX-License-Identifier: BSL-1.0
// Where one consumer stands in each partition that it has, and what it may commit. What a poll has
// returned counts as processed when the next poll begins, and not before: an auto commit commits
// the positions of the polls before, so a crash repeats records and skips none (at least once).
// The driver polls: begin_poll, then as long as next_fetch names a partition it fetches there and
// says what came; what came goes to the application. Between two polls the application works.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "patterns/messaging/group_offsets.hpp"
#include "patterns/messaging/log_record.hpp"
#include "patterns/messaging/partition_assignor.hpp"

namespace windtunnel {

/// Defaults are Kafka's (consumer configuration). Fixed for the life of a consumer.
struct consumer_position_options {
    int max_poll_records = 500; ///< max.poll.records, at least 1
    bool auto_commit = true;    ///< enable.auto.commit; else the application calls `processed`
    /// auto.commit.interval.ms, above 0; looked at when a poll begins
    duration auto_commit_interval = std::chrono::seconds{5};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const consumer_position_options&,
                           const consumer_position_options&) = default;
};
static_assert(std::is_aggregate_v<consumer_position_options> &&
              std::is_trivially_copyable_v<consumer_position_options>);

/// What a new assignment changed.
struct assignment_change {
    /// Given up: where there are any, a member of a cooperative group joins again.
    std::vector<topic_partition> revoked;
    std::vector<partition_offset> to_commit; ///< of `revoked`, while the generation still stands
    std::vector<topic_partition> added;      ///< to be started
};

struct fetch_turn {
    topic_partition partition;
    log_offset offset = 0;
    int max_records = 0; ///< what the poll still has room for
};

/// A value; not thread-safe. `now` never goes back.
class consumer_position {
  public:
    explicit consumer_position(const consumer_position_options& options = {});

    /// Has these from now on. What it had already goes on where it is.
    assignment_change assign(std::span<const topic_partition> partitions);
    /// Before it joins an eager rebalance: all is given up; returns what to commit first.
    std::vector<partition_offset> revoke_all();
    /// It was put out of the group: all is gone, and to commit is somebody else's business.
    void lose_all();
    /// Where to read next: after an assignment, or to seek. Harmless for one it has not.
    void start(const topic_partition& p, log_offset offset);

    /// A poll begins: what the last one returned is processed. What to commit, if it is time to.
    std::vector<partition_offset> begin_poll(time_point now);
    /// The next partition of this poll, each at most once; the next poll goes on behind the last.
    std::optional<fetch_turn> next_fetch();
    /// The records before `next` went to the application.
    void returned(const topic_partition& p, log_offset next);

    /// The application is done with everything before `next`, and says so before the next poll.
    void processed(const topic_partition& p, log_offset next);
    /// What is processed of all it has: for a commit by hand, or when it closes.
    std::vector<partition_offset> committable() const;

    /// The next record to be returned; nothing where it has not got it or not started.
    std::optional<log_offset> position(const topic_partition& p) const;
    std::vector<topic_partition> partitions() const; ///< what it has, in order
    std::size_t size() const { return places_.size(); }

  private:
    struct place {
        topic_partition partition;
        log_offset position = no_offset; ///< not started
        log_offset processed = no_offset;
        std::uint64_t poll = 0; ///< in which it had its turn
    };
    const place* find(const topic_partition& p) const;
    place* find(const topic_partition& p);

    consumer_position_options options_;
    std::vector<place> places_; ///< in order
    std::size_t next_place_ = 0;
    std::uint64_t poll_ = 0;
    log_offset room_ = 0; ///< of this poll, in records
    time_point next_commit_ = time_point::min();
};

} // namespace windtunnel
