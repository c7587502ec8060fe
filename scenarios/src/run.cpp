// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/run.hpp"

#include <algorithm>

#include "scenarios/src/faults.hpp"
#include "scenarios/src/recorder.hpp"
#include "scenarios/src/version.hpp"
#include "scenarios/src/workload.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::scenario {

namespace {

/// Lays the overlays that match over a call's own policies; what an overlay does not say stays.
topology::policies_spec lay_over(const std::vector<policy_overlay>& overlays,
                                 const std::string& caller, const endpoint_ref& to,
                                 topology::policies_spec policies) {
    const auto lay = [](auto& over, const auto& what) {
        if (what)
            over = what;
    };
    const std::string endpoint = to.service + "." + to.endpoint;
    for (const policy_overlay& o : overlays) {
        if ((o.caller != "*" && o.caller != caller) ||
            (o.callee != "*" && o.callee != to.service && o.callee != endpoint))
            continue;
        lay(policies.total_timeout, o.policies.total_timeout);
        lay(policies.timeout, o.policies.timeout);
        lay(policies.retry, o.policies.retry);
        lay(policies.retry_budget, o.policies.retry_budget);
        lay(policies.circuit_breaker, o.policies.circuit_breaker);
        lay(policies.bulkhead, o.policies.bulkhead);
        lay(policies.rate_limiter, o.policies.rate_limiter);
        lay(policies.hedge, o.policies.hedge);
        lay(policies.adaptive_limit, o.policies.adaptive_limit);
        lay(policies.throttle, o.policies.throttle);
        lay(policies.fallback, o.policies.fallback);
        lay(policies.balancer, o.policies.balancer);
    }
    return policies;
}

} // namespace

class scenario_run::parts {
  public:
    parts(const scenario_spec& s, std::uint64_t seed)
        : spec(s), world(seed), books(s), end(s.warmup + s.length) {
        system = std::make_unique<topology::system>(
            world, s.topology, books,
            [&s](const std::string& caller, const endpoint_ref& to,
                 const topology::policies_spec& own) {
                return lay_over(s.policies, caller, to, own);
            });
        for (std::size_t i = 0; i < s.workloads.size(); ++i)
            workloads.push_back(std::make_unique<workload>(s.workloads[i], i, *system, books, end));
        for (std::size_t i = 0; i < s.faults.size(); ++i)
            faults.push_back(std::make_unique<fault>(s.faults[i], i, *system, books, end));
        books.begin(*system);
        for (auto& w : workloads)
            w->start();
        for (auto& f : faults)
            f->start();
    }
    ~parts() { system.reset(); } // what waits goes before what it refers to

    /// With a drain the run goes on beyond its planned end while a request is under way, or work
    /// that runs on for nobody. That is looked at where levels are read, at the ends of windows, so
    /// that the end of a run does not depend on the slices that it is run in.
    duration last_moment() const { return end + spec.drain; }
    duration next_stop() const { return std::min(books.next_boundary(now()), last_moment()); }
    duration now() const { return world.now().time_since_epoch(); }
    void run_to(duration until) {
        while (now() < until && !ended) {
            const duration stop = next_stop();
            system->run_until(time_point{std::min(until, stop)});
            if (now() == stop)
                stopped();
        }
    }
    void stopped() {
        books.boundary(now());
        const bool idle = books.requests_under_way() == 0 && system->in_flight() == 0;
        ended = now() >= last_moment() || (now() >= end && idle);
    }

    const scenario_spec& spec;
    sim::simulation world;
    recorder books;
    duration end;
    bool ended = false;
    std::unique_ptr<topology::system> system;
    std::vector<std::unique_ptr<workload>> workloads;
    std::vector<std::unique_ptr<fault>> faults;
};

scenario_run::scenario_run(const scenario_spec& spec, std::uint64_t seed)
    : parts_(std::make_unique<parts>(spec, seed)) {}
scenario_run::~scenario_run() = default;

const scenario_spec& scenario_run::spec() const {
    return parts_->spec;
}
std::uint64_t scenario_run::seed() const {
    return parts_->world.environment().seed();
}
duration scenario_run::planned_end() const {
    return parts_->end;
}
duration scenario_run::now() const {
    return parts_->now();
}
bool scenario_run::ended() const {
    return parts_->ended;
}

bool scenario_run::advance_to(duration until) {
    parts_->run_to(std::min(until, parts_->last_moment()));
    return !parts_->ended;
}

bool scenario_run::step() {
    if (parts_->ended)
        return false;
    const duration stop = parts_->next_stop(); // the levels are read before what comes after it
    if (parts_->world.next_event_time() >= time_point{stop})
        return advance_to(stop);
    parts_->world.step();
    return !parts_->ended;
}

void scenario_run::run_to_end() {
    advance_to(duration::max());
}

run_result scenario_run::result() const {
    run_result r = parts_->books.result(now());
    r.version = version;
    r.status = ended() ? run_status::complete : run_status::aborted;
    return r;
}

topology::system& scenario_run::system() {
    return *parts_->system;
}
const topology::system& scenario_run::system() const {
    return *parts_->system;
}

std::vector<std::string> scenario_run::faults_on() const {
    std::vector<std::string> names;
    for (const auto& f : parts_->faults)
        if (f->on())
            names.push_back(f->name());
    return names;
}

std::uint64_t scenario_run::events() const {
    return parts_->world.events();
}
std::uint64_t scenario_run::requests_over() const {
    return parts_->books.requests_over();
}

} // namespace windtunnel::scenario
