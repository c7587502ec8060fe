// SPDX-License-Identifier: BSL-1.0
// Trace context on the wire: `traceparent` of W3C Trace Context (Recommendation of 23 November
// 2021, section 3.2), and X-Trace-ID for services that know the trace alone. What is not of the
// form counts as absent: then a new trace begins.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "patterns/base/call_context.hpp"

namespace windtunnel {

/// "00-<trace>-<span>-01"; empty without a trace, or where its span is not known.
std::string to_traceparent(const trace_context& trace);
/// Lower-case digits only; a version above 00 may be followed by "-" and more, version ff and ids
/// of zeros are invalid. Of the flags only "sampled" is taken.
std::optional<trace_context> parse_traceparent(std::string_view text);

/// 32 digits; empty without a trace.
std::string to_x_trace_id(const trace_context& trace);
/// 32 hexadecimal digits, or 16 (the lower half), in either case, not all zero. `sampled` is not
/// said by it: false.
std::optional<trace_context> parse_x_trace_id(std::string_view text);

} // namespace windtunnel
