// SPDX-License-Identifier: BSL-1.0
// A request through a pipeline and a transport as one operation: what pipeline::execute does with
// async_send for an operation, decided by the same pipeline_call, without a coroutine of its own
// and in one block of memory. For whoever makes very many calls.
//   auto sending = async_send(policies, to, what, context, deferred);
//   std::tuple<outcome<reply>, std::uint32_t> [result, attempts] = co_await std::move(sending);
// `attempts` counts those that left. Cancellation: as pipeline::execute.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/hedged_send.hpp"
#include "patterns/resilience/pipeline.hpp"

namespace windtunnel {

namespace detail {

template <class Handler>
class pipeline_send_operation : private timer, private pending_call, private bulkhead::waiter {
  public:
    static void start(Handler handler, pipeline& policies, transport& to, const request& what,
                      const call_context& context) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        void* block = context.environment->allocate(sizeof(pipeline_send_operation));
        auto* self =
            new (block) pipeline_send_operation(std::move(handler), policies, to, what, context);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        const action next = self->unless_cancelled(self->call_.begin(self->env().now()));
        if (next != action::finish)
            return self->go(next);
        self->phase_ = phase::finishing; // never from inside its own initiation
        self->env().arm(*self, self->env().now(), timer_class::event);
    }

  private:
    using action = pipeline_call::action;
    enum class phase : std::uint8_t { deciding, operating, sleeping, waiting, queueing, finishing };

    struct canceller {
        explicit canceller(pipeline_send_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        pipeline_send_operation* operation;
    };

    pipeline_send_operation(Handler&& handler, pipeline& policies, transport& to,
                            const request& asked, const call_context& c)
        : timer(&struck, &abandoned), pending_call(asked, c, &answered), waiter(&granted_one),
          call_(policies.begin_call(c)), handler_(std::move(handler)), transport_(to),
          hedged_(&policies.hedged()) {}

    environment& env() const { return *context.environment; }

    static pipeline_send_operation& of(timer& t) {
        return static_cast<pipeline_send_operation&>(t);
    }

    /// An observer may bring the cancellation about while the call is being decided.
    action unless_cancelled(action next) {
        return cancelled_ && next != action::finish ? call_.on_cancelled(next, env().now()) : next;
    }

    void go(action next) {
        switch (unless_cancelled(next)) {
        case action::operate:
            phase_ = phase::operating;
            cut_ = cut_by::nobody;
            call_.prepare(context);
            return start_operation();
        case action::sleep:
            phase_ = phase::sleeping;
            return env().arm(*this, saturating_add(env().now(), call_.delay()), timer_class::event);
        case action::wait_for_permit:
            phase_ = phase::waiting;
            if (call_.bulkhead().enqueue(*this) == enqueue_result::queued)
                return env().arm(*this, call_.wait_deadline(), timer_class::deadline);
            return env().arm(*this, env().now(), timer_class::event);
        case action::wait_for_turn:
            phase_ = phase::queueing;
            call_.turn().on_earlier(
                [](void* o) { static_cast<pipeline_send_operation*>(o)->await_turn(); }, this);
            return await_turn();
        case action::finish:
            return finish();
        }
    }

    /// Its turn comes earlier when somebody before it gives up.
    void await_turn() {
        env().disarm(*this);
        env().arm(*this, call_.turn().ready_at(), timer_class::event);
    }

    /// The attempts of a hedge have the same deadline, or a sooner one, and learn of it first.
    void start_operation() {
        sent = 1;
        if (hedged_->how != nullptr)
            hedging_ = &hedged_send::start(*this, *hedged_, transport_, more_attempts_);
        if (call_.deadline() != never)
            env().arm(*this, call_.deadline(), timer_class::deadline);
        if (hedged_->how == nullptr)
            transport_.start(*this);
    }

    /// The transport has an outcome, or drops the call with everything else.
    static void answered(pending_call& call, outcome<reply>* result) {
        auto& self = static_cast<pipeline_send_operation&>(call);
        self.env().disarm(self);
        self.phase_ = phase::deciding;
        self.hedging_ = nullptr;
        if (result == nullptr) {
            self.release();
            return;
        }
        self.more_attempts_ += static_cast<std::int32_t>(self.sent) - 1;
        self.result_ = std::move(*result);
        const failure* failed = self.result_.ok() ? nullptr : &self.result_.failed();
        self.go(self.call_.on_result(failed, self.cut_, self.env().now()));
    }

