// SPDX-License-Identifier: BSL-1.0
// Runs an awaitable on another executor and comes back with its result, or its exception. Both
// sides must be serial (a strand, or a context that one thread runs); they may be different threads
// and everything that crosses is posted: the start, the result, and a cancellation, which finds
// nothing to cancel when it arrives after the end. (co_spawn with a token of another executor
// leaves a pointer behind in that case, up to Boost 1.82.)
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace windtunnel {

namespace detail {

/// What both sides hold. The signal is touched on the other side alone, the result there until the
/// end and on the home side after it.
template <class T>
struct excursion {
    boost::asio::any_io_executor home, away;
    boost::asio::cancellation_signal signal;
    std::optional<T> result;
    std::exception_ptr error;
};

template <class T>
struct start_excursion {
    template <class Handler>
    void operator()(Handler&& handler, std::shared_ptr<excursion<T>> trip,
                    boost::asio::awaitable<T> what) const {
        namespace asio = boost::asio;
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.assign([trip](asio::cancellation_type type) {
                asio::post(trip->away, [trip, type] { trip->signal.emit(type); });
            });
        auto ended = [trip, h = std::forward<Handler>(handler)](std::exception_ptr error,
                                                                T value) mutable {
            trip->error = error;
            if (!error)
                trip->result.emplace(std::move(value));
            asio::post(trip->home, [h = std::move(h)]() mutable {
                asio::get_associated_cancellation_slot(h).clear();
                std::move(h)();
            });
        };
        asio::post(trip->away, [trip, what = std::move(what), ended = std::move(ended)]() mutable {
            asio::co_spawn(trip->away, std::move(what),
                           asio::bind_cancellation_slot(trip->signal.slot(), std::move(ended)));
        });
    }
};

} // namespace detail

/// T must be default-constructible and movable.
template <class T>
boost::asio::awaitable<T> run_on(boost::asio::any_io_executor away,
                                 boost::asio::awaitable<T> what) {
    namespace asio = boost::asio;
    auto trip = std::make_shared<detail::excursion<T>>();
    trip->home = co_await asio::this_coro::executor;
    trip->away = std::move(away);
    auto travelling = asio::async_initiate<const asio::deferred_t, void()>(
        detail::start_excursion<T>{}, asio::deferred, trip, std::move(what));
    co_await std::move(travelling);
    if (trip->error)
        std::rethrow_exception(trip->error);
    co_return std::move(*trip->result);
}

} // namespace windtunnel
