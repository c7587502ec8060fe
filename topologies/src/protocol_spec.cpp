// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/protocol_spec.hpp"

namespace windtunnel::topology {

std::string_view to_string(protocol_kind kind) {
    switch (kind) {
    case protocol_kind::rest:
        return "rest";
    case protocol_kind::grpc:
        return "grpc";
    case protocol_kind::graphql:
        return "graphql";
    }
    return "";
}

protocol_spec rest_protocol() {
    protocol_spec p;
    p.kind = protocol_kind::rest;
    p.request_head = 350;
    p.response_head = 200;
    p.write_cost = p.read_cost = 3;
    return p;
}

protocol_spec grpc_protocol() {
    protocol_spec p;
    p.kind = protocol_kind::grpc;
    p.pool = {.max_connections = 1, .max_streams = 100, .idle_timeout = duration::max()};
    p.transfer.stream_window = 65'535;
    p.request_head = 44;
    p.response_head = 44;
    p.size_factor = 0.5;
    p.write_cost = p.read_cost = 1;
    p.deadline_travels = p.cancel_travels = true;
    return p;
}

protocol_spec graphql_protocol() {
    protocol_spec p = rest_protocol();
    p.kind = protocol_kind::graphql;
    p.query_cost = std::chrono::microseconds{100};
    return p;
}

} // namespace windtunnel::topology
