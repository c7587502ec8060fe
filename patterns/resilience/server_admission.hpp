// SPDX-License-Identifier: BSL-1.0
// A preset for servers: deadline check > CoDel queue > adaptive concurrency limit, before the work
// on a request begins. What decides is admission_queue; this waits for it, live and simulated.
//   server_admission door;
//   outcome<reply> r = co_await door.execute(context, work);    work(call_context&), as for clients
// A refusal is `overloaded` (503; where the deadline has passed `deadline_exceeded`, 504), marked
// as not processed: safe to repeat elsewhere. What the work answers teaches the limit (lesson_of).
// Health checks do not go through here. One thread or strand; it must outlive its requests.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <new>
#include <utility>

#include "patterns/base/async_sleep.hpp"
#include "patterns/resilience/admission_queue.hpp"
#include "patterns/resilience/operation.hpp"

namespace windtunnel {

struct server_admission_options {
    admission_queue_options queue{};
    concurrency_limit_options limit{};
    duration retry_after{-1}; ///< told to who is refused; negative: not said

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const server_admission_options&,
                           const server_admission_options&) = default;
};
static_assert(std::is_aggregate_v<server_admission_options> &&
              std::is_trivially_copyable_v<server_admission_options>);

class server_admission : private timer {
  public:
    using permit = admission_queue::permit;

    /// Throws std::invalid_argument for options that are out of range.
    /// `now`: since when it has its limit, for the mean of that.
    explicit server_admission(const server_admission_options& o = {}, random_stream probes = {},
                              time_point now = {});
    ~server_admission();

    /// Runs the operation once it is admitted. An exception of the operation, or a cancellation,
    /// teaches the limit nothing, and is thrown on.
    template <class F>
    requires awaitable_safe<F>
    auto execute(const call_context& context, F&& operation) -> boost::asio::awaitable<
        outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
        return drive<F>(context, std::forward<F>(operation));
    }

    /// For servers that keep the permit themselves: completes with outcome<permit>.
    /// context.environment must be set.
    template <class Token>
    auto async_admit(const call_context& context, Token&& token);

    /// For drivers: what the verdict, which is not `admitted`, says to the caller.
    failure refusal(admission_verdict verdict) const;
    /// For drivers: somebody is going to wait in the queue on this environment.
    admission_queue& queue_on(environment& env) {
        environment_ = &env;
        return queue_;
    }

    /// For metrics and to observe it.
    admission_queue& queue() { return queue_; }
    const admission_queue& queue() const { return queue_; }

  private:
    template <class F>
    auto drive(call_context context, F operation) -> boost::asio::awaitable<
        outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>>;
    auto wait(environment& env, time_point deadline);
    static void wake(void* self);
    static void struck(timer& t);

    admission_queue queue_;
    duration retry_after_;
    environment* environment_ = nullptr; ///< of those who wait
};

namespace detail {

/// One request's wait for its admission.
template <class Handler>
class admission_operation : private timer, private admission_queue::waiter {
  public:
    static void start(Handler handler, server_admission& door, environment& env,
                      time_point deadline, admission_verdict verdict,
                      admission_queue::permit granted) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto* self = new (env.allocate(sizeof(admission_operation)))
            admission_operation(std::move(handler), door, env);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        self->permit_ = std::move(granted);
        self->begin(deadline, verdict);
    }

  private:
    struct canceller {
        explicit canceller(admission_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        admission_operation* operation;
    };

    admission_operation(Handler&& handler, server_admission& door, environment& env)
        : timer(&struck, &abandoned), waiter(&on_decision), handler_(std::move(handler)),
          door_(door), queue_(door.queue_on(env)), environment_(env) {}

    void begin(time_point deadline, admission_verdict verdict) {
        const time_point now = environment_.now();
        verdict_ = verdict;
        if (verdict != admission_verdict::waits)
            return environment_.arm(*this, now, timer_class::event);
        queue_.enqueue(*this, now, deadline);
        environment_.arm(*this, until(), timer_class::deadline);
    }

    /// Resumed by the timer, on a turn of its own.
    static void on_decision(waiter& w) {
        auto& self = static_cast<admission_operation&>(w);
        self.environment_.disarm(self);
        self.environment_.arm(self, self.environment_.now(), timer_class::event);
    }
    static void struck(timer& t) {
        auto& self = static_cast<admission_operation&>(t);
        if (self.queued())
            self.queue_.expire(self, self.environment_.now());
        self.finish();
    }
    static void abandoned(timer& t) { static_cast<admission_operation&>(t).release(); }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        this->~admission_operation(); // leaves the queue
        env.deallocate(this, sizeof(admission_operation));
        return handler;
    }
    void cancel() {
        environment& env = environment_;
        env.disarm(*this);
        queue_.cancel(*this, env.now());
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        complete_later(env, release(), outcome<admission_queue::permit>(failure_kind::cancelled));
    }
    void finish() {
        environment& env = environment_;
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        if (verdict_ == admission_verdict::waits) {
            verdict_ = verdict();
            permit_ = take();
        }
        outcome<admission_queue::permit> result(failure_kind::overloaded);
        if (verdict_ == admission_verdict::admitted)
            result = std::move(permit_);
        else
            result = door_.refusal(verdict_);
        complete_on(env, release(), std::move(result));
    }

    Handler handler_;
    server_admission& door_;
    admission_queue& queue_;
    environment& environment_;
    admission_verdict verdict_ = admission_verdict::waits; ///< on arrival
    admission_queue::permit permit_;
};

struct start_admission {
    template <class Handler>
    void operator()(Handler&& handler, server_admission* door, environment* env,
                    time_point deadline, bool arrives) const {
        using operation = admission_operation<std::decay_t<Handler>>;
        admission_queue::permit granted;
        auto verdict = admission_verdict::waits;
        if (arrives)
            verdict = door->queue().arrive(env->now(), deadline, granted);
        operation::start(std::forward<Handler>(handler), *door, *env, deadline, verdict,
                         std::move(granted));
    }
};

} // namespace detail

template <class Token>
auto server_admission::async_admit(const call_context& context, Token&& token) {
    WINDTUNNEL_ASSERT(context.environment != nullptr);
    return boost::asio::async_initiate<Token, void(outcome<permit>)>(
        detail::start_admission{}, token, this, context.environment, context.deadline, true);
}

/// Of one that has arrived, and is to wait.
inline auto server_admission::wait(environment& env, time_point deadline) {
    return boost::asio::async_initiate<const boost::asio::deferred_t, void(outcome<permit>)>(
        detail::start_admission{}, boost::asio::deferred, this, &env, deadline, false);
}

template <class F>
auto server_admission::drive(call_context context, F operation) -> boost::asio::awaitable<
    outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
    using R = typename detail::operation_of<std::remove_cvref_t<F>>::type;
    if (context.environment == nullptr) {
        auto executor = co_await boost::asio::this_coro::executor;
        context.environment = &environment_of(executor);
    }
    environment& env = *context.environment;
    permit held;
    const auto verdict = queue_.arrive(env.now(), context.deadline, held);
    if (verdict == admission_verdict::waits) {
        auto queueing = wait(env, context.deadline);
        outcome<permit> admitted = co_await std::move(queueing);
        if (!admitted.ok())
            co_return admitted.failed();
        held = std::move(admitted.value());
    } else if (verdict != admission_verdict::admitted) {
        co_return refusal(verdict);
    }
    auto running = operation(context);
    outcome<R> result = co_await std::move(running);
    held.record(lesson_of(result), env.now());
    co_return result;
}

} // namespace windtunnel
