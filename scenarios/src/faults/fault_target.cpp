// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "scenarios/src/subjects.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::bad_quantity;
using topology::in_quotes;
using topology::service_spec;
using topology::topology_spec;

constexpr std::string_view zone_mark = "zone:", node_mark = "node:";

[[noreturn]] void fail_unknown(std::string_view what, std::string_view name,
                               const std::vector<std::string>& names) {
    throw bad_quantity(
        names.empty()
            ? fmt::format("there is no {} {}: no service has any", what, in_quotes(name))
            : fmt::format("no {} is called {}; there is {}", what, in_quotes(name), listed(names)),
        topology::nearest(name, names));
}

int parse_instance(std::string_view text, const service_spec& service) {
    int instance = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), instance);
    if (error != std::errc{} || end != text.data() + text.size() || instance < 0 ||
        instance >= service.replicas)
        throw bad_quantity(fmt::format("{} has the instances 0 to {}, not {}",
                                       in_quotes(service.name), service.replicas - 1,
                                       in_quotes(text)));
    return instance;
}

const service_spec& find_service(std::string_view name, const scenario_spec& scenario) {
    const service_spec* service = scenario.topology.find(name);
    if (service == nullptr)
        fail_unknown("service", name, service_names(scenario.topology));
    return *service;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
}

/// Of one service, or of all.
std::vector<std::string> zones_of(const topology_spec& topology, std::string_view service) {
    std::vector<std::string> names;
    for (const service_spec& s : topology.services)
        if (service.empty() || s.name == service)
            for (const std::string& zone : s.zones)
                add_once(names, zone);
    return names;
}

std::vector<std::string> machines_of(const topology_spec& topology, std::string_view service) {
    std::vector<std::string> names;
    for (const service_spec& s : topology.services)
        if (service.empty() || s.name == service)
            for (int i = 0; i < s.replicas; ++i)
                add_once(names, machine_of(topology, s, static_cast<std::size_t>(i)));
    return names;
}

void check_known(std::string_view what, const std::string& name,
                 const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), name) == names.end())
        fail_unknown(what, name, names);
}

/// "zone:eu" or "node:rack-1"; false: it is neither.
bool parse_room(std::string_view text, const scenario_spec& scenario, fault_target& target) {
    if (text.starts_with(zone_mark)) {
        target.zone = text.substr(zone_mark.size());
        check_known("zone", target.zone, zones_of(scenario.topology, target.service));
        return true;
    }
    if (text.starts_with(node_mark)) {
        target.node = text.substr(node_mark.size());
        check_known("node", target.node, machines_of(scenario.topology, target.service));
        return true;
    }
    return false;
}

/// "service@version" or "service@zone:eu".
fault_target parse_part(std::string_view name, std::string_view part,
                        const scenario_spec& scenario) {
    const service_spec& service = find_service(name, scenario);
    fault_target target{.service = service.name};
    if (parse_room(part, scenario, target))
        return target;
    target.version = part;
    check_known("version of " + service.name, target.version, service.versions());
    return target;
}

fault_target parse_place(std::string_view text, const scenario_spec& scenario) {
    fault_target target;
    if (parse_room(text, scenario, target))
        return target;
    const auto dot = text.find('.'), at = text.find('@');
    if (at != std::string_view::npos && at < dot)
        return parse_part(text.substr(0, at), text.substr(at + 1), scenario);
    if (dot != std::string_view::npos) {
        const endpoint_ref ref = topology::parse_endpoint_ref(text);
        find_service(ref.service, scenario);
        if (scenario.topology.find(ref) == nullptr)
            fail_unknown("endpoint", text, endpoint_names(scenario.topology));
        target.service = ref.service;
        target.endpoint = ref.endpoint;
        return target;
    }
    const auto hash = text.find('#');
    const auto& service = find_service(text.substr(0, hash), scenario);
    target.service = service.name;
    if (hash != std::string_view::npos)
        target.instance = parse_instance(text.substr(hash + 1), service);
    return target;
}

fault_target parse_edge(std::string_view caller, std::string_view callee,
                        const scenario_spec& scenario) {
    if (callee.find_first_of("#@") != std::string_view::npos || callee.starts_with(zone_mark) ||
        callee.starts_with(node_mark))
        throw bad_quantity("an edge leads to a service or an endpoint, not to one instance; name "
                           "the instance alone, without a caller");
    fault_target target = parse_place(callee, scenario);
    target.caller = caller;
    const std::string edge = target_text(target);
    if (caller != "*" && !find_subject(edge, scenario)) {
        const auto missing = explain_missing(edge, scenario);
        throw bad_quantity(missing.message, missing.suggestion);
    }
    return target;
}

} // namespace

fault_target parse_fault_target(std::string_view text, const scenario_spec& scenario) {
    const auto arrow = text.find("->");
    if (arrow == std::string_view::npos)
        return parse_place(text, scenario);
    return parse_edge(text.substr(0, arrow), text.substr(arrow + 2), scenario);
}

fault_target parse_fault_workload(std::string_view text, const scenario_spec& scenario) {
    check_known("workload", std::string(text), workload_names(scenario));
    return {.service = std::string(text)};
}

std::string target_text(const fault_target& target) {
    std::string text = target.caller.empty() ? "" : target.caller + "->";
    text += target.service;
    if (target.instance)
        text += fmt::format("#{}", *target.instance);
    const char* const at = target.service.empty() ? "" : "@";
    if (!target.version.empty())
        text += at + target.version;
    if (!target.zone.empty())
        text += fmt::format("{}{}{}", at, zone_mark, target.zone);
    if (!target.node.empty())
        text += fmt::format("{}{}{}", at, node_mark, target.node);
    return target.endpoint.empty() ? text : text + "." + target.endpoint;
}

const std::string& machine_of(const topology_spec& topology, const service_spec& service,
                              std::size_t number) {
    static const std::string none;
    if (!service.nodes.empty())
        return service.nodes[number % service.nodes.size()];
    if (!topology.platform)
        return none;
    const auto& placed = topology.platform->placement;
    const auto found = placed.find(service.in.empty() ? service.name : service.in);
    return found == placed.end() || found->second.empty()
               ? none
               : found->second[number % found->second.size()];
}

bool names_replica(const fault_target& target, const topology_spec& topology,
                   const service_spec& service, std::size_t number) {
    if (!target.service.empty() && target.service != service.name)
        return false;
    if (target.instance && static_cast<std::size_t>(*target.instance) != number)
        return false;
    if (!target.zone.empty() &&
        (service.zones.empty() || service.zones[number % service.zones.size()] != target.zone))
        return false;
    return target.node.empty() || machine_of(topology, service, number) == target.node;
}

topology::definition target_definition() {
    return {"target",
            "Text: a service (`payment`), one of its instances (`payment#0`), those of a version "
            "(`payment@v2`), all in a zone or on a node (`zone:eu`, `node:rack-1`) or those of one "
            "service (`payment@zone:eu`), an endpoint (`payment.POST /charge`), or an edge "
            "(`checkout->payment`, `checkout->payment.POST /charge`; the caller is a service, a "
            "workload or `*`). Faults of load are on a workload.",
            {},
            R"({"type":"string","minLength":1})"};
}

} // namespace windtunnel::scenario
