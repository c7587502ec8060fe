// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/simgrid_network.hpp"

#include "patterns/base/assert.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/simgrid/simgrid_engine.hpp"

namespace windtunnel::sim {
namespace {

duration time_alone(const simgrid_route& route, std::uint64_t size) {
    return from_seconds(route.latency + static_cast<double>(size) * route.seconds_a_byte);
}

} // namespace

simgrid_network::simgrid_network(simulation& world, const simgrid_platform& platform)
    : world_(world), flow_threshold_(platform.flow_threshold) {
    platform.validate();
    engine_ = std::make_unique<simgrid_engine>(*this, world, platform);
}

simgrid_network::~simgrid_network() {
    engine_->for_each_carried([](message& m) { release(m); });
}

void simgrid_network::send(message& m) {
    const simgrid_route& route = engine_->route(m.from, m.to);
    take(m);
    state_of(m) = static_cast<std::uint64_t>(delivery::arrived);
    if (route.always_flow || (m.size > flow_threshold_ && !route.never_flow))
        attachment_of(m) = &engine_->start(m);
    else
        world_.arm(timer_of(m), saturating_add(world_.now(), time_alone(route, m.size)));
}

void simgrid_network::cancel(message& m) {
    WINDTUNNEL_ASSERT(m.in_flight());
    if (attachment_of(m) != nullptr)
        engine_->cancel(*static_cast<simgrid_flow*>(attachment_of(m)));
    else
        world_.disarm(timer_of(m));
    release(m);
}

void simgrid_network::flow_ended(message& m, delivery how, time_point at) {
    attachment_of(m) = nullptr;
    state_of(m) = static_cast<std::uint64_t>(how);
    world_.arm(timer_of(m), at);
}

void simgrid_network::due(message& m) {
    finish(m, static_cast<delivery>(state_of(m)));
}

void simgrid_network::run(time_point end) {
    engine_->run(end);
}

void simgrid_network::stop() {
    engine_->stop();
}

duration simgrid_network::alone(node_id from, node_id to, std::uint64_t size) {
    return time_alone(engine_->route(from, to), size);
}

double simgrid_network::flops(node_id node) const {
    return engine_->flops(node);
}

std::size_t simgrid_network::flows_in_flight() const {
    return engine_->in_flight();
}

std::size_t simgrid_network::most_flows_in_flight() const {
    return engine_->most_in_flight();
}

} // namespace windtunnel::sim
