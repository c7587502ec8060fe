// SPDX-License-Identifier: BSL-1.0
#include "cli/compare_sides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/help.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

using sides_of_comparison = std::vector<compared_side>;

constexpr const char* unvaried = "as it stands";

/// Each once, in their order.
std::vector<std::string> files_of(const sides_of_comparison& sides) {
    std::vector<std::string> files;
    for (const compared_side& each : sides)
        if (std::find(files.begin(), files.end(), each.file) == files.end())
            files.push_back(each.file);
    return files;
}

std::vector<std::size_t> places_in(const sides_of_comparison& sides, const std::string& file) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < sides.size(); ++i)
        if (sides[i].file == file)
            places.push_back(i);
    return places;
}

bool one_scenario(const sides_of_comparison& sides, const std::vector<std::size_t>& places) {
    return std::all_of(places.begin(), places.end(), [&](std::size_t i) {
        return sides[i].scenario == sides[places.front()].scenario;
    });
}

bool has_variants_beside(const sides_of_comparison& sides, const compared_side& side) {
    return std::count_if(sides.begin(), sides.end(), [&](const compared_side& each) {
               return each.file == side.file && each.scenario == side.scenario;
           }) > 1;
}

std::string variant_text(const sides_of_comparison& sides, const compared_side& side) {
    if (side.variant.empty())
        return has_variants_beside(sides, side) ? unvaried : "";
    return side.variant;
}

/// In one file: "quick", "shop: quick".
std::string label_in_file(const sides_of_comparison& sides, const compared_side& side,
                          bool names_scenario) {
    const std::string variant = variant_text(sides, side);
    if (!names_scenario)
        return variant.empty() ? unvaried : variant;
    return variant.empty() ? side.scenario : side.scenario + ": " + variant;
}

/// "shop (quick)"
std::string with_variant(const std::string& name, const std::string& variant) {
    return variant.empty() ? name : fmt::format("{} ({})", name, variant);
}

/// Whether two entries of two files are each other's counterpart.
struct counterpart {
    bool scenario_matters, variant_matters;

    bool operator()(const compared_side& a, const compared_side& b) const {
        return (!scenario_matters || a.scenario == b.scenario) &&
               (!variant_matters || a.variant == b.variant);
    }
};

using groups_of_sides = std::vector<std::vector<std::size_t>>;

groups_of_sides by_scenario(const sides_of_comparison& sides) {
    groups_of_sides groups;
    for (std::size_t i = 0; i < sides.size(); ++i) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) {
            return sides[g.front()].scenario == sides[i].scenario;
        });
        if (group == groups.end())
            groups.push_back({i});
        else
            group->push_back(i);
    }
    return groups;
}

/// Those of `first` with their counterparts; who has none is a group of one.
groups_of_sides by_counterpart(const sides_of_comparison& sides, const std::string& first) {
    const auto bases = places_in(sides, first);
    groups_of_sides groups, others;
    for (const std::size_t i : bases)
        groups.push_back({i});
    for (const std::string& file : files_of(sides)) {
        const auto places = places_in(sides, file);
        if (file == first)
            continue;
        const bool one_each = one_scenario(sides, bases) && one_scenario(sides, places);
        const counterpart match{!one_each, bases.size() > 1 || places.size() > 1};
        for (const std::size_t i : places) {
            const auto free = std::find_if(groups.begin(), groups.end(), [&](const auto& g) {
                return match(sides[g.front()], sides[i]) && sides[g.back()].file != file;
            });
            if (free == groups.end())
                others.push_back({i});
            else
                free->push_back(i);
        }
    }
    groups.insert(groups.end(), others.begin(), others.end());
    return groups;
}

std::vector<std::string> labels_of(const sides_of_comparison& sides) {
    std::vector<std::string> labels;
    for (const compared_side& each : sides)
        labels.push_back(each.label);
    return labels;
}

