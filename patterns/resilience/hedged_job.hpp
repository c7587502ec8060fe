// SPDX-License-Identifier: BSL-1.0
// Hedging for operations that are coroutines: the attempts run on runners, the first acceptable
// answer wins, the losers are cancelled and joined. As hedged_send, for pipeline::execute.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/runner.hpp"
#include "patterns/base/timed.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/hedged_send.hpp"
#include "patterns/resilience/retry_budget.hpp"

namespace windtunnel::detail {

template <class R>
struct hedged_outcome {
    outcome<R> result;
    std::exception_ptr thrown;
};

/// Deletes itself: when who waits has been resumed, or with the last of its attempts when all is
/// taken down. `operation` must outlive it, as what the frame of who waits owns does.
template <class R, class F>
class hedged_group : private timer {
  public:
    hedged_group(F& operation, const call_context& context, const hedged_policies& policies)
        : timer(&struck, &abandoned), operation_(operation), context_(context), policies_(policies),
          state_(policies.how->begin(context.idempotent, context.deadline, env().now())) {}

    /// True: all is over, and the group gone. False: wait for it, at once; it may be given up
    /// before.
    bool begin(hedged_outcome<R>& result) {
        result_ = &result;
        if (policies_.deposits)
            whole_ = policies_.budget->begin(env().now());
        advance();
        if (!over_ || running_ > 0)
            return false;
        delete this;
        return true;
    }

    template <class Handler>
    void wait(Handler&& handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        waiter_ = park(env(), std::forward<Handler>(handler));
        if (slot.is_connected())
            slot.assign([this](boost::asio::cancellation_type type) {
                if (type != boost::asio::cancellation_type::none)
                    give_up();
            });
        if (over_ && running_ == 0) // never from inside its own initiation
            env().arm(*this, env().now(), timer_class::event);
    }

    void give_up() {
        if (over_)
            return;
        given_up_ = true;
        state_.abandon(env().now());
        answer(failure_kind::cancelled);
        if (running_ == 0 && waiter_ != nullptr) // not from inside the emission
            env().arm(*this, env().now(), timer_class::event);
    }

  private:
    struct attempt : runner_job {
        attempt(hedged_group* g, int n, const call_context& c)
            : runner_job(&attempt::run), group(g), number(n), context(c) {
            ended = [](runner_job& job) {
                auto& self = static_cast<attempt&>(job);
                self.group->attempt_ended(self);
            };
        }
        /// Tells the group when the frame is destroyed before its end.
        struct guard {
            attempt* of;
            ~guard() {
                if (of != nullptr)
                    of->group->attempt_dropped();
            }
        };
        static awaitable<void> run(runner_job& base) {
            auto& self = static_cast<attempt&>(base);
            guard while_it_lives{&self};
            try {
                auto running = self.group->operation_(self.context);
                self.result = co_await std::move(running);
            } catch (const boost::system::system_error& e) {
                if (!says_cancelled(e.code()))
                    self.thrown = std::current_exception();
            } catch (...) {
                self.thrown = std::current_exception();
            }
            while_it_lives.of = nullptr;
        }
        hedged_group* group;
        int number;
        call_context context;
        outcome<R> result{failure_kind::cancelled};
        std::exception_ptr thrown;
        retry_budget::slot paid;
    };

    environment& env() const { return *context_.environment; }
    static void struck(timer& t) {
        auto& self = static_cast<hedged_group&>(t);
        if (!self.over_)
            self.advance();
        self.resume_if_joined();
    }
    static void abandoned(timer& t) {
        auto& self = static_cast<hedged_group&>(t);
        if (self.running_ == 0)
            self.drop_all();
    }
    void attempt_dropped() {
        if (--running_ == 0 && !armed())
            drop_all();
    }
    void drop_all() {
        parked_handler* waiter = std::exchange(waiter_, nullptr);
        delete this;
        drop(waiter);
    }

