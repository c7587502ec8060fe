// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/system_spans.hpp"

#include <utility>

#include "topologies/src/system/replica.hpp"

namespace windtunnel::topology {

namespace {

std::uint32_t subject_of(const call_site& site) {
    return site.way.how().edge->to->index;
}

/// With policies, or a cache, a call is more than its attempts.
bool is_plain(const call_site& site) {
    return site.policies == nullptr && site.cached == nullptr;
}

} // namespace

span_handle system_spans::x_span(const exchange& x) {
    return x.span;
}

// ---- calls --------------------------------------------------------------------------------------

span_handle system_spans::request_begins(std::size_t client, const call_site& site,
                                         call_context& context, time_point now) {
    return to_.begin(services_ + static_cast<std::uint32_t>(client), subject_of(site), now,
                     context.trace);
}

span_handle system_spans::call_begins(const exchange& x, const service_runtime& caller,
                                      const call_site& site, call_context& context,
                                      time_point now) {
    const span_about about{subject_of(site)};
    switch (caller.spec->trace_context) {
    case context_use::carry: {
        const span_handle call =
            is_plain(site) ? 0 : to_.open(x.server, span_role::call, now, about);
        context.trace = to_.context_of(call != 0 ? call : x.server);
        return call;
    }
    case context_use::x_trace_id: {
        const span_handle call = to_.open_detached(x.server, span_role::call, now, about);
        context.trace = to_.context_of(call);
        return call;
    }
    case context_use::drop:
        break;
    }
    to_.lost_call(x.server);
    return to_.begin(caller.index, about.subject, now, context.trace);
}

// ---- an attempt ---------------------------------------------------------------------------------

void system_spans::attempt_begins(exchange& x, const call_context& context, time_point now) {
    const bool nobody = x.where == exchange::stage::unsent;
    x.span = to_.open(to_.find(context.trace), span_role::attempt, now,
                      {x.through.how().edge->to->index, context.attempt,
                       nobody ? span::no_replica : static_cast<std::uint16_t>(x.at.number())});
    to_.hold(x.span);
}

void system_spans::leg_begins(exchange& x, span_role role, time_point now) {
    x.leg = to_.open(x.span, role, now);
}

void system_spans::leg_ends(exchange& x, time_point now, const span_outcome& end) {
    to_.close(std::exchange(x.leg, 0), now, end);
}

void system_spans::exchange_ends(exchange& x, time_point now) {
    leg_ends(x, now, span_outcome::failed(failure_kind::cancelled));
    to_.close(x.span, now, span_outcome::failed(failure_kind::cancelled));
    to_.release(x.span, now);
}

// ---- at the callee ------------------------------------------------------------------------------

void system_spans::server_begins(exchange& x, std::uint32_t replica, time_point now) {
    x.server = to_.open(x.span, span_role::server, now,
                        {.subject = x.through.how().edge->to->index,
                         .replica = static_cast<std::uint16_t>(replica)});
}

void system_spans::server_ends(exchange& x, const outcome<reply>& result, time_point now) {
    const span_outcome end = span_outcome_of(result);
    leaf_ends(x.main, now, end);
    to_.close(x.server, now, end);
}

void system_spans::leaf_begins(execution& e, span_role role, time_point now) {
    e.span = to_.open(e.of->server, role, now);
}

void system_spans::leaf_becomes(execution& e, span_role role, time_point now) {
    e.span = to_.become(e.span, role, now);
}

void system_spans::leaf_ends(execution& e, time_point now, const span_outcome& end) {
    to_.close(std::exchange(e.span, 0), now, end);
}

} // namespace windtunnel::topology
