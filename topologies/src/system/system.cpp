// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/system.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "sim-core/physics/delay_network.hpp"
#include "topologies/src/checks.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/system/platform.hpp"
#include "topologies/src/system/queue_runtime.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

namespace {

std::unique_ptr<destination> destination_for(system_core& core, endpoint_runtime& at) {
    const destination_spec& spec = *at.spec->destination;
    if (const auto* queue = std::get_if<message_queue_spec>(&spec))
        return std::make_unique<queue_runtime>(core, at, *queue);
    return std::make_unique<topic_runtime>(core, at, std::get<topic_spec>(spec));
}

} // namespace

struct system::parts {
    explicit parts(sim::simulation& s) : core(s) {}
    system_core core;
    std::unique_ptr<sim::delay_network> delays;
    std::unique_ptr<placed_platform> platform;
    const std::string registry_name = discovery_spec::process;
    std::unique_ptr<registry_node> registry;
    std::optional<system_spans> spans;
    std::map<std::pair<std::string, const service_runtime*>, disturbed_dependency> dependencies;
};

system::system(sim::simulation& simulation, const topology_spec& spec, observer& books,
               const policies_of& overlay, span_recorder* spans)
    : parts_(std::make_unique<parts>(simulation)), spec_(spec), overlay_(overlay) {
    parts_->core.observer = &books;
    if (spans != nullptr) {
        parts_->spans.emplace(*spans, static_cast<std::uint32_t>(spec.services.size()));
        parts_->core.spans = &*parts_->spans;
    }
    build_services();
    build_zones();
    build_network();
    build_registry();
    build_destinations();
    build_calls();
    for (auto& e : endpoints_)
        if (e->destination != nullptr)
            e->destination->start();
}

system::~system() {
    auto& core = parts_->core;
    for (auto& s : services_)
        for (auto& r : s->replicas)
            r->clear();
    for (exchange& x : core.in_flight)
        if (pending_call* caller = std::exchange(x.caller, nullptr))
            caller->drop();
    for (auto& e : endpoints_)
        if (e->destination != nullptr)
            e->destination->clear();
    core.simulation.halt(); // destroys what waits, which refers to all that follows
    while (!core.in_flight.empty()) {
        exchange& x = core.in_flight.front();
        static_cast<sim::message&>(x).cancel();
        core.close(x); // its notice, too
    }
}

sim::simulation& system::simulation() const {
    return parts_->core.simulation;
}

std::size_t system::in_flight() const {
    return parts_->core.in_flight.size();
}

std::size_t system::unfinished_work() const {
    return parts_->core.journeys.under_way();
}

std::vector<journeys::undone> system::not_done() const {
    return parts_->core.journeys.not_done();
}

registry_node* system::registry() const {
    return parts_->registry.get();
}

sim::delay_network* system::messages() const {
    return parts_->delays.get();
}

void system::count_rare_fault(int change) {
    parts_->core.rare_faults += change;
}

