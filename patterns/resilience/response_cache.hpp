// SPDX-License-Identifier: BSL-1.0
// A bounded cache of responses by key: least recently used out first, with a time to live, serving
// stale while one caller refreshes or when the backend fails (RFC 5861), and remembering failures
// for a while where told to. Who calls the backend for a key holds a `flight`; when the key was
// invalidated meanwhile, or a later flight has stored, its result is not stored. Comparisons: an
// entry is fresh < its expiry and stale from then (>=) until < expiry + the stale time; a
// remembered failure stands < its end. Invariant: size() <= capacity; no decision depends on a
// hash. Put all that a response varies by into the key, the caller's identity too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "patterns/base/assert.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/slot_index.hpp"
#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

/// Options are fixed for the life of a cache.
struct response_cache_options {
    int capacity = 1000;                     ///< entries, 1 to 16777216; the table is made at once
    duration ttl = std::chrono::seconds{60}; ///< above 0
    /// Each time to live is shorter by up to this share, so that what was stored together does not
    /// expire together; at least 0 and below 1.
    double ttl_jitter = 0.1;
    bool sliding = false; ///< a fresh hit starts the time to live anew (then it may never refresh)

    // How long after its expiry an entry may still be served; zero: not at all. RFC 5861.
    duration stale_while_revalidate{}; ///< to callers, while one of them refreshes it
    duration stale_if_error{};         ///< in place of a failure
    /// How long a failure is remembered, with the jitter; zero: not at all. Never one that says
    /// nothing of the backend (`classify`).
    duration negative_ttl{};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const response_cache_options&, const response_cache_options&) = default;
};
static_assert(std::is_aggregate_v<response_cache_options> &&
              std::is_trivially_copyable_v<response_cache_options>);

enum class cache_state : std::uint8_t {
    miss,     ///< ask the backend
    fresh,    ///< here it is
    stale,    ///< here it is; see `refresh`
    negative, ///< the backend failed a short while ago; do not ask it
};
std::string_view to_string(cache_state state);

struct cache_metrics {
    std::uint64_t fresh = 0, stale = 0, negative = 0, misses = 0; ///< what lookups found
    std::uint64_t stale_for_error = 0; ///< failures that a stale value stood in for
    std::uint64_t evicted = 0;         ///< for want of room
    std::uint64_t not_stored = 0;      ///< results of flights that were overtaken or invalidated
};

/// When an entry is good for what.
struct cache_times {
    time_point expires = time_point::min();      ///< of its value
    time_point failed_until = time_point::min(); ///< it has a failure that stands until then
};

/// The state of an entry with these times.
cache_state judge(const response_cache_options& options, bool has_value, const cache_times& times,
                  time_point now);
/// Whether an entry with a value may stand in for a failure.
bool may_stand_in(const response_cache_options& options, const cache_times& times, const failure& f,
                  time_point now);
/// lifetime * (1 - jitter * u), u in [0, 1), at least 1 ns.
duration jittered(duration lifetime, double jitter, double u);

/// Slots in the order of their use.
class use_order {
  public:
    static constexpr std::uint32_t none = slot_index::none;

    explicit use_order(std::size_t slots) { links_.reserve(slots); }
    void push(std::uint32_t slot); ///< as the latest; it must not be in the order
    void remove(std::uint32_t slot);
    void touch(std::uint32_t slot);                  ///< makes it the latest
    std::uint32_t oldest() const { return oldest_; } ///< none where empty

  private:
    struct link {
        std::uint32_t older = none, newer = none;
    };
    std::vector<link> links_;
    std::uint32_t oldest_ = none, latest_ = none;
};

/// Not thread-safe, neither copied nor moved; it must outlive its flights. `now` never goes back.
/// Pointers it returns hold until the next call that is not const.
template <class Key, class Value, class Hash = std::hash<Key>>
class response_cache {
  public:
    struct found {
        cache_state state = cache_state::miss;
        const Value* value = nullptr;                ///< where fresh or stale
        const windtunnel::failure* failed = nullptr; ///< where negative
        /// Stale and nobody refreshes it: serve it, `begin` a flight and call the backend in the
        /// background.
        bool refresh = false;
    };

    /// One call to the backend for a key. Ends with store, fail or its destructor, which says
    /// nothing (the call was cancelled).
    class [[nodiscard]] flight {
      public:
        flight() = default;
        flight(flight&& other) noexcept
            : cache_(std::exchange(other.cache_, nullptr)), slot_(other.slot_) {}
        flight& operator=(flight&& other) noexcept {
            flight old(std::move(*this));
            cache_ = std::exchange(other.cache_, nullptr);
            slot_ = other.slot_;
            return *this;
        }
        ~flight() {
            if (cache_ != nullptr)
                std::exchange(cache_, nullptr)->end(slot_);
        }
        explicit operator bool() const { return cache_ != nullptr; }

