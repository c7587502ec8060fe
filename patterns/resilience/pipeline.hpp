// SPDX-License-Identifier: BSL-1.0
// Policies around an operation, outermost first: the one driver, the same live and simulated.
//   pipeline client{timeout{.total = 2s}, retry{options, &budget}, &breaker, &bulkhead,
//                   timeout{.per_attempt = 300ms}};
//   outcome<reply> r = co_await client.execute<reply>(context, operation);
// The operation is called once an attempt with a call_context& and returns either an
// awaitable<outcome<R>> or a deferred Asio operation of void(outcome<R>) (no coroutine: cheaper).
// What decides is `pipeline_call`, a state machine without I/O; execute() only waits for it.
// A pipeline, its policies and its calls belong to one thread or strand. It must outlive its calls,
// the policies it points to must outlive it.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "patterns/base/call_context.hpp"
#include "patterns/base/timed.hpp"
#include "patterns/resilience/hedged_job.hpp"
#include "patterns/resilience/operation.hpp"
#include "patterns/resilience/pipeline_call.hpp"

namespace windtunnel {

namespace detail {

/// An operation that is a coroutine, on a runner, so that it can be cut short on its own.
template <class R, class F>
struct operation_job : runner_job {
    operation_job(F& f, call_context& c) : runner_job(&run), operation(f), context(c) {}

    F& operation;
    call_context& context;
    outcome<R> result{failure_kind::cancelled}; ///< unless it runs
    std::exception_ptr thrown;

    static awaitable<void> run(runner_job& base) {
        auto& self = static_cast<operation_job&>(base);
        try {
            auto running = self.operation(self.context);
            self.result = co_await std::move(running);
        } catch (const boost::system::system_error& e) {
            if (says_cancelled(e.code()))
                self.result = failure_kind::cancelled;
            else
                self.thrown = std::current_exception();
        } catch (...) {
            self.thrown = std::current_exception();
        }
    }
};

struct no_fallback {};

/// The value of the fallback, tagged; the original failure where it has none.
template <class R, class G>
awaitable<outcome<R>> substitute(G& fall_back, failure original) {
    outcome<R> result;
    if constexpr (std::is_same_v<std::invoke_result_t<G&, const failure&>, awaitable<outcome<R>>>) {
        auto making = fall_back(original);
        result = co_await std::move(making);
    } else {
        result = fall_back(original);
    }
    if (!result.ok())
        co_return original;
    if constexpr (requires(R & r) { r.degraded = true; })
        result.value().degraded = true;
    co_return result;
}

inline bool is_cancelled(const boost::asio::cancellation_state& state) {
    return state.cancelled() != boost::asio::cancellation_type::none;
}

} // namespace detail

class pipeline {
  public:
    static constexpr std::size_t max_policies = pipeline_call::max_policies;

    /// Throws std::invalid_argument for options that are out of range and for more than
    /// max_policies policies.
    pipeline(std::initializer_list<policy> outermost_first);
    explicit pipeline(std::vector<policy> outermost_first);
    pipeline(const pipeline&) = delete;
    pipeline& operator=(const pipeline&) = delete;

    const std::vector<policy>& policies() const { return policies_; }
    bool empty() const { return policies_.empty(); }

    /// The order in words: "timeout 2s total > retry 3 attempts > circuit breaker > ...".
    std::string describe() const;
    /// What is foolish about the order, one sentence each; empty when nothing is.
    std::vector<std::string> warnings() const;

    /// The stream that jitter is drawn from; unless set, one of the environment's, named after the
    /// pipeline's description.
    void draw_from(random_stream random);

    /// What the policy in this place of policies() did; of a hedging nothing, see hedge::metrics.
    const policy_traffic& traffic(std::size_t place) const;

