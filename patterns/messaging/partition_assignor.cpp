// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/partition_assignor.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "patterns/base/assert.hpp"
#include "patterns/messaging/sticky_balance.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> assignor_kind_names{"range", "round_robin",
                                                              "cooperative_sticky"};

std::vector<const group_subscription*>
members_by_name(const std::vector<group_subscription>& members) {
    std::vector<const group_subscription*> result;
    for (const auto& m : members)
        result.push_back(&m);
    std::sort(result.begin(), result.end(),
              [](const auto* a, const auto* b) { return a->member < b->member; });
    const auto twice =
        std::adjacent_find(result.begin(), result.end(),
                           [](const auto* a, const auto* b) { return a->member == b->member; });
    WINDTUNNEL_ASSERT(twice == result.end());
    return result;
}

bool member_subscribes(const group_subscription& m, const std::string& topic) {
    return std::find(m.topics.begin(), m.topics.end(), topic) != m.topics.end();
}

group_assignment no_partitions_for(const std::vector<group_subscription>& members) {
    group_assignment result;
    for (const auto& m : members)
        result[m.member];
    return result;
}

void assign_range(group_assignment& result, const topic_sizes& sizes,
                  std::vector<const group_subscription*> members) {
    for (const auto& [topic, partitions] : sizes) {
        auto readers = members;
        std::erase_if(readers,
                      [&topic = topic](const auto* m) { return !member_subscribes(*m, topic); });
        const int n = static_cast<int>(readers.size());
        int next = 0;
        for (int i = 0; i < n; ++i) {
            const int end = next + partitions / n + (i < partitions % n ? 1 : 0);
            for (; next < end; ++next)
                result[readers[static_cast<std::size_t>(i)]->member].push_back({topic, next});
        }
    }
}

void assign_round_robin(group_assignment& result, const topic_sizes& sizes,
                        const std::vector<const group_subscription*>& members) {
    std::size_t next = 0;
    for (const auto& [topic, partitions] : sizes) {
        const bool wanted = std::any_of(members.begin(), members.end(), [&topic = topic](auto* m) {
            return member_subscribes(*m, topic);
        });
        for (int p = 0; wanted && p < partitions; ++p) {
            while (!member_subscribes(*members[next], topic))
                next = (next + 1) % members.size();
            result[members[next]->member].push_back({topic, p});
            next = (next + 1) % members.size();
        }
    }
}

} // namespace

std::string_view to_string(assignor_kind kind) {
    return assignor_kind_names.at(static_cast<std::size_t>(kind));
}

group_assignment assign(assignor_kind kind, const topic_sizes& sizes,
                        const std::vector<group_subscription>& members) {
    auto result = no_partitions_for(members);
    const auto ordered = members_by_name(members);
    if (kind == assignor_kind::range)
        assign_range(result, sizes, ordered);
    else if (kind == assignor_kind::round_robin)
        assign_round_robin(result, sizes, ordered);
    else
        result = detail::sticky_balance(sizes, ordered).result();
    return result;
}

group_assignment withhold_owned(const group_assignment& target,
                                const std::vector<group_subscription>& members) {
    const auto owners = detail::owners_of(members_by_name(members));
    auto result = target;
    for (auto& [member, partitions] : result)
        std::erase_if(partitions, [&owners, &member = member](const topic_partition& p) {
            const auto owner = owners.find(p);
            return owner != owners.end() && owner->second->member != member;
        });
    return result;
}

} // namespace windtunnel
