// SPDX-License-Identifier: BSL-1.0
// One run of a scenario under the hand of a user: play, pause, speed, steps, seeking, from the
// beginning again. It simulates a slice a frame, bounded in real time, on the thread that calls it;
// slices change nothing in the run. What the views show is a snapshot, brought up to date at most a
// few times a second. Times are virtual, from the beginning of the run, unless called real.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gui/model/command.hpp"
#include "gui/model/fault_bands.hpp"
#include "gui/model/history.hpp"
#include "gui/model/moments.hpp"
#include "gui/model/recording.hpp"
#include "gui/model/topology_view.hpp"
#include "gui/model/traces.hpp"
#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/run.hpp"
#include "scenarios/src/verdict.hpp"

namespace windtunnel::gui {

/// What the views show.
struct snapshot {
    duration now{}, end{}, warmup{}; ///< `end`: of the run, as planned, or later with a drain
    bool ended = false;
    std::uint64_t events = 0, requests = 0;
    topology_view topology;
    std::vector<workload_history> lines; ///< see history
    std::vector<fault_band> faults;
    std::vector<std::string> faults_on;
    std::vector<moment> moments; ///< as of the last look at the expectations
    /// The map is the recorded picture of this time, not of now.
    std::optional<duration> peeked;
    /// What would hold were the run over now; once it is over, what holds.
    std::vector<scenario::expectation_result> expectations;
    scenario::verdict verdict = scenario::verdict::inconclusive;
    /// Recorded requests, as of the last look at the expectations; empty where none are recorded.
    std::shared_ptr<const trace_book> traces = std::make_shared<const trace_book>();
};

class session {
  public:
    static constexpr double slowest = 0.1, fastest = 1000;

    /// Throws topology::input_error where the system cannot be built.
    session(scenario::scenario_spec spec, std::uint64_t seed);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    const scenario::scenario_spec& spec() const { return *spec_; }
    std::uint64_t seed() const { return seed_; }
    const scenario::scenario_run& run() const { return *run_; }

    bool playing() const { return playing_; }
    bool seeking() const { return goal_ > duration::zero(); }
    double speed() const { return speed_; }
    /// Virtual seconds in a real one, lately; below speed() where the machine cannot follow.
    double real_speed() const { return real_speed_; }
    /// False where the topology has a platform: its engine runs once in a process.
    bool can_restart() const { return !spec_->topology.platform; }

    void apply(const command& c);
    /// Simulates what `real_elapsed` at this speed comes to, at most `budget` of real time long.
    void frame(duration real_elapsed, duration budget = std::chrono::milliseconds{10});
    /// Simulates up to `until` without regard to real time, and brings the snapshot up to date.
    void run_until(duration until);

    /// Goes on as a run of that scenario: seeks in it the time where this one was. Throws
    /// topology::input_error where it cannot be built; then nothing has changed. Not on a platform.
    void become(scenario::scenario_spec spec);

    const snapshot& view() const { return view_; }
    /// The interval of a history_point: a whole number of the scenario's windows, at most 600 in
    /// a run.
    duration sample_interval() const { return interval_; }

  private:
    void begin();
    void restart();
    void seek(duration to);
    void seek_event(std::uint64_t event);
    void step_event();
    void peek(duration at);
    void end_peek();
    bool advance(duration until);
    void advance_within(duration goal, duration budget);
    void take_sample();
    void refresh_levels();
    void refresh(bool expectations_too);
    void refresh_when_due(duration real_elapsed);
    const counters& a_second_before(duration at) const;

    std::unique_ptr<const scenario::scenario_spec> spec_;
    std::uint64_t seed_;
    std::unique_ptr<scenario::scenario_run> run_;
    std::vector<call_edge> edges_;
    history history_;
    std::deque<counters> recent_; ///< of the last two seconds or so, without histograms
    /// Where samples were taken, with the events before them; also of what lies ahead after going
    /// back: the same run comes by there again.
    std::vector<std::pair<duration, std::uint64_t>> marks_;
    recording recording_;
    duration interval_{}, next_sample_{};
    snapshot view_;

    bool playing_ = false;
    double speed_ = 1, real_speed_ = 0;
    duration goal_{}; ///< of seeking; zero: none
    duration slice_ = std::chrono::milliseconds{1};
    duration since_refresh_{}, since_check_{}; ///< real
    bool stale_ = true;
};

} // namespace windtunnel::gui
