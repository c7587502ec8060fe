// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>

namespace windtunnel {

namespace asio = boost::asio;

runner_pool::runner_pool(asio::execution_context& context) : service(context) {
    environment_ = &asio::use_service<environment>(context);
    WINDTUNNEL_ASSERT(environment_->attached());
}

runner_pool::~runner_pool() = default;

void runner_pool::shutdown() {
    for (auto& r : runners_)
        r->shut_down();
}

void runner_pool::start(runner_job& job) {
    if (!idle_.empty()) {
        runner* r = idle_.back();
        idle_.pop_back();
        r->job_ = &job;
        job.on = r;
        return r->wake();
    }
    runners_.push_back(std::make_unique<runner>(*this));
    runner* r = runners_.back().get();
    r->job_ = &job;
    job.on = r;
    r->spawn();
}

void runner::shut_down() {
    if (parked_handler* parked = std::exchange(parked_, nullptr))
        drop(parked);
    // Once begun, the loop's frame owns the waiter: the job's frames may refer to the waiter's.
    if (parked_handler* waiter = begun_ ? nullptr : release_waiter())
        drop(waiter);
}

void runner::cancel() {
    if (job_ == nullptr || job_->done)
        return;
    cancelled_ = true;
    if (begun_)
        signal_.emit(asio::cancellation_type::terminal);
}

void runner::wake() {
    resume(std::exchange(parked_, nullptr));
}

void runner::spawn() {
    // On the executor, where drivers are, co_spawn's first step is taken here and now.
    asio::co_spawn(pool_.env().idle_executor(), loop(this),
                   asio::bind_cancellation_slot(signal_.slot(), [](std::exception_ptr error) {
                       if (error)
                           report_bug("a runner's job threw", __FILE__, __LINE__);
                   }));
}

namespace {
/// Owns the waiter as long as the job may still wake it: dropped with the loop's frame.
struct waiter_owner {
    runner* of;
    ~waiter_owner() {
        if (parked_handler* waiter = of->release_waiter())
            drop(waiter);
    }
};
} // namespace

awaitable<void> runner::loop(runner* self) {
    self->begun_ = true;
    for (;;) {
        runner_job* job = self->job_;
        {
            const waiter_owner owner{self};
            if (!self->cancelled_) // before it began
                co_await job->body(*job);
            self->to_wake_ = self->release_waiter();
        }
        self->job_ = nullptr;
        job->on = nullptr;
        job->done = true;
        self->ended_ = self->to_wake_ == nullptr && job->ended != nullptr ? job : nullptr;
        if (self->cancelled_) {
            self->cancelled_ = false;
            co_await asio::this_coro::reset_cancellation_state(
                asio::enable_terminal_cancellation());
        }
        auto parking = asio::async_initiate<const asio::deferred_t, void()>(
            [self](auto&& handler) {
                self->park_loop(park(self->pool_.env(), std::forward<decltype(handler)>(handler)));
            },
            asio::deferred);
        co_await std::move(parking);
    }
}

/// Parks first and wakes then: who is woken may have the next job for this very runner, and what
/// its handlers throw is theirs, not the loop's.
void runner::park_loop(parked_handler* parked) {
    parked_ = parked;
    pool_.idle_.push_back(this);
    runner_job* ended = std::exchange(ended_, nullptr);
    if (parked_handler* waiter = std::exchange(to_wake_, nullptr))
        resume(waiter);
    else if (ended != nullptr)
        ended->ended(*ended);
}

} // namespace windtunnel
