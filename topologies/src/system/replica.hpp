// SPDX-License-Identifier: BSL-1.0
// One instance of a service: its workers, what it has in flight, its processing of a request, and
// its faults. A request is work on a worker first (physics), then a walk through its endpoint's
// steps (execution.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim-core/physics/worker_pool.hpp"
#include "sim-core/stats/time_average.hpp"
#include "topologies/src/system/admission.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/destination.hpp"
#include "topologies/src/system/exchange.hpp"
#include "topologies/src/system/process.hpp"
#include "topologies/src/system/record_store.hpp"
#include "topologies/src/system/replica_listener.hpp"
#include "topologies/src/system/route_gate.hpp"

namespace windtunnel::topology {

class host_limits;
class lease_keeper;

struct endpoint_runtime : disturbed_place {
    std::uint32_t index = 0;
    service_runtime* service = nullptr;
    const endpoint_spec* spec = nullptr;
    topology::program program;
    std::unique_ptr<topology::destination> destination; ///< of a broker; else nullptr
    std::unique_ptr<route_gate> gate; ///< where it asks something of its requests; else nullptr
};

struct service_runtime {
    std::uint32_t index = 0;
    const service_spec* spec = nullptr;
    std::vector<endpoint_runtime*> endpoints;
    std::vector<const call_step*> calls; ///< of all endpoints, as their programs number them
    std::vector<std::unique_ptr<replica>> replicas;
    random_stream patience, starts;
    record_store records;         ///< shared by the replicas; outlives their crashes
    std::vector<int> zones;       ///< numbers, of the replicas in turn
    sim::time_average in_flight;  ///< requests between arrival and answer
    sim::time_average workers_up; ///< of the replicas that are up

    /// load_balancer_options::no_zone where it has no zones.
    int zone_of(std::size_t number) const {
        return zones.empty() ? load_balancer_options::no_zone : zones[number % zones.size()];
    }
    /// Of a version that the service has.
    std::uint32_t version_number(const std::string& name) const;
    std::uint32_t weight_of(std::size_t number) const {
        const auto& all = spec->weights;
        return all.empty() ? 1 : static_cast<std::uint32_t>(all[number % all.size()]);
    }
};

class replica : public disturbed_place {
  public:
    /// `process`: of whose process it is a module; nullptr: it has its own.
    replica(system_core& core, service_runtime& of, std::uint32_t number, sim::node_id node,
            replica* process = nullptr);
    ~replica();

    void arrived(exchange& x);
    void started(exchange& x); ///< the cold start is over, if there was one
    /// It has waited at the door, and may enter or may not.
    void left_door(exchange& x, const std::optional<failure>& refusal);
    /// The callee learns that nobody waits for this one any more.
    void caller_left(exchange& x);

    // ---- faults; each `on` needs its `off` ------------------------------------------------------
    void pause() { pool_.pause(); } ///< a process as a whole, with all its modules; as all of these
    void resume() { pool_.resume(); }
    void crash();   ///< what is here is lost, new requests are refused until as many restarts
    void restart(); ///< the last one begins anew: nothing of before is known, and it is cold
    void slow_down(double factor);      ///< work takes `factor` times as long, with all the others
    void speed_up(double factor);       ///< ends one slow_down by this factor
    void deploy(std::uint32_t version); ///< it runs another version
    void roll_back(std::uint32_t version); ///< ends one deploy of this version
    /// Its wall clock, which tokens are looked at by, is ahead by so much (below zero: behind).
    void set_clock(duration ahead) { clock_ahead_ += ahead; }
    bool up() const { return crashes_ == 0; }
    /// Which of the service's versions it runs; 0 where there are none.
    std::uint32_t version() const { return versions_.back(); }
    /// Tells it when the replica starts again.
    void keep_registered(lease_keeper& lease) { lease_ = &lease; }
    /// Once each; it must outlive the replica's last crash.
    void add_listener(replica_listener& l);

