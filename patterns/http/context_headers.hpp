// SPDX-License-Identifier: BSL-1.0
// A call_context as HTTP headers, and back. On the wire is what the callee can use: the time that
// remains (deadline.hpp), the trace, the priority and the number of the attempt.
//   grpc-timeout: 250m                   PROTOCOL-HTTP2.md of the gRPC project
//   traceparent: 00-<trace>-<span>-01    W3C Trace Context; absent without a trace
//   x-trace-id: <trace>                  the trace alone, for those who know no more; on arrival it
//                                        counts where there is no sound traceparent
//   x-request-priority: 7                ours; absent for 0
//   x-request-user-priority: 23          ours; absent for 0
//   x-envoy-attempt-count: 2             as Envoy
// What cannot be read counts as absent: a caller's header must not make a request fail.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "patterns/base/call_context.hpp"
#include "patterns/trace/traceparent.hpp"

namespace windtunnel {

/// Values as they stand on the wire; empty: the header is absent.
struct context_headers {
    static constexpr std::array<std::string_view, 6> names{"grpc-timeout",
                                                           "traceparent",
                                                           "x-request-priority",
                                                           "x-envoy-attempt-count",
                                                           "x-request-user-priority",
                                                           "x-trace-id"};
    std::array<std::string, names.size()> values; ///< in the order of the names
};

context_headers to_headers(const call_context& context, time_point now);

/// The context of a request that arrives at env's `now`. Whether it is idempotent says its method.
call_context from_headers(const context_headers& headers, std::string_view method,
                          environment& env);

/// RFC 9110, 9.2.2.
bool is_idempotent(std::string_view method);

} // namespace windtunnel
