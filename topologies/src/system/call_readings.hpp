// SPDX-License-Identifier: BSL-1.0
// What the policies before a process's calls of one service tell of themselves: one function a kind
// that says whether it is there, and one that reads its figures.
#pragma once

#include <algorithm>
#include <string>
#include <variant>

#include "topologies/src/system/policy_figures.hpp"
#include "topologies/src/system/process.hpp"

namespace windtunnel::topology {

/// The policies of a process before its calls of one service, whichever calls they stand before.
class policies_in_use {
  public:
    /// Both must outlive this.
    policies_in_use(const process& own, const std::string& callee) : own_(own), callee_(callee) {}

    /// `visit(policy, traffic)` for each policy of type P in its pipelines.
    template <class P, class Visit>
    void each(Visit visit) const {
        for (std::size_t i = 0; i < own_.sites(); ++i) {
            const call_site& site = own_.site(i);
            if (is_of_callee(site))
                for (const pipeline* line : {site.outside.get(), site.policies.get()})
                    if (line != nullptr)
                        each_of<P>(*line, visit);
        }
    }
    /// `visit(machine)` for each of the machines in the list that its calls share.
    template <class Machine, class Visit>
    void machines(const process::list<Machine>& all, Visit visit) const {
        for (const auto& one : all)
            if (one->service == callee_)
                visit(one->policy);
    }
    /// Those of its endpoints.
    template <class Visit>
    void caches(Visit visit) const {
        for (const auto& one : own_.caches())
            if (one->service.starts_with(callee_ + "."))
                visit(one->policy);
    }
    template <class Visit>
    void peer_groups(Visit visit) const {
        for (const auto& one : own_.peer_groups())
            if (one->service() == callee_)
                visit(*one);
    }
    const process& own() const { return own_; }
    const std::string& callee() const { return callee_; }

  private:
    bool is_of_callee(const call_site& site) const;

    template <class P, class Visit>
    static void each_of(const pipeline& line, Visit& visit) {
        const auto& policies = line.policies();
        for (std::size_t p = 0; p < policies.size(); ++p)
            if (const P* one = std::get_if<P>(&policies[p]))
                visit(*one, line.traffic(p));
    }

    const process& own_;
    const std::string& callee_;
};

/// Of a timeout: of the whole call, not of an attempt.
bool is_total(const timeout& t);

template <class P>
bool is_any(const P& /*policy*/) {
    return true;
}

template <class P, bool (*wanted)(const P&) = &is_any<P>>
bool has_policy(const policies_in_use& of) {
    bool found = false;
    of.each<P>([&](const P& policy, const policy_traffic&) { found = found || wanted(policy); });
    return found;
}
bool has_cache(const policies_in_use& of);
bool has_coalescing(const policies_in_use& of);
bool has_retry_budget(const policies_in_use& of);
bool has_balancer(const policies_in_use& of);
bool has_outlier_detection(const policies_in_use& of);
bool has_health_check(const policies_in_use& of);
bool has_discovery(const policies_in_use& of);
bool has_connections(const policies_in_use& of);

void read_fallbacks(const policies_in_use& of, time_point now, policy_figures& out);
void read_caches(const policies_in_use& of, time_point now, policy_figures& out);
void read_coalescing(const policies_in_use& of, time_point now, policy_figures& out);
void read_total_timeouts(const policies_in_use& of, time_point now, policy_figures& out);
void read_attempt_timeouts(const policies_in_use& of, time_point now, policy_figures& out);
void read_retries(const policies_in_use& of, time_point now, policy_figures& out);
void read_retry_budgets(const policies_in_use& of, time_point now, policy_figures& out);
void read_throttles(const policies_in_use& of, time_point now, policy_figures& out);
void read_hedges(const policies_in_use& of, time_point now, policy_figures& out);
void read_rate_limiters(const policies_in_use& of, time_point now, policy_figures& out);
void read_circuit_breakers(const policies_in_use& of, time_point now, policy_figures& out);
void read_adaptive_limits(const policies_in_use& of, time_point now, policy_figures& out);
void read_bulkheads(const policies_in_use& of, time_point now, policy_figures& out);
void read_balancers(const policies_in_use& of, time_point now, policy_figures& out);
void read_outlier_detection(const policies_in_use& of, time_point now, policy_figures& out);
void read_health_checks(const policies_in_use& of, time_point now, policy_figures& out);
void read_discovery(const policies_in_use& of, time_point now, policy_figures& out);
void read_connections(const policies_in_use& of, time_point now, policy_figures& out);

} // namespace windtunnel::topology
