// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/ready_messages.hpp"

namespace windtunnel::detail {

void ready_messages::add(std::uint32_t slot) {
    auto& m = messages_[slot];
    count(m);
    if (is_grouped(m)) {
        m.place = message_place::grouped;
        groups_.append(slot);
        return;
    }
    m.place = message_place::fresh;
    fresh_[m.what.priority].push_back(messages_, slot);
    levels_ |= 1U << m.what.priority;
}

void ready_messages::put_back(std::uint32_t slot) {
    auto& m = messages_[slot];
    count(m);
    if (is_grouped(m)) {
        m.place = message_place::grouped;
        groups_.put_back(slot);
        return;
    }
    m.place = message_place::returned;
    returned_.push(m.rank(), slot);
}

void ready_messages::take(std::uint32_t slot) {
    auto& m = messages_[slot];
    uncount(m);
    if (!unlink(slot))
        groups_.take(slot);
    m.place = message_place::in_hand;
}

void ready_messages::settle(std::uint32_t slot) {
    auto& m = messages_[slot];
    m.place = message_place::nowhere;
    if (is_grouped(m))
        groups_.settle(slot);
}

void ready_messages::remove(std::uint32_t slot) {
    auto& m = messages_[slot];
    uncount(m);
    if (!unlink(slot))
        groups_.remove(slot);
    m.place = message_place::nowhere;
}

/// False where it is in a group, which has ways of its own.
bool ready_messages::unlink(std::uint32_t slot) {
    if (messages_[slot].place == message_place::fresh)
        unlink_fresh(slot);
    else if (messages_[slot].place == message_place::returned)
        returned_.erase(slot);
    else
        return false;
    return true;
}

std::uint32_t ready_messages::next() const {
    auto found = first_fresh();
    if (!returned_.empty())
        found = sooner(found, returned_.top());
    return has_groups_ ? sooner(found, groups_.next()) : found;
}

std::uint32_t ready_messages::sooner(std::uint32_t a, std::uint32_t b) const {
    if (a == no_slot || b == no_slot)
        return a == no_slot ? b : a;
    return messages_[a].rank() < messages_[b].rank() ? a : b;
}

void ready_messages::unlink_fresh(std::uint32_t slot) {
    const auto level = messages_[slot].what.priority;
    fresh_[level].remove(messages_, slot);
    if (fresh_[level].empty())
        levels_ &= ~(1U << level);
}

void ready_messages::count(const queued_message& m) {
    ++size_;
    bytes_ += m.what.body.size;
}

void ready_messages::uncount(const queued_message& m) {
    --size_;
    bytes_ -= m.what.body.size;
}

} // namespace windtunnel::detail
