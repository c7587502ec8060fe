// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/option_check.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

namespace windtunnel {

namespace {

struct unit {
    std::int64_t nanoseconds;
    std::string_view name;
};
constexpr std::array<unit, 4> units{
    {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};

std::string to_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

} // namespace

std::string to_text(duration d) {
    for (const auto& [nanoseconds, name] : units)
        if (d.count() % nanoseconds == 0)
            return std::to_string(d.count() / nanoseconds).append(name);
    return {};
}

void option_check::operator()(bool holds, std::string_view option, std::string_view value,
                              std::string_view rule) const {
    if (holds)
        return;
    std::string message{policy_};
    message.append(": ").append(option).append(" is ").append(value);
    message.append("; it must ").append(rule);
    throw std::invalid_argument(message);
}

void option_check::operator()(bool holds, std::string_view option, double value,
                              std::string_view rule) const {
    if (!holds)
        (*this)(false, option, to_text(value), rule);
}

void option_check::operator()(bool holds, std::string_view option, int value,
                              std::string_view rule) const {
    if (!holds)
        (*this)(false, option, std::to_string(value), rule);
}

void option_check::operator()(bool holds, std::string_view option, duration value,
                              std::string_view rule) const {
    if (!holds)
        (*this)(false, option, to_text(value), rule);
}

} // namespace windtunnel
