// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/context_headers.hpp"

#include <algorithm>
#include <charconv>

#include "patterns/base/environment.hpp"
#include "patterns/resilience/deadline.hpp"

namespace windtunnel {

namespace {

enum place : std::size_t {
    timeout_place,
    trace_place,
    priority_place,
    attempt_place,
    user_place,
    trace_id_place
};

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
    Number value{};
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, base);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
        return std::nullopt;
    return value;
}

} // namespace

context_headers to_headers(const call_context& context, time_point now) {
    context_headers headers;
    if (context.deadline != never)
        headers.values[timeout_place] = encode_timeout(remaining(context.deadline, now)).view();
    headers.values[trace_place] = to_traceparent(context.trace);
    headers.values[trace_id_place] = to_x_trace_id(context.trace);
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
    else if (const auto known = parse_x_trace_id(headers.values[trace_id_place]))
        context.trace = *known;
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

} // namespace windtunnel
