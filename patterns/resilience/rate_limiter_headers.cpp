// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/rate_limiter_headers.hpp"

#include <algorithm>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

using detail::wide_count;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t most = 999'999'999'999'999; // of a structured field's integer, RFC 9651

/// A structured field's string.
std::string quoted(std::string_view name) {
    const bool printable =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    option_check{"rate_limiter"}(printable, "name", name, "be printable ASCII");
    std::string text{'"'};
    for (const char c : name) {
        if (c == '"' || c == '\\')
            text.push_back('\\');
        text.push_back(c);
    }
    return text.append("\"");
}

std::int64_t seconds_up(duration d) {
    return d.count() / second + (d.count() % second > 0 ? 1 : 0);
}

} // namespace

std::string rate_limit_policy_value(std::string_view name, const rate_limiter_options& options) {
    const auto window = seconds_up(options.period);
    const auto quota = static_cast<wide_count>(options.permits) * window * second /
                       options.period.count(); // that of the window, where that is longer
    return quoted(name)
        .append(";q=")
        .append(std::to_string(static_cast<std::int64_t>(std::min<wide_count>(quota, most))))
        .append(";w=")
        .append(std::to_string(window));
}

std::string rate_limit_value(std::string_view name, rate_limiter& limiter, time_point now) {
    return quoted(name)
        .append(";r=")
        .append(std::to_string(limiter.available(now)))
        .append(";t=")
        .append(std::to_string(seconds_up(limiter.effective_window(now))));
}

std::string retry_after_value(const rate_decision& refused) {
    return refused.impossible() ? std::string{} : std::to_string(seconds_up(refused.retry_after));
}

} // namespace windtunnel
