// SPDX-License-Identifier: BSL-1.0
// A rate limiter for each key (a client, an address, a tenant), for a bounded number of keys.
// Invariant: a key that has been idle for restored_after() is forgotten, which changes no decision,
// since its limiter is full again; above max_keys the least recently used one is forgotten though
// it is not (or the new one is refused). Order of use decides, never a hash: it is deterministic.
// O(1) amortised: a call forgets at most two. Only a new key allocates, and no longer once it is
// full. There are no reservations: a key that waits could not be forgotten.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "patterns/base/time.hpp"
#include "patterns/resilience/rate_limiter.hpp"

namespace windtunnel {

enum class keyed_overflow : std::uint8_t {
    evict,  ///< forget the least recently used key: it starts anew, with a full burst
    refuse, ///< refuse the new key until another is forgotten: many keys lock others out
};
std::string_view to_string(keyed_overflow overflow);

struct keyed_rate_limiter_options {
    rate_limiter_options limit; ///< of each key
    int max_keys = 10'000;      ///< 1 to 1e7; a sliding_window takes 8 bytes a permit and key
    keyed_overflow when_full = keyed_overflow::evict;
    bool refuse_empty_key = true; ///< as Spring Cloud Gateway; false: "" is a key as any other

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const keyed_rate_limiter_options&,
                           const keyed_rate_limiter_options&) = default;
};
static_assert(std::is_aggregate_v<keyed_rate_limiter_options> &&
              std::is_trivially_copyable_v<keyed_rate_limiter_options>);

/// Not thread-safe, neither copied nor moved. `now` never goes back.
class keyed_rate_limiter {
  public:
    explicit keyed_rate_limiter(const keyed_rate_limiter_options& options, time_point now = {});
    keyed_rate_limiter(const keyed_rate_limiter&) = delete;
    keyed_rate_limiter& operator=(const keyed_rate_limiter&) = delete;

    /// As rate_limiter::try_acquire, of the key's own. A new key that is refused for want of room
    /// is told when the least recently used is forgotten, if that is not used again.
    [[nodiscard]] rate_decision try_acquire(time_point now, std::string_view key, int cost = 1);

    /// The key's limiter, to report what is left; nullptr where it is not known: full, that is.
    /// Valid until the next try_acquire; make no reservation with it.
    rate_limiter* find(std::string_view key);

    int keys() const { return static_cast<int>(entries_.size()); }
    std::uint64_t evicted() const { return evicted_; } ///< before they were full again
    std::uint64_t refused_keys() const {
        return refused_keys_;
    } ///< tries without a place or a name
    const keyed_rate_limiter_options& options() const { return options_; }

  private:
    struct entry {
        entry(std::string_view name, const rate_limiter_options& limit, time_point start)
            : key(name), limiter(limit, start), used_at(start) {}
        std::string key;
        rate_limiter limiter;
        time_point used_at;
    };
    using order = std::list<entry>;

    bool expired(const entry& e) const;
    void forget_expired();
    entry* admit(std::string_view key);
    void rename(entry& e, std::string_view key);

    keyed_rate_limiter_options options_;
    duration lifetime_;
    time_point start_;
    time_point now_;
    order entries_; ///< the most recently used first
    std::unordered_map<std::string_view, order::iterator> by_key_;
    std::uint64_t evicted_ = 0;
    std::uint64_t refused_keys_ = 0;
};

} // namespace windtunnel
