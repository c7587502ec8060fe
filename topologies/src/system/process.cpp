// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/process.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

namespace {

/// The policy object for the service whose options are equal, else a new one made of `arguments`
/// behind the options.
template <class Policy, class Options, class... Arguments>
Policy& shared_by_calls(process::list<Policy>& all, const std::string& service,
                        const Options& options, Arguments&&... arguments) {
    for (auto& one : all)
        if (one->service == service && one->policy.options() == options)
            return one->policy;
    all.push_back(std::make_unique<process::shared<Policy>>(service, options,
                                                            std::forward<Arguments>(arguments)...));
    return all.back()->policy;
}

bool has_all(const std::vector<std::string>& fields, const std::vector<std::string>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
        return std::find(fields.begin(), fields.end(), each) != fields.end();
    });
}

/// By version of the service. In a version that the endpoint does not name it is not offered.
std::vector<bool> readable(const call_step& call, const endpoint_runtime& to) {
    std::vector<bool> by_version;
    if (call.reads.empty())
        return by_version;
    for (const std::string& name : to.service->spec->versions()) {
        const auto& all = to.spec->versions;
        const auto version = std::find_if(
            all.begin(), all.end(), [&](const api_version& each) { return each.name == name; });
        by_version.push_back(version != all.end() && has_all(version->fields, call.reads));
    }
    return by_version;
}

/// What the caller pays for a call, on a worker of its own.
struct travel_costs {
    duration write{}, read{};
};

duration nanoseconds(double ns) {
    return duration{static_cast<std::int64_t>(ns + 0.5)};
}

/// Makes sizes those on the wire, and says what it costs to write and to read them.
travel_costs travel(channel::options& how, const protocol_spec& p) {
    const auto wire = [&](std::uint64_t payload, std::uint64_t head) {
        return static_cast<std::uint64_t>(static_cast<double>(payload) * p.size_factor + 0.5) +
               head;
    };
    how.request_size = wire(how.request_size, p.request_head);
    how.response_size = wire(how.response_size, p.response_head);
    const auto request = static_cast<double>(how.request_size);
    const auto response = static_cast<double>(how.response_size);
    how.callee_work = p.query_cost + nanoseconds(p.read_cost * request + p.write_cost * response);
    how.deadline_travels = how.deadline_travels || p.deadline_travels;
    if (p.cancel_travels)
        how.give_up = on_give_up::cancelled;
    return {nanoseconds(p.write_cost * request), nanoseconds(p.read_cost * response)};
}

} // namespace

void process::flush_caches(const std::string& of) {
    for (auto& cache : life_.caches)
        if (auto& store = cache->policy.cache(); store && (of.empty() || cache->service == of))
            store->invalidate_all();
}

topology::connections& process::connections_for(system_core& core, const surroundings& around,
                                                const protocol_spec& protocol) {
    const service_runtime& service = *around.edge->to->service;
    auto& all = life_.connections;
    for (auto& one : all)
        if (&one->service() == &service && one->spec() == protocol)
            return *one;
    all.push_back(std::make_unique<topology::connections>(core, service, protocol, around.node,
                                                          *around.edge->dependency));
    return *all.back();
}

void process::set_zone(int zone, std::vector<std::uint32_t> callers_by_zone) {
    zone_ = zone;
    callers_by_zone_ = std::move(callers_by_zone);
}

topology::peers& process::peers_for(system_core& core, const surroundings& around,
                                    const policies_spec& policies) {
    const service_runtime& service = *around.edge->to->service;
    const peer_options wanted{policies.balancer.value_or(balancer_spec{}),
                              policies.outlier_detection, policies.health_check};
    auto& all = life_.peers;
    auto known = std::find_if(all.begin(), all.end(), [&](const auto& one) {
        return one->service() == service.spec->name && one->options() == wanted;
    });
    if (known == all.end()) {
        known = all.insert(
            known, std::make_unique<topology::peers>(
                       core, service, wanted,
                       peer_viewpoint{name_, streams_, around.edge->caller, around.node, zone_,
                                      callers_by_zone_, around.probes, around.edge->dependency}));
        if (around.registry != nullptr)
            (*known)->follow(*around.registry, streams_, around.node);
    }
    if (policies.balancer)
        (*known)->name_balancer();
    return **known;
}

