// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/protocol_tables.hpp"

#include <fmt/format.h>

#include <utility>

namespace windtunnel::topology {

namespace {

using protocol = protocol_spec;

struct named_protocol {
    const char* name;
    protocol_spec (*made)();
};
constexpr named_protocol named_protocols[] = {
    {"rest", &rest_protocol}, {"grpc", &grpc_protocol}, {"graphql", &graphql_protocol}};

value_kind<protocol_spec> protocol_name_kind() {
    std::vector<std::pair<std::string, protocol_spec>> all;
    for (const named_protocol& each : named_protocols)
        all.emplace_back(each.name, each.made());
    return enum_kind<protocol_spec>(all);
}

template <class Options, class T>
auto of_part(Options protocol::*part, T Options::*member) {
    return [part, member](protocol& spec) -> T& { return spec.*part.*member; };
}

field_table<protocol> with_pool(field_table<protocol> table) {
    using o = connection_pool_options;
    const auto pool = [](auto member) { return of_part(&protocol::pool, member); };
    return std::move(table)
        .with("max_connections", pool(&o::max_connections), count_kind(1, 100'000),
              {.help = "Of one process to one replica.", .fallback = "6; grpc: 1"})
        .with("max_streams", pool(&o::max_streams), count_kind(1, 1'000'000),
              {.help = "Requests at once on a connection.", .fallback = "1; grpc: 100"})
        .with("max_waiting", pool(&o::max_waiting), count_kind(0),
              {.help = "Requests that wait for a connection; more are refused.",
               .fallback = "any number"})
        .with("idle_timeout", pool(&o::idle_timeout), duration_or("off", duration::max()),
              {.help = "A connection without a request is closed after this.",
               .fallback = "75s; grpc: off"})
        .with("max_requests", pool(&o::max_requests), count_kind(0),
              {.help = "A connection is closed after so many; 0: any number.", .fallback = "0"});
}

field_table<protocol> with_costs(field_table<protocol> table) {
    return std::move(table)
        .with("request_head", &protocol::request_head, size_kind(),
              {.help = "Bytes of a request besides its payload.", .fallback = "350B; grpc: 44B"})
        .with("response_head", &protocol::response_head, size_kind(),
              {.help = "Of an answer.", .fallback = "200B; grpc: 44B"})
        .with("size_factor", &protocol::size_factor, number_kind(1e-3, 1e3),
              {.help = "Bytes of a payload to those that it has in JSON, which `request_size` and "
                       "`response_size` say.",
               .fallback = "1; grpc: 0.5"})
        .with("write_cost", &protocol::write_cost, number_kind(0, 1e6),
              {.help = "Nanoseconds of a worker for each byte that is written, at either side.",
               .fallback = "3; grpc: 1"})
        .with("read_cost", &protocol::read_cost, number_kind(0, 1e6),
              {.help = "The same, of what is read.", .fallback = "3; grpc: 1"})
        .with(
            "query_cost", &protocol::query_cost, duration_kind(zero::allowed),
            {.help = "Of a worker of the callee, for each request: a query is parsed and checked.",
             .fallback = "0s; graphql: 100us"});
}

field_table<protocol> with_transfer(field_table<protocol> table) {
    using o = transfer_options;
    const auto transfer = [](auto member) { return of_part(&protocol::transfer, member); };
    return std::move(table)
        .with("segment", transfer(&o::segment), size_kind(zero::refused),
              {.help = "Of TCP.", .fallback = "1460B"})
        .with("initial_segments", transfer(&o::initial_segments), count_kind(1, 1000),
              {.help = "TCP's first window: what is larger takes more round trips, in which the "
                       "window doubles.",
               .fallback = "10"})
        .with("stream_window", transfer(&o::stream_window), size_kind(),
              {.help = "HTTP/2's window of a stream: each round trip grants as much; 0B: there is "
                       "none.",
               .fallback = "0B; grpc: 65535B"})
        .with("idle_restart", transfer(&o::idle_restart), duration_kind(),
              {.help = "A connection that was idle for longer begins with the first window again.",
               .fallback = "1s"});
}

const field_table<protocol>& protocol_table() {
    static const auto table = with_transfer(with_costs(with_pool(
        field_table<protocol>("protocol",
                              "How calls travel. Each kind has its defaults; what is said "
                              "goes before.")
            .with_custom(
                "kind", protocol_name_kind().name, protocol_name_kind().schema,
                {.help = "`rest`: HTTP/1.1 and JSON; `grpc`: HTTP/2 and protobuf, its "
                         "deadline and its giving up travel; `graphql`: as rest, and a "
                         "query is parsed.",
                 .required = true},
                [](protocol& spec, const node& at) { spec = protocol_name_kind().read(at); })
            .with("tls", &protocol::tls,
                  enum_kind<tls_version>({{"none", tls_version::none},
                                          {"TLSv1.2", tls_version::v1_2},
                                          {"TLSv1.3", tls_version::v1_3}}),
                  {.help = "Whether a connection is secured, which takes 2 round trips (1.2) or 1 "
                           "(1.3) more to set up.",
                   .fallback = "none"}))));
    return table;
}

void check_kind(const node& at, const protocol_spec& spec) {
    if (spec.kind != protocol_kind::grpc && spec.pool.max_streams > 1)
        fail(*at.find("max_streams"),
             fmt::format("{} is HTTP/1.1 here, which carries one request at a time on a "
                         "connection: leave max_streams out, or give it more max_connections",
                         to_string(spec.kind)));
    if (spec.kind != protocol_kind::grpc && spec.transfer.stream_window > 0)
        fail(*at.find("stream_window"), fmt::format("{} is HTTP/1.1 here, which has no streams: "
                                                    "leave stream_window out",
                                                    to_string(spec.kind)));
}

} // namespace

value_kind<protocol_spec> protocol_value_kind() {
    const auto name = protocol_name_kind();
    return {"protocol (a name or an object)",
            R"({"anyOf":[)" + name.schema + "," + schema_reference("protocol") + "]}",
            [name](const node& at) {
                if (!at.is_object())
                    return name.read(at);
                protocol_spec spec;
                protocol_table().read(at, spec);
                check_kind(at, spec);
                return spec;
            }};
}

std::vector<definition> protocol_definitions() {
    return {protocol_table().describe()};
}

} // namespace windtunnel::topology
