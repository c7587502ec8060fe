// SPDX-License-Identifier: BSL-1.0
// Who of a consumer group reads which partitions: pure functions of the members, of what they
// subscribe to and had before, and of the number of partitions of each topic. Nobody has a
// partition of a topic that it does not subscribe to, nobody shares one, and none that somebody
// subscribes to is left over. The result hangs on names, never on the order of the members.
// range: of each topic by itself, consecutive partitions to the members in order of their names,
//   one more to each of the first where it does not divide: with many topics the first have more.
// round_robin: all partitions of all topics in order, dealt to the members in order.
// cooperative_sticky: loads differ by at most 1 as far as subscriptions allow, and members keep
//   what they had; where all subscribe to the same nothing moves that need not. Partitions change
//   hands one by one from who has most along chains of subscriptions (cost-reducing paths: Harvey
//   et al., "Semi-matchings for bipartite graphs", 2003). A claim counts if its generation is the
//   newest of those who claim the partition; two claims of one generation are both void.
// After Kafka's RangeAssignor, RoundRobinAssignor and CooperativeStickyAssignor.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace windtunnel {

struct topic_partition {
    std::string topic;
    int partition = 0;

    friend bool operator==(const topic_partition&, const topic_partition&) = default;
    friend bool operator<(const topic_partition& a, const topic_partition& b) {
        return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
    }
};

enum class assignor_kind : std::uint8_t { range, round_robin, cooperative_sticky };
std::string_view to_string(assignor_kind kind);

/// One member, as it joins.
struct group_subscription {
    std::string member;              ///< its name, not that of another
    std::vector<std::string> topics; ///< one that does not exist counts for nothing
    std::vector<topic_partition> owned;
    std::int32_t generation = -1; ///< in which it got `owned`

    friend bool operator==(const group_subscription&, const group_subscription&) = default;
};

/// How many partitions each topic has.
using topic_sizes = std::map<std::string, int>;
/// By member, each in order of topic and partition. Every member is in it, with nothing too.
using group_assignment = std::map<std::string, std::vector<topic_partition>>;

/// Members x topics x log for range and round_robin; for cooperative_sticky, for each partition
/// that moves, members squared x topics at worst.
group_assignment assign(assignor_kind kind, const topic_sizes& sizes,
                        const std::vector<group_subscription>& members);

/// The first half of a cooperative rebalance: a partition that somebody else of the members still
/// owns is left out, until its owner has given it up and joined again. Claims count as in `assign`.
group_assignment withhold_owned(const group_assignment& target,
                                const std::vector<group_subscription>& members);

} // namespace windtunnel
