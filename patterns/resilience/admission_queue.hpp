// SPDX-License-Identifier: BSL-1.0
// What a server does with a request before it works on it, as a state machine without I/O. On
// arrival: is there time left (deadline), is there room (adaptive limit), is there a place to wait.
// Whenever room appears: who of the waiting gets it, and who has waited too long to be worth it
// (CoDel). Nobody overtakes who waits, except the newest while the queue stands (adaptive_lifo).
// Invariant: waiters are there only while in_flight() >= limit(), or between a slot's becoming free
// and serve(). Never allocates: a waiter is a node of its owner's. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "patterns/resilience/adaptive_lifo.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/codel.hpp"

namespace windtunnel {

enum class admission_verdict : std::uint8_t {
    admitted, ///< work, and end the permit
    waits,    ///< enqueue a waiter
    // Refused:
    deadline_passed, ///< nobody wants the answer any more
    queue_full,      ///< no place to wait
    shed,            ///< CoDel: the queue stands, and this one has waited too long
    waited_too_long, ///< max_wait
    cancelled,       ///< the caller gave up while it waited
};
inline constexpr std::size_t admission_verdict_count = 7;
std::string_view to_string(admission_verdict verdict);

enum class admission_order : std::uint8_t {
    fifo,
    adaptive_lifo, ///< the newest first while the queue stands
};
std::string_view to_string(admission_order order);

struct admission_queue_options {
    int max_queue = 100; ///< waiters, as Tomcat; 0: refuse at once
    /// Of one waiter, above 0: CoDel speaks only when room appears, and where all that work hang
    /// none does.
    duration max_wait = std::chrono::seconds{1};
    admission_order order = admission_order::fifo;
    codel_options codel{.kind = codel_kind::slough}; ///< slough: better for servers (folly)

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const admission_queue_options&,
                           const admission_queue_options&) = default;
};
static_assert(std::is_aggregate_v<admission_queue_options> &&
              std::is_trivially_copyable_v<admission_queue_options>);

/// A decision about one request.
struct admission_event {
    admission_verdict what{};
    time_point at{};
    duration waited{};
    int in_flight = 0, queued = 0; ///< after it
};

class admission_observer {
  public:
    virtual ~admission_observer() = default;
    /// May ask the queue anything, and must not change it. What it throws is swallowed and counted.
    virtual void on_event(const admission_event& event) = 0;
};

struct admission_metrics {
    int in_flight = 0, queued = 0, limit = 0;
    bool overloaded = false; ///< the queue stands
    // Since construction:
    std::array<std::uint64_t, admission_verdict_count> count{};
    std::uint64_t observer_errors = 0; ///< exceptions of the observer, swallowed

    std::uint64_t operator[](admission_verdict verdict) const {
        return count.at(static_cast<std::size_t>(verdict));
    }
};

/// Neither copied nor moved; it must outlive its permits and waiters. `now` never goes back.
class admission_queue {
  public:
    /// Leave to work on one request; false when there is none. Ends with exactly one of record,
    /// drop or its destructor (which drops).
    class [[nodiscard]] permit {
      public:
        permit() = default;
        permit(permit&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), slot_(std::move(other.slot_)) {}
        permit& operator=(permit&& other) noexcept {
            permit old(std::move(*this));
            owner_ = std::exchange(other.owner_, nullptr);
            slot_ = std::move(other.slot_);
            return *this;
        }
        ~permit() { drop(); }

        explicit operator bool() const { return owner_ != nullptr; }
        /// The work has ended, and taught this. The permit must not have ended before.
        void record(limit_lesson lesson, time_point now);
        /// It says nothing; the slot is free again. Harmless when ended.
        void drop() noexcept;

      private:
        friend class admission_queue;
        permit(admission_queue* owner, adaptive_limiter::permit slot)
            : owner_(owner), slot_(std::move(slot)) {}

        admission_queue* owner_ = nullptr;
        adaptive_limiter::permit slot_;
    };

    /// One who waits; embed it in what waits. `decided` is called once from within serve(): it must
    /// not throw. The destructor leaves the queue, and gives back a permit that nobody took.
    class waiter {
      public:
        using decided_function = void (*)(waiter&);
        explicit waiter(decided_function decided) : decided_(decided) {}
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        ~waiter();

        bool queued() const { return owner_ != nullptr; }
        /// When to call expire(), while it is queued.
        time_point until() const { return until_; }
        /// After the decision; `waits` before it.
        admission_verdict verdict() const { return verdict_; }
        /// After `admitted`: its permit.
        permit take() { return std::move(permit_); }

      private:
        friend class admission_queue;
        decided_function decided_;
        admission_queue* owner_ = nullptr; ///< while queued
        waiter* next_ = nullptr;
        waiter* previous_ = nullptr;
        time_point since_{}, deadline_{}, until_{};
        admission_verdict verdict_ = admission_verdict::waits;
        permit permit_;
    };

    /// Vegas alone draws from the stream. `now`: since when the limiter has its limit, for the mean
    /// of that.
    explicit admission_queue(const admission_queue_options& options,
                             const concurrency_limit_options& limit = {}, random_stream probes = {},
                             time_point now = {});
    admission_queue(const admission_queue&) = delete;
    admission_queue& operator=(const admission_queue&) = delete;
    ~admission_queue();

    /// Slots became free while somebody waits: `wake` asks for a serve() soon, and never from
    /// inside of it, as a permit may end anywhere.
    void on_room(void (*wake)(void*), void* argument);
    /// Every decision goes to the observer; nullptr: to nobody.
    void observe(admission_observer* observer) { observer_ = observer; }

    /// A request arrives: `granted` is its permit where it is admitted. After `waits`, enqueue.
    admission_verdict arrive(time_point now, time_point deadline, permit& granted);
    /// The waiter must not be queued.
    void enqueue(waiter& w, time_point now, time_point deadline);
    /// Decides on the waiting while there is room.
    void serve(time_point now);
    /// until() is over, and nothing decided: it leaves the queue.
    void expire(waiter& w, time_point now);
    /// The caller gives up: it leaves the queue, and a permit that it has is given back.
    void cancel(waiter& w, time_point now);

    int in_flight() const { return limiter_.in_flight(); }
    int limit() const { return limiter_.limit(); }
    int queued() const { return queued_; }
    admission_metrics metrics() const;
    const admission_queue_options& options() const { return options_; }
    const adaptive_limiter& limiter() const { return limiter_; }

  private:
    bool has_room() const { return limiter_.in_flight() < limiter_.limit(); }
    waiter* choose(time_point now);
    void decide(waiter& w, admission_verdict verdict, time_point now);
    void leave(waiter& w, admission_verdict verdict, time_point now);
    void tell(admission_verdict verdict, time_point now, duration waited);
    void slot_freed() noexcept;
    void unlink(waiter& w);

    admission_queue_options options_;
    adaptive_limiter limiter_;
    adaptive_lifo order_;
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    int queued_ = 0;
    void (*wake_)(void*) = nullptr;
    void* wake_argument_ = nullptr;
    admission_observer* observer_ = nullptr;
    std::array<std::uint64_t, admission_verdict_count> count_{};
    std::uint64_t observer_errors_ = 0;
};

} // namespace windtunnel
