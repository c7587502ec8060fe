// SPDX-License-Identifier: BSL-1.0
// What a consumer group can be told, and the words of its answers.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/messaging/partition_assignor.hpp"

namespace windtunnel {

enum class rebalance_protocol : std::uint8_t {
    eager,       ///< all give up everything, then all get anew: the world stops
    cooperative, ///< only what moves is given up, in a second rebalance it is given (KIP-429)
};
std::string_view to_string(rebalance_protocol protocol);

/// Where a partition is read from that has no committed offset, or one that the log has not.
enum class offset_reset : std::uint8_t { earliest, latest, none };
std::string_view to_string(offset_reset reset);

/// Defaults are Kafka's (3.x, classic protocol). Fixed for the life of a group.
struct consumer_group_options {
    duration session_timeout = std::chrono::seconds{45};   ///< session.timeout.ms, above 0
    duration heartbeat_interval = std::chrono::seconds{3}; ///< told to clients; below the session's
    duration max_poll_interval = std::chrono::minutes{5};  ///< max.poll.interval.ms, above 0
    /// How long a rebalance waits for members to join, and then to ask for what they got; above 0.
    /// Kafka takes max.poll.interval.ms.
    duration rebalance_timeout = std::chrono::minutes{5};
    /// group.initial.rebalance.delay.ms: how long an empty group waits for more members; 0: not
    duration initial_rebalance_delay = std::chrono::seconds{3};
    /// offsets.retention.minutes, above 0: an empty group keeps its offsets so long
    duration offsets_retention = std::chrono::hours{168};
    /// Kafka's list is range, then cooperative_sticky: all members know range, so it is eager.
    rebalance_protocol protocol = rebalance_protocol::eager;
    assignor_kind assignor = assignor_kind::range; ///< cooperative_sticky where cooperative
    offset_reset reset = offset_reset::latest;     ///< auto.offset.reset

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const consumer_group_options&, const consumer_group_options&) = default;
};
static_assert(std::is_aggregate_v<consumer_group_options> &&
              std::is_trivially_copyable_v<consumer_group_options>);

enum class group_state : std::uint8_t {
    empty,                ///< no members; offsets are kept
    preparing_rebalance,  ///< waits for its members to join (again)
    completing_rebalance, ///< a new generation; waits for its leader to ask for assignments
    stable,
    dead, ///< empty for so long that its offsets are gone; who joins begins anew
};
std::string_view to_string(group_state state);

/// What a member is told at once.
enum class group_status : std::uint8_t {
    ok,
    rebalance_in_progress, ///< join again
    illegal_generation,    ///< of another generation: what it had is somebody else's; join again
    unknown_member,        ///< it was put out, or never joined; join again
    not_owner,             ///< of a commit: another member has the partition
};
std::string_view to_string(group_status status);

} // namespace windtunnel
