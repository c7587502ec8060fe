// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/src/client_table.hpp"
#include "scenarios/src/expectation_text.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/checks.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/discovery_tables.hpp"
#include "topologies/src/field_table.hpp"
#include "topologies/src/loader.hpp"
#include "topologies/src/policy_tables.hpp"

namespace windtunnel::scenario {

using topology::error_collector;
using topology::fail;
using topology::in_quotes;
using topology::node;

namespace {

/// Reads each element of an array; every bad one is reported.
template <class Read>
void read_each(const node& array, const std::string& of, Read&& read) {
    topology::expect_array(array, of);
    error_collector errors;
    for (const node& each : array.children())
        errors.run([&] { read(each); });
    errors.finish();
}

bool known_end(const std::string& name, bool callee, const scenario_spec& scenario) {
    const auto kind = find_subject(name, scenario);
    using subject_kind = expectation_spec::subject_kind;
    if (name == "*" || kind == subject_kind::service)
        return true;
    return kind == (callee ? subject_kind::endpoint : subject_kind::workload);
}

policy_overlay read_edge(const node& at, const scenario_spec& scenario) {
    const std::string& key = at.key();
    const auto arrow = key.find("->");
    if (arrow == std::string::npos)
        topology::fail_key(at, fmt::format("policies lie over edges: expected \"caller->callee\", "
                                           "found {}",
                                           in_quotes(key)));
    policy_overlay overlay{key.substr(0, arrow), key.substr(arrow + 2), {}, at.key_where()};
    const bool wild = overlay.caller == "*" || overlay.callee == "*";
    const bool known = wild ? known_end(overlay.caller, false, scenario) &&
                                  known_end(overlay.callee, true, scenario)
                            : find_subject(key, scenario) == expectation_spec::subject_kind::edge;
    if (known)
        return overlay;
    if (!wild) {
        const auto missing = explain_missing(key, scenario);
        topology::fail_key(at, missing.message, missing.suggestion);
    }
    const std::string& name = overlay.caller == "*" ? overlay.callee : overlay.caller;
    const auto missing = explain_missing(name, scenario);
    topology::fail_key(at, missing.message, missing.suggestion);
}

/// The place of a byte of a string's value: the quote, then characters, escapes as two.
topology::location place_in(const node& at, std::size_t byte) {
    topology::location where = at.where();
    if (where.line == 0)
        return where;
    ++where.column;
    for (const char c : std::string_view(at.string()).substr(0, byte)) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\' || code < 0x20)
            where.column += 2;
        else if ((code & 0xC0) != 0x80)
            ++where.column;
    }
    return where;
}

void read_expectation(scenario_spec& scenario, const node& at) {
    if (!at.is_string())
        topology::fail_expected(at, "expectation");
    try {
        auto expectation = parse_expectation(at.string(), scenario);
        expectation.where = at.where();
        scenario.expectations.push_back(std::move(expectation));
    } catch (const bad_expectation& error) {
        throw topology::input_error({place_in(at, error.at()), error.what(), error.suggestion()});
    }
}

} // namespace

void read_workloads(scenario_spec& scenario, const node& at) {
    read_each(at, "workload", [&](const node& each) {
        scenario.workloads.push_back(parse_workload(each, scenario));
    });
    std::vector<topology::client_calls> clients;
    for (const workload_spec& workload : scenario.workloads) {
        clients.push_back({workload.name, {}});
        for (const workload_target& target : workload.targets)
            clients.back().calls.push_back(target.to);
    }
    topology::check_clients(scenario.topology, clients);
}

void read_faults(scenario_spec& scenario, const node& at) {
    read_each(at, "fault", [&](const node& each) {
        fault_spec fault = parse_fault(each, scenario);
        const auto names = fault_names(scenario);
        if (std::find(names.begin(), names.end(), fault.name) != names.end())
            fail(each, fmt::format("another fault is called {} already: give each its own \"name\"",
                                   in_quotes(fault.name)));
        scenario.faults.push_back(std::move(fault));
    });
}

void read_policies(scenario_spec& scenario, const node& at) {
    topology::read_named(at, "policies", [&](const std::string&, const node& each) {
        policy_overlay overlay = read_edge(each, scenario);
        overlay.policies = topology::parse_policies(each);
        if (const auto to = overlay.callee.substr(0, overlay.callee.find('.')); to != "*")
            topology::check_health_check(scenario.topology, overlay.policies, to,
                                         topology::health_check_place(each));
        scenario.policies.push_back(std::move(overlay));
    });
}

void read_expectations(scenario_spec& scenario, const node& at) {
    read_each(at, "expectation", [&](const node& each) { read_expectation(scenario, each); });
}

void read_variants(scenario_spec& scenario, const node& at) {
    topology::read_named(at, "variants", [&](const std::string& name, const node& patch) {
        topology::expect_object(patch, "merge patch");
        if (const node* nested = patch.find("variants"))
            topology::fail_key(*nested, "a variant has no variants of its own");
        scenario.variants.push_back(name);
    });
}

} // namespace windtunnel::scenario
