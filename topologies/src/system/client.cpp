// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/client.hpp"

#include "topologies/src/system/call_site_send.hpp"
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
    call_context context{.environment = &core_.environment,
                         .priority = site.priority.value_or(0),
                         .user_priority = site.next_user(0, core_.environment),
                         .idempotent = site.idempotent,
                         .token = site.tokens ? site.tokens->draw(core_.now()) : 0,
                         .key = site.next_key(0),
                         .idempotency_key = site.next_idempotency_key()};
    if (core_.has_brokers)
        request.journey = context.correlation =
            core_.journeys.begin(static_cast<std::uint32_t>(number_), request.sent);
    if (core_.spans != nullptr)
        request.span = core_.spans->request_begins(number_, site, context, core_.now());
    send(site, context, answered{&request});
}

void client::over(client_request& request, outcome<reply>&& result, std::uint32_t attempts) {
    const call_site& site = process_.site(request.call);
    core_.observer->call_over(record_of(site, request.sent, core_.now(), attempts, result));
    if (request.span != 0)
        core_.spans->call_ends(request.span, result, core_.now());
    if (request.journey != 0)
        core_.journeys.answered(request.journey, result.ok(), core_.now(), *core_.observer);
    request.result = std::move(result);
    request.attempts = attempts;
    request.done(request); // it may be gone afterwards
}

} // namespace windtunnel::topology
