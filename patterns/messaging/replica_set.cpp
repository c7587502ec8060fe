// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/replica_set.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel {

replica_set::replica_set(int count, duration lag_time)
    : replicas_(static_cast<std::size_t>(count)), lag_time_(lag_time), in_sync_(count) {}

std::optional<int> replica_set::candidate() const {
    for (int i = 0; is_valid(i); ++i)
        if (at(i).in_sync && at(i).online)
            return i;
    return std::nullopt;
}

/// Who had everything until now lacks something from now on.
void replica_set::appended(log_offset end, time_point now) {
    for (auto& r : replicas_)
        if (r.end == leader_end_)
            r.up_to_date_at = now;
    leader_end_ = end;
    at(leader_).end = end;
    raise_high_watermark();
}

bool replica_set::report(int number, log_offset end, std::int32_t epoch, time_point now) {
    if (leader_ == nobody || number == leader_ || !is_valid(number) || epoch != epoch_)
        return false;
    auto& r = at(number);
    if (!r.online || end < r.end || end > leader_end_)
        return false;
    if (end >= r.leader_end_seen)
        r.up_to_date_at = std::max(r.up_to_date_at, r.seen_at);
    if (end == leader_end_)
        r.up_to_date_at = now;
    r.end = end;
    r.leader_end_seen = leader_end_;
    r.seen_at = now;
    if (!r.in_sync && end >= high_watermark_ && end >= epoch_start_) {
        r.in_sync = true;
        r.up_to_date_at = now; // what it still lacks counts from now on
        ++in_sync_;
        ++expansions_;
    }
    raise_high_watermark();
    return true;
}

void replica_set::remove(state& r) {
    r.in_sync = false;
    --in_sync_;
    ++shrinks_;
}

void replica_set::fail(int number) {
    WINDTUNNEL_ASSERT(is_valid(number));
    auto& r = at(number);
    r.online = false;
    if (r.in_sync && in_sync_ > 1)
        remove(r);
    if (number == leader_)
        leader_ = nobody;
    raise_high_watermark();
}

void replica_set::restore(int number, log_offset end, time_point now) {
    WINDTUNNEL_ASSERT(is_valid(number));
    auto& r = at(number);
    if (r.online)
        return;
    r.online = true;
    r.end = std::min(r.end, end);
    r.leader_end_seen = leader_end_;
    r.seen_at = now;
}

election_result replica_set::elect(int number, bool unclean_allowed, time_point now) {
    WINDTUNNEL_ASSERT(is_valid(number));
    const bool clean = at(number).in_sync;
    if (!at(number).online)
        return election_result::offline;
    if (!clean && !unclean_allowed)
        return election_result::not_in_sync;
    lead(number, !clean, now);
    return clean ? election_result::elected : election_result::elected_unclean;
}

/// The new leader's log is the truth: who has more of the old one cuts it off.
void replica_set::lead(int number, bool unclean, time_point now) {
    leader_ = number;
    leader_end_ = epoch_start_ = at(number).end;
    ++epoch_;
    for (auto& r : replicas_) {
        r.end = std::min(r.end, leader_end_);
        r.leader_end_seen = leader_end_;
        r.seen_at = r.up_to_date_at = now;
        if (unclean)
            r.in_sync = false;
    }
    if (unclean) {
        at(number).in_sync = true;
        in_sync_ = 1;
    }
    high_watermark_ = std::min(high_watermark_, leader_end_);
    raise_high_watermark();
}

void replica_set::raise_high_watermark() {
    if (leader_ == nobody)
        return;
    auto smallest = leader_end_;
    for (const auto& r : replicas_)
        if (r.in_sync)
            smallest = std::min(smallest, r.end);
    high_watermark_ = std::max(high_watermark_, smallest);
}

void replica_set::advance(time_point now) {
    if (leader_ == nobody)
        return;
    for (auto& r : replicas_)
        if (lags(r) && now >= saturating_add(r.up_to_date_at, lag_time_))
            remove(r);
    raise_high_watermark();
}

time_point replica_set::next_event() const {
    auto next = never;
    for (const auto& r : replicas_)
        if (leader_ != nobody && lags(r))
            next = std::min(next, saturating_add(r.up_to_date_at, lag_time_));
    return next;
}

} // namespace windtunnel
