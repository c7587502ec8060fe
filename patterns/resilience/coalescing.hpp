// SPDX-License-Identifier: BSL-1.0
// Request coalescing ("single flight", golang.org/x/sync/singleflight; nginx's proxy_cache_lock):
// callers that ask for the same at the same time share one call to the backend. The first to come
// is the leader and gets the flight, to be run by itself, apart from the leader's own call: when
// the leader gives up the flight goes on, for as long as one caller waits. Invariant: at most one
// flight of a key can be joined; every waiter is told exactly once or leaves. Waiters are told in
// the order they came. Comparison: a flight is too old to join at >= max_age.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "patterns/base/slot_index.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

/// Options are fixed for the life of a group.
struct coalescing_options {
    /// After so long a flight is joined no more and a new one starts, or one call that hangs would
    /// hold up all to come; above 0. nginx: proxy_cache_lock_age.
    duration max_age = std::chrono::seconds{5};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const coalescing_options&, const coalescing_options&) = default;
};
static_assert(std::is_aggregate_v<coalescing_options> &&
              std::is_trivially_copyable_v<coalescing_options>);

struct coalescing_metrics {
    std::uint64_t flights = 0;   ///< calls to the backend
    std::uint64_t followers = 0; ///< callers that were spared one
    std::uint64_t abandoned = 0; ///< flights that lost their last waiter
};

/// What does not depend on key and result. Use `coalescing`.
class flight_table {
  public:
    /// One who waits; embed it in what waits. The destructor leaves.
    class waiter {
      public:
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        ~waiter() { leave(); }
        bool waiting() const { return table_ != nullptr; }
        /// It gives up, now. Harmless when it does not wait. May call the flight's on_abandoned.
        void leave();

      protected:
        using told_function = void (*)(waiter&, const void* result);
        explicit waiter(told_function on_told) : on_told_(on_told) {}

      private:
        friend class flight_table;
        told_function on_told_;
        flight_table* table_ = nullptr;
        waiter* next_ = nullptr;
        waiter* previous_ = nullptr;
        time_point deadline_ = never;
        std::uint32_t slot_ = 0;
    };
    using abandoned_function = void (*)(void* context);

    explicit flight_table(const coalescing_options& options);
    flight_table(const flight_table&) = delete;
    flight_table& operator=(const flight_table&) = delete;
    ~flight_table();

    /// Flights under way, those that can no longer be joined too.
    std::size_t flights() const { return live_; }
    const coalescing_metrics& metrics() const { return metrics_; }
    const coalescing_options& options() const { return options_; }

  protected:
    struct record {
        waiter* first = nullptr;
        waiter* last = nullptr;
        abandoned_function on_abandoned = nullptr;
        void* context = nullptr;
        time_point started{};
        bool landed = false; ///< telling its waiters
        bool abandoned = false;
    };

    std::uint32_t open(std::uint64_t hash, time_point now);
    void add(std::uint32_t slot, waiter& w, time_point deadline);
    void land(std::uint32_t slot, const void* result);
    time_point deadline(std::uint32_t slot) const;

    slot_index index_; ///< of the flights that can be joined
    std::vector<record> records_;

  private:
    void remove(waiter& w);
    void unlink(waiter& w);

    coalescing_options options_;
    std::vector<std::uint32_t> unused_;
    std::size_t live_ = 0;

  protected:
    coalescing_metrics metrics_;
};

/// Not thread-safe, neither copied nor moved; it must outlive its flights and waiters. Allocates
/// only when there are more flights at once than ever before.
template <class Key, class Result, class Hash = std::hash<Key>>
class coalescing : public flight_table {
  public:
    /// `told` is called once with what came of the flight; null: the flight was dropped (its frame
    /// was destroyed or an exception left it). It may use the group and join again, and must not
    /// throw. It is not called for who leaves.
    class waiter : public flight_table::waiter {
      public:
        using told_function = void (*)(waiter&, const Result* result);
        explicit waiter(told_function told)
            : flight_table::waiter([](flight_table::waiter& w, const void* result) {
                  auto& self = static_cast<waiter&>(w);
                  self.told_(self, static_cast<const Result*>(result));
              }),
              told_(told) {}

      private:
        told_function told_;
    };

    /// The leader's duty: to make the call and report. False for followers and when it has ended.
    class [[nodiscard]] flight {
      public:
        flight() = default;
        flight(flight&& other) noexcept
            : group_(std::exchange(other.group_, nullptr)), slot_(other.slot_) {}
        flight& operator=(flight&& other) noexcept {
            flight old(std::move(*this));
            group_ = std::exchange(other.group_, nullptr);
            slot_ = other.slot_;
            return *this;
        }
        ~flight() {
            if (group_ != nullptr)
                std::exchange(group_, nullptr)->land(slot_, nullptr);
        }
        explicit operator bool() const { return group_ != nullptr; }

        /// Tells everybody who waits.
        void complete(const Result& result) {
            std::exchange(group_, nullptr)->land(slot_, &result);
        }
        /// Called once when the last waiter leaves: nobody wants the result, cancel the call. From
        /// then on nobody can join. It may end the flight, and must not throw.
        void on_abandoned(abandoned_function function, void* context) {
            group_->records_[slot_].on_abandoned = function;
            group_->records_[slot_].context = context;
        }
        bool abandoned() const { return group_->records_[slot_].abandoned; }
        /// The latest of its waiters': one may have joined with a later one since you asked, so ask
        /// again when it strikes. O(waiters).
        time_point deadline() const { return group_->deadline(slot_); }

      private:
        friend class coalescing;
        flight(coalescing* group, std::uint32_t slot) : group_(group), slot_(slot) {}
        coalescing* group_ = nullptr;
        std::uint32_t slot_ = 0;
    };

    explicit coalescing(const coalescing_options& options = {}) : flight_table(options) {}

    /// `w` waits for the result of `key`, at most until `deadline` (which is the caller's to watch:
    /// it leaves). Returns the flight to the leader, who starts it; an empty one to a follower.
    flight join(const Key& key, waiter& w, time_point deadline, time_point now) {
        const auto hash = static_cast<std::uint64_t>(Hash{}(key));
        auto slot = find(key, hash);
        if (slot != slot_index::none && now - records_[slot].started >= options().max_age) {
            index_.erase(slot);
            slot = slot_index::none;
        }
        if (slot != slot_index::none) {
            ++metrics_.followers;
            add(slot, w, deadline);
            return {};
        }
        slot = open(hash, now);
        keys_.resize(records_.size());
        keys_[slot] = key;
        add(slot, w, deadline);
        return {this, slot};
    }

    /// The next to ask for `key` starts a new flight; who waits goes on waiting for the old one.
    void forget(const Key& key) {
        index_.erase(find(key, static_cast<std::uint64_t>(Hash{}(key))));
    }

  private:
    std::uint32_t find(const Key& key, std::uint64_t hash) const {
        return index_.find(hash, [&](std::uint32_t slot) { return *keys_[slot] == key; });
    }

    std::vector<std::optional<Key>> keys_; ///< by slot
};

} // namespace windtunnel
