// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/traceparent.hpp"

#include <charconv>

#include "patterns/trace/trace_id.hpp"

namespace windtunnel {

namespace {

/// W3C allows lower-case digits only.
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

bool is_there(const trace_context& trace) {
    return (trace.trace_high | trace.trace_low) != 0;
}

} // namespace

std::string to_traceparent(const trace_context& trace) {
    if (!is_there(trace) || trace.span == 0)
        return {};
    return "00-" + trace_id_text(trace.trace_high, trace.trace_low) + "-" +
           span_id_text(trace.span) + (trace.sampled ? "-01" : "-00");
}

/// "00-" 32 digits "-" 16 digits "-" 2 digits; a later version may be longer.
std::optional<trace_context> parse_traceparent(std::string_view text) {
    constexpr std::size_t length = 55;
    if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return std::nullopt;
    const auto version = parse_hex(text.substr(0, 2));
    const bool fits = text.size() == length || text[length] == '-';
    if (!version || *version == 0xff || (*version == 0 ? text.size() != length : !fits))
        return std::nullopt;
    const auto high = parse_hex(text.substr(3, 16)), low = parse_hex(text.substr(19, 16));
    const auto span = parse_hex(text.substr(36, 16)), flags = parse_hex(text.substr(53, 2));
    if (!high || !low || !span || !flags || (*high | *low) == 0 || *span == 0)
        return std::nullopt;
    return trace_context{
        .trace_high = *high, .trace_low = *low, .span = *span, .sampled = (*flags & 1) != 0};
}

std::string to_x_trace_id(const trace_context& trace) {
    return is_there(trace) ? trace_id_text(trace.trace_high, trace.trace_low) : std::string();
}

std::optional<trace_context> parse_x_trace_id(std::string_view text) {
    constexpr std::size_t half = 16, whole = 32;
    const auto id = trace_id_prefix::parse(text);
    if (!id || (text.size() != half && text.size() != whole))
        return std::nullopt;
    trace_context trace;
    (text.size() == half ? trace.trace_low : trace.trace_high) = id->high;
    if (text.size() == whole)
        trace.trace_low = id->low;
    return is_there(trace) ? std::optional(trace) : std::nullopt;
}

} // namespace windtunnel
