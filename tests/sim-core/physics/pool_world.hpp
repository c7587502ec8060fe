// SPDX-License-Identifier: BSL-1.0
// A pool in a world of its own and jobs that write down what happens to them, as lines such as
// "12 done b": milliseconds, event, name. Times in tests are whole milliseconds unless said.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/worker_pool.hpp"

namespace windtunnel::sim::test {

inline std::string to_text(job_end end) {
    constexpr const char* names[] = {"done", "abandoned", "dropped", "lost"};
    return names[static_cast<int>(end)];
}

constexpr duration ms(std::int64_t n) {
    return std::chrono::milliseconds{n};
}
constexpr time_point at_ms(std::int64_t n) {
    return time_point{} + ms(n);
}

/// Calls a function at a time; as an act, after everything else of its instant, if so wished.
class act : timer {
  public:
    act(simulation& s, time_point when, std::function<void()> what,
        timer_class kind = timer_class::event)
        : timer(&act::strike), world_(s), what_(std::move(what)) {
        world_.arm(*this, when, kind);
    }
    ~act() { world_.disarm(*this); }

  private:
    static void strike(timer& t) { static_cast<act&>(t).what_(); }
    simulation& world_;
    std::function<void()> what_;
};

struct pool_world;

struct task : job {
    task(pool_world& w, std::string n, int importance = 0);
    void say(const std::string& what);

    static const job_events events;
    pool_world& world;
    std::string name;
    bool wanted = true; ///< else dropped when it would start
    std::function<void()> on_starting, on_granted, on_worked, on_ended;
    std::vector<job_end> ends;
};

struct pool_world {
    explicit pool_world(const worker_pool_options& options) : pool(simulation, options) {}

    void at(std::int64_t when_ms, std::function<void()> what) {
        acts.push_back(std::make_unique<act>(simulation, at_ms(when_ms), std::move(what)));
    }
    /// Submits t when the clock stands at `when_ms`.
    void submit_at(std::int64_t when_ms, task& t, std::int64_t demand_ms) {
        at(when_ms, [this, &t, demand_ms] {
            if (!pool.submit(t, ms(demand_ms)))
                t.say("refused");
        });
    }
    std::vector<std::string> run() {
        simulation.run();
        return log;
    }

    sim::simulation simulation;
    worker_pool pool;
    std::vector<std::unique_ptr<act>> acts;
    std::vector<std::string> log;
    bool tell_starts = false;
};

inline task::task(pool_world& w, std::string n, int importance)
    : job(events), world(w), name(std::move(n)) {
    priority = importance;
}

inline void task::say(const std::string& what) {
    const auto now = world.simulation.now().time_since_epoch();
    world.log.push_back(std::to_string(now / ms(1)) + (now % ms(1) == duration::zero() ? "" : "+") +
                        " " + what + " " + name);
}

inline const job_events task::events{
    .starting =
        [](job& j) {
            auto& t = static_cast<task&>(j);
            if (t.world.tell_starts)
                t.say("starts");
            if (t.on_starting)
                t.on_starting();
            return t.wanted;
        },
    .granted =
        [](job& j) {
            auto& t = static_cast<task&>(j);
            t.say("granted");
            if (t.on_granted)
                t.on_granted();
        },
    .worked =
        [](job& j) {
            auto& t = static_cast<task&>(j);
            t.say("worked");
            if (t.on_worked)
                t.on_worked();
        },
    .ended =
        [](job& j, job_end end) {
            auto& t = static_cast<task&>(j);
            t.say(to_text(end));
            t.ends.push_back(end);
            if (t.on_ended)
                t.on_ended();
        },
};

using lines = std::vector<std::string>;

/// What came in is what went out or is inside.
inline bool conserves(const worker_pool& pool) {
    const pool_totals t = pool.totals();
    return t.arrivals == t.completed + t.rejected + t.abandoned + t.dropped + t.lost + t.cancelled +
                             pool.in_system();
}

} // namespace windtunnel::sim::test
