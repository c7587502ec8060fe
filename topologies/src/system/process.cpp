// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/process.hpp"

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

/// The one of these for the service whose options are equal; nullptr: there is none.
template <class List, class Same>
auto* find(List& list, const std::string& service, Same&& same) {
    for (auto& one : list)
        if (one->service == service && same(*one))
            return one.get();
    return static_cast<typename List::value_type::pointer>(nullptr);
}

} // namespace

circuit_breaker& process::breaker_for(system_core& core, const std::string& service,
                                      const circuit_breaker_options& options) {
    auto same = [&](const named_breaker& b) { return b.breaker.options() == options; };
    if (auto* found = find(breakers_, service, same))
        return found->breaker;
    const auto number = std::to_string(breakers_.size());
    breakers_.push_back(std::unique_ptr<named_breaker>(new named_breaker{
        service, circuit_breaker(options, core.environment.stream(name_ + "/breaker " + number),
                                 core.now())}));
    return breakers_.back()->breaker;
}

bulkhead& process::bulkhead_for(const std::string& service, const bulkhead_options& options) {
    auto same = [&](const named_bulkhead& b) { return b.bulkhead.options() == options; };
    if (auto* found = find(bulkheads_, service, same))
        return found->bulkhead;
    bulkheads_.push_back(std::unique_ptr<named_bulkhead>(
        new named_bulkhead{service, windtunnel::bulkhead(options)}));
    return bulkheads_.back()->bulkhead;
}

retry_budget& process::budget_for(const std::string& service, const retry_budget_options& options) {
    auto same = [&](const named_budget& b) { return b.budget.options() == options; };
    if (auto* found = find(budgets_, service, same))
        return found->budget;
    budgets_.push_back(
        std::make_unique<named_budget>(named_budget{service, retry_budget(options)}));
    return budgets_.back()->budget;
}

load_balancer& process::balancer_for(system_core& core, const service_runtime& service,
                                     balancer_policy policy) {
    const std::string& name = service.spec->name;
    auto same = [&](const named_balancer& b) { return b.balancer.policy() == policy; };
    if (auto* found = find(balancers_, name, same))
        return found->balancer;
    balancers_.push_back(std::make_unique<named_balancer>(named_balancer{
        name,
        {policy, service.replicas.size(), core.environment.stream(name_ + "/balancer " + name)}}));
    return balancers_.back()->balancer;
}

/// Outermost first: total timeout, retry, circuit breaker, bulkhead, attempt timeout.
std::unique_ptr<pipeline> process::make_pipeline(system_core& core, const std::string& service,
                                                 const policies_spec& spec) {
    std::vector<policy> policies;
    if (spec.total_timeout)
        policies.emplace_back(timeout{.total = *spec.total_timeout});
    if (spec.retry)
        policies.emplace_back(retry{
            *spec.retry, spec.retry_budget ? &budget_for(service, *spec.retry_budget) : nullptr});
    if (spec.circuit_breaker)
        policies.emplace_back(&breaker_for(core, service, *spec.circuit_breaker));
    if (spec.bulkhead)
        policies.emplace_back(&bulkhead_for(service, *spec.bulkhead));
    if (spec.timeout)
        policies.emplace_back(timeout{.per_attempt = *spec.timeout});
    if (policies.empty())
        return nullptr;
    auto made = std::make_unique<pipeline>(std::move(policies));
    made->draw_from(core.environment.stream(name_ + "/retry " + std::to_string(sites_.size())));
    return made;
}

call_site& process::add_site(system_core& core, sim::node_id node, edge_runtime& edge,
                             const call_step& call, const policies_spec& policies) {
    const endpoint_runtime& to = *edge.to;
    const std::string& service = to.service->spec->name;
    const auto policy = policies.balancer.value_or(balancer_policy::round_robin);
    auto site = std::make_unique<call_site>(
        core,
        channel::options{.from = node,
                         .edge = &edge,
                         .balancer = &balancer_for(core, *to.service, policy),
                         .give_up = call.give_up,
                         .deadline_travels = call.deadline_travels,
                         .request_size = call.request_size.value_or(to.spec->request_size),
                         .response_size = call.response_size.value_or(to.spec->response_size)});
    site->policies = make_pipeline(core, service, policies);
    site->what = {.operation = to.spec->name, .body = {site->way.how().request_size, nullptr}};
    site->idempotent = call.idempotent;
    site->priority = call.priority;
    site->error = call.error;
    sites_.push_back(std::move(site));
    return *sites_.back();
}

} // namespace windtunnel::topology
