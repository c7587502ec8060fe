// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "topologies/src/distribution_text.hpp"

namespace windtunnel::topology {

namespace {

/// The fields that the whole network and one of its links have in common.
template <class T, class Get>
field_table<T> with_physics(field_table<T> table, Get get) {
    const auto of = [get](auto member) {
        return [ get, member ](T & target) -> auto& {
            return get(target).*member;
        };
    };
    return std::move(table)
        .with("latency", of(&link_spec::latency), distribution_kind(),
              {.help = "Of each message, one way.", .fallback = "0s"})
        .with("bandwidth", of(&link_spec::bandwidth), bandwidth_kind(),
              {.help = "Of each message alone: messages do not share it.", .fallback = "unlimited"})
        .with(
            "loss", of(&link_spec::loss), share_kind(),
            {.help = "Messages that are lost; who waits for one hears nothing.", .fallback = "0"});
}

const field_table<link_spec>& link_table() {
    static const auto table =
        with_physics(field_table<link_spec>("link", "Both directions between two services. What it "
                                                    "does not say is as in the whole network.")
                         .with("from", &link_spec::from, reference_kind("service, workload or *"),
                               {.help = "One end; `*` is any.", .required = true})
                         .with("to", &link_spec::to, reference_kind("service, workload or *"),
                               {.help = "The other end.", .required = true}),
                     [](link_spec& link) -> link_spec& { return link; });
    return table;
}

void read_links(network_spec& network, const node& at) {
    expect_array(at, "links");
    error_collector errors;
    for (const node& each : at.children())
        errors.run([&] {
            link_spec link = network.standard;
            link.from.clear();
            link.to.clear();
            link_table().read(each, link);
            link.where = each.where();
            network.links.push_back(std::move(link));
        });
    errors.finish();
}

using host = platform_spec::host;
using platform_link = platform_spec::link;
using route = platform_spec::route;

const field_table<host>& host_table() {
    static const auto table =
        field_table<host>("host", "A machine of the platform.")
            .with("flops", &host::flops, number_kind(1, 1e18),
                  {.help = "Operations a second of one core; work is stated for 1e9.",
                   .fallback = "1e9"});
    return table;
}

const field_table<platform_link>& platform_link_table() {
    static const auto table =
        field_table<platform_link>("platform_link", "A link that flows share.")
            .with("bandwidth", &platform_link::bandwidth, bandwidth_kind(),
                  {.help = "Of all flows together.", .required = true})
            .with("latency", &platform_link::latency, duration_kind(zero::allowed),
                  {.help = "One way.", .fallback = "0s"});
    return table;
}

const field_table<route>& route_table() {
    static const auto table =
        field_table<route>("route", "The links between two hosts, in both directions.")
            .with("from", &route::from, reference_kind("host"),
                  {.help = "One host.", .required = true})
            .with("to", &route::to, reference_kind("host"),
                  {.help = "The other host.", .required = true})
            .with("links", &route::links, list_kind(reference_kind("link's name")),
                  {.help = "The links on the way, in their order.", .required = true});
    return table;
}

/// The platform while it is read: its folder, and where its parts were named.
struct platform_draft : platform_spec {
    std::filesystem::path folder;
};

std::vector<std::string> names_of(const auto& named) {
    std::vector<std::string> names;
    for (const auto& each : named)
        names.push_back(each.name);
    return names;
}

void check_known(const node& at, const std::string& what, const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), at.string()) == names.end())
        fail(at, fmt::format("no {} is called {}", what, in_quotes(at.string())),
             nearest(at.string(), names));
}

void read_hosts(platform_draft& platform, const node& at) {
    read_named(at, "hosts", [&](const std::string& name, const node& value) {
        host each{.name = name};
        host_table().read(value, each);
        platform.hosts.push_back(std::move(each));
    });
}

void read_platform_links(platform_draft& platform, const node& at) {
    read_named(at, "links", [&](const std::string& name, const node& value) {
        platform_link each{.name = name};
        platform_link_table().read(value, each);
        platform.links.push_back(std::move(each));
    });
}

void read_route(platform_draft& platform, const node& at) {
    route each;
    route_table().read(at, each);
    check_known(*at.find("from"), "host", names_of(platform.hosts));
    check_known(*at.find("to"), "host", names_of(platform.hosts));
    for (const node& link : at.find("links")->children())
        check_known(link, "link of the platform", names_of(platform.links));
    if (each.from == each.to)
        fail(at, "a route leads from one host to another");
    for (const route& other : platform.routes)
        if (std::set{other.from, other.to} == std::set{each.from, each.to})
            fail(at, fmt::format("a second route between {} and {}; a route leads both ways",
                                 in_quotes(each.from), in_quotes(each.to)));
    platform.routes.push_back(std::move(each));
}