[[noreturn]] void refuse_base(const sides_of_comparison& sides, const std::string& base) {
    const auto labels = labels_of(sides);
    const std::string nearest = topology::nearest(base, labels);
    throw usage_error(
        fmt::format("--base {}: there is {}{}", topology::in_quotes(base), fmt::join(labels, ", "),
                    nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
}

void put_base_first(const sides_of_comparison& sides, const std::string& base,
                    groups_of_sides& groups) {
    for (auto& group : groups)
        for (auto at = group.begin(); at != group.end(); ++at)
            if (sides[*at].label == base) {
                if (group.size() == 1)
                    throw usage_error(fmt::format("--base {}: nothing is to be compared with it",
                                                  topology::in_quotes(base)));
                std::rotate(group.begin(), at, at + 1);
                return;
            }
    refuse_base(sides, base);
}

/// "only in a.json: shop (quick), cart", a line for each file.
std::vector<std::string> tell_alone(const sides_of_comparison& sides,
                                    const std::vector<std::size_t>& alone) {
    std::vector<std::string> lines;
    const bool one_file = files_of(sides).size() == 1;
    for (const std::string& file : files_of(sides)) {
        std::vector<std::string> names;
        for (const std::size_t i : alone)
            if (sides[i].file == file)
                names.push_back(
                    one_file ? sides[i].label
                             : with_variant(sides[i].scenario, variant_text(sides, sides[i])));
        if (!names.empty())
            lines.push_back(fmt::format("{} {}: {}", one_file ? "without a variant in" : "only in",
                                        file, fmt::join(names, ", ")));
    }
    return lines;
}

[[noreturn]] void refuse_all(const sides_of_comparison& sides,
                             const std::vector<std::string>& alone) {
    if (sides.empty())
        throw usage_error("there is nothing to compare");
    if (sides.size() == 1)
        throw usage_error(fmt::format("there is only {} to compare: name another file, or give the "
                                      "scenario \"variants\"",
                                      sides.front().label));
    throw usage_error(fmt::format("there is nothing to compare, {}: results are compared that have "
                                  "the same scenario and variant",
                                  fmt::join(alone, "; ")));
}

/// By name.
std::set<std::string> figures_to_compare(const compared_side& side) {
    std::set<std::string> names;
    for (const auto& each : side.asked)
        names.insert(scenario::figure_name(each));
    if (side.figures)
        for (const auto& each : side.figures->figures)
            names.insert(each.name);
    return names;
}

std::string what_it_is(const compared_side& side) {
    const auto names = figures_to_compare(side);
    return fmt::format("{} is {} scenario {}, {}", side.label,
                       side.spec == nullptr ? "a result of the" : "the",
                       topology::in_quotes(with_variant(side.scenario, side.variant)),
                       names.empty() ? "without figures"
                                     : fmt::format("with figures such as {}",
                                                   topology::in_quotes(*names.begin())));
}

} // namespace

void label_sides(std::vector<compared_side>& sides) {
    const bool one_file = files_of(sides).size() == 1;
    std::map<std::string, int> used;
    for (compared_side& each : sides) {
        const bool names_scenario = !one_scenario(sides, places_in(sides, each.file));
        each.label =
            one_file ? label_in_file(sides, each, names_scenario)
                     : with_variant(names_scenario ? fmt::format("{}: {}", each.file, each.scenario)
                                                   : each.file,
                                    variant_text(sides, each));
        if (const int n = ++used[each.label]; n > 1)
            each.label += fmt::format(" #{}", n);
    }
}

comparison_plan plan_comparison(const std::vector<compared_side>& sides, const std::string& base) {
    const auto files = files_of(sides);
    const bool base_is_file = std::find(files.begin(), files.end(), base) != files.end();
    groups_of_sides groups;
    if (files.size() == 1)
        groups = by_scenario(sides);
    else if (!files.empty())
        groups = by_counterpart(sides, base_is_file ? base : files.front());
    std::vector<std::size_t> alone;
    for (const auto& group : groups)
        if (group.size() == 1)
            alone.push_back(group.front());
    if (alone.size() == sides.size())
        refuse_all(sides, tell_alone(sides, alone));
    if (!base.empty() && !(base_is_file && files.size() > 1))
        put_base_first(sides, base, groups);
    std::erase_if(groups, [](const auto& group) { return group.size() == 1; });
    return {std::move(groups), tell_alone(sides, alone)};
}

std::string nothing_in_common(const compared_side& base, const compared_side& other) {
    return fmt::format("{} and {} have no figure in common: {}; {}", base.label, other.label,
                       what_it_is(base), what_it_is(other));
}

void check_common_figures(const std::vector<compared_side>& sides, const comparison_plan& plan) {
    for (const auto& group : plan.groups) {
        const auto known = figures_to_compare(sides[group.front()]);
        for (std::size_t i = 1; i < group.size(); ++i) {
            const auto names = figures_to_compare(sides[group[i]]);
            if (std::none_of(names.begin(), names.end(),
                             [&](const auto& name) { return known.contains(name); }))
                throw usage_error(nothing_in_common(sides[group.front()], sides[group[i]]));
        }
    }
}

} // namespace windtunnel::cli
