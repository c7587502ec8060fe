// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/policy_watch.hpp"

#include <fmt/format.h>

#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

std::string share_text(std::string_view what, std::uint32_t part, std::uint32_t whole) {
    return fmt::format("{} {:.3g} % of {} calls", what,
                       100.0 * static_cast<double>(part) / static_cast<double>(whole), whole);
}

/// In half-open the decision may fall before all probes have ended.
std::string rate_text(const breaker_transition& t, std::string_view rate, std::string_view probes,
                      std::uint32_t part) {
    const std::uint32_t whole = t.calls + t.overdue;
    if (t.from == breaker_state::half_open)
        return fmt::format("{} of {} probes {}", part, whole, probes);
    return share_text(rate, part, whole);
}

} // namespace

std::string reason_of(const breaker_transition& t) {
    switch (t.reason) {
    case transition_reason::failure_rate:
        return rate_text(t, "failure rate", "failed", t.failed);
    case transition_reason::slow_call_rate:
        return rate_text(t, "slow call rate", "were slow", t.slow + t.overdue);
    case transition_reason::wait_over:
        return "its wait is over";
    case transition_reason::probes_passed:
        return fmt::format("{} probes, {} failed", t.calls, t.failed);
    case transition_reason::half_open_timeout:
        return "not decided in time";
    case transition_reason::by_hand:
        return "by hand";
    }
    return "";
}

void policy_watch::changed(std::string_view from, std::string_view to, std::string why,
                           time_point at) {
    policy_change change = of_;
    change.from = from;
    change.to = to;
    change.why = std::move(why);
    change.at = at;
    core_.observer->policy_changed(change);
}

void policy_watch::follow(circuit_breaker& breaker) {
    breaker.observe(
        [](void* self, const breaker_transition& t) {
            static_cast<policy_watch*>(self)->changed(to_string(t.from), to_string(t.to),
                                                      reason_of(t), t.at);
        },
        this);
}

} // namespace windtunnel::topology
