// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/peers.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

std::vector<balancer_host> hosts_of(const service_runtime& service, int own_zone) {
    std::vector<balancer_host> hosts(service.replicas.size());
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        hosts[i].weight = service.weight_of(i);
        hosts[i].zone = std::max(service.zone_of(i), 0);
        hosts[i].priority = service.zone_of(i) == own_zone ? 0 : 1;
    }
    return hosts;
}

load_balancer_options options_of(const peer_options& options, const service_runtime& service,
                                 const peer_viewpoint& from) {
    load_balancer_options made = options.balancer.options;
    const bool zones = options.balancer.zone_aware && !service.zones.empty();
    made.zone = zones ? from.zone : load_balancer_options::no_zone;
    if (service.zones.empty() || from.zone == load_balancer_options::no_zone)
        made.overprovisioning_factor = 0;
    return made;
}

policy_change change_of(std::string_view kind, const service_runtime& service,
                        const peer_viewpoint& from) {
    return {
        .caller = from.caller, .callee = service.spec->name, .kind = kind, .process = from.process};
}

/// On our side of the wire: nobody was there, the connection broke, or our clock said enough.
bool is_local_origin(const failure& f) {
    return f.kind == failure_kind::unavailable || f.kind == failure_kind::connection_lost ||
           f.kind == failure_kind::timed_out;
}

} // namespace

peers::interval_timer::interval_timer(peers& p)
    : timer([](timer& t) { static_cast<interval_timer&>(t).of.interval_ended(); }), of(p) {}

peers::peers(system_core& core, const service_runtime& of, const peer_options& options,
             const peer_viewpoint& from)
    : core_(core), service_(of), options_(options),
      balancer_(options_of(options, of, from), hosts_of(of, from.zone),
                core.environment.stream(from.streams + "/balancer " + of.spec->name), core.now()),
      usable_(core.now(), static_cast<std::int64_t>(of.replicas.size())), ejected_(core.now()),
      ejections_(core, change_of("outlier_detection", of, from)),
      checks_(core, change_of("health_check", of, from)), interval_(*this), faults_(from.faults),
      listed_(of.replicas.size(), true),
      listed_count_(static_cast<std::int64_t>(of.replicas.size()), core.now()) {
    const std::string& name = of.spec->name;
    if (balancer_.options().zone != load_balancer_options::no_zone && !from.callers_by_zone.empty())
        balancer_.set_callers(from.callers_by_zone);
    if (options.outlier_detection) {
        outliers_.emplace(*options.outlier_detection, of.replicas.size(),
                          core.environment.stream(from.streams + "/outlier detection " + name),
                          core.now());
        outliers_->observe(&peers::outlier_found, this);
        arm_interval();
    }
    if (options.health_check)
        prober_ = std::make_unique<health_prober>(core, *this, *options.health_check,
                                                  of.replicas.size(), from);
    if (prober_ && outliers_) // not known to be well is not well
        for (host h = 0; h < balancer_.hosts(); ++h)
            outliers_->set_healthy(h, false, core.now());
    const auto& o = balancer_.options();
    plain_ = !outliers_ && !prober_ && o.policy != balancer_policy::peak_ewma &&
             o.policy != balancer_policy::ring_hash && o.policy != balancer_policy::maglev &&
             o.load == load_source::live && o.slow_start_window == duration::zero() &&
             o.overprovisioning_factor == 0;
    pass_on();
}

peers::~peers() {
    core_.simulation.disarm(interval_);
}

const std::string& peers::service() const {
    return service_.spec->name;
}

void peers::follow(registry_node& registry, const std::string& process, sim::node_id node) {
    plain_ = false;
    client_ = registry.connect(*this, service_, process, node);
    on_list(client_->view());
}

void peers::stop() {
    stopped_ = true;
    core_.simulation.disarm(interval_);
    if (prober_)
        prober_->stop();
    if (client_)
        client_->stop();
}

void peers::tell_forgotten() {
    const auto tell = [&](policy_watch& watch, host h, std::string_view from, std::string_view to) {
        watch.changed(from, to, service_.replicas[h]->own().name() + ": " + policy_watch::restarted,
                      core_.now());
    };
    for (host h = 0; h < balancer_.hosts(); ++h) {
        if (outliers_ && outliers_->ejected(h))
            tell(ejections_, h, "ejected", "used");
        if (outliers_ && outliers_->on_probation(h))
            tell(ejections_, h, "probation", "used");
        if (prober_ && prober_->status(h) == health_status::unhealthy)
            tell(checks_, h, to_string(health_status::unhealthy),
                 to_string(health_status::unknown));
    }
}

// ---- requests -----------------------------------------------------------------------------------

peers::host peers::begin(std::uint64_t key) {
    if (!plain_)
        return begin_knowingly(key);
    const host chosen = listed_.size() == 1 ? 0 : pick_any();
    balancer_.on_start(chosen);
    counts_.misrouted += !service_.replicas[chosen]->up();
    return chosen;
}