circuit_breaker& process::breaker_for(system_core& core, const edge_runtime& edge,
                                      const circuit_breaker_options& options) {
    const std::size_t known = life_.breakers.size();
    const std::string& service = edge.to->service->spec->name;
    circuit_breaker& breaker = shared_by_calls(
        life_.breakers, service, options,
        core.environment.stream(streams_ + "/breaker " + std::to_string(known)), core.now());
    if (life_.breakers.size() > known) {
        life_.watches.push_back(
            std::make_unique<policy_watch>(core, policy_change{.caller = edge.caller,
                                                               .callee = service,
                                                               .kind = "circuit_breaker",
                                                               .process = name_}));
        life_.watches.back()->follow(breaker);
        if (options.automatic_half_open)
            life_.breaker_timers.push_back(
                std::make_unique<breaker_timer>(core.environment, breaker));
    }
    return breaker;
}

/// Outermost first: what goes around all attempts, what each attempt (of a retry, of a hedge) has
/// to pass, and last the time that it may take.
std::unique_ptr<pipeline> process::make_pipeline(system_core& core, const edge_runtime& edge,
                                                 const policies_spec& spec) {
    const std::string& service = edge.to->service->spec->name;
    retry_budget* budget = nullptr;
    if (spec.retry_budget && (spec.retry || spec.hedge))
        budget = &shared_by_calls(life_.budgets, service, *spec.retry_budget, core.now());
    std::vector<policy> policies;
    if (spec.fallback)
        policies.emplace_back(
            fallback{spec.fallback->options,
                     {.body = {.size = spec.fallback->response_size, .bytes = nullptr}}});
    if (spec.total_timeout)
        policies.emplace_back(timeout{.total = *spec.total_timeout});
    if (spec.retry)
        policies.emplace_back(retry{*spec.retry, budget});
    if (spec.throttle)
        policies.emplace_back(
            &shared_by_calls(life_.throttles, service, *spec.throttle, core.now()));
    if (spec.hedge)
        policies.emplace_back(
            hedging{&shared_by_calls(life_.hedges, service, *spec.hedge, core.now()), budget});
    if (spec.rate_limiter)
        policies.emplace_back(
            &shared_by_calls(life_.rate_limiters, service, *spec.rate_limiter, core.now()));
    if (spec.circuit_breaker)
        policies.emplace_back(&breaker_for(core, edge, *spec.circuit_breaker));
    if (spec.adaptive_limit)
        policies.emplace_back(&shared_by_calls(
            life_.adaptive_limiters, service, *spec.adaptive_limit,
            core.environment.stream(streams_ + "/adaptive limit " +
                                    std::to_string(life_.adaptive_limiters.size())),
            core.now()));
    if (spec.bulkhead)
        policies.emplace_back(&shared_by_calls(life_.bulkheads, service, *spec.bulkhead));
    if (spec.timeout)
        policies.emplace_back(timeout{.per_attempt = *spec.timeout});
    if (policies.empty())
        return nullptr;
    auto made = std::make_unique<pipeline>(std::move(policies));
    made->draw_from(
        core.environment.stream(streams_ + "/retry " + std::to_string(life_.sites.size())));
    return made;
}

/// A fallback goes around the cache, all else behind it.
void process::add_cache(system_core& core, call_site& site, const policies_spec& policies) {
    const edge_runtime& edge = *site.way.how().edge;
    const endpoint_runtime& to = *edge.to;
    const std::string& service = to.service->spec->name;
    policies_spec inside = policies, outside;
    outside.fallback = std::exchange(inside.fallback, {});
    site.policies = make_pipeline(core, edge, inside);
    site.outside = make_pipeline(core, edge, outside);
    if (site.outside == nullptr)
        site.outside = std::make_unique<pipeline>(std::vector<policy>{});
    auto& answers = shared_by_calls(
        life_.caches, service + "." + to.spec->name,
        read_through_options{.cache = policies.cache, .coalescing = policies.coalescing},
        core.environment.stream(streams_ + "/cache " + std::to_string(life_.caches.size())));
    site.cached =
        std::make_unique<caching_transport>(answers, site.policies.get(), site.first_step());
}