        /// False where it was not stored. Either way it is this caller's answer.
        bool store(Value value, time_point now) {
            return std::exchange(cache_, nullptr)->store(slot_, std::move(value), now);
        }
        /// The call failed. A stale value that may stand in for it, or null.
        const Value* fail(const failure& f, time_point now) {
            return std::exchange(cache_, nullptr)->fail(slot_, f, now);
        }

      private:
        friend class response_cache;
        flight(response_cache* cache, std::uint32_t slot) : cache_(cache), slot_(slot) {}
        response_cache* cache_ = nullptr;
        std::uint32_t slot_ = 0;
    };

    explicit response_cache(const response_cache_options& options, random_stream jitter = {})
        : options_((options.validate(), options)), jitter_(jitter),
          order_(static_cast<std::size_t>(options.capacity)) {
        entries_.reserve(static_cast<std::size_t>(options.capacity));
        free_entries_.reserve(static_cast<std::size_t>(options.capacity));
        index_.reserve(static_cast<std::size_t>(options.capacity));
    }
    response_cache(const response_cache&) = delete;
    response_cache& operator=(const response_cache&) = delete;
    ~response_cache() { WINDTUNNEL_ASSERT(free_flights_.size() == flights_.size()); }

    found lookup(const Key& key, time_point now);
    /// A call to the backend starts. Coalesce calls for one key by `coalescing`, or by the caller.
    flight begin(const Key& key);

    /// What is stored under the key, and what is on its way, is out of date. O(flights).
    void invalidate(const Key& key);
    void invalidate_all();

    std::size_t size() const { return entries_.size() - free_entries_.size(); }
    const cache_metrics& metrics() const { return metrics_; }
    const response_cache_options& options() const { return options_; }

  private:
    static constexpr std::uint32_t none = slot_index::none;
    struct entry {
        Key key;
        std::optional<Value> value{};
        failure failed{};
        cache_times times{};
        duration lifetime{};            ///< the jittered time to live of the value
        std::uint64_t stored_by = 0;    ///< number of the flight
        std::uint64_t refreshed_by = 0; ///< number of the flight under way; 0: none
    };
    struct flight_record {
        std::optional<Key> key; ///< none: not in use
        std::uint64_t number = 0;
        bool invalidated = false;
    };

    static std::uint64_t hash(const Key& key) { return static_cast<std::uint64_t>(Hash{}(key)); }
    std::uint32_t find(const Key& key) const {
        return index_.find(hash(key), [&](std::uint32_t s) { return entries_[s].key == key; });
    }
    entry* entry_of(const Key& key) {
        const auto slot = find(key);
        return slot == none ? nullptr : &entries_[slot];
    }
    entry& make_entry(const Key& key);
    std::uint32_t free_slot(const Key& key);
    void drop(std::uint32_t slot);
    entry* target(const flight_record& f);
    void end(std::uint32_t flight_slot) noexcept;
    bool store(std::uint32_t flight_slot, Value value, time_point now);
    const Value* fail(std::uint32_t flight_slot, const failure& f, time_point now);
    duration lifetime(duration ttl) {
        const double u = options_.ttl_jitter > 0 ? jitter_.uniform() : 0;
        return jittered(ttl, options_.ttl_jitter, u);
    }
    void count(cache_state state);

    response_cache_options options_;
    random_stream jitter_;
    slot_index index_;
    use_order order_;
    std::vector<entry> entries_;
    std::vector<std::uint32_t> free_entries_;
    std::vector<flight_record> flights_;
    std::vector<std::uint32_t> free_flights_;
    std::uint64_t last_flight_ = 0;
    cache_metrics metrics_;
};

template <class Key, class Value, class Hash>
auto response_cache<Key, Value, Hash>::lookup(const Key& key, time_point now) -> found {
    const auto slot = find(key);
    if (slot == none) {
        ++metrics_.misses;
        return {};
    }
    auto& e = entries_[slot];
    found result{.state = judge(options_, e.value.has_value(), e.times, now)};
    count(result.state);
    if (result.state == cache_state::miss)
        return result;
    order_.touch(slot);
    if (result.state == cache_state::negative) {
        result.failed = &e.failed;
        return result;
    }
    result.value = &*e.value;
    if (result.state == cache_state::fresh && options_.sliding)
        e.times.expires = saturating_add(now, e.lifetime);
    result.refresh =
        result.state == cache_state::stale && now >= e.times.failed_until && e.refreshed_by == 0;
    return result;
}

