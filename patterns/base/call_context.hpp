// SPDX-License-Identifier: BSL-1.0
// What travels with a call: until when, which attempt, whether a repeat is safe, how important,
// what it asks for, and the trace it belongs to. The deadline is an absolute monotonic instant
// here; on the wire it is the time that remains (`wire_deadline`), because clocks of two machines
// have no common epoch.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"

namespace windtunnel {

class environment;

/// W3C trace context ids; all zero: no trace. `span` is the caller's, zero where only the trace is
/// known (X-Trace-ID).
struct trace_context {
    std::uint64_t trace_high = 0, trace_low = 0;
    std::uint64_t span = 0;
    bool sampled = false;
    /// Where this process records that span (trace/span_recorder.hpp), 0: it does not. It stays in
    /// the process.
    std::uint32_t recording = 0;
};

struct call_context {
    windtunnel::environment* environment = nullptr; ///< looked up once for a root call
    time_point deadline = never;
    std::uint32_t attempt = 1; ///< the first is 1
    std::int32_t priority = 0; ///< larger is more important
    /// Who asks, among equals in priority: larger is more important (see `user_priority`).
    std::uint16_t user_priority = 0;
    bool idempotent = true;
    std::uint32_t token = 0; ///< names the credentials that it is made with; 0: none
    std::uint64_t key = 0; ///< equal for requests that ask for the same; 0: nothing that has a name
    std::uint64_t idempotency_key = 0; ///< equal for all attempts of one call; 0: it has none
    /// Of the piece of work on whose behalf it is made: carried on as it is; 0: none
    std::uint64_t correlation = 0;
    trace_context trace{};
};

} // namespace windtunnel
