// SPDX-License-Identifier: BSL-1.0
// The relay of an outbox as a coroutine, live and simulated alike: it takes messages, publishes
// them one at a time, marks them, and waits until there is something to do. Run as many as there
// are to be messages in flight, each with a relay of its own. It ends when it is cancelled, or
// publishing was (`cancelled`, `shut_down`): then nothing is marked, and the lease gives the
// message back.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/environment.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/consistency/outbox_relay.hpp"
#include "patterns/resilience/operation.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

struct outbox_drive_options {
    /// How often to look when nothing is known to be due, as others may add; above 0. Our own.
    duration poll = std::chrono::milliseconds{500};
    /// How long to wait when another transaction is open, above 0. Our own.
    duration busy_wait = std::chrono::milliseconds{5};
    /// What makes the environment's time one that goes on after a restart: live, the wall clock
    /// less the steady clock when the program starts.
    duration epoch{0};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const {
        constexpr option_check check{"outbox_drive"};
        check(poll > duration::zero(), "poll", poll, "be above 0");
        check(busy_wait > duration::zero(), "busy_wait", busy_wait, "be above 0");
    }
};

static_assert(std::is_trivially_copyable_v<outbox_drive_options>); // it may be named in a co_await

namespace detail {

/// What the coroutine does between waits.
class outbox_drive {
  public:
    outbox_drive(outbox_relay& relay, environment& env, const outbox_drive_options& options)
        : relay_(relay), env_(env), options_(options), chance_(env.stream("outbox_relay")) {}

    environment& env() { return env_; }
    const std::optional<claimed_message>& current() const { return current_; }
    time_point wake() const { return wake_; }

    void take() {
        const time_point soon = saturating_add(env_.now(), options_.busy_wait);
        wake_ = soon;
        unless_busy([&] {
            current_ = relay_.next(durable_now());
            const time_point due = current_ ? never : relay_.next_event();
            wake_ = saturating_add(env_.now(), options_.poll);
            if (due != never)
                wake_ =
                    std::clamp(due, soon + options_.epoch, wake_ + options_.epoch) - options_.epoch;
        });
    }
    /// False: another transaction is open, try again at wake().
    bool settle(const outcome<done>& result) {
        wake_ = saturating_add(env_.now(), options_.busy_wait);
        return unless_busy([&] {
            const outbox_receipt& r = current_->receipt;
            if (result.ok())
                relay_.published(r);
            else
                relay_.failed(r, std::string{to_string(result.failed().kind)}, durable_now(),
                              chance_.uniform());
        });
    }

  private:
    time_point durable_now() const { return env_.now() + options_.epoch; }

    template <class Step>
    static bool unless_busy(Step step) {
        try {
            step();
            return true;
        } catch (const storage_error& e) {
            if (e.kind() != storage_failure::busy)
                throw;
            return false;
        }
    }

    outbox_relay& relay_;
    environment& env_;
    outbox_drive_options options_;
    random_stream chance_;
    std::optional<claimed_message> current_;
    time_point wake_{};
};

} // namespace detail

namespace detail {

template <class Publish>
boost::asio::awaitable<void> drive_outbox(outbox_relay& relay, Publish publish,
                                          outbox_drive_options options) {
    options.validate();
    auto executor = co_await boost::asio::this_coro::executor;
    outbox_drive drive{relay, environment_of(executor), options};
    for (;;) {
        drive.take();
        while (!drive.current()) {
            const bool elapsed = co_await async_wait_until(
                drive.env(), drive.wake(), timer_class::event, boost::asio::deferred);
            if (!elapsed)
                co_return;
            drive.take();
        }
        const outcome<done> result = co_await publish(drive.current()->message);
        if (result.failed_with(failure_kind::cancelled) ||
            result.failed_with(failure_kind::shut_down))
            co_return;
        while (!drive.settle(result)) {
            const bool elapsed = co_await async_wait_until(
                drive.env(), drive.wake(), timer_class::event, boost::asio::deferred);
            if (!elapsed)
                co_return;
        }
    }
}

} // namespace detail

/// `publish(const outbox_message&)` gives an awaitable<outcome<done>>; the message lives until it
/// has ended. The relay must outlive the coroutine and be its alone. What the storage throws, but
/// for busy, and what publish throws, comes out.
template <class Publish>
requires awaitable_safe<Publish> boost::asio::awaitable<void>
run_outbox_relay(outbox_relay& relay, Publish&& publish, const outbox_drive_options& options = {}) {
    return detail::drive_outbox<std::remove_cvref_t<Publish>>(relay, publish, options);
}

} // namespace windtunnel