template <class Key, class Value, class Hash>
auto response_cache<Key, Value, Hash>::begin(const Key& key) -> flight {
    if (free_flights_.empty()) {
        free_flights_.push_back(static_cast<std::uint32_t>(flights_.size()));
        flights_.emplace_back();
        free_flights_.reserve(flights_.capacity()); // so that ending one never allocates
    }
    const auto slot = free_flights_.back();
    flights_[slot] = {.key = key, .number = ++last_flight_};
    free_flights_.pop_back();
    if (auto* e = entry_of(key); e != nullptr && e->refreshed_by == 0)
        e->refreshed_by = last_flight_;
    return {this, slot};
}

template <class Key, class Value, class Hash>
void response_cache<Key, Value, Hash>::invalidate(const Key& key) {
    for (auto& f : flights_)
        f.invalidated = f.invalidated || f.key == key;
    if (const auto slot = find(key); slot != none)
        drop(slot);
}

template <class Key, class Value, class Hash>
void response_cache<Key, Value, Hash>::invalidate_all() {
    for (auto& f : flights_)
        f.invalidated = true;
    while (order_.oldest() != none)
        drop(order_.oldest());
}

template <class Key, class Value, class Hash>
auto response_cache<Key, Value, Hash>::make_entry(const Key& key) -> entry& {
    const auto slot = free_slot(key);
    entries_[slot] = {.key = key};
    index_.insert(hash(key), slot);
    order_.push(slot);
    return entries_[slot];
}

template <class Key, class Value, class Hash>
std::uint32_t response_cache<Key, Value, Hash>::free_slot(const Key& key) {
    if (free_entries_.empty() && entries_.size() < static_cast<std::size_t>(options_.capacity)) {
        entries_.push_back({.key = key});
        return static_cast<std::uint32_t>(entries_.size() - 1);
    }
    if (free_entries_.empty()) {
        ++metrics_.evicted;
        drop(order_.oldest());
    }
    const auto slot = free_entries_.back();
    free_entries_.pop_back();
    return slot;
}

template <class Key, class Value, class Hash>
void response_cache<Key, Value, Hash>::drop(std::uint32_t slot) {
    index_.erase(slot);
    order_.remove(slot);
    entries_[slot].value.reset();
    free_entries_.push_back(slot);
}

/// Where the flight's result belongs; null where it must not be kept.
template <class Key, class Value, class Hash>
auto response_cache<Key, Value, Hash>::target(const flight_record& f) -> entry* {
    auto* e = entry_of(*f.key);
    if (f.invalidated || (e != nullptr && e->stored_by > f.number)) {
        ++metrics_.not_stored;
        return nullptr;
    }
    return e != nullptr ? e : &make_entry(*f.key);
}

template <class Key, class Value, class Hash>
void response_cache<Key, Value, Hash>::end(std::uint32_t flight_slot) noexcept {
    auto& f = flights_[flight_slot];
    if (auto* e = entry_of(*f.key); e != nullptr && e->refreshed_by == f.number)
        e->refreshed_by = 0;
    f.key.reset();
    free_flights_.push_back(flight_slot);
}

template <class Key, class Value, class Hash>
bool response_cache<Key, Value, Hash>::store(std::uint32_t flight_slot, Value value,
                                             time_point now) {
    auto* e = target(flights_[flight_slot]);
    if (e != nullptr) {
        e->value = std::move(value);
        e->stored_by = flights_[flight_slot].number;
        e->lifetime = lifetime(options_.ttl);
        e->times = {.expires = saturating_add(now, e->lifetime)};
        order_.touch(static_cast<std::uint32_t>(e - entries_.data()));
    }
    end(flight_slot);
    return e != nullptr;
}

template <class Key, class Value, class Hash>
const Value* response_cache<Key, Value, Hash>::fail(std::uint32_t flight_slot, const failure& f,
                                                    time_point now) {
    const auto& record = flights_[flight_slot];
    if (options_.negative_ttl > duration::zero() && classify(f) == verdict::failure)
        if (auto* e = target(record)) {
            e->failed = f;
            e->stored_by = record.number;
            e->times.failed_until = saturating_add(now, lifetime(options_.negative_ttl));
        }
    const auto* e = entry_of(*record.key);
    end(flight_slot);
    if (e == nullptr || !e->value || !may_stand_in(options_, e->times, f, now))
        return nullptr;
    ++metrics_.stale_for_error;
    return &*e->value;
}

template <class Key, class Value, class Hash>
void response_cache<Key, Value, Hash>::count(cache_state state) {
    switch (state) {
    case cache_state::miss:
        ++metrics_.misses;
        break;
    case cache_state::fresh:
        ++metrics_.fresh;
        break;
    case cache_state::stale:
        ++metrics_.stale;
        break;
    case cache_state::negative:
        ++metrics_.negative;
        break;
    }
}

} // namespace windtunnel