void read_routes(platform_draft& platform, const node& at) {
    expect_array(at, "routes");
    error_collector errors;
    for (const node& each : at.children())
        errors.run([&] { read_route(platform, each); });
    errors.finish();
}

void read_file_name(platform_draft& platform, const node& at) {
    const std::filesystem::path path = platform.folder / reference_kind("file name").read(at);
    if (!std::filesystem::is_regular_file(path))
        fail(at, fmt::format("no such file: {}", path.string()));
    platform.file = path.string();
}

void read_placement(platform_draft& platform, const node& at) {
    const auto place = [&](std::vector<std::string>& hosts, const node& at_host) {
        hosts.push_back(reference_kind("host").read(at_host));
        if (!platform.hosts.empty())
            check_known(at_host, "host", names_of(platform.hosts));
    };
    read_named(at, "placement", [&](const std::string& name, const node& value) {
        std::vector<std::string>& hosts = platform.placement[name];
        if (!value.is_array())
            return place(hosts, value);
        if (value.children().empty())
            fail(value, "expected at least one host, found an empty array");
        for (const node& each : value.children())
            place(hosts, each);
    });
}

const field_table<platform_draft>& platform_fields() {
    static const auto table =
        field_table<platform_draft>("platform", "A SimGrid platform: hosts, links that messages "
                                                "share, and routes; here, or in a file of "
                                                "SimGrid's.")
            .with_custom("file", "file name", R"({"type":"string","minLength":1})",
                         {.help = "A SimGrid platform XML, relative to this file. Instead of "
                                  "hosts, links and routes."},
                         read_file_name)
            .with_custom("hosts", "hosts by name", named_schema(schema_reference("host")),
                         {.help = "Each is a [host](#host)."}, read_hosts)
            .with_custom("links", "links by name", named_schema(schema_reference("platform_link")),
                         {.help = "Each is a [platform_link](#platform_link)."},
                         read_platform_links)
            .with_custom("routes", "array of route",
                         R"({"type":"array","items":)" + schema_reference("route") + "}",
                         {.help = "One for each pair of hosts that talk."}, read_routes)
            .with("model", &platform_spec::model,
                  enum_kind<std::string>({{"LV08", "LV08"}, {"CM02", "CM02"}}),
                  {.help = "SimGrid's model of TCP.", .fallback = "LV08"})
            .with("cross_traffic", &platform_spec::cross_traffic, boolean_kind(),
                  {.help = "Whether acknowledgements take bandwidth of the way back.",
                   .fallback = "true"})
            .with("flow_threshold", &platform_spec::flow_threshold, size_kind(),
                  {.help = "Larger messages share links as flows; others take latency and size "
                           "over bandwidth.",
                   .fallback = "64KiB"})
            .with_custom("placement", "hosts by service",
                         named_schema(R"({"anyOf":[{"type":"string"},{"type":"array","minItems":1,)"
                                      R"("items":{"type":"string"}}]})"),
                         {.help = "The host, or the hosts in turn, of each service's replicas (and "
                                  "of each workload's clients).",
                          .required = true},
                         read_placement);
    return table;
}

const field_table<network_spec>& network_table() {
    static const auto table =
        with_physics(field_table<network_spec>("network", "How messages travel between services."),
                     [](network_spec& network) -> link_spec& { return network.standard; })
            .with_custom("links", "array of link",
                         R"({"type":"array","items":)" + schema_reference("link") + "}",
                         {.help = "Where it differs; the last link that matches wins."},
                         read_links);
    return table;
}

} // namespace

network_spec read_network(const node& at) {
    network_spec network;
    network.standard.where = at.where();
    network_table().read(at, network);
    return network;
}

platform_spec read_platform(const node& at, const std::filesystem::path& folder) {
    platform_draft platform;
    platform.folder = folder;
    platform.where = at.where();
    platform_fields().read(at, platform);
    if (platform.file.empty() == platform.hosts.empty())
        fail(at, platform.file.empty()
                     ? "a platform needs hosts, or the file that has them"
                     : "a platform has a file or hosts, links and routes, not both");
    return platform;
}

std::vector<definition> network_definitions() {
    return {network_table().describe(),       link_table().describe(),
            platform_fields().describe(),     host_table().describe(),
            platform_link_table().describe(), route_table().describe()};
}

} // namespace windtunnel::topology
