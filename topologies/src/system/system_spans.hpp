// SPDX-License-Identifier: BSL-1.0
// The spans of a running system's requests: what the parts of the system tell of a request that is
// recorded. Where nobody records there is none (system_core::spans is null and all handles are 0),
// and it changes nothing of what happens. Origins: the services in turn (of the traces that those
// begin that drop the context), then the clients; subjects: the endpoints in turn.
#pragma once

#include <cstdint>

#include "patterns/trace/pipeline_spans.hpp"
#include "patterns/trace/span_recorder.hpp"

namespace windtunnel::topology {

struct call_site;
struct exchange;
struct execution;
struct service_runtime;

class system_spans {
  public:
    explicit system_spans(span_recorder& to, std::uint32_t services)
        : policies(to), to_(to), services_(services) {}

    // ---- calls, as their caller sees them -------------------------------------------------------
    /// A client's request: a trace of its own.
    span_handle request_begins(std::size_t client, const call_site& site, call_context& context,
                               time_point now);
    /// A call that a service makes for `x`; 0 where it needs no span of its own.
    span_handle call_begins(const exchange& x, const service_runtime& caller, const call_site& site,
                            call_context& context, time_point now);
    void call_ends(span_handle call, const outcome<reply>& result, time_point now) {
        to_.close(call, now, span_outcome_of(result));
    }

    // ---- an attempt of one ----------------------------------------------------------------------
    void attempt_begins(exchange& x, const call_context& context, time_point now);
    void attempt_ends(const exchange& x, const outcome<reply>& result, time_point now) {
        to_.close(x_span(x), now, span_outcome_of(result));
    }
    /// A message of it is under way, or kept from it.
    void leg_begins(exchange& x, span_role role, time_point now);
    void leg_ends(exchange& x, time_point now, const span_outcome& end = {});
    /// Nothing is left of it.
    void exchange_ends(exchange& x, time_point now);

    // ---- at the callee --------------------------------------------------------------------------
    void server_begins(exchange& x, std::uint32_t replica, time_point now);
    void server_ends(exchange& x, const outcome<reply>& result, time_point now);
    /// What the execution spends its time on now.
    void leaf_begins(execution& e, span_role role, time_point now);
    void leaf_becomes(execution& e, span_role role, time_point now);
    void leaf_ends(execution& e, time_point now, const span_outcome& end = {});

    pipeline_spans policies;

  private:
    static span_handle x_span(const exchange& x);

    span_recorder& to_;
    std::uint32_t services_;
};

} // namespace windtunnel::topology
