// SPDX-License-Identifier: BSL-1.0
// The first of the two seams: where time, timers and chance come from. It is a service of the
// executor's context. On an ordinary Asio context the service makes itself on first use and is
// live: steady_clock, one steady_timer for all timers of the context. A simulation installs its
// own, with virtual time and streams derived from the run's seed. Library code asks for it once a
// root call. Live use: one thread (or one strand) runs everything that shares the context's
// environment.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <memory>
#include <string_view>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/base/timer.hpp"

namespace windtunnel {

class runner_pool;

class environment : public boost::asio::execution_context::service {
  public:
    /// The only key: with a key_type here a simulation would silently get a second, live service.
    static inline boost::asio::execution_context::id id;

    explicit environment(boost::asio::execution_context& context);
    ~environment() override;

    virtual time_point now() const;
    /// Fires t at `due` (or as soon as possible after it, when that has passed). t must be
    /// disarmed.
    virtual void arm(timer& t, time_point due, timer_class kind);
    virtual void disarm(timer& t);

    /// A stream of random numbers derived from the environment's seed and the consumer's name.
    random_stream stream(std::string_view name) const { return {seed_, name}; }
    std::uint64_t seed() const { return seed_; }
    /// Live the seed is drawn from the system; set it before use for a run that can be repeated.
    void reseed(std::uint64_t seed) { seed_ = seed; }

    /// Blocks for the small objects of operations in flight; sizes are returned on deallocation.
    virtual void* allocate(std::size_t bytes);
    virtual void deallocate(void* block, std::size_t bytes);

    /// The executor on which timers fire; set by the first environment_of.
    const boost::asio::any_io_executor& executor() const { return executor_; }
    bool attached() const { return static_cast<bool>(executor_); }
    void attach(boost::asio::any_io_executor executor);
    /// The same without counting as work: what is parked on it does not hold run() back.
    const boost::asio::any_io_executor& idle_executor() const { return idle_executor_; }
    /// Whether `executor` is the environment's own: what completes on it need not be dispatched.
    bool owns(const boost::asio::any_io_executor& executor) const {
        return executor == executor_ || executor == idle_executor_;
    }

    /// The recycled coroutines of this context (patterns/base/runner.hpp), made on first use.
    runner_pool& runners() { return runners_ != nullptr ? *runners_ : make_runners(); }

  protected:
    struct without_clock {};
    environment(boost::asio::execution_context& context, std::uint64_t seed, without_clock);
    void shutdown() override;

  private:
    runner_pool& make_runners();

    struct live_timers;
    std::unique_ptr<live_timers> live_;
    boost::asio::any_io_executor executor_, idle_executor_;
    runner_pool* runners_ = nullptr;
    std::uint64_t seed_;
};

/// The environment of an executor's context: costs a mutex and a list walk (about 30 ns), so look
/// it up once a root call and carry the pointer in the call_context.
template <class Executor>
environment& environment_of(const Executor& executor) {
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    auto& found = boost::asio::use_service<environment>(context);
    if (!found.attached())
        found.attach(executor);
    return found;
}

} // namespace windtunnel