    static void struck(timer& t) {
        auto& self = of(t);
        switch (self.phase_) {
        case phase::deciding:
            return;
        case phase::operating:
            return self.cut(cut_by::deadline);
        case phase::sleeping:
            self.phase_ = phase::deciding;
            return self.go(self.call_.on_slept(true, self.env().now()));
        case phase::waiting:
            return self.waited();
        case phase::queueing:
            self.phase_ = phase::deciding;
            self.call_.turn().on_earlier(nullptr, nullptr);
            return self.go(self.call_.on_turn(turn_wait::come, self.env().now()));
        case phase::finishing:
            return self.finish();
        }
    }

    void waited() {
        phase_ = phase::deciding;
        if (!granted()) {
            call_.bulkhead().cancel(*this);
            return go(call_.on_permit(permit_wait::expired, env().now()));
        }
        call_.accept(call_.bulkhead().claim(*this));
        go(call_.on_permit(permit_wait::granted, env().now()));
    }

    /// Goes on by the timer, on a turn of its own: the grant comes from inside another's release.
    static void granted_one(bulkhead::waiter& w) {
        auto& self = static_cast<pipeline_send_operation&>(w);
        self.env().disarm(self);
        self.env().arm(self, self.env().now(), timer_class::event);
    }

    void cut(cut_by who) {
        if (cut_ == cut_by::nobody) // who cut first is who cut
            cut_ = who;
        if (hedging_ != nullptr)
            hedging_->cancel();
        else
            transport_.cancel(*this);
    }

    void cancel() {
        call_.caller_gave_up();
        cancelled_ = true;
        switch (phase_) {
        case phase::deciding:
            return;
        case phase::operating:
            return cut(cut_by::caller);
        case phase::sleeping:
            env().disarm(*this);
            phase_ = phase::deciding;
            return go(call_.on_slept(false, env().now()));
        case phase::waiting:
            env().disarm(*this);
            phase_ = phase::deciding;
            call_.bulkhead().cancel(*this);
            return go(call_.on_permit(permit_wait::cancelled, env().now()));
        case phase::queueing:
            env().disarm(*this);
            phase_ = phase::deciding;
            call_.turn().on_earlier(nullptr, nullptr);
            return go(call_.on_turn(turn_wait::cancelled, env().now()));
        case phase::finishing:
            return;
        }
    }

    /// The simulation ends; while it operates the transport has the call, and will drop it.
    static void abandoned(timer& t) {
        auto& self = of(t);
        if (self.phase_ != phase::operating)
            self.release();
    }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& e = env();
        this->~pipeline_send_operation();
        e.deallocate(this, sizeof(pipeline_send_operation));
        return handler;
    }

    void finish() {
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        environment& e = env();
        outcome<reply> result = std::move(result_);
        if (const failure* f = call_.failed())
            result = *f;
        else if (call_.fell_back() != nullptr)
            result = fallback_answer();
        const std::uint32_t attempts =
            call_.attempts() + static_cast<std::uint32_t>(more_attempts_);
        if (cancelled_)
            complete_later(e, release(), std::move(result), attempts);
        else
            complete_on(e, release(), std::move(result), attempts);
    }

    reply fallback_answer() const {
        reply answer = call_.substitute();
        answer.degraded = true;
        return answer;
    }

    pipeline_call call_;
    Handler handler_;
    transport& transport_;
    const hedged_policies* hedged_;
    hedged_send* hedging_ = nullptr; ///< while it operates
    outcome<reply> result_;
    std::int32_t more_attempts_ = 0; ///< of hedges; see hedged_send
    phase phase_ = phase::deciding;
    cut_by cut_ = cut_by::nobody;
    bool cancelled_ = false;
};

struct start_pipeline_send {
    template <class Handler>
    void operator()(Handler&& handler, pipeline* policies, transport* to, const request& what,
                    const call_context& context) const {
        using operation = pipeline_send_operation<std::decay_t<Handler>>;
        operation::start(std::forward<Handler>(handler), *policies, *to, what, context);
    }
};

} // namespace detail

/// Completes with (outcome<reply>, attempts). `what` and `context` are copied at once, so that a
/// deferred operation may outlive them; context.environment must be set. The pipeline and the
/// transport outlive the call.
template <class Token>
auto async_send(pipeline& policies, transport& to, const request& what, const call_context& context,
                Token&& token) {
    WINDTUNNEL_ASSERT(context.environment != nullptr);
    return boost::asio::async_initiate<Token, void(outcome<reply>, std::uint32_t)>(
        detail::start_pipeline_send{}, token, &policies, &to, what, context);
}

} // namespace windtunnel
