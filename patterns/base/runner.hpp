// SPDX-License-Identifier: BSL-1.0
// Recycled coroutines. Spawning a coroutine through co_spawn costs more than all policies of a call
// together, so a runner is spawned once, with a cancellation signal of its own, and takes job after
// job. It starts a job at once, inside start(), and goes on until the job first suspends.
// Invariant: a runner becomes idle only in its own park, so no two jobs ever share one.
// The pool is a service of the context and belongs to its environment's executor.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>
#include <vector>

#include "patterns/base/environment.hpp"

namespace windtunnel {

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// A handler without its type, in memory of the environment: run it once, or drop it.
struct parked_handler {
    using function = void (*)(parked_handler*, bool run);
    function invoke;
};

/// Keeps `handler` (of signature void()) until it is resumed or dropped.
template <class Handler>
parked_handler* park(environment& env, Handler&& handler);
inline void resume(parked_handler* parked) {
    parked->invoke(parked, true);
}
inline void drop(parked_handler* parked) {
    parked->invoke(parked, false);
}

class runner;

/// What a runner runs. It must stay alive until its body has ended; `body` must not throw.
struct runner_job {
    using body_function = awaitable<void> (*)(runner_job&);
    explicit runner_job(body_function f) : body(f) {}

    body_function body;
    /// Called last, when the runner has forgotten the job: it may be destroyed. nullptr: nothing.
    void (*ended)(runner_job&) = nullptr;
    runner* on = nullptr; ///< while it runs
    bool done = false;    ///< the body has ended
};

class runner_pool : public boost::asio::execution_context::service {
  public:
    static inline boost::asio::execution_context::id id;
    explicit runner_pool(boost::asio::execution_context& context);
    ~runner_pool() override;

    /// Runs the job's body now, up to where it first suspends; done says whether it has ended.
    void start(runner_job& job);
    std::size_t size() const { return runners_.size(); }
    std::size_t idle() const { return idle_.size(); }
    environment& env() const { return *environment_; }

  private:
    friend class runner;
    void shutdown() override;

    environment* environment_ = nullptr;
    std::vector<std::unique_ptr<runner>> runners_;
    std::vector<runner*> idle_;
};

class runner {
  public:
    explicit runner(runner_pool& pool) : pool_(pool) {}
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;

    /// Tells the job that runs to end early; does nothing when it has ended. A job that has not
    /// begun ends without its body.
    void cancel();

    /// Called when the job's body ends, then forgotten; owned by the runner until then.
    void on_end(parked_handler* waiter) { waiter_ = waiter; }
    /// Takes the waiter back, for it to be resumed by somebody else.
    parked_handler* release_waiter() { return std::exchange(waiter_, nullptr); }

  private:
    friend class runner_pool;
    static awaitable<void> loop(runner* self);
    void spawn();
    void wake();
    void shut_down();
    void park_loop(parked_handler* parked);

    runner_pool& pool_;
    boost::asio::cancellation_signal signal_;
    runner_job* job_ = nullptr;
    parked_handler* parked_ = nullptr; ///< the loop itself, while idle
    parked_handler* waiter_ = nullptr;
    parked_handler* to_wake_ = nullptr; ///< on the way from a job's end to the park
    runner_job* ended_ = nullptr;       ///< the same
    bool begun_ = false;                ///< the loop has taken its first step
    bool cancelled_ = false;
};

namespace detail {

template <class Handler>
struct parked_handler_of : parked_handler {
    parked_handler_of(environment& env, Handler&& h)
        : parked_handler{&invoke_or_free}, environment_(env), handler(std::move(h)) {}

    environment& environment_;
    Handler handler;

    static void invoke_or_free(parked_handler* base, bool run) {
        auto* self = static_cast<parked_handler_of*>(base);
        Handler function(std::move(self->handler));
        environment& env = self->environment_;
        self->~parked_handler_of();
        env.deallocate(self, sizeof(parked_handler_of));
        if (run) {
            boost::asio::get_associated_cancellation_slot(function).clear();
            std::move(function)();
        }
    }
};

} // namespace detail

template <class Handler>
parked_handler* park(environment& env, Handler&& handler) {
    using parked = detail::parked_handler_of<std::decay_t<Handler>>;
    return new (env.allocate(sizeof(parked))) parked(env, std::forward<Handler>(handler));
}

} // namespace windtunnel
