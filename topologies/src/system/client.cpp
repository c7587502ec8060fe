// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/client.hpp"

#include <boost/asio/deferred.hpp>
#include <tuple>

#include "patterns/resilience/pipeline_send.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

void client::start(client_request& request) {
    request.from = this;
    request.done = false;
    request.attempts = 0;
    request.sent = core_.now();
    core_.environment.runners().start(request);
}

awaitable<void> client_request::run(runner_job& base) {
    auto& self = static_cast<client_request&>(base);
    system_core& core = self.from->core_;
    call_site& site = self.from->process_.site(self.call);
    const call_context context{.environment = &core.environment,
                               .priority = site.priority.value_or(0),
                               .idempotent = site.idempotent};
    if (site.policies) {
        auto call = async_send(*site.policies, site.way, site.what, context, boost::asio::deferred);
        std::tie(self.result, self.attempts) = co_await std::move(call);
    } else {
        ++self.attempts;
        auto call = async_send(site.way, site.what, context, boost::asio::deferred);
        self.result = co_await std::move(call);
    }
    core.observer->call_over(record_of(site, self.sent, core.now(), self.attempts, self.result));
}

} // namespace windtunnel::topology
