// SPDX-License-Identifier: BSL-1.0
// How the tables of the kinds of faults are made: each group of kinds is a list of rows.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/src/faults/fault_table.hpp"

namespace windtunnel::scenario {

std::vector<fault_row> request_fault_rows();
std::vector<fault_row> message_fault_rows();
std::vector<fault_row> connection_fault_rows();
std::vector<fault_row> process_fault_rows();
std::vector<fault_row> broker_fault_rows(); ///< and of the registry
std::vector<fault_row> load_fault_rows();

/// What is read into, with what names are checked against.
template <class Kind>
struct fault_body {
    const scenario_spec* scenario = nullptr;
    fault_target on;
    Kind what{};
};

/// What a row says besides its fields.
struct fault_head {
    std::string_view key, meaning;
    unsigned places;
    bool grows = false;
};

/// The target at `at`, which the kind must be able to happen to.
fault_target read_fault_target(const topology::node& at, const scenario_spec& scenario,
                               const fault_head& head);

template <class Kind>
using fault_check = std::function<void(const topology::node& on, const fault_body<Kind>&)>;

/// A table with `on`, of which `check` says whether the kind can be there.
template <class Kind>
topology::field_table<fault_body<Kind>> fault_fields_of(const fault_head& head,
                                                        fault_check<Kind> check = {}) {
    return topology::field_table<fault_body<Kind>>(std::string(head.key) + "_fault",
                                                   std::string(head.meaning))
        .with_custom(
            "on", "target", topology::schema_reference("target"),
            {.help = "Where: " + places_text(head.places) + ".", .required = true},
            [head, check = std::move(check)](fault_body<Kind>& body, const topology::node& at) {
                body.on = read_fault_target(at, *body.scenario, head);
                if (check)
                    check(at, body);
            });
}

template <class Kind>
fault_row make_fault_row(const fault_head& head, topology::field_table<fault_body<Kind>> table) {
    auto fields = std::make_shared<const topology::field_table<fault_body<Kind>>>(std::move(table));
    return {.key = head.key,
            .meaning = head.meaning,
            .places = head.places,
            .grows = head.grows,
            .fields = fields->describe(),
            .read = [fields](const topology::node& at, const scenario_spec& scenario,
                             fault_target& on, fault_kind& what) {
                fault_body<Kind> body{&scenario, {}, {}};
                fields->read(at, body);
                on = std::move(body.on);
                what = std::move(body.what);
            }};
}

/// The field "share", of what is in `of`.
template <class Kind>
topology::field_table<fault_body<Kind>> with_share(topology::field_table<fault_body<Kind>> table,
                                                   const std::string& of) {
    return std::move(table).with(
        "share", [](fault_body<Kind>& b) -> double& { return b.what.share; },
        topology::share_kind(), {.help = "Of the " + of + ".", .fallback = "100%"});
}

/// The field "direction", of messages.
template <class Kind>
topology::field_table<fault_body<Kind>>
with_direction(topology::field_table<fault_body<Kind>> table) {
    return std::move(table).with(
        "direction", [](fault_body<Kind>& b) -> sim::direction& { return b.what.direction; },
        topology::enum_kind<sim::direction>({{"to", sim::direction::to},
                                             {"from", sim::direction::from},
                                             {"both", sim::direction::both}}),
        {.help = "Messages to the target, from it, or both.", .fallback = "both"});
}

} // namespace windtunnel::scenario
