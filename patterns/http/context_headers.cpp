// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/context_headers.hpp"

#include <algorithm>
#include <charconv>

#include "patterns/base/environment.hpp"
#include "patterns/resilience/deadline.hpp"

namespace windtunnel {

namespace {

enum place : std::size_t { timeout_place, trace_place, priority_place, attempt_place, user_place };

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
    Number value{};
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, base);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
        return std::nullopt;
    return value;
}

void append_hex(std::string& text, std::uint64_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4)
        text.push_back(digits[(value >> shift) & 15]);
}

/// W3C allows lower-case digits only.
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    return parse_number<std::uint64_t>(text, 16);
}

} // namespace

context_headers to_headers(const call_context& context, time_point now) {
    context_headers headers;
    if (context.deadline != never)
        headers.values[timeout_place] = encode_timeout(remaining(context.deadline, now)).view();
    headers.values[trace_place] = to_traceparent(context.trace);
    if (context.priority != 0)
        headers.values[priority_place] = std::to_string(context.priority);
    if (context.user_priority != 0)
        headers.values[user_place] = std::to_string(context.user_priority);
    headers.values[attempt_place] = std::to_string(context.attempt);
    return headers;
}

call_context from_headers(const context_headers& headers, std::string_view method,
                          environment& env) {
    call_context context;
    context.environment = &env;
    context.idempotent = is_idempotent(method);
    if (const auto left = parse_timeout(headers.values[timeout_place]))
        context.deadline = deadline_on_arrival(env.now(), *left, duration::zero());
    if (const auto trace = parse_traceparent(headers.values[trace_place]))
        context.trace = *trace;
    if (const auto priority = parse_number<std::int32_t>(headers.values[priority_place]))
        context.priority = *priority;
    if (const auto user = parse_number<std::uint16_t>(headers.values[user_place]))
        context.user_priority = *user;
    if (const auto attempt = parse_number<std::uint32_t>(headers.values[attempt_place]))
        context.attempt = std::max(*attempt, 1U);
    return context;
}

bool is_idempotent(std::string_view method) {
    constexpr std::array<std::string_view, 6> idempotent{"GET",    "HEAD",    "PUT",
                                                         "DELETE", "OPTIONS", "TRACE"};
    return std::find(idempotent.begin(), idempotent.end(), method) != idempotent.end();
}

std::string to_traceparent(const trace_context& trace) {
    std::string text;
    if ((trace.trace_high | trace.trace_low) == 0)
        return text;
    text = "00-";
    append_hex(text, trace.trace_high);
    append_hex(text, trace.trace_low);
    text += '-';
    append_hex(text, trace.span);
    return text + (trace.sampled ? "-01" : "-00");
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

} // namespace windtunnel
