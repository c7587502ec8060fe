// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/admission_queue.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/deadline.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {
constexpr std::array<std::string_view, admission_verdict_count> verdict_names{
    "admitted", "waits", "deadline_passed", "queue_full", "shed", "waited_too_long", "cancelled"};
constexpr std::array<std::string_view, 2> order_names{"fifo", "adaptive_lifo"};
} // namespace

std::string_view to_string(admission_verdict verdict) {
    return verdict_names.at(static_cast<std::size_t>(verdict));
}

std::string_view to_string(admission_order order) {
    return order_names.at(static_cast<std::size_t>(order));
}

void admission_queue_options::validate() const {
    constexpr option_check check{"admission_queue"};
    check(max_queue >= 0, "max_queue", max_queue, "not be negative");
    check(max_wait > duration::zero(), "max_wait", max_wait, "be above 0");
    codel.validate();
}

void admission_queue::permit::record(limit_lesson lesson, time_point now) {
    WINDTUNNEL_ASSERT(owner_ != nullptr);
    slot_.record(lesson, now);
    std::exchange(owner_, nullptr)->slot_freed();
}

void admission_queue::permit::drop() noexcept {
    if (owner_ == nullptr)
        return;
    slot_.drop();
    std::exchange(owner_, nullptr)->slot_freed();
}

admission_queue::waiter::~waiter() {
    if (owner_ != nullptr)
        owner_->unlink(*this);
}

admission_queue::admission_queue(const admission_queue_options& options,
                                 const concurrency_limit_options& limit, random_stream probes,
                                 time_point now)
    : options_(options), limiter_(limit, probes, now), order_({.codel = options.codel}) {
    options.validate();
}

admission_queue::~admission_queue() {
    WINDTUNNEL_ASSERT(first_ == nullptr && limiter_.in_flight() == 0);
}

void admission_queue::on_room(void (*wake)(void*), void* argument) {
    wake_ = wake;
    wake_argument_ = argument;
}

admission_verdict admission_queue::arrive(time_point now, time_point deadline, permit& granted) {
    auto verdict = admission_verdict::waits;
    if (expired(deadline, now)) {
        verdict = admission_verdict::deadline_passed;
    } else if (first_ == nullptr && has_room()) {
        granted = {this, limiter_.try_acquire(now)};
        (void)order_.next(now, duration::zero(), true); // CoDel hears of short waits, too
        verdict = admission_verdict::admitted;
    } else if (queued_ >= options_.max_queue) {
        verdict = admission_verdict::queue_full;
    }
    if (verdict != admission_verdict::waits)
        tell(verdict, now, duration::zero());
    return verdict;
}

void admission_queue::enqueue(waiter& w, time_point now, time_point deadline) {
    WINDTUNNEL_ASSERT(!w.queued());
    w.owner_ = this;
    w.since_ = now;
    w.deadline_ = deadline;
    w.until_ = std::min(deadline, saturating_add(now, options_.max_wait));
    w.verdict_ = admission_verdict::waits;
    w.previous_ = last_;
    w.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &w;
    last_ = &w;
    ++queued_;
    tell(admission_verdict::waits, now, duration::zero());
}

void admission_queue::serve(time_point now) {
    while (first_ != nullptr && has_room()) {
        waiter* const next = choose(now);
        if (next == nullptr)
            decide(*first_, admission_verdict::shed, now);
        else if (expired(next->deadline_, now))
            decide(*next, admission_verdict::deadline_passed, now);
        else
            decide(*next, admission_verdict::admitted, now);
    }
}

/// Null: the oldest is to be dropped.
admission_queue::waiter* admission_queue::choose(time_point now) {
    switch (order_.next(now, now - first_->since_, first_ == last_)) {
    case queue_pick::drop_oldest:
        return nullptr;
    case queue_pick::newest:
        return options_.order == admission_order::adaptive_lifo ? last_ : first_;
    case queue_pick::oldest:
        break;
    }
    return first_;
}

void admission_queue::decide(waiter& w, admission_verdict verdict, time_point now) {
    if (verdict == admission_verdict::admitted)
        w.permit_ = {this, limiter_.try_acquire(now)};
    leave(w, verdict, now);
    w.decided_(w);
}

void admission_queue::leave(waiter& w, admission_verdict verdict, time_point now) {
    unlink(w);
    w.verdict_ = verdict;
    tell(verdict, now, now - w.since_);
}

void admission_queue::expire(waiter& w, time_point now) {
    WINDTUNNEL_ASSERT(w.owner_ == this && now >= w.until_);
    leave(w,
          expired(w.deadline_, now) ? admission_verdict::deadline_passed
                                    : admission_verdict::waited_too_long,
          now);
}

void admission_queue::cancel(waiter& w, time_point now) {
    if (w.queued())
        leave(w, admission_verdict::cancelled, now);
    w.permit_.drop();
}

admission_metrics admission_queue::metrics() const {
    return {.in_flight = in_flight(),
            .queued = queued_,
            .limit = limit(),
            .overloaded = order_.overloaded(),
            .count = count_,
            .observer_errors = observer_errors_};
}

void admission_queue::tell(admission_verdict verdict, time_point now, duration waited) {
    ++count_.at(static_cast<std::size_t>(verdict));
    if (observer_ == nullptr)
        return;
    try {
        observer_->on_event({verdict, now, waited, in_flight(), queued_});
    } catch (...) {
        ++observer_errors_;
    }
}

void admission_queue::slot_freed() noexcept {
    if (first_ != nullptr && wake_ != nullptr)
        wake_(wake_argument_);
}

void admission_queue::unlink(waiter& w) {
    (w.previous_ != nullptr ? w.previous_->next_ : first_) = w.next_;
    (w.next_ != nullptr ? w.next_->previous_ : last_) = w.previous_;
    w.owner_ = nullptr;
    --queued_;
}

} // namespace windtunnel
