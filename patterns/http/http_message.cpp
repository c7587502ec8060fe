// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_message.hpp"

#include <memory>

namespace windtunnel {

namespace {

constexpr std::uint16_t too_many_requests = 429, internal_error = 500, bad_gateway = 502,
                        unavailable = 503, gateway_timeout = 504, first_error = 400;

std::uint16_t status_of(const failure& f) {
    if (f.status >= first_error)
        return f.status;
    switch (f.kind) {
    case failure_kind::error:
        return internal_error;
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
    case failure_kind::contract_broken:
        return bad_gateway;
    case failure_kind::timed_out:
    case failure_kind::deadline_exceeded:
        return gateway_timeout;
    case failure_kind::rate_limited:
        return too_many_requests;
    case failure_kind::overloaded:
    case failure_kind::cancelled:
    case failure_kind::shut_down:
    case failure_kind::breaker_open:
    case failure_kind::bulkhead_full:
    case failure_kind::bulkhead_timeout:
    case failure_kind::limit_reached:
    case failure_kind::throttled:
        break;
    }
    return unavailable;
}

} // namespace

std::string_view http_request::path() const {
    const std::string_view whole = target;
    return whole.substr(0, whole.find('?'));
}

http_request to_http(const request& what) {
    http_request message;
    const std::size_t space = what.operation.find(' ');
    if (space == std::string_view::npos) {
        message.target = what.operation;
    } else {
        message.method = what.operation.substr(0, space);
        message.target = what.operation.substr(space + 1);
    }
    if (what.body.bytes)
        message.body = *what.body.bytes;
    return message;
}

http_response to_response(const outcome<reply>& result) {
    http_response response;
    if (result.ok()) {
        if (const auto& bytes = result.value().body.bytes)
            response.body = *bytes;
        response.degraded = result.value().degraded;
        return response;
    }
    const failure& f = result.failed();
    response.status = status_of(f);
    response.body = R"({"error":")" + std::string(to_string(f.kind)) + R"("})";
    response.retry_after = f.retry_after;
    response.not_processed = f.not_processed;
    response.no_retry = f.no_retry;
    return response;
}

outcome<reply> to_outcome(http_response&& response) {
    if (response.status < first_error) {
        const std::uint64_t size = response.body.size();
        auto bytes = std::make_shared<const std::string>(std::move(response.body));
        return reply{{size, std::move(bytes)}, response.degraded};
    }
    const bool too_much = response.status == too_many_requests || response.status == unavailable;
    return failure{.kind = too_much ? failure_kind::overloaded : failure_kind::error,
                   .status = response.status,
                   .no_retry = response.no_retry,
                   .not_processed = response.not_processed,
                   .retry_after = response.retry_after};
}

} // namespace windtunnel
