// SPDX-License-Identifier: BSL-1.0
// The work of the sticky assignor: partitions at members, moved until no chain of moves makes loads
// more even. See partition_assignor.hpp, which is for everybody else to call.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "patterns/messaging/partition_assignor.hpp"

namespace windtunnel::detail {

/// Whose claim to a partition counts. Members by name, none twice.
std::map<topic_partition, const group_subscription*>
owners_of(const std::vector<const group_subscription*>& members);

class sticky_balance {
  public:
    /// Members by name.
    sticky_balance(const topic_sizes& sizes, const std::vector<const group_subscription*>& members);

    group_assignment result() const;

  private:
    struct holder {
        const group_subscription* who = nullptr;
        std::set<topic_partition> kept{}, gained{}; ///< had before, and new

        std::size_t load() const { return kept.size() + gained.size(); }
        bool reads(const std::string& topic) const;
    };
    using path = std::vector<std::size_t>; ///< of holders: each gives a partition to the next

    void keep(const topic_sizes& sizes);
    void give_out(const topic_sizes& sizes);
    void balance();
    bool relieve(std::size_t donor);
    std::optional<path> path_from(std::size_t donor) const;
    bool can_give(const holder& from, const holder& to) const;
    const topic_partition* movable(const holder& from, const holder& to) const;
    void move(holder& from, holder& to);
    std::vector<std::size_t> by_falling_load() const;

    std::vector<holder> holders_; ///< by name
    std::map<topic_partition, const group_subscription*> owners_;
    std::set<topic_partition> placed_;
};

} // namespace windtunnel::detail
