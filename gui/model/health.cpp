// SPDX-License-Identifier: BSL-1.0
#include "gui/model/health.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gui/model/axis.hpp"

namespace windtunnel::gui {

namespace {

std::string share_text(double share) {
    return format_value(share, axis_unit::share);
}

diagnosis failing_or_strained(const health_signs& s, const health_limits& limits) {
    const double worst = std::max(s.error_share, s.failed_share);
    const auto state = worst >= limits.failing_share ? health::failing : health::strained;
    return {state, s.error_share >= s.failed_share
                       ? fmt::format("{} of its answers are errors", share_text(worst))
                       : fmt::format("{} of the calls to it fail", share_text(worst))};
}

} // namespace

std::string_view to_string(health h) {
    switch (h) {
    case health::idle:
        return "idle";
    case health::healthy:
        return "healthy";
    case health::strained:
        return "strained";
    case health::failing:
        return "failing";
    case health::paused:
        return "paused";
    case health::down:
        return "down";
    }
    return "";
}

diagnosis diagnose(const health_signs& s, const health_limits& limits) {
    if (s.down >= s.replicas)
        return {health::down, "no instance is up"};
    if (s.down + s.paused >= s.replicas)
        return {health::paused, "no instance proceeds"};
    if (std::max(s.error_share, s.failed_share) >= limits.failing_share)
        return failing_or_strained(s, limits);
    if (s.down + s.paused > 0)
        return {health::strained, fmt::format("{} of {} instances are {}", s.down + s.paused,
                                              s.replicas, s.down > 0 ? "down" : "paused")};
    if (std::max(s.error_share, s.failed_share) >= limits.strained_share)
        return failing_or_strained(s, limits);
    if (s.degraded_share >= limits.strained_share)
        return {health::strained,
                fmt::format("{} of its answers are degraded", share_text(s.degraded_share))};
    if (s.queue >= limits.strained_queue * s.workers)
        return {health::strained,
                fmt::format("{} requests wait", format_value(s.queue, axis_unit::none))};
    if (s.utilisation >= limits.strained_utilisation)
        return {health::strained,
                fmt::format("its workers are busy {} of the time", share_text(s.utilisation))};
    if (s.answers == 0 && s.in_flight >= limits.strained_silence)
        return {health::strained, fmt::format("{} in flight, none was answered",
                                              format_value(s.in_flight, axis_unit::none))};
    if (s.arrivals + s.answers + s.in_flight == 0)
        return {health::idle, {}};
    return {health::healthy, {}};
}

} // namespace windtunnel::gui
