// SPDX-License-Identifier: BSL-1.0
// A bulkhead: at most so many calls at once, and at most so many waiting for their turn. Strictly
// first come, first served: nobody overtakes who waits, not even with a slot free, and a heavy
// waiter holds up the light ones behind it rather than starve. The bound on the wait is the
// driver's: it cancels the waiter when max_wait or the deadline strikes.
// Invariant: in_use() is the weight of the permits out plus that of the waiters granted and not yet
// claimed; it exceeds max_concurrent() only after resize() made that smaller. Never locks, never
// allocates: a waiter is a node of its owner's.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct bulkhead_options {
    int max_concurrent = 25; ///< at least 1
    int max_queue = 0;       ///< waiters; 0: refuse at once
    duration max_wait{};     ///< of one waiter; above 0 where there is a queue

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const bulkhead_options&, const bulkhead_options&) = default;
};
static_assert(std::is_aggregate_v<bulkhead_options> &&
              std::is_trivially_copyable_v<bulkhead_options>);

enum class enqueue_result : std::uint8_t {
    granted,       ///< claim it; `granted` is not called
    queued,        ///< `granted` will be called, unless cancelled before
    rejected_full, ///< no room to wait, or heavier than the whole bulkhead
};

/// Not thread-safe, neither copied nor moved; it must outlive its permits and waiters.
class bulkhead {
  public:
    /// A slot, or several (its weight). False when refused. The destructor gives it back.
    class [[nodiscard]] permit {
      public:
        permit() = default;
        permit(permit&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), weight_(other.weight_) {}
        permit& operator=(permit&& other) noexcept {
            permit old(std::move(*this));
            owner_ = std::exchange(other.owner_, nullptr);
            weight_ = other.weight_;
            return *this;
        }
        ~permit() { release(); }

        explicit operator bool() const { return owner_ != nullptr; }
        /// Gives it back, and may grant waiters: their callbacks run in here. Harmless when done.
        void release() noexcept;

      private:
        friend class bulkhead;
        permit(bulkhead* owner, int weight) : owner_(owner), weight_(weight) {}

        bulkhead* owner_ = nullptr;
        int weight_ = 0;
    };

    /// One who waits; embed it in what waits. `granted` is called once when its turn has come, from
    /// within whatever freed the slot: it may call the bulkhead, claim at once or later, and must
    /// not throw. The destructor cancels.
    class waiter {
      public:
        using granted_function = void (*)(waiter&);
        explicit waiter(granted_function on_grant, int weight = 1);
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        ~waiter();

        bool queued() const { return place_ == place::queue; }
        bool granted() const { return place_ == place::slot; }

      private:
        friend class bulkhead;
        enum class place : std::uint8_t { nowhere, queue, slot };

        granted_function on_grant_;
        bulkhead* owner_ = nullptr;
        waiter* next_ = nullptr;
        waiter* previous_ = nullptr;
        int weight_;
        place place_ = place::nowhere;
    };

    explicit bulkhead(const bulkhead_options& options);
    bulkhead(const bulkhead&) = delete;
    bulkhead& operator=(const bulkhead&) = delete;
    ~bulkhead();

    /// Refuses when there is no room now or somebody waits. weight must be at least 1.
    permit try_acquire(int weight = 1);

    /// The waiter must be neither queued nor granted.
    enqueue_result enqueue(waiter& w);
    /// Takes the slot of a granted waiter, which may then be used again or destroyed.
    permit claim(waiter& w);
    /// The waiter gives up: it leaves the queue at once. True if it had been granted meanwhile (and
    /// not claimed): its slot then goes to the next. Harmless for one that neither waits nor has.
    bool cancel(waiter& w);

    /// From now on so many at once, at least 1 (throws std::invalid_argument). Growing grants
    /// waiters; shrinking takes nothing away: calls under way end by themselves. A waiter that has
    /// become heavier than the whole gets its turn when nothing else is in use.
    void resize(int max_concurrent);

    int in_use() const { return in_use_; }
    int queued() const { return queued_; }
    int max_concurrent() const { return options_.max_concurrent; }
    const bulkhead_options& options() const { return options_; }

  private:
    bool fits(int weight) const;
    void free(int weight);
    void grant_waiters();
    void append(waiter& w);
    void unlink(waiter& w);

    bulkhead_options options_;
    int in_use_ = 0;
    int queued_ = 0;
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    bool granting_ = false;
};

static_assert(sizeof(bulkhead::permit) <= 16);

} // namespace windtunnel
