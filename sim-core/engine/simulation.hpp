// SPDX-License-Identifier: BSL-1.0
// A world with its own clock: an asio::execution_context on which plain Asio code (co_spawn,
// awaitable, any_io_executor, channels, parallel groups, cancellation) runs in virtual time.
// Handlers that are ready run first, in order; then the clock jumps to the next timer, in the order
// (time, class, sequence). Same inputs and seed, same order, same bytes. A simulation is a value: N
// of them may run in N threads, each used by one thread at a time. asio::steady_timer is the one
// thing that must not be used on it (it would wait in real time): run() says so; use async_sleep.
//
// Shutting down: halt() destroys all suspended work without running it. Whatever the work refers to
// (systems, channels, breakers) must outlive halt(); they may die before the simulation.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <utility>

#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/base/timer_queue.hpp"
#include "sim-core/engine/memory_pool.hpp"

namespace windtunnel::sim {

class virtual_environment;

class simulation : public boost::asio::execution_context {
  public:
    class executor_type;

    explicit simulation(std::uint64_t seed = 1);
    ~simulation();
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    executor_type get_executor() noexcept;
    virtual_environment& environment() { return *environment_; }
    time_point now() const { return now_; }

    /// For physics; `due` must not lie in the past.
    void arm(timer& t, time_point due, timer_class kind = timer_class::event) {
        WINDTUNNEL_ASSERT(due >= now_);
        timers_.arm(t, due, kind, now_);
    }
    /// The same for an event after a duration that many others have too: it costs less.
    void arm_recurring(timer& t, time_point due) {
        WINDTUNNEL_ASSERT(due >= now_);
        timers_.arm_recurring(t, due, timer_class::event, now_);
    }
    void disarm(timer& t) { timers_.disarm(t); }

    /// When something happens next; `never` when nothing is left to happen.
    time_point next_event_time() const {
        return ready_first_ != nullptr ? now_ : timers_.next_due();
    }
    /// Runs until nothing is left to happen, or stop() is called.
    void run() { run_until(never); }
    /// Runs everything that is due up to and including `end`, then sets the clock to it (unless
    /// `end` is `never`, or stop() was called).
    void run_until(time_point end);
    /// Runs the next ready handler or timer; false when there was none.
    bool step();
    /// Ends run() after the handler that is running; the next run() goes on where it stopped.
    void stop() { stopped_ = true; }

    /// Timers fired and handlers run so far: the measure of work done.
    std::uint64_t events() const { return events_; }
    std::size_t armed_timers() const { return timers_.size(); }

    /// Destroys all work that is suspended or queued, without running it. Idempotent.
    void halt();

    memory_pool& memory() { return memory_; }

  private:
    friend class executor_type;

    /// A handler waiting for its turn; `invoke` runs it, or only frees it.
    struct ready_task {
        using function = void (*)(simulation&, ready_task*, bool run);
        ready_task* next;
        function invoke;
    };
    template <class F>
    struct task_of;

    template <class F>
    void post(F&& f);
    void push_ready(ready_task* task);
    class running_mark;
    void run_ready();
    bool run_one_ready();
    void drain();
    void check_ended();

    memory_pool memory_; // first: outlives all that is allocated from it
    timer_queue timers_;
    ready_task* ready_first_ = nullptr;
    ready_task* ready_last_ = nullptr;
    time_point now_{};
    std::uint64_t events_ = 0;
    std::thread::id runner_; ///< the thread in run(), while running
    bool running_ = false;
    bool stopped_ = false;
    virtual_environment* environment_ = nullptr;
};

/// Two pointers' worth of executor: the simulation and whether execute() may run the function at
/// once (blocking.possibly, the default, when called from inside the running simulation).
class simulation::executor_type {
  public:
    executor_type(simulation& s, bool inline_ok) noexcept
        : simulation_(&s), inline_ok_(inline_ok) {}

    simulation& query(boost::asio::execution::context_t) const noexcept { return *simulation_; }
    boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
        return inline_ok_
                   ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly)
                   : boost::asio::execution::blocking_t(boost::asio::execution::blocking.never);
    }
    static constexpr boost::asio::execution::mapping_t
    query(boost::asio::execution::mapping_t) noexcept {
        return boost::asio::execution::mapping.thread;
    }
    executor_type require(boost::asio::execution::blocking_t::never_t) const noexcept {
        return {*simulation_, false};
    }
    executor_type require(boost::asio::execution::blocking_t::possibly_t) const noexcept {
        return {*simulation_, true};
    }

    template <class F>
    void execute(F&& f) const {
        if (inline_ok_ && simulation_->running_) {
            std::decay_t<F> function(std::forward<F>(f));
            std::move(function)();
        } else {
            simulation_->post(std::forward<F>(f));
        }
    }

    bool running_in_this_thread() const noexcept { return simulation_->running_; }

    friend bool operator==(const executor_type& a, const executor_type& b) noexcept {
        return a.simulation_ == b.simulation_ && a.inline_ok_ == b.inline_ok_;
    }
    friend bool operator!=(const executor_type& a, const executor_type& b) noexcept {
        return !(a == b);
    }

  private:
    simulation* simulation_;
    bool inline_ok_;
};

inline simulation::executor_type simulation::get_executor() noexcept {
    return {*this, true};
}

template <class F>
struct simulation::task_of : ready_task {
    explicit task_of(F&& f) : ready_task{nullptr, &invoke_or_free}, function(std::move(f)) {}
    explicit task_of(const F& f) : ready_task{nullptr, &invoke_or_free}, function(f) {}
    F function;

    static void invoke_or_free(simulation& s, ready_task* base, bool run) {
        auto* self = static_cast<task_of*>(base);
        F function(std::move(self->function));
        self->~task_of();
        s.memory_.deallocate(self, sizeof(task_of));
        if (run)
            std::move(function)();
    }
};

template <class F>
void simulation::post(F&& f) {
    using task = task_of<std::decay_t<F>>;
    WINDTUNNEL_ASSERT(!running_ || runner_ == std::this_thread::get_id());
    static_assert(alignof(task) <= alignof(std::max_align_t));
    push_ready(new (memory_.allocate(sizeof(task))) task(std::forward<F>(f)));
}

inline void simulation::push_ready(ready_task* task) {
    (ready_last_ != nullptr ? ready_last_->next : ready_first_) = task;
    ready_last_ = task;
}

} // namespace windtunnel::sim
