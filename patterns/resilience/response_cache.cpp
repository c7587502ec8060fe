// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/response_cache.hpp"

#include <algorithm>
#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {
constexpr std::array<std::string_view, 4> state_names{"miss", "fresh", "stale", "negative"};
constexpr int most_entries = 1 << 24;
} // namespace

std::string_view to_string(cache_state state) {
    return state_names.at(static_cast<std::size_t>(state));
}

void response_cache_options::validate() const {
    constexpr option_check check{"response_cache"};
    constexpr duration zero{};
    check(capacity >= 1 && capacity <= most_entries, "capacity", capacity, "be from 1 to 16777216");
    check(ttl > zero, "ttl", ttl, "be above 0");
    check(ttl_jitter >= 0 && ttl_jitter < 1, "ttl_jitter", ttl_jitter, "be at least 0 and below 1");
    check(stale_while_revalidate >= zero, "stale_while_revalidate", stale_while_revalidate,
          "not be negative");
    check(stale_if_error >= zero, "stale_if_error", stale_if_error, "not be negative");
    check(negative_ttl >= zero, "negative_ttl", negative_ttl, "not be negative");
}

cache_state judge(const response_cache_options& options, bool has_value, const cache_times& times,
                  time_point now) {
    const bool failing = now < times.failed_until;
    if (has_value && now < times.expires)
        return cache_state::fresh;
    const auto stale_time = failing
                                ? std::max(options.stale_while_revalidate, options.stale_if_error)
                                : options.stale_while_revalidate;
    if (has_value && now < saturating_add(times.expires, stale_time))
        return cache_state::stale;
    return failing ? cache_state::negative : cache_state::miss;
}

bool may_stand_in(const response_cache_options& options, const cache_times& times, const failure& f,
                  time_point now) {
    const bool nobody_waits =
        f.kind == failure_kind::cancelled || f.kind == failure_kind::shut_down;
    return !nobody_waits && now < saturating_add(times.expires, options.stale_if_error);
}

duration jittered(duration lifetime, double jitter, double u) {
    if (jitter == 0)
        return lifetime;
    return std::max(from_seconds(to_seconds(lifetime) * (1 - jitter * u)), duration{1});
}

void use_order::push(std::uint32_t slot) {
    if (slot >= links_.size())
        links_.resize(std::size_t{slot} + 1);
    links_[slot] = {.older = latest_, .newer = none};
    (latest_ != none ? links_[latest_].newer : oldest_) = slot;
    latest_ = slot;
}

void use_order::remove(std::uint32_t slot) {
    const auto [older, newer] = links_[slot];
    (older != none ? links_[older].newer : oldest_) = newer;
    (newer != none ? links_[newer].older : latest_) = older;
}

void use_order::touch(std::uint32_t slot) {
    if (slot == latest_)
        return;
    remove(slot);
    push(slot);
}

} // namespace windtunnel
