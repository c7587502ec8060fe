// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/policy_expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <vector>

#include "scenarios/src/edge_policies.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"
#include "topologies/src/system/policy_kinds.hpp"

namespace windtunnel::scenario {

namespace {

using subject_kind = expectation_spec::subject_kind;
using topology::in_quotes;
using topology::nearest;
using names = std::vector<std::string>;

constexpr std::string_view mean = "mean ";

names counts_of(const topology::policy_kind& kind) {
    names all(kind.figures.counters.begin(), kind.figures.counters.end());
    all.insert(all.end(), {"refused", "machines"});
    return all;
}

names levels_of(const topology::policy_kind& kind) {
    names all;
    for (const topology::policy_level& each : kind.figures.levels)
        all.emplace_back(each.name);
    return all;
}

bool contains(const names& all, std::string_view name) {
    return std::find(all.begin(), all.end(), name) != all.end();
}

/// nullptr: such a subject has no such kind.
const topology::policy_kind* find_kind(std::string_view name, subject_kind what) {
    if (what == subject_kind::service)
        return topology::find_service_policy_kind(name);
    if (what == subject_kind::endpoint)
        return topology::find_destination_kind(name);
    return what == subject_kind::edge ? topology::find_call_policy_kind(name) : nullptr;
}

policy_complaint unknown_kind(std::string_view kind, subject_kind what) {
    names known;
    if (what == subject_kind::service) {
        for (const auto& each : topology::admission_policy_kinds())
            known.emplace_back(each.name);
        for (const auto& each : topology::host_limit_kinds())
            known.emplace_back(each.name);
        known.emplace_back(topology::gateway_kind().name);
    } else if (what == subject_kind::endpoint)
        for (const auto& each : topology::destination_kinds())
            known.emplace_back(each.name);
    else
        for (const auto& each : topology::call_policy_kinds())
            known.emplace_back(each.name);
    return {fmt::format("{} is no policy of {}; there is {}", in_quotes(kind), with_article(what),
                        listed(known, known.size())),
            nearest(kind, known)};
}

policy_complaint unknown_figure(const topology::policy_kind& kind, std::string_view figure,
                                bool level) {
    const names counts = counts_of(kind), levels = levels_of(kind);
    names known;
    for (const std::string& each : counts)
        known.push_back(fmt::format("{}.{}", kind.name, each));
    for (const std::string& each : levels)
        known.push_back(fmt::format("{}{}.{}", mean, kind.name, each));
    std::string meant;
    if (contains(level ? counts : levels, figure))
        meant = fmt::format("{}{}.{}", level ? "" : mean, kind.name, figure);
    else
        meant = nearest(fmt::format("{}{}.{}", level ? mean : "", kind.name, figure), known);
    return {fmt::format("a {} has no {}{}; there is {}", kind.name, level ? "level " : "count ",
                        in_quotes(figure), listed(known, known.size())),
            meant};
}

/// The edge from the caller to the service, whichever endpoint the subject names.
std::string edge_to_service(const std::string& subject, const scenario_spec& scenario) {
    for (const edge_name& each : edges_of(scenario)) {
        std::string edge = each.caller + "->" + each.callee.service;
        if (subject == edge || subject == edge + "." + each.callee.endpoint)
            return edge;
    }
    return subject;
}

std::optional<policy_complaint> find_edge_complaint(const expectation_spec& e,
                                                    const scenario_spec& scenario) {
    const std::string edge = edge_to_service(e.subject, scenario);
    if (edge != e.subject)
        return policy_complaint{fmt::format("\"{}\" is of a caller and a service, whose endpoints "
                                            "share the policies: write {}",
                                            metric_text(e), in_quotes(edge)),
                                "", edge};
    const auto kinds = kinds_of(e);
    if (!has_policy(scenario, edge, kinds))
        return policy_complaint{fmt::format(
            "no call from {} has a {}, so \"{}\" is not measured there; give it one, "
            "as in \"policies\": {{ \"{}\": {{ \"{}\": {{}} }} }}",
            in_quotes(edge), fmt::join(kinds, " or "), row_of(e.metric).name, edge, kinds.front())};
    const auto all_there = [&] {
        return std::all_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
            return has_policy(scenario, edge, {&kind, 1});
        });
    };
    if (e.metric == metric::in_use && all_there())
        return policy_complaint{"calls from " + in_quotes(edge) +
                                " have a bulkhead and an adaptive_limit: say whose permits, \"mean "
                                "bulkhead.in_use\" or \"mean adaptive_limit.in_use\""};
    return std::nullopt;
}

