// SPDX-License-Identifier: BSL-1.0
// One replication of a scenario: a system under load and faults, with the books kept. It can be run
// to the end or a slice at a time (between two slices nothing changes), and tells what it has found
// so far at any moment. Times are from the beginning of the run, warm-up included. One thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::scenario {

struct run_limits {
    /// Ends advance_to early, also within an instant; what it points to outlives the run. May be
    /// nullptr.
    const std::atomic<bool>* stop = nullptr;
    /// Also told what happens; outlives the run. May be nullptr.
    topology::observer* also = nullptr;
    /// So many events in which time stands still are a loop without end.
    std::uint64_t events_at_once = 50'000'000;
};

class scenario_run {
  public:
    /// The spec must outlive the run. Throws topology::input_error where the system cannot be
    /// built. A topology with a platform needs a process of its own: see `run_replications`.
    explicit scenario_run(const scenario_spec& spec, std::uint64_t seed,
                          const run_limits& limits = {});
    ~scenario_run();
    scenario_run(const scenario_run&) = delete;
    scenario_run& operator=(const scenario_run&) = delete;

    const scenario_spec& spec() const;
    std::uint64_t seed() const;

    /// warmup + duration: where arrivals stop; with a drain it ends up to that much later.
    duration planned_end() const;
    duration now() const;
    bool ended() const;
    /// Simulates up to `until` (at most to the end); false once the run has ended. Throws
    /// topology::input_error at an instant that does not end; then the run is over.
    bool advance_to(duration until);
    /// Simulates one event (on a platform: an instant); false once the run has ended.
    bool step();
    void run_to_end();

    /// What was found so far: `complete` when the run has ended, `aborted` at now() before. Cheap
    /// enough for a view at a few times a second, not for every event.
    run_result result() const;

    // ---- for views ------------------------------------------------------------------------------
    topology::system& system();
    const topology::system& system() const;
    std::vector<std::string> faults_on() const; ///< names, in the file's order
    std::uint64_t events() const;               ///< simulated so far
    std::uint64_t requests_over() const;        ///< of all workloads

  private:
    class parts;
    std::unique_ptr<parts> parts_;
};

/// How much of a run is behind, in [0, 1], and the events so far.
using tell_progress = std::function<void(double share, std::uint64_t events)>;

/// One replication to its end, or to where `stop` becomes true (it may be nullptr); a thousand
/// times on the way it says how far it is.
run_result run_watched(const scenario_spec& spec, std::uint64_t seed, const std::atomic<bool>* stop,
                       const tell_progress& tell);

} // namespace windtunnel::scenario
