// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/bulkhead.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {
constexpr option_check bulkhead_check{"bulkhead"};

void check_max_concurrent(int value) {
    bulkhead_check(value >= 1, "max_concurrent", value, "be at least 1");
}
} // namespace

void bulkhead_options::validate() const {
    check_max_concurrent(max_concurrent);
    bulkhead_check(max_queue >= 0, "max_queue", max_queue, "not be negative");
    if (max_queue == 0)
        bulkhead_check(max_wait == duration::zero(), "max_wait", max_wait,
                       "be 0s where max_queue is 0: there is nowhere to wait");
    else
        bulkhead_check(max_wait > duration::zero(), "max_wait", max_wait,
                       "be above 0 where there is a queue: nobody would wait in it");
}

void bulkhead::permit::release() noexcept {
    if (owner_ != nullptr)
        std::exchange(owner_, nullptr)->free(weight_);
}

bulkhead::waiter::waiter(granted_function on_grant, int weight)
    : on_grant_(on_grant), weight_(weight) {
    WINDTUNNEL_ASSERT(on_grant != nullptr && weight >= 1);
}

bulkhead::waiter::~waiter() {
    if (owner_ != nullptr)
        owner_->cancel(*this);
}

bulkhead::bulkhead(const bulkhead_options& options) : options_(options) {
    options.validate();
}

bulkhead::~bulkhead() {
    WINDTUNNEL_ASSERT(in_use_ == 0 && first_ == nullptr);
}

bulkhead::permit bulkhead::try_acquire(int weight) {
    WINDTUNNEL_ASSERT(weight >= 1);
    if (first_ != nullptr || weight > options_.max_concurrent - in_use_)
        return {};
    in_use_ += weight;
    return {this, weight};
}

enqueue_result bulkhead::enqueue(waiter& w) {
    WINDTUNNEL_ASSERT(w.place_ == waiter::place::nowhere);
    if (auto slot = try_acquire(w.weight_)) {
        slot.owner_ = nullptr; // it is the waiter's now
        w.owner_ = this;
        w.place_ = waiter::place::slot;
        return enqueue_result::granted;
    }
    if (queued_ >= options_.max_queue || w.weight_ > options_.max_concurrent)
        return enqueue_result::rejected_full;
    append(w);
    return enqueue_result::queued;
}

bulkhead::permit bulkhead::claim(waiter& w) {
    WINDTUNNEL_ASSERT(w.owner_ == this && w.place_ == waiter::place::slot);
    w.owner_ = nullptr;
    w.place_ = waiter::place::nowhere;
    return {this, w.weight_};
}

bool bulkhead::cancel(waiter& w) {
    if (w.place_ == waiter::place::slot) {
        claim(w).release();
        return true;
    }
    if (w.place_ == waiter::place::queue) {
        unlink(w);
        w.owner_ = nullptr;
        w.place_ = waiter::place::nowhere;
        grant_waiters(); // it may have been the heavy one that held up the others
    }
    return false;
}

void bulkhead::resize(int max_concurrent) {
    check_max_concurrent(max_concurrent);
    options_.max_concurrent = max_concurrent;
    grant_waiters();
}

bool bulkhead::fits(int weight) const {
    return std::min(weight, options_.max_concurrent) <= options_.max_concurrent - in_use_;
}

void bulkhead::free(int weight) {
    in_use_ -= weight;
    grant_waiters();
}

/// One at a time, and never nested: a callback finds the bulkhead consistent, whatever it does.
void bulkhead::grant_waiters() {
    if (granting_)
        return;
    granting_ = true;
    while (first_ != nullptr && fits(first_->weight_)) {
        auto& next = *first_;
        unlink(next);
        in_use_ += next.weight_;
        next.place_ = waiter::place::slot;
        next.on_grant_(next);
    }
    granting_ = false;
}

void bulkhead::append(waiter& w) {
    w.owner_ = this;
    w.place_ = waiter::place::queue;
    w.previous_ = last_;
    w.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &w;
    last_ = &w;
    ++queued_;
}

void bulkhead::unlink(waiter& w) {
    (w.previous_ != nullptr ? w.previous_->next_ : first_) = w.next_;
    (w.next_ != nullptr ? w.next_->previous_ : last_) = w.previous_;
    --queued_;
}

} // namespace windtunnel
