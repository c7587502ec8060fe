// SPDX-License-Identifier: BSL-1.0
// Gateways, tokens and their verification as a file says them. Errors: input_error.
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// The service's gateway; its routes become endpoints of the service. `calls` says how they call
/// where they do not say it themselves.
void read_gateway(service_spec& service, const node& at, const call_step& calls);

/// The table of "authenticate", a step.
const field_table<authenticate_step>& jwt_table();
/// The table of "token", what a workload's requests carry.
const field_table<token_spec>& token_table();

value_kind<http_fields> headers_kind();

/// Adds what a request says to a gateway besides method and path; `get` finds it in a T.
template <class T, class Get>
field_table<T> with_request_head(field_table<T> table, Get get) {
    return std::move(table)
        .with("host", [get](T& t) -> std::string& { return get(t).host; }, text_kind(),
              {.help = "Of a request to a [gateway](#gateway): the host that it names."})
        .with("headers", [get](T& t) -> http_fields& { return get(t).headers; }, headers_kind(),
              {.help = "Of a request to a gateway: its header fields, such as "
                       "`{ \"x-canary\": \"yes\" }`."})
        .with("version", [get](T& t) -> std::string& { return get(t).version; }, text_kind(),
              {.help = "Of a request to a gateway: the version of the API that it asks for."});
}

std::vector<definition> gateway_definitions();
/// What a workload's tokens need of them.
std::vector<definition> token_definitions();

} // namespace windtunnel::topology
