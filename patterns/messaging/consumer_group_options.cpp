// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_group_options.hpp"

#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 2> rebalance_protocol_names{"eager", "cooperative"};
constexpr std::array<std::string_view, 3> offset_reset_names{"earliest", "latest", "none"};
constexpr std::array<std::string_view, 5> group_state_names{
    "empty", "preparing_rebalance", "completing_rebalance", "stable", "dead"};
constexpr std::array<std::string_view, 5> group_status_names{
    "ok", "rebalance_in_progress", "illegal_generation", "unknown_member", "not_owner"};

} // namespace

std::string_view to_string(rebalance_protocol protocol) {
    return rebalance_protocol_names.at(static_cast<std::size_t>(protocol));
}

std::string_view to_string(offset_reset reset) {
    return offset_reset_names.at(static_cast<std::size_t>(reset));
}

std::string_view to_string(group_state state) {
    return group_state_names.at(static_cast<std::size_t>(state));
}

std::string_view to_string(group_status status) {
    return group_status_names.at(static_cast<std::size_t>(status));
}

void consumer_group_options::validate() const {
    constexpr option_check check{"consumer_group"};
    check(session_timeout > duration::zero(), "session_timeout", session_timeout, "be above 0");
    check(heartbeat_interval > duration::zero() && heartbeat_interval < session_timeout,
          "heartbeat_interval", heartbeat_interval, "be above 0 and below session_timeout");
    check(max_poll_interval > duration::zero(), "max_poll_interval", max_poll_interval,
          "be above 0");
    check(rebalance_timeout > duration::zero(), "rebalance_timeout", rebalance_timeout,
          "be above 0");
    check(initial_rebalance_delay >= duration::zero(), "initial_rebalance_delay",
          initial_rebalance_delay, "not be negative");
    check(offsets_retention > duration::zero(), "offsets_retention", offsets_retention,
          "be above 0");
    if (protocol == rebalance_protocol::cooperative)
        check(assignor == assignor_kind::cooperative_sticky, "assignor", to_string(assignor),
              "be cooperative_sticky where the protocol is cooperative");
}

} // namespace windtunnel