void process::make_site(system_core& core, const site_plan& plan) {
    const surroundings& around = plan.around;
    const call_step& call = *plan.call;
    const policies_spec& policies = plan.policies;
    const endpoint_runtime& to = *around.edge->to;
    const bool local = around.of != nullptr && are_together(*around.of, *to.service);
    channel::options how{.from = around.node,
                         .edge = around.edge,
                         .to = &peers_for(core, around, policies),
                         .give_up = call.give_up,
                         .deadline_travels = call.deadline_travels,
                         .local = local,
                         .host = local ? around.of->number() : 0,
                         .request_size = call.request_size.value_or(to.spec->request_size),
                         .response_size = call.response_size.value_or(to.spec->response_size),
                         .readable = readable(call, to)};
    travel_costs costs;
    if (policies.protocol && !local) {
        how.over = &connections_for(core, around, *policies.protocol);
        costs = travel(how, *policies.protocol);
    }
    auto site = std::make_unique<call_site>(core, how);
    site->write_work = costs.write;
    site->read_work = costs.read;
    if (auto* topic = dynamic_cast<topic_runtime*>(to.destination.get()))
        site->instead = topic->connect(site->way, streams_, life_.sites.size());
    if (policies.cache || policies.coalescing)
        add_cache(core, *site, policies);
    else
        site->policies = make_pipeline(core, *around.edge, policies);
    if (core.spans != nullptr)
        site->record(core.spans->policies);
    site->what = {.operation = to.spec->name, .body = {site->way.how().request_size, nullptr}};
    site->idempotent = call.idempotent;
    site->waits = call.waits;
    if (to.destination != nullptr)
        site->idempotency_keys = &core.last_idempotency_key;
    site->priority = call.priority;
    site->error = call.error;
    site->introspects = call.introspects;
    if (call.token)
        site->tokens = std::make_unique<token_source>(
            *call.token, core.tokens,
            core.environment.stream(streams_ + "/token " + std::to_string(life_.sites.size())));
    if (call.key) {
        site->keys = call.key;
        site->key_draws =
            core.environment.stream(streams_ + "/key " + std::to_string(life_.sites.size()));
    }
    if (call.user) {
        site->users = call.user;
        site->user_draws =
            core.environment.stream(streams_ + "/user " + std::to_string(life_.sites.size()));
    }
    life_.sites.push_back(std::move(site));
}

void process::add_site(system_core& core, const surroundings& around, const call_step& call,
                       const policies_spec& policies) {
    plan_.push_back({around, &call, policies});
    make_site(core, plan_.back());
}

// ---- one life after another ---------------------------------------------------------------------

std::string name_of_life(const std::string& process, std::size_t ended) {
    return ended == 0 ? process : process + ", restart " + std::to_string(ended);
}

void process::stop() {
    for (auto& site : life_.sites)
        if (auto* producer = dynamic_cast<topic_producer*>(site->instead.get()))
            producer->stop();
    life_.breaker_timers.clear();
    for (auto& group : life_.peers)
        group->stop();
    for (auto& group : life_.connections)
        group->stop();
}

void process::restart(system_core& core) {
    if (plan_.empty())
        return;
    past_ = last_figures(policy_readings(*this, ""), core.now());
    ended_.push_back(std::make_unique<life>(std::exchange(life_, {})));
    streams_ = name_of_life(name_, ended_.size());
    for (const site_plan& each : plan_)
        make_site(core, each);
    tell_forgotten(*ended_.back(), core.now());
}

/// What the old ones knew was told; that nobody knows it any more has to be, too.
void process::tell_forgotten(life& before, time_point now) {
    for (std::size_t i = 0; i < before.breakers.size(); ++i) {
        circuit_breaker& old = before.breakers[i]->policy;
        const breaker_state was = old.state(now), is = life_.breakers[i]->policy.state(now);
        old.observe(nullptr, nullptr);
        if (was != is)
            life_.watches[i]->changed(to_string(was), to_string(is), policy_watch::restarted, now);
    }
    for (auto& group : before.peers)
        group->tell_forgotten();
}

} // namespace windtunnel::topology
