// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/hedged_send.hpp"

#include <new>
#include <utility>

#include "patterns/resilience/pipeline_send.hpp"

namespace windtunnel {

/// Of one attempt. Destroyed unused it tells that the attempt was dropped.
struct hedged_send::attempt_handler {
    using cancellation_slot_type = cancellation_place::slot;
    using completes_inline = void;

    attempt_handler(hedged_send* o, int a) : of(o), attempt(a) {}
    attempt_handler(attempt_handler&& other) noexcept
        : of(std::exchange(other.of, nullptr)), attempt(other.attempt) {}
    attempt_handler& operator=(attempt_handler&&) = delete;
    ~attempt_handler() {
        if (of != nullptr)
            of->dropped();
    }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return of->places_[static_cast<std::size_t>(attempt - 1)].get();
    }
    void operator()(outcome<reply> result, std::uint32_t attempts) {
        std::exchange(of, nullptr)->ended(attempt, std::move(result), attempts);
    }

    hedged_send* of;
    int attempt;
};

hedged_send::hedged_send(pending_call& outer, const hedged_policies& policies, transport& to,
                         std::int32_t& more)
    : timer(&struck, &abandoned), environment_(*outer.context.environment), outer_(&outer),
      policies_(policies), transport_(to), more_(&more), what_(outer.what), context_(outer.context),
      state_(policies.how->begin(outer.context.idempotent, outer.context.deadline,
                                 environment_.now())) {}

hedged_send& hedged_send::start(pending_call& outer, const hedged_policies& policies, transport& to,
                                std::int32_t& more) {
    environment& env = *outer.context.environment;
    auto* self = new (env.allocate(sizeof(hedged_send))) hedged_send(outer, policies, to, more);
    if (policies.deposits)
        self->whole_ = policies.budget->begin(env.now());
    self->advance();
    return *self;
}

void hedged_send::free() {
    environment& env = environment_;
    env.disarm(*this);
    this->~hedged_send();
    env.deallocate(this, sizeof(hedged_send));
}

/// Launches what is to be launched now and arms the timer for what comes next.
void hedged_send::advance() {
    while (!answer_) {
        const time_point now = environment_.now();
        const hedge_step step = state_.next(now);
        if (step.action == hedge_action::launch) {
            if (allowed(step.attempt))
                launch(step.attempt);
            else if (state_.on_refused(step.attempt, now) == hedge_result::fail)
                answer(state_.last_failure());
            continue;
        }
        if (step.action == hedge_action::fail)
            answer(state_.last_failure());
        else if (step.until != never)
            environment_.arm(*this, step.until, timer_class::event);
        break;
    }
    // An attempt never ends inside of its start: an answer in here came without any running.
    if (answer_ && running_ == 0)
        environment_.arm(*this, environment_.now(), timer_class::event);
}

bool hedged_send::allowed(int attempt) {
    if (attempt == 1 || policies_.budget == nullptr)
        return true;
    auto& paid = paid_[static_cast<std::size_t>(attempt - 1)];
    paid = policies_.budget->withdraw(environment_.now(), state_.last_failure().kind);
    return static_cast<bool>(paid);
}

void hedged_send::launch(int attempt) {
    call_context context = context_;
    context.attempt += static_cast<std::uint32_t>(attempt - 1);
    ++running_;
    async_send(*policies_.inside, transport_, what_, context, attempt_handler(this, attempt));
}

void hedged_send::struck(timer& t) {
    auto& self = static_cast<hedged_send&>(t);
    if (self.answer_)
        self.complete_if_joined();
    else
        self.advance();
}

void hedged_send::ended(int attempt, outcome<reply>&& result, std::uint32_t attempts) {
    --running_;
    left_ += static_cast<std::int32_t>(attempts);
    auto& paid = paid_[static_cast<std::size_t>(attempt - 1)];
    if (policies_.budget != nullptr && !answer_)
        policies_.budget->on_outcome(classify(result), environment_.now(), paid.paid());
    paid.end();
    if (given_up_ && result.ok() && !answer_->ok())
        answer_ = std::move(result);
    if (answer_)
        return complete_if_joined();
    const time_point now = environment_.now();
    const hedge_result next = result.ok() ? state_.on_success(attempt, now)
                                          : state_.on_failure(attempt, result.failed(), now);
    switch (next) {
    case hedge_result::answer:
        answer(std::move(result));
        return complete_if_joined();
    case hedge_result::fail:
        answer(state_.last_failure());
        return complete_if_joined();
    case hedge_result::go_on:
        environment_.disarm(*this);
        return advance();
    case hedge_result::ignore:
        return complete_if_joined();
    }
}

void hedged_send::answer(outcome<reply>&& result) {
    answer_ = std::move(result);
    environment_.disarm(*this);
    cancel_rest();
}

void hedged_send::cancel_rest() {
    for (cancellation_place& place : places_)
        place.emit();
}

void hedged_send::cancel() {
    if (answer_)
        return;
    given_up_ = true;
    state_.abandon(environment_.now());
    answer(failure_kind::cancelled);
    complete_if_joined();
}

/// The losers, cancelled, mostly end within the same instant: then it is over.
void hedged_send::complete_if_joined() {
    const bool detached = policies_.detach_losers && !given_up_;
    if (running_ > 0 && !detached)
        return;
    if (outer_ != nullptr)
        complete();
    else if (running_ == 0)
        free();
}

/// Detached losers count as one attempt each, and what they answer is nobody's any more.
void hedged_send::complete() {
    pending_call& outer = *std::exchange(outer_, nullptr);
    outcome<reply> result = std::move(*answer_);
    *more_ += left_ + running_ - 1;
    if (running_ == 0)
        free();
    outer.complete(std::move(result));
}

void hedged_send::dropped() {
    if (--running_ == 0 && !armed())
        drop_call(); // else the last of its attempts and its timer takes it along
}

void hedged_send::abandoned(timer& t) {
    auto& self = static_cast<hedged_send&>(t);
    if (self.running_ == 0)
        self.drop_call();
}

void hedged_send::drop_call() {
    pending_call* outer = outer_;
    free();
    if (outer != nullptr)
        outer->drop();
}

} // namespace windtunnel
