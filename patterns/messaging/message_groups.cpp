// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/message_groups.hpp"

namespace windtunnel::detail {

void message_groups::append(std::uint32_t slot) {
    const auto g = find_or_make(messages_[slot].what.key);
    messages_[slot].group = g;
    groups_[g].ready.push_back(messages_, slot);
    offer(g);
}

void message_groups::put_back(std::uint32_t slot) {
    const auto g = messages_[slot].group;
    groups_[g].ready.push_front(messages_, slot);
    free(g);
}

void message_groups::take(std::uint32_t slot) {
    const auto g = messages_[slot].group;
    heads_.erase(g);
    groups_[g].ready.remove(messages_, slot);
    groups_[g].blocked = true;
}

void message_groups::settle(std::uint32_t slot) {
    free(messages_[slot].group);
}

void message_groups::remove(std::uint32_t slot) {
    const auto g = messages_[slot].group;
    heads_.erase(g); // it may have been the first
    groups_[g].ready.remove(messages_, slot);
    offer(g);
}

std::uint32_t message_groups::find_or_make(std::uint64_t key) {
    const auto known = index_.find(key, [&](std::uint32_t g) { return groups_[g].key == key; });
    if (known != slot_index::none)
        return known;
    const auto g = groups_.take();
    groups_[g].key = key;
    index_.insert(key, g);
    return g;
}

void message_groups::free(std::uint32_t g) {
    groups_[g].blocked = false;
    offer(g);
}

/// Its first message may be next now; with none left the group is forgotten.
void message_groups::offer(std::uint32_t g) {
    const auto& it = groups_[g];
    if (it.blocked || heads_.contains(g))
        return;
    if (!it.ready.empty()) {
        heads_.push(messages_[it.ready.first()].rank(), g);
        return;
    }
    index_.erase(g);
    groups_.give_back(g);
}

} // namespace windtunnel::detail
