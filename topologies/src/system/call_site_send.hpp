// SPDX-License-Identifier: BSL-1.0
// A call through all that a call site has before its channel.
#pragma once

#include <utility>

#include "patterns/resilience/pipeline_send.hpp"
#include "topologies/src/system/channel.hpp"

namespace windtunnel::topology {

/// The handler gets the outcome and, unless there are no policies, how many requests left for it.
template <class Handler>
void send(call_site& site, const request& what, const call_context& context, Handler handler) {
    if (site.cached)
        async_send(*site.outside, *site.cached, what, context, std::move(handler));
    else if (site.policies)
        async_send(*site.policies, site.first_step(), what, context, std::move(handler));
    else
        async_send(site.first_step(), what, context, std::move(handler));
}

template <class Handler>
void send(call_site& site, const call_context& context, Handler handler) {
    send(site, site.what, context, std::move(handler));
}

} // namespace windtunnel::topology
