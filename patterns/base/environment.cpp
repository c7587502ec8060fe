// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/environment.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <concepts>
#include <optional>
#include <random>

#include "patterns/base/runner.hpp"
#include "patterns/base/timer_queue.hpp"

namespace windtunnel {

namespace asio = boost::asio;

namespace {

/// A wait is never longer than this, so that a wait whose timers were all disarmed holds an
/// io_context's run() back by no more, and disarming costs no system call and no drained handler.
constexpr std::chrono::milliseconds longest_wait{50};

std::uint64_t seed_of_the_system() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

/// An executor like `inner` that takes no notice of outstanding_work.tracked: a coroutine that
/// waits for a job would otherwise keep its io_context from ever running out of work.
class untracked_executor {
  public:
    // A template, lest a copy be considered a conversion to any_io_executor and back.
    template <std::same_as<asio::any_io_executor> E>
    explicit untracked_executor(E inner) : inner_(std::move(inner)) {}

    asio::execution_context& query(asio::execution::context_t) const noexcept {
        return asio::query(inner_, asio::execution::context);
    }
    untracked_executor require(asio::execution::blocking_t::never_t) const {
        return untracked_executor(asio::require(inner_, asio::execution::blocking.never));
    }
    template <class F>
    void execute(F&& f) const {
        inner_.execute(std::forward<F>(f));
    }
    friend bool operator==(const untracked_executor& a, const untracked_executor& b) noexcept {
        return a.inner_ == b.inner_;
    }
    friend bool operator!=(const untracked_executor& a, const untracked_executor& b) noexcept {
        return !(a == b);
    }

  private:
    asio::any_io_executor inner_;
};

time_point steady_now() {
    return time_point{std::chrono::steady_clock::now().time_since_epoch()};
}

} // namespace

/// All timers of a live context behind one steady_timer, which waits for the earliest.
struct environment::live_timers {
    timer_queue queue;
    std::optional<boost::asio::steady_timer> clock;
    time_point waiting_until = never;

    void wait(const boost::asio::any_io_executor& executor) {
        if (queue.empty() || queue.next_due() >= waiting_until)
            return;
        if (!clock)
            clock.emplace(executor);
        waiting_until = std::min(queue.next_due(), steady_now() + longest_wait);
        clock->expires_at(std::chrono::steady_clock::time_point{waiting_until.time_since_epoch()});
        clock->async_wait([this, executor](const boost::system::error_code& error) {
            if (!error)
                expired(executor);
        });
    }

    void expired(const boost::asio::any_io_executor& executor) {
        waiting_until = never;
        const time_point now = steady_now();
        while (queue.next_due() <= now)
            queue.pop().fire();
        wait(executor);
    }
};

environment::environment(boost::asio::execution_context& context)
    : service(context), live_(std::make_unique<live_timers>()), seed_(seed_of_the_system()) {}

environment::environment(boost::asio::execution_context& context, std::uint64_t seed, without_clock)
    : service(context), seed_(seed) {}

environment::~environment() = default;

void environment::attach(asio::any_io_executor executor) {
    idle_executor_ = live_ ? untracked_executor(executor) : executor; // a simulation tracks nothing
    executor_ = std::move(executor);
}

time_point environment::now() const {
    return steady_now();
}

void environment::arm(timer& t, time_point due, timer_class kind) {
    WINDTUNNEL_ASSERT(live_ && attached());
    live_->queue.arm(t, due, kind, steady_now());
    live_->wait(executor_);
}

void environment::disarm(timer& t) {
    if (live_)
        live_->queue.disarm(t);
}

runner_pool& environment::make_runners() {
    runners_ = &boost::asio::use_service<runner_pool>(context());
    return *runners_;
}

void* environment::allocate(std::size_t bytes) {
    return ::operator new(bytes);
}

void environment::deallocate(void* block, std::size_t bytes) {
    ::operator delete(block, bytes);
}

void environment::shutdown() {
    if (!live_)
        return;
    while (!live_->queue.empty())
        live_->queue.pop().abandon();
    live_->clock.reset();
}

} // namespace windtunnel
