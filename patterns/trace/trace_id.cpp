// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/trace_id.hpp"

namespace windtunnel {

namespace {

int digit_of(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string span_id_text(std::uint64_t id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text.push_back(digits[(id >> shift) & 15]);
    return text;
}

std::string trace_id_text(std::uint64_t high, std::uint64_t low) {
    return span_id_text(high) + span_id_text(low);
}

std::optional<trace_id_prefix> trace_id_prefix::parse(std::string_view text) {
    if (text.empty() || text.size() > most_digits)
        return std::nullopt;
    trace_id_prefix prefix;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int digit = digit_of(text[i]);
        if (digit < 0)
            return std::nullopt;
        const auto shift = static_cast<int>(60 - 4 * (i % 16));
        (i < 16 ? prefix.high : prefix.low) |= static_cast<std::uint64_t>(digit) << shift;
        (i < 16 ? prefix.high_mask : prefix.low_mask) |= std::uint64_t{15} << shift;
    }
    return prefix;
}

} // namespace windtunnel
