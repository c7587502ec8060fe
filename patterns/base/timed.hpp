// SPDX-License-Identifier: BSL-1.0
// An operation with a deadline: completes when the operation does; at the deadline the operation is
// cancelled (terminal) and joined. The result decides: a value wins even when the timer has fired.
// Who cut the operation short is told apart from what it answered by `cut_by`, never by an error
// code. An answer at exactly the deadline is in time, because deadlines strike after events of the
// instant.
//   async_timed<R>(env, deadline, op, token)   op(handler) starts an operation of void(outcome<R>)
//   run_timed(job, env, deadline, token)       a job of a runner, already started and not done
// Never use Asio's `a || b` for this: it waits for one success, so that a fast error loses to the
// timer, and costs thirty times as much.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel_error.hpp>
#include <cstdint>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/base/runner.hpp"

namespace windtunnel {

enum class cut_by : std::uint8_t { nobody, deadline, caller };

namespace detail {

/// Asio's operations that were cancelled say so with one of these.
inline bool says_cancelled(const boost::system::error_code& code) {
    return code == boost::asio::error::operation_aborted ||
           code == boost::asio::experimental::error::channel_cancelled;
}

template <class R, class Handler>
class timed_operation : private timer {
  public:
    template <class Op>
    static void start(Handler handler, environment& env, time_point deadline, Op&& op) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        void* block = env.allocate(sizeof(timed_operation));
        auto* self = new (block) timed_operation(std::move(handler), env);
        if (deadline != never)
            env.arm(*self, deadline, timer_class::deadline);
        if (slot.is_connected())
            slot.template emplace<outer_canceller>(self);
        bool gone = false;
        self->gone_ = &gone;
        std::forward<Op>(op)(inner_handler{self});
        if (gone)
            return;
        self->gone_ = nullptr;
        if (self->cut_ != cut_by::nobody) // by what op did, perhaps before it could be told
            self->inner_.emit(boost::asio::cancellation_type::terminal);
    }

  private:
    /// Completes the inner operation. It owns the operation's state: dropped with it.
    struct inner_handler {
        using completes_inline = void; ///< finish() completes on the outer handler's executor
        explicit inner_handler(timed_operation* o) : operation(o) {}
        inner_handler(inner_handler&& other) noexcept
            : operation(std::exchange(other.operation, nullptr)) {}
        inner_handler& operator=(inner_handler&&) = delete;
        ~inner_handler() {
            if (operation != nullptr)
                operation->release();
        }
        using cancellation_slot_type = boost::asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return operation->inner_.slot();
        }
        using executor_type = boost::asio::any_io_executor;
        const executor_type& get_executor() const noexcept {
            return operation->environment_.executor();
        }
        void operator()(outcome<R> result) {
            std::exchange(operation, nullptr)->finish(std::move(result));
        }
        timed_operation* operation;
    };
    struct outer_canceller {
        explicit outer_canceller(timed_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cut(cut_by::caller);
        }
        timed_operation* operation;
    };

    timed_operation(Handler&& handler, environment& env)
        : timer(&expired), handler_(std::move(handler)), environment_(env) {}

    static void expired(timer& t) { static_cast<timed_operation&>(t).cut(cut_by::deadline); }

    void cut(cut_by who) {
        if (cut_ == cut_by::nobody)
            cut_ = who;
        inner_.emit(boost::asio::cancellation_type::terminal);
    }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        env.disarm(*this);
        if (gone_ != nullptr)
            *gone_ = true;
        this->~timed_operation();
        env.deallocate(this, sizeof(timed_operation));
        return handler;
    }

    void finish(outcome<R> result) {
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        environment& env = environment_;
        const cut_by who = cut_;
        complete_on(env, release(), std::move(result), who);
    }

    boost::asio::cancellation_signal inner_;
    Handler handler_;
    environment& environment_;
    bool* gone_ = nullptr; ///< while op is being started: tells start() that this has gone
    cut_by cut_ = cut_by::nobody;
};

template <class R>
struct start_timed {
    template <class Handler, class Op>
    void operator()(Handler&& handler, environment* env, time_point deadline, Op&& op) const {
        timed_operation<R, std::decay_t<Handler>>::start(std::forward<Handler>(handler), *env,
                                                         deadline, std::forward<Op>(op));
    }
};

/// Watches a job of a runner for the driver that is suspended until the job has ended.
template <class Handler>
class timed_job : private timer {
  public:
    static void start(Handler handler, runner_job& job, environment& env, time_point deadline) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto* self = new (env.allocate(sizeof(timed_job))) timed_job(std::move(handler), job, env);
        if (deadline != never)
            env.arm(*self, deadline, timer_class::deadline);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        job.on->on_end(&self->ended_);
    }

  private:
    struct canceller {
        explicit canceller(timed_job* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cut(cut_by::caller);
        }
        timed_job* operation;
    };
    struct end_hook : parked_handler {
        explicit end_hook(timed_job* o) : parked_handler{&end_hook::invoked}, operation(o) {}
        static void invoked(parked_handler* base, bool run) {
            static_cast<end_hook*>(base)->operation->finish(run);
        }
        timed_job* operation;
    };

    timed_job(Handler&& handler, runner_job& job, environment& env)
        : timer(&expired), handler_(std::move(handler)), job_(job), environment_(env) {}

    static void expired(timer& t) { static_cast<timed_job&>(t).cut(cut_by::deadline); }

    void cut(cut_by who) {
        if (cut_ == cut_by::nobody)
            cut_ = who;
        job_.on->cancel();
    }

    void finish(bool run) {
        environment& env = environment_;
        env.disarm(*this);
        if (run)
            boost::asio::get_associated_cancellation_slot(handler_).clear();
        const cut_by who = cut_;
        Handler handler(std::move(handler_));
        this->~timed_job();
        env.deallocate(this, sizeof(timed_job));
        if (run)
            complete_on(env, std::move(handler), who);
    }

    end_hook ended_{this};
    Handler handler_;
    runner_job& job_;
    environment& environment_;
    cut_by cut_ = cut_by::nobody;
};

struct start_timed_job {
    template <class Handler>
    void operator()(Handler&& handler, runner_job* job, environment* env,
                    time_point deadline) const {
        timed_job<std::decay_t<Handler>>::start(std::forward<Handler>(handler), *job, *env,
                                                deadline);
    }
};

} // namespace detail

/// Completes with (outcome<R>, cut_by).
template <class R, class Op, class Token>
auto async_timed(environment& env, time_point deadline, Op&& op, Token&& token) {
    return boost::asio::async_initiate<Token, void(outcome<R>, cut_by)>(
        detail::start_timed<R>{}, token, &env, deadline, std::forward<Op>(op));
}

/// Completes with cut_by when the job has ended. The job must have been started and not be done.
template <class Token>
auto run_timed(runner_job& job, environment& env, time_point deadline, Token&& token) {
    return boost::asio::async_initiate<Token, void(cut_by)>(detail::start_timed_job{}, token, &job,
                                                            &env, deadline);
}

} // namespace windtunnel