    void advance() {
        busy_ = true;
        while (!over_) {
            const time_point now = env().now();
            const hedge_step step = state_.next(now);
            if (step.action == hedge_action::launch) {
                retry_budget::slot paid;
                const bool asks = step.attempt > 1 && policies_.budget != nullptr;
                if (asks)
                    paid = policies_.budget->withdraw(now, state_.last_failure().kind);
                if (!asks || paid)
                    launch(step.attempt, std::move(paid));
                else if (state_.on_refused(step.attempt, now) == hedge_result::fail)
                    answer(state_.last_failure());
                continue;
            }
            if (step.action == hedge_action::fail)
                answer(state_.last_failure());
            else if (step.until != never)
                env().arm(*this, step.until, timer_class::event);
            break;
        }
        busy_ = false;
    }

    void launch(int number, retry_budget::slot paid) {
        call_context context = context_;
        context.attempt += static_cast<std::uint32_t>(number - 1);
        attempts_.push_back(std::make_unique<attempt>(this, number, context));
        attempts_.back()->paid = std::move(paid);
        ++running_;
        env().runners().start(*attempts_.back()); // it may end in here
    }

    void attempt_ended(attempt& a) {
        --running_;
        if (!over_)
            decide(a);
        else if (given_up_ && a.result.ok() && !result_->result.ok())
            result_->result = std::move(a.result);
        a.paid.end();
        if (busy_) // inside of advance(), which goes on
            return;
        env().disarm(*this);
        if (!over_)
            advance();
        resume_if_joined();
    }

    void decide(attempt& a) {
        const time_point now = env().now();
        if (a.thrown) {
            result_->thrown = a.thrown;
            return answer(failure_kind::error);
        }
        if (policies_.budget != nullptr)
            policies_.budget->on_outcome(classify(a.result), now, a.paid.paid());
        const hedge_result next = a.result.ok()
                                      ? state_.on_success(a.number, now)
                                      : state_.on_failure(a.number, a.result.failed(), now);
        if (next == hedge_result::answer)
            answer(std::move(a.result));
        else if (next == hedge_result::fail)
            answer(state_.last_failure());
    }

    void answer(outcome<R>&& result) {
        over_ = true;
        result_->result = std::move(result);
        env().disarm(*this);
        for (const auto& a : attempts_)
            if (a->on != nullptr)
                a->on->cancel();
    }

    /// The losers have ended, too.
    void resume_if_joined() {
        if (!over_ || running_ > 0 || waiter_ == nullptr)
            return;
        env().disarm(*this);
        parked_handler* waiter = std::exchange(waiter_, nullptr);
        delete this;
        resume(waiter);
    }

    F& operation_;
    call_context context_;
    hedged_policies policies_;
    hedge_state state_;
    hedged_outcome<R>* result_ = nullptr;
    parked_handler* waiter_ = nullptr;
    std::vector<std::unique_ptr<attempt>> attempts_;
    retry_budget::slot whole_; ///< the call, where this tells the budget of it
    int running_ = 0;
    bool over_ = false; ///< the answer is known; the losers are being joined
    bool busy_ = false;
    bool given_up_ = false;
};

template <class R, class F>
struct wait_for_hedged_group {
    template <class Handler>
    void operator()(Handler&& handler, hedged_group<R, F>* group) const {
        group->wait(std::forward<Handler>(handler));
    }
};

/// Runs the operation hedged; throws what the attempt that ended the call threw.
template <class R, class F>
awaitable<outcome<R>> run_hedged(call_context& context, F& operation,
                                 const hedged_policies& policies) {
    namespace this_coro = boost::asio::this_coro;
    hedged_outcome<R> ended;
    const auto cancellation = co_await this_coro::cancellation_state;
    auto* group = new hedged_group<R, F>(operation, context, policies); // deletes itself
    if (!group->begin(ended)) {
        // Cancelled by what it called: no reason to leave the attempts behind.
        const bool throws = co_await this_coro::throw_if_cancelled();
        co_await this_coro::throw_if_cancelled(false);
        if (cancellation.cancelled() != boost::asio::cancellation_type::none)
            group->give_up();
        auto waiting = boost::asio::async_initiate<const boost::asio::deferred_t, void()>(
            wait_for_hedged_group<R, F>{}, boost::asio::deferred, group);
        co_await std::move(waiting);
        co_await this_coro::throw_if_cancelled(throws);
    }
    if (ended.thrown)
        std::rethrow_exception(ended.thrown);
    co_return std::move(ended.result);
}

} // namespace windtunnel::detail
