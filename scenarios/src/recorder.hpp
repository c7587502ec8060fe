// SPDX-License-Identifier: BSL-1.0
// Keeps the books of a run: who asked whom, how it ended, how long it took, by phase and by window.
// A request is recorded once, in the cell of the set of phases that cover it; the phases' tallies
// are added up when somebody asks. Levels (workers, queues) are read at the boundaries of phases
// and windows, between events, so that keeping books never changes a run. After every so many
// requests the books pause the run, so that a run can be watched in the midst of an instant.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "scenarios/src/policy_books.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/spec.hpp"
#include "scenarios/src/telemetry_books.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::scenario {

class recorder final : public topology::observer {
  public:
    static constexpr std::size_t max_phases = 256; ///< three for each fault, and two

    /// Throws topology::input_error where there are more faults than max_phases has room for.
    explicit recorder(const scenario_spec& spec);

    /// The system is complete: all clients are there.
    void begin(const topology::system& system);

    void request_arrived(std::uint32_t endpoint, time_point now) override;
    void request_over(const topology::request_record& record) override;
    void call_over(const topology::call_record& record) override;
    void work_over(const topology::work_record& record) override;
    void policy_changed(const topology::policy_change& change) override;
    void try_sent(const topology::try_place& place) override { telemetry_.sent(place); }
    void try_arrived(const topology::try_place& place, duration way) override {
        telemetry_.arrived(place, way);
    }
    void try_over(const topology::try_record& record) override { telemetry_.over(record); }

    void workload_sent(std::size_t workload, time_point intended, std::uint64_t count);
    void workload_over(std::size_t workload, time_point intended, time_point over,
                       const outcome<reply>& result, std::uint32_t attempts);

    /// Where the run must pause for the levels to be read; ascending, none before `after`.
    duration next_boundary(duration after) const;
    void boundary(duration at);

    void fault_began(std::size_t fault, duration at);
    void fault_ended(std::size_t fault, duration at);

    const std::vector<std::uint64_t>& sent() const { return sent_; } ///< by workload
    std::uint64_t requests_over() const { return requests_over_; }
    /// Of workloads: sent and not over. Also those that wait to be tried again.
    std::uint64_t requests_under_way() const;

    /// All that was found up to `now`.
    run_result result(duration now) const;

  private:
    static constexpr int pause_every = 16'384;

    using phase_set = std::bitset<max_phases>;
    struct cell {
        phase_set phases;
        tally counts;
    };
    struct account {
        std::vector<cell> cells;
        /// Where what was sent and over within [from, until) belongs: between two boundaries of
        /// phases that is one cell.
        std::size_t usual = 0;
        duration from{}, until{};
        std::vector<window> windows;
    };
    struct ending {
        duration sent, over;
        bool ok, degraded;
        failure_kind why;
        std::uint32_t attempts;
    };
    struct service_account {
        service_tally counts;                ///< arrivals and ends so far
        std::vector<service_tally> at_phase; ///< sums at each phase boundary that has passed
        std::vector<service_tally> at_window;
        std::uint64_t in_flight_at_end = 0; ///< before the drain
    };

    std::size_t window_of(duration at) const;
    phase_set phases_for(duration sent, duration over) const;
    cell& cell_for(account& a, const ending& e) const;
    void record(account& a, const ending& e);
    static void sent_in(account& a, std::size_t index, std::uint64_t count);
    traffic traffic_of(const account& a) const;
    service_tally sums_of(std::size_t service) const;
    std::uint64_t in_flight_of(std::size_t service) const;
    service_result service_of(std::size_t service, duration now) const;
    service_tally at(std::size_t service, duration when, duration now) const;
    void pause();

    const scenario_spec& spec_;
    const topology::system* system_ = nullptr;
    std::vector<phase> phases_;
    std::vector<duration> phase_times_; ///< begins and ends, ascending, each once
    std::vector<account> workloads_, endpoints_, edges_;
    std::vector<std::uint32_t> service_of_endpoint_;
    std::vector<std::uint64_t> sent_;
    std::vector<duration> last_over_; ///< by workload: when a request was over the last time
    std::vector<service_account> services_;
    policy_books policies_;
    telemetry_books telemetry_;
    std::vector<fault_activation> activations_;
    std::vector<std::size_t> open_activation_; ///< by fault; where it is on
    std::uint64_t requests_over_ = 0;
    int until_pause_ = pause_every;
    std::size_t latest_ = 0; ///< the window that the run is in
    duration latest_begin_{};
};

} // namespace windtunnel::scenario
