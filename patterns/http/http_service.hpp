// SPDX-License-Identifier: BSL-1.0
// The endpoints of a service, apart from how requests come to it: http_server brings them from
// sockets, a simulation by its own means, to the same object code. Each request to a route passes
// the door (server_admission) first. `GET /health/live` and `GET /health/ready` do not: they answer
// 200, or 503, with the checks (health_report.hpp). It begins ready; drain() ends that for good.
// It must outlive its requests, also where a context is destroyed with requests under way.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "patterns/base/runner.hpp"
#include "patterns/health/health_report.hpp"
#include "patterns/http/http_message.hpp"
#include "patterns/resilience/server_admission.hpp"

namespace windtunnel {

class http_service {
  public:
    /// The request lives as long as the work; so does the context.
    using work = std::function<awaitable<outcome<reply>>(const http_request&, call_context&)>;

    explicit http_service(const server_admission_options& door = {});
    http_service(const http_service&) = delete;
    http_service& operator=(const http_service&) = delete;

    /// "GET /items/{id}": a segment in braces matches any. Routes are looked at in the order in
    /// which they were added.
    void route(std::string_view operation, work does);
    /// Checks to add to. Readiness has one already, "accepting": down once it drains.
    health_checks& live() { return live_; }
    health_checks& ready() { return ready_; }

    /// Answers 404 for what is not there, 405 for another method, 500 where the work throws. Throws
    /// only where it is cancelled. context.environment must be set.
    awaitable<http_response> handle(http_request request, call_context context);

    /// From now on it says that it is not ready, and serves all the same: balancers must notice
    /// before it may refuse.
    void drain() { draining_ = true; }
    bool draining() const { return draining_; }
    /// Requests in handle() now, those of health not among them.
    int under_way() const { return under_way_; }
    server_admission& door() { return door_; }

  private:
    struct endpoint {
        std::string method, path;
        work does;
    };
    awaitable<http_response> serve(const endpoint& to, const http_request& request,
                                   const call_context& context);

    server_admission door_;
    std::deque<endpoint> endpoints_; ///< requests under way refer to theirs
    health_checks live_, ready_;
    int under_way_ = 0;
    bool draining_ = false;
};

} // namespace windtunnel
