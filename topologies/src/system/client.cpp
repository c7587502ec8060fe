// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/client.hpp"

#include "patterns/resilience/pipeline_send.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

struct client::answered {
    using completes_inline = void;
    client_request* request;

    void operator()(outcome<reply> result, std::uint32_t attempts) const {
        request->from->over(*request, std::move(result), attempts);
    }
    void operator()(outcome<reply> result) const { (*this)(std::move(result), 1); }
};

void client::start(client_request& request) {
    request.from = this;
    request.sent = core_.now();
    call_site& site = process_.site(request.call);
    const call_context context{.environment = &core_.environment,
                               .priority = site.priority.value_or(0),
                               .idempotent = site.idempotent,
                               .key = site.next_key(0)};
    if (site.policies)
        async_send(*site.policies, site.way, site.what, context, answered{&request});
    else
        async_send(site.way, site.what, context, answered{&request});
}

void client::over(client_request& request, outcome<reply>&& result, std::uint32_t attempts) {
    const call_site& site = process_.site(request.call);
    core_.observer->call_over(record_of(site, request.sent, core_.now(), attempts, result));
    request.result = std::move(result);
    request.attempts = attempts;
    request.done(request); // it may be gone afterwards
}

} // namespace windtunnel::topology