/// What one caller does when it hears may end others': who is gone is struck off.
void system::break_off(const std::vector<edge_runtime*>& edges,
                       const std::vector<replica*>& replicas) {
    const auto in = [](const auto& all, const auto* one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    std::vector<exchange*> order;
    std::unordered_set<const exchange*> left;
    for (exchange& x : parts_->core.in_flight)
        if (in(edges, x.through.how().edge) || in(replicas, &x.at)) {
            order.push_back(&x);
            left.insert(&x);
        }
    parts_->core.breaking = &left;
    for (exchange* x : order)
        if (left.erase(x) > 0)
            x->through.break_off(*x);
    parts_->core.breaking = nullptr;
}

std::vector<process*> system::processes_of(std::string_view caller) const {
    std::vector<process*> all;
    if (const service_runtime* s = find_service(caller))
        for (const auto& r : s->replicas)
            all.push_back(&r->own());
    for (const auto& c : clients_)
        if (c->name() == caller)
            all.push_back(&c->own());
    return all;
}

void system::build_services() {
    auto& core = parts_->core;
    const std::uint64_t seed = core.environment.seed();
    for (const service_spec& spec : spec_.services) {
        auto& s = *services_.emplace_back(std::make_unique<service_runtime>());
        s.index = static_cast<std::uint32_t>(services_.size() - 1);
        s.spec = &spec;
        s.patience = {seed, spec.name + "/patience"};
        s.starts = {seed, spec.name + "/cold start"};
        s.records = record_store(spec.records.size(), s.index);
        for (const endpoint_spec& e : spec.endpoints) {
            auto& made = *endpoints_.emplace_back(std::make_unique<endpoint_runtime>());
            made.index = static_cast<std::uint32_t>(endpoints_.size() - 1);
            made.service = &s;
            made.spec = &e;
            made.program = compile(e, spec.name + "." + e.name, seed, spec.records, s.calls);
            if (e.is_route || made.program.has_gate())
                made.gate = std::make_unique<route_gate>(made.program,
                                                         static_cast<std::size_t>(spec.replicas),
                                                         seed, spec.name + "." + e.name);
            s.endpoints.push_back(&made);
        }
    }
    for (auto& s : services_)
        if (s->spec->in.empty())
            build_replicas(*s, nullptr);
    for (auto& s : services_) // modules live where their process is
        if (!s->spec->in.empty())
            build_replicas(*s, find_service(s->spec->in));
}

void system::build_replicas(service_runtime& s, const service_runtime* process) {
    for (int i = 0; i < s.spec->replicas; ++i) {
        const auto number = static_cast<std::uint32_t>(i);
        replica* host = process != nullptr ? process->replicas[number].get() : nullptr;
        const auto at = host != nullptr ? host->node() : static_cast<sim::node_id>(nodes_.size());
        s.replicas.push_back(std::make_unique<replica>(parts_->core, s, number, at, host));
        if (host == nullptr)
            nodes_.push_back({&s.replicas.back()->own().name(), &s.spec->name});
    }
}

void system::build_network() {
    if (!spec_.platform) {
        parts_->delays = std::make_unique<sim::delay_network>(parts_->core.simulation);
        parts_->core.network = parts_->delays.get();
        parts_->delays->connect_on_demand([this](sim::node_id from, sim::node_id to) {
            const link_spec link = link_between(*nodes_[from].name, *nodes_[to].name);
            return sim::link_plan{.name = *nodes_[from].process + "->" + *nodes_[to].process,
                                  .options = {.latency = link.latency.value_or(sim::distribution{}),
                                              .bandwidth = link.bandwidth,
                                              .loss = link.loss}};
        });
        return;
    }
    parts_->platform = std::make_unique<placed_platform>(parts_->core.simulation, *spec_.platform);
    for (const auto& s : services_)
        for (const auto& r : s->replicas)
            if (r->has_own_workers())
                parts_->platform->place(s->spec->name, r->number(), r->node());
}

/// Zones are numbered as they appear; a caller's like are the replicas of its service.
void system::build_zones() {
    for (const service_spec& spec : spec_.services)
        for (const std::string& zone : spec.zones)
            if (std::find(zones_.begin(), zones_.end(), zone) == zones_.end())
                zones_.push_back(zone);
    for (auto& s : services_) {
        for (const std::string& zone : s->spec->zones)
            s->zones.push_back(zone_number(zone));
        if (s->zones.empty())
            continue;
        std::vector<std::uint32_t> callers(zones_.size());
        for (const auto& r : s->replicas)
            ++callers[static_cast<std::size_t>(s->zone_of(r->number()))];
        for (auto& r : s->replicas)
            r->own().set_zone(s->zone_of(r->number()), callers);
    }
}

int system::zone_number(const std::string& zone) const {
    const auto found = std::find(zones_.begin(), zones_.end(), zone);
    return found == zones_.end() ? load_balancer_options::no_zone
                                 : static_cast<int>(found - zones_.begin());
}

void system::build_registry() {
    if (!spec_.discovery)
        return;
    const auto id = static_cast<sim::node_id>(nodes_.size());
    if (parts_->platform)
        parts_->platform->place(parts_->registry_name, 0, id);
    nodes_.push_back({&parts_->registry_name, &parts_->registry_name});
    parts_->registry =
        std::make_unique<registry_node>(parts_->core, *spec_.discovery, id, services_);
}

void system::build_destinations() {
    for (auto& e : endpoints_)
        if (e->spec->destination) {
            parts_->core.has_brokers = true;
            e->destination = destination_for(parts_->core, *e);
        }
    for (auto& e : endpoints_)
        if (const auto& consumes = e->spec->consumes)
            find_endpoint(consumes->from)
                ->destination->add_consumer(
                    *e,
                    edge_between(consumes->from.service, {e->service->spec->name, e->spec->name}));
}

void system::build_calls() {
    for (auto& s : services_)
        for (const call_step* call : s->calls)
            for (auto& r : s->replicas)
                add_site(r->own(), r->node(), s->spec->name, *call, r.get());
}

void system::add_site(process& from, sim::node_id at, const std::string& caller,
                      const call_step& call, const replica* of) {
    const policies_spec policies =
        overlay_ ? overlay_(caller, call.to, call.policies) : call.policies;
    process::surroundings around{
        .node = at, .edge = &edge_between(caller, call.to), .registry = registry(), .of = of};
    check_health_check(spec_, policies, call.to.service, call.where);
    if (policies.health_check)
        around.probes = &edge_between(caller, {call.to.service, policies.health_check->endpoint});
    try {
        from.add_site(parts_->core, around, call, policies);
    } catch (const std::invalid_argument& error) {
        throw input_error({call.where, error.what(), {}});
    }
}

client& system::add_client(const std::string& name, const std::vector<call_step>& calls,
                           const std::string& zone) {
    const auto id = static_cast<sim::node_id>(nodes_.size());
    if (parts_->platform)
        parts_->platform->place(name, 0, id);
    auto& made =
        *clients_.emplace_back(std::make_unique<client>(parts_->core, name, id, clients_.size()));
    nodes_.push_back({&made.name(), &made.name()});
    made.own().set_zone(zone_number(zone), {});
    for (const call_step& call : calls)
        add_site(made.own(), made.node(), name, call);
    return made;
}

void system::run_until(time_point end) {
    if (!parts_->platform)
        return parts_->core.simulation.run_until(end);
    if (parts_->core.network == nullptr)
        start_platform();
    parts_->platform->network().run(end);
}

/// When all processes are placed. Work is stated for 1e9 operations a second.
void system::start_platform() {
    constexpr double stated = 1e9;
    sim::simgrid_network& network = parts_->platform->network();
    parts_->core.network = &network;
    for (const auto& s : services_)
        for (const auto& r : s->replicas)
            r->run_at(network.flops(r->node()) / stated);
}

edge_runtime& system::edge_between(const std::string& caller, const endpoint_ref& to) {
    endpoint_runtime* endpoint = find_endpoint(to);
    WINDTUNNEL_ASSERT(endpoint != nullptr); // the loaders checked it
    for (auto& e : edges_)
        if (e->to == endpoint && e->caller == caller)
            return *e;
    auto& made = *edges_.emplace_back(std::make_unique<edge_runtime>());
    made.index = static_cast<std::uint32_t>(edges_.size() - 1);
    made.caller = caller;
    made.to = endpoint;
    made.dependency = &parts_->dependencies[{caller, endpoint->service}];
    return made;
}

service_runtime* system::find_service(std::string_view name) const {
    for (const auto& s : services_)
        if (s->spec->name == name)
            return s.get();
    return nullptr;
}

endpoint_runtime* system::find_endpoint(const endpoint_ref& ref) const {
    if (const service_runtime* s = find_service(ref.service))
        for (endpoint_runtime* e : s->endpoints)
            if (e->spec->name == ref.endpoint)
                return e;
    return nullptr;
}

/// The last entry that matches, in either direction.
link_spec system::link_between(const std::string& from, const std::string& to) const {
    const auto is = [](const std::string& end, const std::string& name) {
        return end == "*" || end == name;
    };
    link_spec merged = spec_.network.standard;
    for (const link_spec& l : spec_.network.links) {
        if (!(is(l.from, from) && is(l.to, to)) && !(is(l.from, to) && is(l.to, from)))
            continue;
        if (l.latency)
            merged.latency = l.latency;
        if (l.bandwidth)
            merged.bandwidth = l.bandwidth;
        merged.loss = l.loss;
    }
    return merged;
}

} // namespace windtunnel::topology
