// SPDX-License-Identifier: BSL-1.0
// The coordinator of a consumer group: who is in it, who reads which partitions, and how far the
// group has come. Kafka's classic protocol, by request and answer:
//   join   all members say what they read; when all have, or the rebalance timeout is over, a new
//          generation begins, and who has not joined is out
//   sync   each asks for what it got; the leader's question settles it (Kafka's leader computes
//          it, here the group does, by the same function of the same members)
//   then heartbeats, which tell a member to join again when another rebalance has begun, and
//   commits, which only members of the present generation may make.
// Invariant: in a generation a partition has one owner at most. With the eager protocol members
// must have stopped reading when they join. With the cooperative one they read on what they have; a
// member that gets less than it has must give up the rest and join again.
// Comparisons: a session, a poll interval and a timeout are over at their instant (>=).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/messaging/consumer_group_options.hpp"
#include "patterns/messaging/group_offsets.hpp"
#include "patterns/messaging/log_record.hpp"
#include "patterns/messaging/partition_assignor.hpp"

namespace windtunnel {

enum class group_answer_kind : std::uint8_t {
    joined,   ///< to a join: sync now, in this generation
    assigned, ///< to a sync
    rejoin,   ///< to a sync: another rebalance came between
};

/// What a member waits for: the answer to its join or sync.
struct group_answer {
    std::string member;
    group_answer_kind what = group_answer_kind::joined;
    std::int32_t generation = 0;
    bool leader = false;
    std::vector<topic_partition> partitions{}; ///< of `assigned`

    friend bool operator==(const group_answer&, const group_answer&) = default;
};

/// Sums since the beginning.
struct consumer_group_metrics {
    std::uint64_t joins = 0, leaves = 0; ///< requests
    std::uint64_t rebalances = 0;        ///< generations that began
    std::uint64_t sessions_expired = 0, polls_expired = 0;
    std::uint64_t late_members = 0;   ///< out because they did not join or sync in time
    std::uint64_t commits = 0;        ///< requests taken
    std::uint64_t fenced_commits = 0; ///< requests refused
    std::uint64_t stale_offsets = 0;  ///< of commits taken: below what was committed, ignored
};

/// Not thread-safe, neither copied nor moved. `now` never goes back. Each request first does what
/// is due at its `now`. A name is of one process at a time: one that joins as it was gets its place
/// again, without a rebalance.
class consumer_group {
  public:
    consumer_group(const consumer_group_options& options, topic_sizes topics);
    consumer_group(const consumer_group&) = delete;
    consumer_group& operator=(const consumer_group&) = delete;

    /// Answered by `joined`, when the rebalance is over.
    void join(const group_subscription& who, time_point now);
    /// Where it is ok it is answered by `assigned`, or `rejoin`.
    group_status sync(std::string_view member, std::int32_t generation, time_point now);
    group_status heartbeat(std::string_view member, std::int32_t generation, time_point now);
    /// The application has asked for records: it is not stuck. (Kafka's client watches this itself,
    /// and leaves; here the group holds all clocks.)
    void polled(std::string_view member, time_point now);
    void leave(std::string_view member, time_point now);
    /// All of it or nothing is refused. Offsets that would go back are ignored.
    group_status commit(std::string_view member, std::int32_t generation,
                        std::span<const partition_offset> offsets, time_point now);

    /// By hand, whoever owns it: also backwards. Owners must fetch their position anew.
    void reset_offset(const topic_partition& p, log_offset offset) { offsets_.reset(p, offset); }
    /// A topic is new or has more partitions: members are to join again.
    void set_topics(topic_sizes topics, time_point now);

    /// The next answer to somebody, in the order in which they were given.
    std::optional<group_answer> take_answer();

    void advance(time_point now);
    /// When to call `advance` next; `never` where nothing will happen by itself.
    time_point next_event() const;

    group_state state() const { return state_; }
    std::int32_t generation() const { return generation_; }
    std::size_t size() const { return members_.size(); }
    /// The first by name; empty where there is nobody. Valid until the group is changed, as owners.
    std::string_view leader() const;
    /// Of the present generation: nothing before it is settled.
    std::vector<topic_partition> assignment_of(std::string_view member) const;
    std::optional<std::string_view> owner_of(const topic_partition& p) const;

    std::optional<log_offset> committed(const topic_partition& p) const {
        return offsets_.committed(p);
    }
    /// Where its owner begins to read; nothing where there is none and the policy is `none`. Where
    /// the committed one is not in the log any more, reset_offset to it: commits never go back.
    std::optional<log_offset> starting_offset(const topic_partition& p, log_offset log_start,
                                              log_offset log_end) const {
        return offsets_.starting_offset(p, log_start, log_end, options_.reset);
    }
    /// Log end - starting offset: records that are still to be processed.
    std::optional<std::int64_t> lag(const topic_partition& p, log_offset log_start,
                                    log_offset log_end) const;

    const consumer_group_metrics& metrics() const { return metrics_; }
    const consumer_group_options& options() const { return options_; }

  private:
    enum class waits : std::uint8_t { no, for_join, for_sync };
    struct member {
        group_subscription joined;
        std::vector<topic_partition> assignment{};
        time_point session_end{}, poll_end{};
        waits waiting = waits::no;
        bool synced = false;
    };
    using member_map = std::map<std::string, member, std::less<>>;

    group_status check(std::string_view name, std::int32_t generation, time_point now);
    void renew(member& m, time_point now) const;
    void prepare_rebalance(time_point now, duration wait);
    void settle(time_point now);
    bool all_have_joined() const;
    void begin_generation(time_point now);
    void assign_partitions();
    void answer_sync(const std::string& name, member& m);
    template <class Predicate>
    std::size_t erase_members(Predicate goes);
    void put_out(const std::string& name, time_point now);
    void expire_members(time_point now);
    void expire_deadline(time_point now);
    void rebalance_again(time_point now);

    consumer_group_options options_;
    topic_sizes topics_;
    member_map members_;
    std::map<topic_partition, std::string_view> owners_; ///< names in members_
    group_offsets offsets_;
    std::deque<group_answer> answers_;
    group_state state_ = group_state::empty;
    std::int32_t generation_ = 0;
    time_point deadline_ = never;       ///< of joins, of syncs, or of the offsets
    time_point last_extension_ = never; ///< the initial delay ends here at the latest
    bool initial_ = false;              ///< the group was empty: it waits for more members
    bool more_came_ = false;            ///< during the initial delay
    consumer_group_metrics metrics_;
};

} // namespace windtunnel
