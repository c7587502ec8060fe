// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/probes.hpp"

#include <algorithm>
#include <limits>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> probe_kind_names{"startup", "readiness", "liveness"};
constexpr std::array<std::string_view, 3> probe_names{"startup probe", "readiness probe",
                                                      "liveness probe"};

} // namespace

std::string_view to_string(probe_kind kind) {
    return probe_kind_names.at(static_cast<std::size_t>(kind));
}

void probe_options::validate(probe_kind kind) const {
    const option_check check{probe_names.at(static_cast<std::size_t>(kind))};
    constexpr duration zero{};
    check(initial_delay >= zero, "initial_delay", initial_delay, "not be negative");
    check(period > zero, "period", period, "be above 0");
    check(timeout > zero, "timeout", timeout, "be above 0");
    check(success_threshold >= 1, "success_threshold", success_threshold, "be at least 1");
    check(success_threshold == 1 || kind == probe_kind::readiness, "success_threshold",
          success_threshold, "be 1, but for readiness");
    check(failure_threshold >= 1, "failure_threshold", failure_threshold, "be at least 1");
}

void container_probe_options::validate() const {
    if (startup)
        startup->validate(probe_kind::startup);
    if (readiness)
        readiness->validate(probe_kind::readiness);
    if (liveness)
        liveness->validate(probe_kind::liveness);
}

container_probes::container_probes(const container_probe_options& options, time_point now) {
    options.validate();
    of(probe_kind::startup).options = options.startup;
    of(probe_kind::readiness).options = options.readiness;
    of(probe_kind::liveness).options = options.liveness;
    restarted(now);
}

void container_probes::restarted(time_point now) {
    restart_wanted_ = false;
    for (const auto kind : kinds) {
        auto& p = of(kind);
        p = {.options = p.options, .number = p.number};
        p.passed = !p.options || kind == probe_kind::liveness;
        p.next_at = p.options ? saturating_add(now, p.options->initial_delay) : never;
    }
}

time_point container_probes::next_at() const {
    auto next = never;
    for (const auto kind : kinds)
        if (waits(kind))
            next = std::min(next, of(kind).next_at);
    return next;
}

std::optional<container_probes::due> container_probes::begin(time_point now) {
    for (const auto kind : kinds) {
        auto& p = of(kind);
        if (!waits(kind) || now < p.next_at)
            continue;
        p.probing = true;
        p.deadline = saturating_add(now, p.options->timeout);
        p.next_at = saturating_add(now, p.options->period);
        return due{.kind = kind, .number = ++p.number, .deadline = p.deadline};
    }
    return {};
}

bool container_probes::on_result(probe_kind kind, std::uint32_t number, probe_result result,
                                 time_point now) {
    auto& p = of(kind);
    if (restart_wanted_ || !p.probing || number != p.number)
        return false;
    p.probing = false;
    const bool late = now >= p.deadline;
    if (result == probe_result::no_view && !late)
        return false;
    const bool was_started = started();
    const bool was_ready = ready();
    judge(kind, result == probe_result::success && !late);
    return started() != was_started || ready() != was_ready || restart_wanted_;
}

/// Whether the kind is to be probed and no probe of it is under way.
bool container_probes::waits(probe_kind kind) const {
    const auto& p = of(kind);
    if (!p.options || p.probing || restart_wanted_)
        return false;
    return started() != (kind == probe_kind::startup);
}

void container_probes::judge(probe_kind kind, bool good) {
    auto& p = of(kind);
    p.streak =
        good != p.last_good ? 1 : std::min(p.streak, std::numeric_limits<int>::max() - 1) + 1;
    p.last_good = good;
    if (p.streak < (good ? p.options->success_threshold : p.options->failure_threshold))
        return;
    p.passed = good;
    restart_wanted_ = !good && kind != probe_kind::readiness;
}

} // namespace windtunnel
