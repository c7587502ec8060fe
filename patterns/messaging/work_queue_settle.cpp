// SPDX-License-Identifier: BSL-1.0
// How a delivery ends: by its receipt, by time, or with the message.
#include "patterns/base/assert.hpp"
#include "patterns/messaging/work_queue.hpp"

namespace windtunnel {

bool work_queue::ack(const delivery_tag& tag, time_point now) {
    advance(now);
    const auto s = find(tag);
    if (s == detail::no_slot)
        return false;
    acknowledge(s);
    return true;
}

std::size_t work_queue::ack_up_to(const delivery_tag& tag, time_point now) {
    advance(now);
    const auto s = find(tag);
    if (s == detail::no_slot)
        return 0;
    const auto& hand = consumers_[messages_[s].consumer].hand;
    std::size_t count = 0;
    for (; !hand.empty() && messages_[hand.first()].delivery <= tag.number; ++count)
        acknowledge(hand.first());
    return count;
}

bool work_queue::nack(const delivery_tag& tag, nack_action action, time_point now) {
    advance(now);
    const auto s = find(tag);
    if (s == detail::no_slot)
        return false;
    ++metrics_.nacked;
    if (action == nack_action::requeue)
        give_back(s, now);
    else
        reject(s, dead_letter_reason::rejected, now);
    return true;
}

extend_result work_queue::extend(const delivery_tag& tag, duration visibility, time_point now) {
    WINDTUNNEL_ASSERT(visibility >= duration::zero());
    advance(now);
    const auto s = find(tag);
    if (s == detail::no_slot)
        return extend_result::stale;
    const auto until = saturating_add(now, visibility);
    if (until > saturating_add(messages_[s].delivered_at, options_.max_visibility))
        return extend_result::refused;
    deadlines_.erase(s);
    if (visibility == duration::zero())
        give_back(s, now);
    else
        hide(s, until);
    return extend_result::extended;
}

/// no_slot, and counted, where it is stale: numbers are never used again.
work_queue::slot work_queue::find(const delivery_tag& tag) {
    if (messages_.knows(tag.slot) && tag.number != 0 && messages_[tag.slot].delivery == tag.number)
        return tag.slot;
    ++metrics_.stale_acks;
    return detail::no_slot;
}

void work_queue::take_from_hand(slot s) {
    auto& m = messages_[s];
    consumers_[m.consumer].hand.remove(messages_, s);
    consumers_.gave_back(m.consumer);
    deadlines_.erase(s);
    --unacked_;
    unacked_bytes_ -= m.what.body.size;
    m.delivery = 0;
}

void work_queue::acknowledge(slot s) {
    take_from_hand(s);
    ready_.settle(s);
    ++metrics_.acked;
    forget(s);
}

void work_queue::give_back(slot s, time_point now) {
    const auto most = static_cast<std::uint32_t>(options_.max_deliveries);
    if (most > 0 && messages_[s].what.deliveries >= most)
        return reject(s, dead_letter_reason::delivery_limit, now);
    take_from_hand(s);
    ready_.put_back(s);
    ++metrics_.requeued;
}

void work_queue::reject(slot s, dead_letter_reason reason, time_point now) {
    take_from_hand(s);
    ready_.settle(s);
    end(s, reason, now);
}

/// It is in no hand and not ready any more.
void work_queue::end(slot s, dead_letter_reason reason, time_point now) {
    const bool dies = options_.dead_letter.takes(reason);
    ++(dies ? metrics_.dead_lettered : metrics_.dropped)[static_cast<std::size_t>(reason)];
    auto& m = messages_[s].what;
    if (dies)
        dead_letters_.push_back(made_dead(std::move(m), name_, reason, now));
    else if (options_.keep_dropped)
        dropped_.push_back({std::move(m), reason, now});
    forget(s);
}

/// The body goes now, not when the slot is used again.
void work_queue::forget(slot s) {
    ages_.remove(messages_, s);
    messages_[s].what.body.bytes.reset();
    messages_[s].what.deaths.clear();
    messages_.give_back(s);
}

} // namespace windtunnel
