// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/coalescing.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void coalescing_options::validate() const {
    constexpr option_check check{"coalescing"};
    check(max_age > duration::zero(), "max_age", max_age, "be above 0");
}

flight_table::flight_table(const coalescing_options& options) : options_(options) {
    options.validate();
}

flight_table::~flight_table() {
    WINDTUNNEL_ASSERT(live_ == 0);
}

void flight_table::waiter::leave() {
    if (table_ != nullptr)
        table_->remove(*this);
}

std::uint32_t flight_table::open(std::uint64_t hash, time_point now) {
    if (unused_.empty()) {
        unused_.push_back(static_cast<std::uint32_t>(records_.size()));
        records_.emplace_back();
        unused_.reserve(records_.capacity()); // so that landing never allocates
    }
    const auto slot = unused_.back();
    index_.insert(hash, slot);
    unused_.pop_back();
    records_[slot] = {.started = now};
    ++live_;
    ++metrics_.flights;
    return slot;
}

void flight_table::add(std::uint32_t slot, waiter& w, time_point deadline) {
    WINDTUNNEL_ASSERT(!w.waiting());
    auto& r = records_[slot];
    w.table_ = this;
    w.slot_ = slot;
    w.deadline_ = deadline;
    w.previous_ = r.last;
    w.next_ = nullptr;
    (r.last != nullptr ? r.last->next_ : r.first) = &w;
    r.last = &w;
}

/// Told one by one, off the list before: a callback may end any other waiter, or start new flights,
/// which can move the records.
void flight_table::land(std::uint32_t slot, const void* result) {
    index_.erase(slot);
    records_[slot].landed = true;
    while (auto* w = records_[slot].first) {
        unlink(*w);
        w->on_told_(*w, result);
    }
    unused_.push_back(slot);
    --live_;
}

time_point flight_table::deadline(std::uint32_t slot) const {
    auto latest = time_point::min();
    for (const auto* w = records_[slot].first; w != nullptr; w = w->next_)
        latest = std::max(latest, w->deadline_);
    return latest;
}

void flight_table::remove(waiter& w) {
    const auto slot = w.slot_;
    unlink(w);
    auto& r = records_[slot];
    if (r.first != nullptr || r.landed)
        return;
    index_.erase(slot);
    r.abandoned = true;
    ++metrics_.abandoned;
    if (r.on_abandoned != nullptr)
        r.on_abandoned(r.context);
}

void flight_table::unlink(waiter& w) {
    auto& r = records_[w.slot_];
    (w.previous_ != nullptr ? w.previous_->next_ : r.first) = w.next_;
    (w.next_ != nullptr ? w.next_->previous_ : r.last) = w.previous_;
    w.table_ = nullptr;
}

} // namespace windtunnel
