// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/simulation.hpp"

#include <boost/asio/detail/scheduler.hpp>

#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::sim {

/// Marks the simulation as running for as long as it lives, also when a handler throws.
class simulation::running_mark {
  public:
    explicit running_mark(simulation& s) : simulation_(s) {
        WINDTUNNEL_ASSERT(!s.running_); // run() from inside a handler
        s.running_ = true;
        s.runner_ = std::this_thread::get_id();
    }
    ~running_mark() { simulation_.running_ = false; }
    running_mark(const running_mark&) = delete;
    running_mark& operator=(const running_mark&) = delete;

  private:
    simulation& simulation_;
};

simulation::simulation(std::uint64_t seed) {
    // Before anything else can ask for an environment and get a live one.
    environment_ = &boost::asio::make_service<virtual_environment>(*this, *this, seed);
    // make_service registers under the key of the type it is given: environment::id, inherited.
    environment_->attach(get_executor());
}

simulation::~simulation() {
    halt();
    destroy();
}

void simulation::run_until(time_point end) {
    const running_mark mark(*this);
    stopped_ = false;
    run_ready();
    while (!stopped_ && timers_.next_due() <= end && !timers_.empty()) {
        timer& t = timers_.pop();
        now_ = t.due();
        ++events_;
        t.fire();
        run_ready();
    }
    if (!stopped_ && end != never && end > now_)
        now_ = end;
    check_ended();
}

bool simulation::step() {
    const running_mark mark(*this);
    if (run_one_ready())
        return true;
    if (timers_.empty())
        return false;
    timer& t = timers_.pop();
    now_ = t.due();
    ++events_;
    t.fire();
    return true;
}

void simulation::run_ready() {
    while (!stopped_ && run_one_ready()) {
    }
}

bool simulation::run_one_ready() {
    ready_task* task = ready_first_;
    if (task == nullptr)
        return false;
    ready_first_ = task->next;
    if (ready_first_ == nullptr)
        ready_last_ = nullptr;
    ++events_;
    task->invoke(*this, task, true);
    return true;
}

void simulation::check_ended() {
    // A steady_timer or socket on a simulation would run in real time, on a thread of Asio's own.
    WINDTUNNEL_ASSERT(!boost::asio::has_service<boost::asio::detail::scheduler>(*this) &&
                      "a real timer or socket was made on a simulation; use async_sleep");
}

void simulation::halt() {
    drain();
    shutdown(); // services (channels) destroy their waiters, whose frames are posted
    drain();
}

/// Destroys until nothing is left: destroying a coroutine posts the destruction of its frame.
void simulation::drain() {
    while (!timers_.empty() || ready_first_ != nullptr) {
        while (!timers_.empty())
            timers_.pop().abandon();
        while (ready_task* task = ready_first_) {
            ready_first_ = task->next;
            if (ready_first_ == nullptr)
                ready_last_ = nullptr;
            task->invoke(*this, task, false);
        }
    }
}

} // namespace windtunnel::sim