    /// Every decision goes to the observer; nullptr: to nobody.
    void observe(pipeline_observer* observer);
    /// Of calls whose context names a recorded span this one hears, too; nullptr: nobody.
    void record(pipeline_observer* recorder);
    /// What observers threw: swallowed, and counted here.
    std::uint64_t observer_errors() const {
        return audience_.errors + (inside_ ? inside_->observer_errors() : 0);
    }

    /// Runs the operation under the policies. Of `context` the deadline bounds everything; its
    /// environment is looked up when it is null. An exception of the operation counts as a failure
    /// that is not retried, and is thrown on unchanged. When the calling coroutine is cancelled the
    /// operation is cancelled and joined, and execute returns: a value, the operation's own
    /// failure, or `cancelled`.
    template <class F>
    requires awaitable_safe<F>
    auto execute(const call_context& context, F&& operation)
        -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
        if (has_fallback_)
            throw std::logic_error("pipeline: it has a fallback, and this call brings none");
        return begin<F>(context, std::forward<F>(operation), detail::no_fallback{});
    }
    /// The same with what takes the place of a failure that the pipeline's fallback handles:
    /// `fall_back(const failure&)` returns an outcome<R>, or an awaitable of one. Where it fails,
    /// too, the call ends with the failure that it stood in for.
    template <class F, class G>
    requires awaitable_safe<F> && awaitable_safe<G>
    auto execute(const call_context& context, F&& operation, G&& fall_back)
        -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
        return begin<F>(context, std::forward<F>(operation), std::forward<G>(fall_back));
    }

    /// For drivers: a call's way through the policies, those outside of the hedging where there is
    /// one. context.environment must be set.
    pipeline_call begin_call(const call_context& context) {
        if (!seeded_)
            seed(*context.environment);
        return {outside_, first_, context, random_, audience_, traffic_.data()};
    }
    /// For drivers: the hedging and what is inside of it; `how` is null where there is none.
    const hedged_policies& hedged() const { return hedged_; }

  private:
    template <class R, class F>
    static awaitable<cut_by> attempt(pipeline_call& call, call_context& context, F& operation,
                                     boost::asio::cancellation_state cancellation,
                                     outcome<R>& result, std::exception_ptr& thrown);
    template <class F, class G>
    auto begin(const call_context& context, F&& operation, G&& fall_back) {
        if (hedged_.how != nullptr)
            return drive_hedged<F, G>(context, std::forward<F>(operation),
                                      std::forward<G>(fall_back));
        return drive<F, G>(context, std::forward<F>(operation), std::forward<G>(fall_back));
    }
    template <class F, class G>
    auto drive(call_context context, F operation, G fall_back)
        -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>>;

    template <class F, class G>
    auto drive_hedged(call_context context, F operation, G fall_back)
        -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>>;

    /// Back-off and waiting for a permit: seldom, so in a frame of its own, which keeps that of the
    /// call small.
    static awaitable<pipeline_call::action> wait(environment& env, pipeline_call& call,
                                                 pipeline_call::action what);

    void split();
    void seed(environment& env);

    std::vector<policy> policies_;    ///< all of them
    std::span<const policy> outside_; ///< those before the hedging; all where there is none
    std::size_t first_ = 0;           ///< the place of the first of them: not 0 inside of a hedging
    std::vector<policy_traffic> traffic_; ///< of those
    std::unique_ptr<pipeline> inside_;
    hedged_policies hedged_;
    random_stream random_;
    bool has_fallback_ = false;
    bool seeded_ = false;
    pipeline_audience audience_;
};

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 inlines Asio's allocation of the frame and not its deallocation, and sees a mismatch.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