peers::host peers::pick_any() {
    const auto chosen = balancer_.pick();
    WINDTUNNEL_ASSERT(chosen.has_value()); // nobody takes hosts away
    return *chosen;
}

peers::host peers::begin_knowingly(std::uint64_t key) {
    const time_point now = core_.now();
    balancer_request about{.now = now};
    if (key != 0)
        about.hash = key;
    const auto chosen = balancer_.pick(about);
    if (!chosen) {
        ++counts_.unserved;
        return nobody;
    }
    balancer_.on_start(*chosen, now);
    if (prober_)
        prober_->on_traffic(*chosen);
    if (outliers_ && outliers_->on_probation(*chosen))
        begin_probe(*chosen);
    counts_.panic_picks += (outliers_ && outliers_->panicking()) || balancer_.panicking();
    counts_.misrouted += !service_.replicas[*chosen]->up();
    return *chosen;
}

/// A replica on probation may have had enough with this one.
void peers::begin_probe(host h) {
    outliers_->on_start(h, core_.now());
    if (outliers_->revision() != seen_revision_)
        pass_on();
}

void peers::answered(host h, time_point sent, const outcome<reply>& result) {
    if (plain_)
        return balancer_.on_end(h);
    learn(h, {.result = classify(result),
              .local_origin = !result.ok() && is_local_origin(result.failed()),
              .overloaded = result.failed_with(failure_kind::overloaded),
              .sent = sent});
}

void peers::abandoned(host h, time_point sent, bool took_too_long) {
    if (plain_)
        return balancer_.on_end(h);
    learn(h, {.result = took_too_long ? verdict::failure : verdict::neutral,
              .local_origin = true,
              .sent = sent});
}

void peers::report_load(host h, std::uint64_t load) {
    constexpr std::uint64_t most = 0xffffffff;
    balancer_.report_load(h, static_cast<std::uint32_t>(std::min(load, most)));
}

void peers::learn(host h, const host_result& ended) {
    const time_point now = core_.now();
    balancer_.on_end(h, now, now - ended.sent, ended.result);
    if (!outliers_ || stopped_)
        return;
    outliers_->on_result(h, ended, now);
    if (outliers_->revision() != seen_revision_)
        pass_on();
}

// ---- who may get them ---------------------------------------------------------------------------

void peers::arm_interval() {
    core_.simulation.arm(interval_, outliers_->next_interval());
}

void peers::interval_ended() {
    outliers_->advance(core_.now());
    arm_interval();
    pass_on();
}

void peers::on_health_change(host h, health_status before, health_status now) {
    if (before != health_status::unknown)
        checks_.changed(to_string(before), to_string(now), service_.replicas[h]->own().name(),
                        core_.now());
    if (outliers_)
        outliers_->set_healthy(h, now == health_status::healthy, core_.now());
    pass_on();
}

void peers::catch_up() {
    if (client_ && !stopped_)
        on_list(client_->view());
}

void peers::on_list(const registry_view& view) {
    if (faults_ != nullptr && faults_->frozen_view != 0)
        return;
    std::fill(listed_.begin(), listed_.end(), false);
    for (const service_instance& each : view.instances())
        if (each.status == instance_status::up)
            listed_[registry_node::number_of(each)] = true;
    for (host h = 0; h < balancer_.hosts(); ++h)
        balancer_.set_listed(h, listed_[h]);
    listed_count_.set(std::count(listed_.begin(), listed_.end(), true), core_.now());
    pass_on();
}

/// Panic uses those that are ill, never those that are not listed.
bool peers::may_be_used(host h) const {
    if (!listed_[h])
        return false;
    if (outliers_)
        return outliers_->usable(h);
    return !prober_ || prober_->healthy(h);
}

/// What has changed, to the balancer.
void peers::pass_on() {
    if (outliers_)
        seen_revision_ = outliers_->revision();
    for (host h = 0; h < balancer_.hosts(); ++h)
        if (const bool wanted = may_be_used(h); wanted != balancer_.available(h))
            balancer_.set_available(h, wanted, core_.now());
    usable_.set(core_.now(), static_cast<std::int64_t>(balancer_.available()));
}

void peers::outlier_found(void* self, const outlier_event& event) {
    auto& p = *static_cast<peers*>(self);
    const auto changed = [&](std::string_view from, std::string_view to) {
        p.ejections_.changed(from, to,
                             p.service_.replicas[event.host]->own().name() + ": " +
                                 std::string(to_string(event.reason)),
                             event.at);
    };
    const bool probation = p.outliers_->options().probation > 0;
    if (event.kind == outlier_event_kind::ejected) {
        p.ejected_.add(p.core_.now(), 1);
        changed(event.reason == ejection_reason::probation ? "probation" : "used", "ejected");
    } else if (event.kind == outlier_event_kind::unejected) {
        p.ejected_.add(p.core_.now(), -1);
        changed("ejected", probation ? "probation" : "used");
    } else if (event.kind == outlier_event_kind::recovered) {
        changed("probation", "used");
    }
}

} // namespace windtunnel::topology
