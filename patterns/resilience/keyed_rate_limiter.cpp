// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/keyed_rate_limiter.hpp"

#include <algorithm>
#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

const keyed_rate_limiter_options& validated(const keyed_rate_limiter_options& options) {
    options.validate();
    return options;
}

} // namespace

std::string_view to_string(keyed_overflow overflow) {
    constexpr std::array<std::string_view, 2> names{"evict", "refuse"};
    return names.at(static_cast<std::size_t>(overflow));
}

void keyed_rate_limiter_options::validate() const {
    limit.validate();
    constexpr option_check check{"keyed_rate_limiter"};
    check(max_keys >= 1 && max_keys <= 10'000'000, "max_keys", max_keys, "be from 1 to 1e7");
}

keyed_rate_limiter::keyed_rate_limiter(const keyed_rate_limiter_options& options, time_point now)
    : options_(validated(options)), lifetime_(options.limit.restored_after()), start_(now),
      now_(now) {}

rate_decision keyed_rate_limiter::try_acquire(time_point now, std::string_view key, int cost) {
    now_ = std::max(now_, now);
    forget_expired();
    if (key.empty() && options_.refuse_empty_key) {
        ++refused_keys_;
        return {.retry_after = duration::max()};
    }
    const auto known = by_key_.find(key);
    auto* e = known != by_key_.end() ? &*known->second : admit(key);
    if (e == nullptr) {
        ++refused_keys_;
        return {.retry_after = saturating_add(entries_.back().used_at, lifetime_) - now_};
    }
    if (known != by_key_.end())
        entries_.splice(entries_.begin(), entries_, known->second);
    e->used_at = now_;
    return e->limiter.try_acquire(now_, cost);
}

rate_limiter* keyed_rate_limiter::find(std::string_view key) {
    const auto known = by_key_.find(key);
    return known != by_key_.end() ? &known->second->limiter : nullptr;
}

bool keyed_rate_limiter::expired(const entry& e) const {
    return saturating_add(e.used_at, lifetime_) <= now_;
}

/// More than one, so that the map shrinks though each call adds a key; few, so that no call is
/// long.
void keyed_rate_limiter::forget_expired() {
    for (int i = 0; i < 2 && !entries_.empty() && expired(entries_.back()); ++i) {
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

/// A place for a key that has none; in front.
keyed_rate_limiter::entry* keyed_rate_limiter::admit(std::string_view key) {
    if (keys() < options_.max_keys) {
        // Each limiter counts from the same start, as if its key had always been idle.
        entries_.emplace_front(key, options_.limit, start_);
        by_key_.emplace(entries_.front().key, entries_.begin());
        return &entries_.front();
    }
    if (options_.when_full == keyed_overflow::refuse && !expired(entries_.back()))
        return nullptr;
    evicted_ += !expired(entries_.back());
    rename(entries_.back(), key);
    entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
    return &entries_.front();
}

/// Reuses the nodes of list and map.
void keyed_rate_limiter::rename(entry& e, std::string_view key) {
    auto node = by_key_.extract(e.key);
    e.key.assign(key);
    e.limiter.reset();
    node.key() = e.key;
    by_key_.insert(std::move(node));
}

} // namespace windtunnel
