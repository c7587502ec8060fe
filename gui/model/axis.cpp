// SPDX-License-Identifier: BSL-1.0
#include "gui/model/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace windtunnel::gui {

namespace {

std::string three_digits(double value) {
    std::string text = fmt::format("{:.3g}", value);
    if (text.find('e') != std::string::npos)
        text = fmt::format("{:.0f}", value);
    return text;
}

std::string format_seconds(double s) {
    struct unit {
        double size;
        const char* name;
    };
    constexpr std::array<unit, 4> units{{{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}};
    if (s == 0)
        return "0 s";
    for (const unit& u : units)
        if (std::abs(s) >= u.size * 0.9995)
            return fmt::format("{} {}", three_digits(s / u.size), u.name);
    return fmt::format("{} ns", three_digits(s / 1e-9));
}

std::string format_clock(double s) {
    const auto tenths = static_cast<long>(std::llround(std::abs(s) * 10));
    const long minutes = tenths / 600, rest = tenths % 600;
    const char* sign = s < 0 ? "-" : "";
    if (rest % 10 == 0)
        return fmt::format("{}{}:{:02}", sign, minutes, rest / 10);
    return fmt::format("{}{}:{:02}.{}", sign, minutes, rest / 10, rest % 10);
}

std::string format_count(double value) {
    if (std::abs(value) >= 999.5e3)
        return three_digits(value / 1e6) + "M";
    if (std::abs(value) >= 9995)
        return three_digits(value / 1e3) + "k";
    if (std::abs(value) >= 999.5)
        return fmt::format("{:.0f}", value);
    return three_digits(value);
}

/// Steps of a clock, in seconds, above one second.
double clock_step(double rough) {
    constexpr std::array<double, 14> steps{1,   2,   5,   10,   15,   30,   60,
                                           120, 300, 600, 1800, 3600, 7200, 21600};
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [&](double step) { return step >= rough * 0.999; });
    return found == steps.end() ? std::ceil(rough / 86400) * 86400 : *found;
}

double step_for(double span, int most, axis_unit unit) {
    const double rough = span / std::max(1, most);
    return unit == axis_unit::clock && rough > 0.5 ? clock_step(rough) : round_up(rough);
}

} // namespace

std::string format_value(double value, axis_unit unit) {
    switch (unit) {
    case axis_unit::none:
        return format_count(value);
    case axis_unit::seconds:
        return format_seconds(value);
    case axis_unit::clock:
        return format_clock(value);
    case axis_unit::share:
        return three_digits(value * 100) + " %";
    case axis_unit::rate:
        return format_count(value) + "/s";
    }
    return {};
}

double round_up(double value) {
    const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
    for (const double factor : {1.0, 2.0, 5.0})
        if (value <= factor * power * (1 + 1e-9))
            return factor * power;
    return 10 * power;
}

std::vector<tick> linear_ticks(double low, double high, int most, axis_unit unit) {
    std::vector<tick> ticks;
    if (!(low < high))
        return ticks;
    const double step = step_for(high - low, most, unit);
    const auto first = static_cast<long>(std::ceil(low / step - 1e-9));
    const auto last = static_cast<long>(std::floor(high / step + 1e-9));
    for (long i = first; i <= last; ++i) {
        const double at = static_cast<double>(i) * step;
        ticks.push_back({at, format_value(at, unit)});
    }
    return ticks;
}

std::vector<tick> log_ticks(double low, double high, axis_unit unit) {
    std::vector<tick> ticks;
    if (!(low > 0 && low < high))
        return ticks;
    const auto first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
    const auto last = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
    const bool few = std::log10(high / low) < 2;
    for (int power = first; power <= last; ++power)
        for (int digit = 1; digit <= 9; ++digit) {
            const double at = digit * std::pow(10.0, power);
            if (at < low * (1 - 1e-9) || at > high * (1 + 1e-9))
                continue;
            const bool labelled = digit == 1 || (few && (digit == 2 || digit == 5));
            ticks.push_back({at, labelled ? format_value(at, unit) : std::string{}});
        }
    return ticks;
}

} // namespace windtunnel::gui
