// SPDX-License-Identifier: BSL-1.0
// Waiting, live and simulated alike: co_await async_sleep(executor, 5ms, use_awaitable).
// Completes with an error_code: none when the time has passed, operation_aborted when its
// cancellation slot was hit. `async_wait_until` is the same for library code that carries its
// environment: it completes with a bool (true: the time has passed) and never throws.
// Every operation here and above completes neither inside its initiation nor inside the emission of
// its cancellation: whoever emits may be in the middle of what the woken code would destroy.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <new>
#include <type_traits>
#include <utility>

#include "patterns/base/environment.hpp"

namespace windtunnel {

namespace detail {

/// Calls a handler on its own executor: at once when that is the environment's (we are on it then).
/// A handler with a member type `completes_inline` says that it takes care of its executor itself.
template <class Handler, class... Args>
void complete_on(environment& env, Handler&& handler, Args... args) {
    if constexpr (requires { typename std::decay_t<Handler>::completes_inline; })
        return std::move(handler)(std::move(args)...);
    auto ex = boost::asio::get_associated_executor(handler, env.executor());
    if constexpr (std::is_same_v<decltype(ex), boost::asio::any_io_executor>) {
        if (env.owns(ex))
            return std::move(handler)(std::move(args)...);
    }
    boost::asio::dispatch(ex, [h = std::move(handler), ... a = std::move(args)]() mutable {
        std::move(h)(std::move(a)...);
    });
}

/// The same on a turn of its own: for what ends because it was cancelled.
template <class Handler, class... Args>
void complete_later(environment& env, Handler&& handler, Args... args) {
    auto ex = boost::asio::get_associated_executor(handler, env.executor());
    boost::asio::post(ex, [h = std::move(handler), ... a = std::move(args)]() mutable {
        std::move(h)(std::move(a)...);
    });
}

inline void convert(bool elapsed, bool& result) {
    result = elapsed;
}
inline void convert(bool elapsed, boost::system::error_code& result) {
    if (!elapsed)
        result = boost::asio::error::operation_aborted;
}

/// A timer that owns its handler; `Result` is bool or error_code.
template <class Handler, class Result>
class wait_operation : private timer {
  public:
    static void start(Handler handler, environment& env, time_point due, timer_class kind) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        void* block = env.allocate(sizeof(wait_operation));
        auto* self = new (block) wait_operation(std::move(handler), env);
        env.arm(*self, due, kind);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
    }

  private:
    struct canceller {
        explicit canceller(wait_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        wait_operation* operation;
    };

    wait_operation(Handler&& handler, environment& env)
        : timer(&fired, &abandoned), handler_(std::move(handler)), environment_(env) {}

    static void fired(timer& t) { static_cast<wait_operation&>(t).finish(); }
    static void abandoned(timer& t) { static_cast<wait_operation&>(t).release(); }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        this->~wait_operation();
        env.deallocate(this, sizeof(wait_operation));
        return handler;
    }
    void finish() {
        environment& env = environment_;
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        Result result{};
        convert(true, result);
        complete_on(env, release(), result);
    }
    void cancel() {
        environment& env = environment_;
        env.disarm(*this);
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        Result result{};
        convert(false, result);
        complete_later(env, release(), result);
    }

    Handler handler_;
    environment& environment_;
};

template <class Result>
struct start_wait {
    template <class Handler>
    void operator()(Handler&& handler, environment* env, time_point due, timer_class kind) const {
        using operation = wait_operation<std::decay_t<Handler>, Result>;
        operation::start(std::forward<Handler>(handler), *env, due, kind);
    }
};

} // namespace detail

template <class Token>
auto async_wait_until(environment& env, time_point due, timer_class kind, Token&& token) {
    return boost::asio::async_initiate<Token, void(bool)>(detail::start_wait<bool>{}, token, &env,
                                                          due, kind);
}

template <class Executor, class Token>
auto async_sleep_until(const Executor& executor, time_point due, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        detail::start_wait<boost::system::error_code>{}, token, &environment_of(executor), due,
        timer_class::event);
}

/// d <= 0 still takes a turn of the event loop.
template <class Executor, class Token>
auto async_sleep(const Executor& executor, duration d, Token&& token) {
    environment& env = environment_of(executor);
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        detail::start_wait<boost::system::error_code>{}, token, &env,
        saturating_add(env.now(), d > duration::zero() ? d : duration::zero()), timer_class::event);
}

} // namespace windtunnel
