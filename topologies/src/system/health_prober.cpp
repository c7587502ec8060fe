// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/health_prober.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

/// One replica: its check, the timer of the next probe or of the timeout, and the probe under way.
struct health_prober::target : timer {
    struct call : pending_call {
        call(target& t, const request& r, const call_context& c)
            : pending_call(r, c,
                           [](pending_call& self, outcome<reply>* result) {
                               static_cast<call&>(self).of.over(result);
                           }),
              of(t) {}
        target& of;
    };

    target(health_prober& p, std::uint32_t h, const health_check_options& o, random_stream jitter,
           time_point now)
        : timer([](timer& t) {
              auto& self = static_cast<target&>(t);
              self.of.due(self);
          }),
          of(p), host(h), check(o, jitter, now) {}

    void over(outcome<reply>* result) {
        const std::optional<outcome<reply>> heard =
            result != nullptr ? std::optional{std::move(*result)} : std::nullopt;
        under_way.reset();
        if (heard)
            of.ended(*this, *heard);
    }

    health_prober& of;
    std::uint32_t host;
    health_check check;
    std::optional<call> under_way;
    std::uint32_t number = 0; ///< of the probe under way
    time_point sent{};
};

health_prober::health_prober(system_core& core, peers& tells, const health_check_spec& spec,
                             std::size_t hosts, const peer_viewpoint& from)
    : core_(core), tells_(tells),
      way_(core, {.from = from.node,
                  .edge = from.probes,
                  .to = &tells,
                  .request_size = from.probes->to->spec->request_size,
                  .response_size = from.probes->to->spec->response_size}),
      what_{.operation = from.probes->to->spec->name,
            .body = {from.probes->to->spec->request_size, nullptr}} {
    const std::string name = from.streams + "/health check " + from.probes->to->service->spec->name;
    for (std::uint32_t h = 0; h < hosts; ++h) {
        targets_.push_back(std::make_unique<target>(
            *this, h, spec.options, core.environment.stream(name + "#" + std::to_string(h)),
            core.now()));
        arm(*targets_.back());
    }
}

health_prober::~health_prober() {
    for (auto& t : targets_)
        core_.simulation.disarm(*t);
}

void health_prober::stop() {
    stopped_ = true;
    for (auto& t : targets_) {
        core_.simulation.disarm(*t);
        if (t->under_way)
            way_.cancel(*t->under_way);
    }
}

bool health_prober::healthy(std::uint32_t host) const {
    return status(host) == health_status::healthy;
}

health_status health_prober::status(std::uint32_t host) const {
    return targets_[host]->check.status();
}

std::size_t health_prober::healthy_hosts() const {
    return static_cast<std::size_t>(
        std::count_if(targets_.begin(), targets_.end(),
                      [](const auto& t) { return t->check.status() == health_status::healthy; }));
}

void health_prober::on_traffic(std::uint32_t host) {
    target& t = *targets_[host];
    const time_point before = t.check.next_at();
    t.check.on_traffic(core_.now());
    if (t.check.next_at() < before)
        arm(t);
}

void health_prober::arm(target& t) {
    core_.simulation.disarm(t);
    if (stopped_)
        return;
    if (t.under_way)
        core_.simulation.arm(t, t.check.deadline(), timer_class::deadline);
    else
        core_.simulation.arm(t, t.check.next_at());
}

/// The next probe is, or the one under way has waited long enough.
void health_prober::due(target& t) {
    if (t.under_way) {
        const health_status before = t.check.status();
        t.check.on_timeout(t.number, core_.now());
        ++failed_;
        way_.cancel(*t.under_way);
        tell(t, before);
        return arm(t);
    }
    ++probes_;
    t.number = t.check.begin(core_.now());
    t.sent = core_.now();
    t.under_way.emplace(t, what_, call_context{.environment = &core_.environment});
    way_.start_at(*t.under_way, t.host);
    arm(t);
}

void health_prober::ended(target& t, const outcome<reply>& result) {
    if (!result.ok() && result.failed().kind == failure_kind::cancelled)
        return; // by ourselves, in due()
    judge(t, result.ok() ? probe_result::success : probe_result::failure);
}

void health_prober::judge(target& t, probe_result result) {
    failed_ += result != probe_result::success;
    const health_status before = t.check.status();
    t.check.on_result(t.number, result, core_.now());
    tell(t, before);
    arm(t);
}

void health_prober::tell(const target& t, health_status before) {
    if (t.check.status() == before)
        return;
    healthy_count_.set(static_cast<std::int64_t>(healthy_hosts()), core_.now());
    tells_.on_health_change(t.host, before, t.check.status());
}

} // namespace windtunnel::topology
