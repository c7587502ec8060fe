// SPDX-License-Identifier: BSL-1.0
// resilience4j as Spring Boot's application.yml has it: `resilience4j.<pattern>.instances.<name>`,
// over `configs`. An instance says what differs from its `baseConfig`, else from the config of its
// own name, else from `default`. Keys bind relaxed (maxAttempts, max-attempts) and may be dotted.
// Defaults and names: resilience4j 2.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

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

/// The parts of a path of keys, of which each may hold several ("spring.application").
using key_path = std::vector<std::string>;

key_path below(key_path path, const std::string& key) {
    for (std::size_t from = 0; from <= key.size();) {
        const auto dot = std::min(key.find('.', from), key.size());
        path.push_back(key.substr(from, dot - from));
        from = dot + 1;
    }
    return path;
}

/// The value at a path, which is written as "spring.application.name"; null where there is none.
const node* find_at(const node& from, const std::string& wanted, const std::string& path = {}) {
    for (const node& child : from.children()) {
        const std::string here = path + (path.empty() ? "" : ".") + canonical(child.key());
        if (here == wanted)
            return &child;
        if (wanted.starts_with(here + "."))
            if (const node* found = find_at(child, wanted, here))
                return found;
    }
    return nullptr;
}

// ---- sections ---------------------------------------------------------------------------------

struct named_node {
    std::string name;
    const node* at;
};

struct section {
    const char* name; ///< canonical
    void (*take)(const r4j_instance& instance, import_draft& draft);
    std::vector<named_node> configs{}, instances{};
    const node* at = nullptr;
};

using sections = std::vector<section>;

sections all_sections() {
    return {{"circuitbreaker", take_circuit_breaker},
            {"retry", take_retry},
            {"bulkhead", take_bulkhead},
            {"threadpoolbulkhead", take_thread_pool_bulkhead},
            {"ratelimiter", take_rate_limiter},
            {"timelimiter", take_time_limiter}};
}

/// Sorts what stands below `resilience4j` by section, kind and name.
class section_reader {
  public:
    section_reader(sections& all, import_draft& draft) : all_(all), draft_(draft) {}

    void read(const node& from, const key_path& path = {}) {
        error_collector errors;
        for (const node& child : from.children())
            errors.run([&] { read_child(child, below(path, child.key())); });
        errors.finish();
    }

  private:
    void read_child(const node& child, const key_path& path) {
        if (canonical(path[0]) != "resilience4j")
            return;
        section* in = path.size() >= 2 ? find_section(child, path[1]) : nullptr;
        if (path.size() >= 2 && in == nullptr)
            return;
        std::vector<named_node>* kind = path.size() >= 3 ? find_kind(child, path[2], *in) : nullptr;
        if (path.size() >= 3 && kind == nullptr)
            return;
        if (path.size() > 4)
            fail_key(child, fmt::format("the dotted key {} is not read: write what follows {} as "
                                        "keys of lines of their own",
                                        in_quotes(child.key()), path[3]));
        if (path.size() == 4)
            kind->push_back({path[3], &child});
        else if (!child.is_null())
            read_group(child, path);
    }

    void read_group(const node& child, const key_path& path) {
        expect_object(child, path.back());
        read(child, path);
    }

    /// Null where it is about something else.
    section* find_section(const node& child, const std::string& name) {
        static const std::set<std::string> of_monitoring{"metrics", "tags", "micrometer",
                                                         "scheduled"};
        const std::string wanted = canonical(name);
        const auto found = std::find_if(all_.begin(), all_.end(),
                                        [&](const section& s) { return s.name == wanted; });
        if (found != all_.end()) {
            if (found->at == nullptr)
                found->at = &child;
            return &*found;
        }
        if (of_monitoring.count(wanted) > 0)
            return nullptr;
        std::vector<std::string> known;
        for (const section& each : all_)
            known.emplace_back(each.name);
        fail_key(child, fmt::format("unknown key {} in resilience4j", in_quotes(name)),
                 nearest(wanted, known));
    }

    std::vector<named_node>* find_kind(const node& child, const std::string& name, section& in) {
        const std::string wanted = canonical(name);
        if (wanted == "instances" || wanted == "backends")
            return &in.instances;
        if (wanted == "configs")
            return &in.configs;
        if (wanted == "metrics" || wanted == "tags")
            return nullptr;
        if (!wanted.ends_with("aspectorder"))
            fail_key(child,
                     fmt::format("unknown key {} in {}; known keys: instances, configs",
                                 in_quotes(name), in.name),
                     nearest(name, {"instances", "configs"}));
        draft_.note(child.key_where(), name + " is not taken over: the order is fixed",
                    "that of the pipeline, in docs/topology.md");
        return nullptr;
    }

    sections& all_;
    import_draft& draft_;
};

// ---- what instances are based on --------------------------------------------------------------

const named_node* config_named(const section& in, const std::string& name) {
    const auto found = std::find_if(in.configs.begin(), in.configs.end(),
                                    [&](const named_node& each) { return each.name == name; });
    return found == in.configs.end() ? nullptr : &*found;
}

/// What an instance or a config is based on by name; null when it says none.
const named_node* said_base(const section& in, const node& of) {
    const node* name = find_at(of, "baseconfig");
    if (name == nullptr)
        return nullptr;
    if (!name->is_string())
        fail_expected(*name, "name of a config");
    if (const named_node* found = config_named(in, name->string()))
        return found;
    std::vector<std::string> known;
    for (const named_node& each : in.configs)
        known.push_back(each.name);
    fail(*name, fmt::format("there is no config {} in {}", in_quotes(name->string()), in.name),
         nearest(name->string(), known));
}

/// The instance last, before it what it is based on: `baseConfig`, the config of its own name, or
/// "default".
std::vector<const node*> lineage(const section& in, const named_node& instance) {
    std::vector<const node*> line{instance.at};
    const named_node* base = said_base(in, *instance.at);
    if (base == nullptr)
        base = config_named(in, instance.name);
    if (base == nullptr)
        base = config_named(in, "default");
    while (base != nullptr) {
        if (std::find(line.begin(), line.end(), base->at) != line.end())
            fail_key(*base->at,
                     fmt::format("the config {} is based on itself", in_quotes(base->name)));
        line.insert(line.begin(), base->at);
        base = said_base(in, *base->at);
    }
    return line;
}

void take_instances(const section& in, import_draft& draft, error_collector& errors) {
    if (in.at != nullptr && in.instances.empty())
        draft.note(in.at->key_where(),
                   fmt::format("{} has no instances, so it is of no edge", in.name));
    for (const named_node& each : in.instances)
        errors.run([&] { in.take({each.name, lineage(in, each)}, draft); });
}

} // namespace

std::string spring_application(const node& root) {
    const node* name = find_at(root, "spring.application.name");
    return name != nullptr && name->is_string() ? name->string() : "";
}

void read_resilience4j(const node& root, import_draft& draft) {
    if (const node* profile = find_at(root, "spring.config.activate.onprofile"))
        return draft.note(
            profile->key_where(),
            fmt::format("the document of the profile {} is not read",
                        profile->is_string() ? profile->string() : profile->describe()),
            "import it from a file of its own");
    sections all = all_sections();
    section_reader(all, draft).read(root);
    error_collector errors;
    for (const section& each : all)
        take_instances(each, draft, errors);
    errors.finish();
}

} // namespace windtunnel::topology
