// SPDX-License-Identifier: BSL-1.0
// Coroutines in tests: start one on any context; what it throws comes out of the context's run().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace windtunnel::test {

struct rethrow {
    void operator()(std::exception_ptr error) const {
        if (error)
            std::rethrow_exception(error);
    }
};

/// `body` is a function object that returns an awaitable<void>; it is kept as long as it runs.
template <class Context, class Body>
void spawn(Context& context, Body body) {
    boost::asio::co_spawn(context.get_executor(), std::move(body), rethrow{});
}

/// The same, cancelled by `signal`.
template <class Context, class Body>
void spawn(Context& context, boost::asio::cancellation_signal& signal, Body body) {
    boost::asio::co_spawn(context.get_executor(), std::move(body),
                          boost::asio::bind_cancellation_slot(signal.slot(), rethrow{}));
}

/// Starts `body` and runs the context until nothing is left to do.
template <class Context, class Body>
void run(Context& context, Body body) {
    spawn(context, std::move(body));
    context.run();
}

} // namespace windtunnel::test
