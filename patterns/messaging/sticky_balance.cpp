// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/sticky_balance.hpp"

#include <algorithm>
#include <numeric>

namespace windtunnel::detail {

std::map<topic_partition, const group_subscription*>
owners_of(const std::vector<const group_subscription*>& members) {
    struct claim {
        const group_subscription* by = nullptr; ///< nobody where two claim alike
        std::int32_t generation = 0;
    };
    std::map<topic_partition, claim> claims;
    for (const auto* m : members)
        for (const auto& p : std::set(m->owned.begin(), m->owned.end())) {
            const auto [at, is_new] = claims.try_emplace(p, claim{m, m->generation});
            if (!is_new && m->generation > at->second.generation)
                at->second = {m, m->generation};
            else if (!is_new && m->generation == at->second.generation)
                at->second.by = nullptr;
        }
    std::map<topic_partition, const group_subscription*> result;
    for (const auto& [p, c] : claims)
        if (c.by != nullptr)
            result.emplace(p, c.by);
    return result;
}

bool sticky_balance::holder::reads(const std::string& topic) const {
    return std::find(who->topics.begin(), who->topics.end(), topic) != who->topics.end();
}

sticky_balance::sticky_balance(const topic_sizes& sizes,
                               const std::vector<const group_subscription*>& members)
    : owners_(owners_of(members)) {
    for (const auto* m : members)
        holders_.push_back({.who = m});
    keep(sizes);
    give_out(sizes);
    balance();
}

void sticky_balance::keep(const topic_sizes& sizes) {
    for (auto& h : holders_)
        for (const auto& p : h.who->owned) {
            const auto size = sizes.find(p.topic);
            const auto owner = owners_.find(p);
            if (size == sizes.end() || p.partition < 0 || p.partition >= size->second ||
                owner == owners_.end() || owner->second != h.who || !h.reads(p.topic))
                continue;
            h.kept.insert(p);
            placed_.insert(p);
        }
}

/// What nobody has goes to who has least, the first by name of those.
void sticky_balance::give_out(const topic_sizes& sizes) {
    for (const auto& [topic, partitions] : sizes) {
        std::set<std::pair<std::size_t, std::size_t>> readers; // by load
        for (std::size_t i = 0; i < holders_.size(); ++i)
            if (holders_[i].reads(topic))
                readers.emplace(holders_[i].load(), i);
        for (int n = 0; n < partitions && !readers.empty(); ++n) {
            const topic_partition p{topic, n};
            if (placed_.contains(p))
                continue;
            const auto least = readers.begin()->second;
            readers.erase(readers.begin());
            holders_[least].gained.insert(p);
            readers.emplace(holders_[least].load(), least);
        }
    }
}

void sticky_balance::balance() {
    for (bool moved = true; moved;) {
        moved = false;
        for (const auto donor : by_falling_load())
            if (relieve(donor)) {
                moved = true;
                break;
            }
    }
}

std::vector<std::size_t> sticky_balance::by_falling_load() const {
    std::vector<std::size_t> order(holders_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return holders_[a].load() > holders_[b].load();
    });
    return order;
}

bool sticky_balance::relieve(std::size_t donor) {
    const auto least =
        std::min_element(holders_.begin(), holders_.end(),
                         [](const auto& a, const auto& b) { return a.load() < b.load(); });
    if (least->load() + 2 > holders_[donor].load())
        return false;
    const auto found = path_from(donor);
    if (!found)
        return false;
    for (std::size_t i = 0; i + 1 < found->size(); ++i)
        move(holders_[(*found)[i]], holders_[(*found)[i + 1]]);
    return true;
}

/// The shortest way to somebody who has at least 2 less; of those the one who has least.
std::optional<sticky_balance::path> sticky_balance::path_from(std::size_t donor) const {
    constexpr auto unseen = static_cast<std::size_t>(-1);
    std::vector<std::size_t> came_from(holders_.size(), unseen);
    came_from[donor] = donor;
    for (std::vector<std::size_t> reached{donor}, next; !reached.empty(); reached.swap(next)) {
        next.clear();
        for (const auto from : reached)
            for (std::size_t to = 0; to < holders_.size(); ++to)
                if (came_from[to] == unseen && can_give(holders_[from], holders_[to])) {
                    came_from[to] = from;
                    next.push_back(to);
                }
        const auto least = std::min_element(next.begin(), next.end(), [this](auto a, auto b) {
            return holders_[a].load() < holders_[b].load();
        });
        if (least == next.end() || holders_[*least].load() + 2 > holders_[donor].load())
            continue;
        path found{*least};
        while (found.back() != donor)
            found.push_back(came_from[found.back()]);
        std::reverse(found.begin(), found.end());
        return found;
    }
    return std::nullopt;
}

bool sticky_balance::can_give(const holder& from, const holder& to) const {
    const auto read = [&to](const topic_partition& p) { return to.reads(p.topic); };
    return std::any_of(from.gained.begin(), from.gained.end(), read) ||
           std::any_of(from.kept.begin(), from.kept.end(), read);
}

/// What is new where it is moves first; of what was kept, the last.
const topic_partition* sticky_balance::movable(const holder& from, const holder& to) const {
    for (const auto* part : {&from.gained, &from.kept}) {
        const topic_partition* any = nullptr;
        for (auto p = part->rbegin(); p != part->rend(); ++p) {
            if (!to.reads(p->topic))
                continue;
            const auto owner = owners_.find(*p);
            if (owner != owners_.end() && owner->second == to.who)
                return &*p;
            if (any == nullptr)
                any = &*p;
        }
        if (any != nullptr)
            return any;
    }
    return nullptr;
}

void sticky_balance::move(holder& from, holder& to) {
    const auto p = *movable(from, to);
    from.kept.erase(p);
    from.gained.erase(p);
    const auto owner = owners_.find(p);
    const bool back = owner != owners_.end() && owner->second == to.who;
    (back ? to.kept : to.gained).insert(p);
}

group_assignment sticky_balance::result() const {
    group_assignment result;
    for (const auto& h : holders_) {
        auto all = h.kept;
        all.insert(h.gained.begin(), h.gained.end());
        result[h.who->member].assign(all.begin(), all.end());
    }
    return result;
}

} // namespace windtunnel::detail