std::optional<policy_complaint> find_service_complaint(const expectation_spec& e,
                                                       const scenario_spec& scenario) {
    const auto kinds = kinds_of(e);
    if (has_admission_policy(scenario, e.subject, kinds))
        return std::nullopt;
    if (e.policy == topology::gateway_kind().name)
        return policy_complaint{fmt::format("{} is no gateway, so \"{}\" is not measured there",
                                            in_quotes(e.subject), metric_text(e))};
    if (topology::find_host_limit_kind(e.policy) != nullptr)
        return policy_complaint{fmt::format("{} has no {}, so \"{}\" is not measured there; give "
                                            "it one",
                                            in_quotes(e.subject), e.policy, metric_text(e))};
    if (kinds.empty())
        return policy_complaint{fmt::format("no admission refuses for {}", in_quotes(e.reason))};
    return policy_complaint{fmt::format(
        "the admission of {} has no {}, so \"{}\" is not measured there; give it one, "
        "as in \"admission\": {{ \"{}\": {{}} }}",
        in_quotes(e.subject), fmt::join(kinds, " or "), row_of(e.metric).name, kinds.front())};
}

std::optional<policy_complaint> find_destination_complaint(const expectation_spec& e,
                                                           const scenario_spec& scenario) {
    const auto* kind = topology::find_destination_kind(e.policy);
    for (const topology::service_spec& service : scenario.topology.services)
        for (const topology::endpoint_spec& endpoint : service.endpoints)
            if (e.subject == service.name + "." + endpoint.name &&
                kind->is(endpoint, scenario.topology))
                return std::nullopt;
    if (e.policy == topology::gateway_kind().name)
        return policy_complaint{fmt::format("{} is no route of a gateway, so \"{}\" is not "
                                            "measured there",
                                            in_quotes(e.subject), metric_text(e))};
    return policy_complaint{fmt::format("{} is no {} of a broker, so \"{}\" is not measured there",
                                        in_quotes(e.subject), e.policy, metric_text(e))};
}

} // namespace

bool is_policy_figure(std::string_view name) {
    if (name.starts_with(mean))
        name.remove_prefix(mean.size());
    const auto dot = name.find('.');
    return dot != std::string_view::npos &&
           std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot), [](char c) {
               return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0;
           });
}

std::optional<policy_complaint> read_policy_figure(std::string_view name, expectation_spec& into) {
    const bool level = name.starts_with(mean);
    if (level)
        name.remove_prefix(mean.size());
    const auto dot = name.find('.');
    const std::string_view policy = name.substr(0, dot), figure = name.substr(dot + 1);
    const topology::policy_kind* kind = find_kind(policy, into.what);
    if (kind == nullptr)
        return unknown_kind(policy, into.what);
    if (!contains(level ? levels_of(*kind) : counts_of(*kind), figure))
        return unknown_figure(*kind, figure, level);
    into.metric = level ? metric::policy_mean : metric::policy_count;
    into.policy = policy;
    into.figure = figure;
    return std::nullopt;
}

std::optional<policy_complaint> find_policy_complaint(const expectation_spec& expectation,
                                                      const scenario_spec& scenario) {
    if (expectation.what == subject_kind::endpoint)
        return find_destination_complaint(expectation, scenario);
    return expectation.what == subject_kind::service ? find_service_complaint(expectation, scenario)
                                                     : find_edge_complaint(expectation, scenario);
}

} // namespace windtunnel::scenario
