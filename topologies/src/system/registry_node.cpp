// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/registry_node.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

// ---- heartbeats ---------------------------------------------------------------------------------

lease_keeper::lease_keeper(registry_node& registry, replica& of)
    : timer(&lease_keeper::struck), sim::message(&lease_keeper::moved), registry_(registry),
      replica_(of) {
    const duration first = registry.somewhere_in(registry.spec().registry.heartbeat_interval,
                                                 of.own().name() + "/heartbeat");
    registry.core_.simulation.arm(*this, registry.core_.now() + first);
}

lease_keeper::~lease_keeper() {
    registry_.core_.simulation.disarm(*this);
    sim::message::cancel();
}

void lease_keeper::struck(timer& t) {
    auto& self = static_cast<lease_keeper&>(t);
    self.beat();
    self.registry_.core_.simulation.arm(
        self, self.due() + self.registry_.spec().registry.heartbeat_interval);
}

void lease_keeper::beat() {
    if (replica_.up() && !in_flight())
        go(errand::renew);
}

void lease_keeper::replica_started() {
    sim::message::cancel();
    go(errand::enlist);
}

void lease_keeper::go(errand what) {
    errand_ = what;
    const bool back = what == errand::refused;
    from = back ? registry_.node() : replica_.node();
    to = back ? replica_.node() : registry_.node();
    registry_.core_.network->send(*this);
}

void lease_keeper::moved(sim::message& m, sim::delivery how) {
    if (how == sim::delivery::arrived)
        static_cast<lease_keeper&>(m).arrived();
}

void lease_keeper::arrived() {
    if (errand_ == errand::refused) {
        if (replica_.up())
            go(errand::enlist);
        return;
    }
    if (!registry_.up())
        return;
    const std::string& service = replica_.service().spec->name;
    if (errand_ == errand::enlist)
        registry_.enlist(replica_);
    else if (!registry_.registry_->renew(service, replica_.own().name(), registry_.core_.now()))
        go(errand::refused);
    registry_.arm_expiry();
}

// ---- lists --------------------------------------------------------------------------------------

registry_client::registry_client(registry_node& registry, peers& tells,
                                 const service_runtime& service, const std::string& process,
                                 sim::node_id node)
    : timer(&registry_client::struck), sim::message(&registry_client::moved), registry_(registry),
      tells_(tells), service_(service.spec->name), node_(node), view_(registry.spec().view) {
    registry.clients_.push_back(this);
    if (registry.up())
        view_.update(registry.leases().snapshot(service_), registry.core_.now());
    const duration first =
        registry.somewhere_in(registry.spec().fetch_interval, process + "/registry " + service_);
    registry.core_.simulation.arm(*this, registry.core_.now() + first);
}

registry_client::~registry_client() {
    stop();
}

void registry_client::stop() {
    std::erase(registry_.clients_, this);
    registry_.core_.simulation.disarm(*this);
    sim::message::cancel();
}

void registry_client::struck(timer& t) {
    auto& self = static_cast<registry_client&>(t);
    self.fetch();
    self.registry_.core_.simulation.arm(self, self.due() + self.registry_.spec().fetch_interval);
}

void registry_client::fetch() {
    if (asking_) {
        ++unanswered_;
        view_.failed();
    }
    if (in_flight())
        return;
    asking_ = true;
    list_.reset();
    from = node_;
    to = registry_.node();
    registry_.core_.network->send(*this);
}

void registry_client::changed() {
    if (in_flight())
        again_ = true;
    else
        send_list();
}

void registry_client::send_list() {
    again_ = false;
    list_ = registry_.leases().snapshot(service_);
    from = registry_.node();
    to = node_;
    registry_.core_.network->send(*this);
}

void registry_client::moved(sim::message& m, sim::delivery how) {
    if (how != sim::delivery::duplicate)
        how == sim::delivery::arrived ? static_cast<registry_client&>(m).arrived()
                                      : static_cast<registry_client&>(m).list_.reset();
}

void registry_client::arrived() {
    if (list_)
        return hear();
    if (!registry_.up())
        return;
    registry_.registry_->advance(registry_.core_.now());
    registry_.arm_expiry();
    if (!in_flight()) // else who watches has been told just now
        send_list();
}

void registry_client::hear() {
    asking_ = false;
    ++lists_;
    const view_update result =
        view_.update(*std::exchange(list_, std::nullopt), registry_.core_.now());
    disbelieved_ += result == view_update::kept_empty || result == view_update::kept_shrunk;
    if (result == view_update::applied)
        tells_.on_list(view_);
    if (again_ && registry_.up())
        send_list();
}

// ---- the registry -------------------------------------------------------------------------------

registry_node::expiry_timer::expiry_timer(registry_node& n)
    : timer([](timer& t) {
          registry_node& self = static_cast<expiry_timer&>(t).of;
          if (self.up())
              self.registry_->advance(self.core_.now());
          self.arm_expiry();
      }),
      of(n) {}

registry_node::registry_node(system_core& core, const discovery_spec& spec, sim::node_id node,
                             const std::vector<std::unique_ptr<service_runtime>>& services)
    : core_(core), spec_(spec), node_(node), expiry_(*this) {
    open(epoch_);
    for (const auto& s : services)
        for (const auto& r : s->replicas) {
            enlist(*r);
            keepers_.push_back(std::make_unique<lease_keeper>(*this, *r));
            r->keep_registered(*keepers_.back());
        }
    arm_expiry();
}

registry_node::~registry_node() {
    core_.simulation.disarm(expiry_);
}

void registry_node::open(std::uint64_t epoch) {
    registry_ = std::make_unique<registry>(spec_.registry, epoch);
    registry_->observe(&registry_node::published, this);
}

void registry_node::published(void* self, std::string_view service, std::uint64_t) {
    auto& node = *static_cast<registry_node*>(self);
    if (node.spec_.watch && node.up())
        for (registry_client* c : node.clients_)
            if (c->service() == service)
                c->changed();
}

void registry_node::enlist(const replica& r) {
    registry_->register_instance(r.service().spec->name,
                                 {.id = r.own().name(), .address = std::to_string(r.number())},
                                 core_.now());
}

std::uint32_t registry_node::number_of(const service_instance& instance) {
    std::uint32_t number = 0;
    const std::string& text = instance.address;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::unique_ptr<registry_client> registry_node::connect(peers& tells,
                                                        const service_runtime& service,
                                                        const std::string& process,
                                                        sim::node_id node) {
    return std::make_unique<registry_client>(*this, tells, service, process, node);
}

void registry_node::start(bool forgets) {
    WINDTUNNEL_ASSERT(stops_ > 0);
    if (--stops_ > 0)
        return;
    if (forgets)
        open(++epoch_);
    arm_expiry();
}

/// Who is down evicts nobody, until it is up again.
void registry_node::arm_expiry() {
    core_.simulation.disarm(expiry_);
    const time_point next = registry_->next_expiry();
    if (up() && next != never)
        core_.simulation.arm(expiry_, std::max(next, core_.now()));
}

duration registry_node::somewhere_in(duration interval, const std::string& whose) {
    random_stream random = core_.environment.stream(whose);
    return sim::distribution::uniform(duration::zero(), interval).sample(random);
}

} // namespace windtunnel::topology