    sim::node_id node() const { return node_; }
    std::uint32_t number() const { return number_; }
    const sim::worker_pool& workers() const { return pool_; }
    /// Else they are those of the process that it is a module of.
    bool has_own_workers() const { return own_pool_ != nullptr; }
    std::uint64_t in_flight() const { return in_flight_; }
    /// Of telemetry: its requests that do not wait for a call of their own; those of them that a
    /// broker has not accepted yet; whether it is up.
    const sim::time_average& in_hand() const { return in_hand_; }
    const sim::time_average& unaccepted() const { return unaccepted_; }
    const sim::time_average& is_up() const { return is_up_; }
    /// What decides whom it lets in; nullptr: it takes all.
    const topology::admission* admission() const { return admission_.get(); }
    /// What its machine does to its workers; nullptr: nothing.
    const host_limits* limits() const { return limits_.get(); }
    const process& own() const { return process_; }
    process& own() { return process_; }
    service_runtime& service() const { return service_; }
    /// Of whose process it is a module; itself where it has its own.
    const replica& process_of() const { return host_ != nullptr ? *host_ : *this; }

    /// The speed of its host: work takes 1 / `speed` as long. 1 unless it is set.
    void run_at(double speed);

    /// For the end of a simulation.
    void clear() {
        if (own_pool_ != nullptr)
            own_pool_->clear();
    }

    // ---- for exchange and its executions --------------------------------------------------------
    static const sim::job_events events;
    void walk(execution& e);
    void cancel(execution& e); ///< it ends early: now, or when what it waits for has let go
    void call_ended(execution& e, std::uint32_t attempts, const outcome<reply>& result);
    void slept(execution& e, bool elapsed);
    /// What it published was accepted, or was not.
    void publish_ended(execution& e, const std::optional<failure>& refusal);
    void branches_ended(execution& e);

  private:
    bool refuses(exchange& x);
    void enter(exchange& x);
    bool begin(exchange& x);
    time_point end_of_patience();
    void start_steps(exchange& x);
    void finish(exchange& x, outcome<reply>&& result, request_record::end how);
    void finish_main(exchange& x);
    void set_speed();
    void count(std::int64_t change);
    void call_opens(exchange& x);
    void call_closes(exchange& x);
    void begin_crash();
    void end_crash();
    void come_back();
    bool is_here(const exchange& x) const { return &x.at == this && x.at_callee; }

    static bool job_starting(sim::job& j);
    static void job_granted(sim::job& j);
    static void job_worked(sim::job& j);
    static void job_ended(sim::job& j, sim::job_end how);

    const instruction* next_step(execution& e, program& steps);
    void read_record(exchange& x, std::uint32_t record);
    void write_record(execution& e, const instruction& i);
    bool start_work(execution& e, duration demand);
    void work_ended(execution& e, sim::job_end how);
    void cancel_work(execution& e);
    struct unwaited_call;
    bool may_work(const execution& e) const;
    duration to_write(execution& e, const call_site& site) const;
    duration to_write_next(execution& e, const program& steps) const;
    void call(execution& e, call_site& site);
    void call_unwaited(execution& e, call_site& site, mirror_policy::copy copy = {});
    void pass_gate(execution& e, const instruction& i);
    void mirror(execution& e, const instruction& i);
    static route_gate& gate_of(const execution& e);
    void note_unpublished(const execution& e, const call_site& site);
    bool publish(execution& e);
    void cancel_publish(execution& e);
    static destination& destination_of(const execution& e);
    void sleep_for(execution& e, duration time);
    bool start_branches(execution& e, const program::parallel& step);
    static void join_branches(execution& e);
    void end_leaf(execution& e);

    system_core& core_;
    service_runtime& service_;
    std::unique_ptr<topology::admission> admission_;
    replica* host_;                 ///< of whose process it is a module
    std::vector<replica*> modules_; ///< of this process
    std::unique_ptr<sim::worker_pool> own_pool_;
    sim::worker_pool& pool_;
    std::unique_ptr<host_limits> limits_; ///< of its own workers
    process process_;
    sim::node_id node_;
    std::uint32_t number_;
    std::uint64_t in_flight_ = 0;
    sim::time_average in_hand_, unaccepted_;
    sim::time_average is_up_{time_point{}, 1};
    lease_keeper* lease_ = nullptr; ///< nullptr: there is no registry
    std::vector<replica_listener*> listeners_;
    int crashes_ = 0;
    double host_speed_ = 1;
    std::vector<double> slowness_;        ///< the factors in force
    std::vector<std::uint32_t> versions_; ///< its own, then those that were deployed
    time_point ready_at_{};               ///< after a cold start
    time_point idle_since_{};
    duration clock_ahead_{};
    bool ever_started_ = false;
};

/// Whether the replica and that service are parts of one process.
bool are_together(const replica& of, const service_runtime& service);

} // namespace windtunnel::topology