/// One attempt: runs the operation until it ends, or is cut short. Throws nothing.
template <class R, class F>
awaitable<cut_by> pipeline::attempt(pipeline_call& call, call_context& context, F& operation,
                                    boost::asio::cancellation_state cancellation,
                                    outcome<R>& result, std::exception_ptr& thrown) {
    namespace this_coro = boost::asio::this_coro;
    environment& env = *context.environment;
    cut_by cut = cut_by::nobody;
    if constexpr (detail::operation_of<F>::is_coroutine) {
        detail::operation_job<R, F> job(operation, context);
        env.runners().start(job);
        const bool late = !job.done && detail::is_cancelled(cancellation);
        bool throws = false;
        if (late) {
            throws = co_await this_coro::throw_if_cancelled();
            co_await this_coro::throw_if_cancelled(false);
            job.on->cancel();
        }
        if (!job.done)
            cut = co_await run_timed(job, env, call.deadline(), boost::asio::deferred);
        if (late)
            co_await this_coro::throw_if_cancelled(throws);
        result = std::move(job.result);
        thrown = job.thrown;
    } else {
        try {
            auto running = operation(context);
            if (detail::is_cancelled(cancellation)) {
                result = failure_kind::cancelled;
            } else if (call.deadline() == never) {
                result = co_await std::move(running);
            } else {
                auto timed =
                    async_timed<R>(env, call.deadline(), std::move(running), boost::asio::deferred);
                std::tuple<outcome<R>, cut_by> ended = co_await std::move(timed);
                result = std::move(std::get<0>(ended));
                cut = std::get<1>(ended);
            }
        } catch (...) {
            thrown = std::current_exception();
        }
    }
    co_return cut;
}

template <class F, class G>
auto pipeline::drive(call_context context, F operation, G fall_back)
    -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
    using R = typename detail::operation_of<std::remove_cvref_t<F>>::type;
    using action = pipeline_call::action;
    namespace this_coro = boost::asio::this_coro;

    if (context.environment == nullptr) {
        auto executor = co_await this_coro::executor;
        context.environment = &environment_of(executor);
    }
    environment& env = *context.environment;

    // Asio throws at the next co_await of a cancelled coroutine: so ask before each one. A job that
    // runs must be joined, and how the call ended must be told to its policies.
    const auto cancellation = co_await this_coro::cancellation_state;
    outcome<R> result;
    std::exception_ptr thrown;
    pipeline_call call = begin_call(context);
    auto next = call.begin(env.now());
    while (next != action::finish) {
        if (detail::is_cancelled(cancellation)) {
            result = failure_kind::cancelled;
            next = call.on_cancelled(next, env.now());
        } else if (next == action::operate) {
            call.prepare(context);
            auto running = attempt(call, context, operation, cancellation, result, thrown);
            const cut_by cut = co_await std::move(running);
            if (detail::is_cancelled(cancellation))
                call.caller_gave_up();
            next = thrown
                       ? call.on_exception(env.now())
                       : call.on_result(result.ok() ? nullptr : &result.failed(), cut, env.now());
        } else {
            auto pause = wait(env, call, next);
            next = co_await std::move(pause);
        }
    }
    if (thrown)
        std::rethrow_exception(thrown);
    if (const failure* f = call.failed())
        result = *f;
    if constexpr (!std::is_same_v<std::remove_cvref_t<G>, detail::no_fallback>)
        if (const failure* original = call.fell_back()) {
            auto substituting = detail::substitute<R>(fall_back, *original);
            result = co_await std::move(substituting);
        }
    co_return result;
}

/// The policies outside of the hedging drive a group of attempts, each of which the policies inside
/// of it drive.
template <class F, class G>
auto pipeline::drive_hedged(call_context context, F operation, G fall_back)
    -> awaitable<outcome<typename detail::operation_of<std::remove_cvref_t<F>>::type>> {
    using R = typename detail::operation_of<std::remove_cvref_t<F>>::type;
    auto attempt = [&](call_context& c) {
        return inside_->template drive<F&, G&>(c, operation, fall_back);
    };
    auto group = [&](call_context& c) { return detail::run_hedged<R>(c, attempt, hedged_); };
    auto driving = drive<decltype(group)&, G&>(context, group, fall_back);
    co_return co_await std::move(driving);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

} // namespace windtunnel
