// SPDX-License-Identifier: BSL-1.0
// resilience4j as Spring Boot's application.yml has it: `resilience4j.<pattern>.instances.<name>`,
// over `configs`. An instance says what differs from its `baseConfig`, else from the config of its
// own name, else from `default`. Keys bind relaxed (maxAttempts, max-attempts) and may be dotted.
// Defaults and names: resilience4j 2.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>

#include "topologies/src/field_table.hpp"
#include "topologies/src/import/draft.hpp"
#include "topologies/src/import/resilience4j_tables.hpp"

namespace windtunnel::topology {

namespace {

// ---- Spring's keys ----------------------------------------------------------------------------

/// Spring's relaxed binding: case and dashes do not matter.
std::string canonical(std::string_view key) {
    std::string result;
    for (const unsigned char c : key)
        if (c != '-' && c != '_')
            result += static_cast<char>(std::tolower(c));
    return result;
}

std::vector<std::string> dotted(const std::string& key) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= key.size();) {
        const auto dot = std::min(key.find('.', from), key.size());
        parts.push_back(canonical(std::string_view(key).substr(from, dot - from)));
        from = dot + 1;
    }
    return parts;
}

/// All that stands at a path, whose steps may share a dotted key.
void find_at(const node& from, std::span<const std::string> path, std::vector<const node*>& found) {
    if (path.empty()) {
        found.push_back(&from);
        return;
    }
    for (const node& child : from.children()) {
        const auto steps = dotted(child.key());
        const auto common = std::mismatch(steps.begin(), steps.end(), path.begin(), path.end());
        if (common.first == steps.end())
            find_at(child, path.subspan(steps.size()), found);
        else if (common.second == path.end() && !path.empty() && steps.size() > path.size())
            fail_key(child, fmt::format("the dotted key {} goes below what is read as a block: "
                                        "write what follows {} as keys of its own lines",
                                        in_quotes(child.key()), path.back()));
    }
}

std::vector<const node*> all_at(const node& from, std::vector<std::string> path) {
    std::vector<const node*> found;
    find_at(from, path, found);
    return found;
}

const node* member(const node& object, std::string_view name) {
    const auto& children = object.children();
    const auto found = std::find_if(children.begin(), children.end(), [&](const node& child) {
        return canonical(child.key()) == name;
    });
    return found == children.end() ? nullptr : &*found;
}

// ---- instances and what they are based on -----------------------------------------------------

const node* config_named(const node& section, const std::string& name) {
    const node* configs = member(section, "configs");
    return configs == nullptr ? nullptr : configs->find(name);
}

std::vector<std::string> config_names(const node& section) {
    std::vector<std::string> names;
    if (const node* configs = member(section, "configs"))
        for (const node& each : configs->children())
            names.push_back(each.key());
    return names;
}

/// What an instance or a config is based on by name; null when it says none.
const node* said_base(const node& section, const node& of) {
    const node* name = member(of, "baseconfig");
    if (name == nullptr)
        return nullptr;
    if (!name->is_string())
        fail_expected(*name, "name of a config");
    if (const node* found = config_named(section, name->string()))
        return found;
    fail(*name,
         fmt::format("there is no config {} in {}", in_quotes(name->string()), section.key()),
         nearest(name->string(), config_names(section)));
}

/// The instance last, before it what it is based on.
std::vector<const node*> lineage(const node& section, const node& instance) {
    std::vector<const node*> line{&instance};
    const node* base = said_base(section, instance);
    if (base == nullptr)
        base = config_named(section, instance.key());
    if (base == nullptr)
        base = config_named(section, "default");
    while (base != nullptr) {
        if (std::find(line.begin(), line.end(), base) != line.end())
            fail_key(*base,
                     fmt::format("the config {} is based on itself", in_quotes(base->key())));
        line.insert(line.begin(), base);
        base = said_base(section, *base);
    }
    return line;
}

/// What differs for each pattern: its table, and what becomes of an instance.
struct pattern {
    const char* name; ///< canonical
    void (*take)(const std::vector<const node*>& lineage, import_draft& draft);
};

constexpr std::array patterns{pattern{"circuitbreaker", take_circuit_breaker},
                              pattern{"retry", take_retry},
                              pattern{"bulkhead", take_bulkhead},
                              pattern{"threadpoolbulkhead", take_thread_pool_bulkhead},
                              pattern{"ratelimiter", take_rate_limiter},
                              pattern{"timelimiter", take_time_limiter}};

void read_instances(const node& section, const node& instances, const pattern& pattern,
                    import_draft& draft) {
    expect_object(instances, "instances");
    error_collector errors;
    for (const node& each : instances.children())
        errors.run([&] { pattern.take(lineage(section, each), draft); });
    errors.finish();
}

/// Spring reads an aspect order; here the order of the pipeline is fixed.
void read_section(const node& section, const pattern& pattern, import_draft& draft) {
    if (section.is_null())
        return;
    expect_object(section, section.key());
    error_collector errors;
    for (const node& each : section.children()) {
        const std::string key = canonical(each.key());
        if (key == "instances" || key == "backends")
            errors.run([&] { read_instances(section, each, pattern, draft); });
        else if (key.ends_with("aspectorder"))
            draft.note(each.key_where(), each.key() + " is not taken over: the order is fixed",
                       "that of the pipeline, in docs/topology.md");
        else if (key != "configs" && key != "metrics" && key != "tags")
            errors.run([&] {
                const std::vector<std::string> known{"instances", "configs"};
                fail_key(each,
                         fmt::format("unknown key {} in {}; known keys: instances, configs",
                                     in_quotes(each.key()), section.key()),
                         nearest(each.key(), known));
            });
    }
    if (member(section, "instances") == nullptr && member(section, "backends") == nullptr)
        draft.note(section.key_where(), section.key() + " has no instances, so it is of no edge");
    errors.finish();
}

void check_sections(const node& all) {
    static const std::set<std::string> of_monitoring{"metrics", "tags", "micrometer", "scheduled"};
    expect_object(all, "resilience4j");
    error_collector errors;
    std::vector<std::string> known;
    for (const pattern& each : patterns)
        known.emplace_back(each.name);
    for (const node& section : all.children()) {
        const std::string name = dotted(section.key()).front();
        const auto found = std::find(known.begin(), known.end(), name);
        if (found == known.end() && of_monitoring.count(name) == 0)
            errors.run([&] {
                fail_key(section,
                         fmt::format("unknown key {} in resilience4j", in_quotes(section.key())),
                         nearest(name, known));
            });
    }
    errors.finish();
}

} // namespace

void read_resilience4j(const node& root, import_draft& draft) {
    for (const node* name : all_at(root, {"spring", "application", "name"}))
        if (name->is_string())
            draft.caller_is(name->string());
    for (const node* profile : all_at(root, {"spring", "config", "activate", "onprofile"})) {
        draft.note(profile->key_where(),
                   fmt::format("the document of the profile {} is not read",
                               profile->is_string() ? profile->string() : profile->describe()),
                   "import it from a file of its own");
        return;
    }
    error_collector errors;
    for (const node* all : all_at(root, {"resilience4j"}))
        errors.run([&] { check_sections(*all); });
    for (const pattern& each : patterns)
        for (const node* section : all_at(root, {"resilience4j", each.name}))
            errors.run([&] { read_section(*section, each, draft); });
    errors.finish();
}

} // namespace windtunnel::topology
