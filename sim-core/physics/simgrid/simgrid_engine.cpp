// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/simgrid_engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <xbt/config.hpp>

#include "patterns/base/assert.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/simgrid/simgrid_network.hpp"

namespace windtunnel::sim {
namespace {

namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

/// SimGrid's constructor takes over signals and std::terminate; this gives them back.
class kept_handlers {
  public:
    kept_handlers() : terminate_(std::get_terminate()) {
        for (std::size_t i = 0; i < signals.size(); ++i)
            sigaction(signals[i], nullptr, &actions_[i]);
    }
    kept_handlers(const kept_handlers&) = delete;
    kept_handlers& operator=(const kept_handlers&) = delete;
    ~kept_handlers() {
        for (std::size_t i = 0; i < signals.size(); ++i)
            sigaction(signals[i], &actions_[i], nullptr);
        std::set_terminate(terminate_);
    }

  private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
    std::array<struct sigaction, signals.size()> actions_{};
    std::terminate_handler terminate_;
};

/// One engine to a process, ever: SimGrid never resets its clock.
void claim_process() {
    static bool taken = false;
    if (std::exchange(taken, true))
        throw std::logic_error(
            "simgrid_network: this process has had one; SimGrid's clock is never "
            "reset, so each needs a process of its own");
}

/// The factors are SimGrid's defaults of each model, said here so that no version changes them.
std::vector<std::string> arguments(const simgrid_platform& p) {
    const bool lv08 = p.model == "LV08";
    return {"windtunnel",
            "--log=root.thres:critical",
            "--cfg=surf/precision:1e-12", // seconds; with its 1e-9, flows end up to 1 ns early
            "--cfg=network/model:" + p.model,
            std::string("--cfg=network/latency-factor:") + (lv08 ? "13.01" : "1"),
            std::string("--cfg=network/bandwidth-factor:") + (lv08 ? "0.97" : "1"),
            std::string("--cfg=network/weight-S:") + (lv08 ? "20537" : "0"),
            std::string("--cfg=network/crosstraffic:") + (p.cross_traffic ? "1" : "0")};
}

s4u::Engine* make_engine(const simgrid_platform& p) {
    claim_process();
    const kept_handlers keep;
    std::vector<std::string> words = arguments(p);
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    int argc = static_cast<int>(words.size());
    return new s4u::Engine(&argc, argv.data()); // never deleted: the process ends with it
}

double exact_seconds(duration d) {
    return static_cast<double>(d.count()) / 1e9;
}

/// A hair late, so that flows which end at this very instant are noticed before it is handled.
double date_of(time_point t) {
    const double date = exact_seconds(t.time_since_epoch());
    return date + 1e-12 + date * 4e-16;
}

void build(const simgrid_platform& p) {
    s4u::NetZone* zone = s4u::create_full_zone("platform");
    std::map<std::string, s4u::Host*, std::less<>> hosts;
    std::map<std::string, s4u::Link*, std::less<>> links;
    for (const auto& h : p.hosts)
        hosts[h.name] = zone->create_host(h.name, h.flops);
    for (const auto& l : p.links)
        links[l.name] =
            zone->create_link(l.name, l.bandwidth)->set_latency(exact_seconds(l.latency))->seal();
    for (const auto& r : p.routes) {
        std::vector<s4u::LinkInRoute> on_the_way;
        for (const std::string& link : r.links)
            on_the_way.emplace_back(links.at(link));
        zone->add_route(hosts.at(r.from)->get_netpoint(), hosts.at(r.to)->get_netpoint(), nullptr,
                        nullptr, on_the_way, r.from != r.to);
    }
    zone->seal();
}

[[noreturn]] void no_such_host(node_id node, const std::string& name, const s4u::Engine& engine) {
    std::set<std::string> known;
    for (const s4u::Host* host : engine.get_all_hosts())
        known.insert(host->get_name());
    std::string text = "platform: the host of node " + std::to_string(node) + " is '" + name +
                       "': must be one of the platform's hosts:";
    std::size_t shown = 0;
    for (const std::string& each : known)
        text += ++shown > 12 ? "" : " " + each;
    throw std::invalid_argument(known.size() > 12 ? text + " ..." : text);
}

/// How much of each link's bandwidth one byte a second from end to end takes.
using usage = std::map<s4u::Link*, double, bool (*)(const s4u::Link*, const s4u::Link*)>;

void use(usage& all, const std::vector<s4u::Link*>& links, double share) {
    for (s4u::Link* link : links) {
        double& used = all[link];
        const bool shared = link->get_sharing_policy() != s4u::Link::SharingPolicy::FATPIPE;
        used = shared ? used + share : std::max(used, share);
    }
}

usage usage_between(const s4u::Host& from, const s4u::Host& to, double& latency) {
    usage all([](const s4u::Link* a, const s4u::Link* b) { return a->get_name() < b->get_name(); });
    std::vector<s4u::Link*> forth;
    from.route_to(&to, forth, &latency);
    use(all, forth, 1);
    if (simgrid::config::get_value<bool>("network/crosstraffic")) {
        std::vector<s4u::Link*> back;
        to.route_to(&from, back, nullptr);
        use(all, back, 0.05);
    }
    return all;
}

void describe(const usage& all, double bandwidth_factor, simgrid_route& route) {
    using policy = s4u::Link::SharingPolicy;
    route.never_flow = true;
    for (const auto& [link, used] : all) {
        const policy kind = link->get_sharing_policy();
        route.always_flow |= kind == policy::WIFI || kind == policy::NONLINEAR;
        route.never_flow &= kind == policy::FATPIPE;
        if (!route.always_flow)
            route.seconds_a_byte =
                std::max(route.seconds_a_byte, used / (bandwidth_factor * link->get_bandwidth()));
    }
}

} // namespace

simgrid_engine::simgrid_engine(simgrid_network& network, simulation& world,
                               const simgrid_platform& platform)
    : network_(network), world_(world), engine_(make_engine(platform)) {
    WINDTUNNEL_ASSERT(world.now() == time_point{});
    if (platform.file.empty())
        build(platform);
    else
        engine_->load_platform(platform.file);
    engine_->seal_platform();
    place(platform.placement);
    listen();
}

simgrid_engine::~simgrid_engine() {
    clear_head();
    const auto destroy = [](simgrid_flow* flow) {
        flow->comm->set_data(nullptr);
        flow->comm.detach(); // SimGrid may still point to it
        delete flow;
    };
    running_.clear_and_dispose(destroy);
    ended_.clear_and_dispose(destroy);
}

void simgrid_engine::place(const std::vector<std::string>& placement) {
    std::map<std::string, std::uint32_t> indices;
    for (const std::string& name : placement) {
        const auto [it, fresh] = indices.emplace(name, static_cast<std::uint32_t>(hosts_.size()));
        if (fresh) {
            s4u::Host* host = engine_->host_by_name_or_null(name);
            if (host == nullptr)
                no_such_host(static_cast<node_id>(places_.size()), name, *engine_);
            hosts_.push_back(host);
        }
        places_.push_back(it->second);
    }
    routes_.resize(hosts_.size());
}

std::uint32_t simgrid_engine::place_of(node_id node) const {
    if (node >= places_.size())
        throw std::invalid_argument("simgrid_network: node " + std::to_string(node) +
                                    " has no place: the placement names " +
                                    std::to_string(places_.size()));
    return places_[node];
}

double simgrid_engine::flops(node_id node) const {
    return hosts_[place_of(node)]->get_speed();
}

const simgrid_route& simgrid_engine::route(node_id from, node_id to) {
    const std::uint32_t a = place_of(from);
    const std::uint32_t b = place_of(to);
    if (routes_[a].empty())
        routes_[a].resize(hosts_.size());
    simgrid_route& route = routes_[a][b];
    if (!route.known)
        route = measure(*hosts_[a], *hosts_[b]);
    return route;
}

simgrid_route simgrid_engine::measure(s4u::Host& from, s4u::Host& to) const {
    simgrid_route route;
    double latency = 0;
    const usage all = usage_between(from, to, latency);
    if (all.empty() && !(latency > 0) && &from != &to)
        throw std::invalid_argument("platform: no route leads from '" + from.get_name() + "' to '" +
                                    to.get_name() + "'");
    const double bandwidth_factor = simgrid::config::get_value<double>("network/bandwidth-factor");
    const double window = simgrid::config::get_value<double>("network/TCP-gamma");
    describe(all, bandwidth_factor, route);
    if (latency > 0 && window > 0)
        route.seconds_a_byte =
            std::max(route.seconds_a_byte, 2 * latency / (bandwidth_factor * window));
    route.latency = latency * simgrid::config::get_value<double>("network/latency-factor");
    route.known = true;
    return route;
}

void simgrid_engine::listen() {
    s4u::Activity::on_completion_cb([](const s4u::Activity& activity) {
        auto* flow = activity.get_data<simgrid_flow>();
        using state = s4u::Activity::State;
        // After cancel() SimGrid reports twice: at once, and when it has done with the flow.
        if (flow != nullptr && activity.get_state() != state::CANCELED)
            flow->engine->completed(*flow, activity.get_state() == state::FINISHED);
    });
}

simgrid_flow& simgrid_engine::start(message& m) {
    s4u::Host* from = hosts_[place_of(m.from)];
    s4u::Host* to = hosts_[place_of(m.to)];
    // Elsewhere than in run(), SimGrid's clock would not know what time it is.
    WINDTUNNEL_ASSERT(std::abs((clock() - world_.now()).count()) <= 1);
    auto* flow = new simgrid_flow{{}, this, &m, s4u::Comm::sendto_init(from, to)};
    running_.push_back(*flow);
    most_in_flight_ = std::max(most_in_flight_, running_.size());
    flow->comm->set_payload_size(m.size);
    flow->comm->set_data(flow);
    flow->comm->vetoable_start();
    return *flow;
}

void simgrid_engine::cancel(simgrid_flow& flow) {
    flow.carried = nullptr;
    flow.comm->cancel();
}

void simgrid_engine::completed(simgrid_flow& flow, bool arrived) {
    running_.erase(running_.iterator_to(flow));
    ended_.push_back(flow);
    if (flow.carried == nullptr)
        return;
    const time_point at = std::max(clock(), world_.now());
    network_.flow_ended(*std::exchange(flow.carried, nullptr),
                        arrived ? delivery::arrived : delivery::lost, at);
    // All that ends at this instant is collected first: SimGrid looks at its timers after its
    // flows.
    if (head_ == nullptr || head_->get_date() > s4u::Engine::get_clock())
        set_head(at, s4u::Engine::get_clock());
}

void simgrid_engine::for_each_carried(const std::function<void(message&)>& each) {
    for (simgrid_flow& flow : running_)
        if (flow.carried != nullptr)
            each(*std::exchange(flow.carried, nullptr));
}

void simgrid_engine::stop() {
    stopping_ = true;
    world_.stop();
}

void simgrid_engine::run(time_point end) {
    stopping_ = false;
    try {
        // Even what is due at once is run from inside SimGrid's loop, which then clears away what
        // it cancelled before time goes on.
        set_head(world_.now(), s4u::Engine::get_clock());
        advance(end);
        if (end != never)
            world_.run_until(end);
    } catch (const stopped&) {
        // stop() was called
    }
}

/// SimGrid may stop up to 10 us early, and goes on when it is asked again.
void simgrid_engine::advance(time_point end) {
    if (end == never)
        return engine_->run();
    do
        engine_->run_until(date_of(end));
    while (clock() < end);
}

void simgrid_engine::set_head(time_point time, double date) {
    clear_head();
    head_time_ = time;
    head_ = Timer::set(std::max(date, s4u::Engine::get_clock()), [this] { head_is_due(); });
}

void simgrid_engine::clear_head() {
    if (head_ != nullptr)
        head_->remove();
    head_ = nullptr;
}

void simgrid_engine::follow_head() {
    const time_point next = world_.next_event_time();
    if (next == never)
        clear_head();
    else if (head_ == nullptr || head_time_ != next)
        set_head(next, date_of(next));
}

void simgrid_engine::head_is_due() {
    head_ = nullptr; // SimGrid deletes it
    run_world(head_time_);
}

void simgrid_engine::run_world(time_point t) {
    ended_.clear_and_dispose([](simgrid_flow* flow) { delete flow; });
    world_.run_until(t);
    if (stopping_ || world_.next_event_time() <= t)
        throw stopped{};
    follow_head();
}

time_point simgrid_engine::clock() const {
    return time_point{from_seconds(s4u::Engine::get_clock())};
}

} // namespace windtunnel::sim
