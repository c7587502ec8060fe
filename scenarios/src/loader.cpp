// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/src/client_table.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/schema.hpp"
#include "scenarios/src/sections.hpp"
#include "scenarios/src/subjects.hpp"
#include "scenarios/src/tracing.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/discovery_tables.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/key_text.hpp"
#include "topologies/src/loader.hpp"
#include "topologies/src/policy_tables.hpp"
#include "topologies/src/printable.hpp"
#include "topologies/src/protocol_tables.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::document;
using topology::error_collector;
using topology::fail;
using topology::in_quotes;
using topology::node;

// ---- the topology -----------------------------------------------------------------------------

struct found_topology {
    document whole;
    std::filesystem::path folder; ///< that names in it are relative to
};

found_topology find_topology(const node& root, const std::filesystem::path& folder) {
    const node* at = root.find("topology");
    if (at == nullptr)
        fail(root, "the scenario lacks the key \"topology\": the file of the architecture, or the "
                   "architecture itself");
    if (at->is_object())
        return {document::of(*at), folder};
    if (!at->is_string())
        fail(*at, "expected the path of a topology file or a topology, found " + at->describe());
    const auto path = (folder / at->string()).lexically_normal();
    if (!std::filesystem::is_regular_file(path))
        fail(*at, fmt::format("there is no topology file {}; the path is relative to the "
                              "scenario's folder",
                              in_quotes(path.string())));
    return {document::load(path), path.parent_path()};
}

/// Patched and changed.
found_topology read_topology_file(const node& root, const std::filesystem::path& folder,
                                  const std::vector<value_override>& changes) {
    found_topology found = find_topology(root, folder);
    if (const node* patch = root.find("topology_patch")) {
        topology::expect_object(*patch, "topology_patch");
        found.whole = document::merge(found.whole.root(), *patch);
    }
    for (const value_override& each : changes)
        found.whole = with_override(found.whole, each);
    return found;
}

topology::topology_spec read_topology(const node& root, const std::filesystem::path& folder,
                                      const std::vector<value_override>& changes) {
    const auto found = read_topology_file(root, folder, changes);
    return topology::parse_topology(found.whole.root(), found.folder);
}

// ---- the table --------------------------------------------------------------------------------

/// A scenario that is being read. Sections that rest on others (names, the duration) are left out
/// when one of those could not be read: their complaints would be about that.
struct scenario_draft {
    scenario_spec scenario;
    bool broken = false;
};

using read_section = void (*)(scenario_spec&, const node&);

auto section(read_section read) {
    return [read](scenario_draft& draft, const node& at) {
        if (draft.broken || draft.scenario.length <= duration::zero())
            return;
        draft.broken = true;
        read(draft.scenario, at);
        draft.broken = false;
    };
}

std::string array_of(const std::string& name) {
    return R"({"type":"array","items":)" + topology::schema_reference(name) + "}";
}

template <class Member>
auto of(Member scenario_spec::*member) {
    return [member](scenario_draft& draft) -> Member& { return draft.scenario.*member; };
}

/// Of a time that must end.
constexpr duration longest_run = std::chrono::hours{24 * 366};

topology::value_kind<duration> bounded_duration(topology::zero zero) {
    auto kind = topology::duration_kind(zero);
    return {kind.name, kind.schema, [read = kind.read](const node& at) {
                const duration value = read(at);
                if (value > longest_run)
                    fail(at, "at most 366d (a year) can be simulated");
                return value;
            }};
}

// ---- how often and how long -------------------------------------------------------------------

constexpr const char* automatic = "auto";
constexpr int most_replications = 100'000;

bool is_automatic(const node& at) {
    return at.is_string() && at.string() == automatic;
}

/// A value or "auto".
template <class V>
std::string or_automatic(const topology::value_kind<V>& kind) {
    return R"({"anyOf":[{"const":"auto"},)" + kind.schema + "]}";
}

void read_warmup(scenario_draft& draft, const node& at) {
    draft.scenario.warmup_where = at.where();
    draft.scenario.finds_warmup = is_automatic(at);
    if (!draft.scenario.finds_warmup)
        draft.scenario.warmup = bounded_duration(topology::zero::allowed).read(at);
}

/// `max_replications` may have been read before or come after.
void read_replications(scenario_draft& draft, const node& at) {
    constexpr int usual_most = 100;
    auto& most = draft.scenario.most_replications;
    if (is_automatic(at))
        most = most.value_or(usual_most);
    else
        draft.scenario.replications = topology::count_kind(1, most_replications).read(at);
}

void check_replications(const node& root, const scenario_spec& scenario) {
    const node* each = root.find("replications");
    const node* most = root.find("max_replications");
    if (most != nullptr && (each == nullptr || !is_automatic(*each)))
        topology::fail_key(*most, R"("max_replications" belongs to "replications": "auto")");
    if (const std::string error = confidence_error(scenario.confidence); !error.empty())
        fail(*root.find("confidence"), error);
}

topology::field_table<scenario_draft> replication_fields(topology::field_table<scenario_draft> t) {
    using s = scenario_spec;
    const auto count = topology::count_kind(1, most_replications);
    return std::move(t)
        .with_custom("replications", count.name + " or \"auto\"", or_automatic(count),
                     {.help = "Runs, with seeds that follow each other, merged into one result. "
                              "`auto`: as many as are needed to tell on which side of its bound "
                              "each expectation is; see [statistics](statistics.md).",
                      .fallback = "1"},
                     read_replications)
        .with("max_replications", of(&s::most_replications),
              topology::count_kind(2, most_replications),
              {.help = "With `auto`: no more than so many.", .fallback = "100"})
        .with("confidence", of(&s::confidence), topology::share_kind(),
              {.help = "Of the intervals that two or more replications give; from 50% to 99.99%.",
               .fallback = "95%"});
}

topology::field_table<scenario_draft> head_fields() {
    using s = scenario_spec;
    using topology::zero;
    const auto already_read = [](scenario_draft&, const node&) {};
    return topology::field_table<scenario_draft>(
               "scenario", "An experiment: an architecture, the load on it, what goes wrong, and "
                           "what must hold. `description` says what it shows.")
        .with_custom("topology", "path or topology", R"({"type":["string","object"]})",
                     {.help = "The file of the architecture, relative to this one, or the "
                              "architecture itself.",
                      .required = true},
                     already_read)
        .with_custom("topology_patch", "merge patch", R"({"type":"object"})",
                     {.help = "What is different here: a JSON Merge Patch (RFC 7386) over the "
                              "topology."},
                     already_read)
        .with("name", of(&s::name), topology::text_kind(),
              {.help = "What it is called.", .fallback = "the file's name"})
        .with("title", of(&s::title), topology::text_kind(), {.help = "What it shows, in a line."})
        .with("seed", of(&s::seed), topology::count_kind<std::uint64_t>(0, std::int64_t{1} << 53),
              {.help = "Of all chance: the same seed gives the same run, to the byte.",
               .fallback = "1"})
        .with_custom("warmup", "duration or \"auto\"",
                     or_automatic(bounded_duration(zero::allowed)),
                     {.help = "The beginning of the run, which does not count. `auto`: as long as "
                              "pilot runs take to settle; see [statistics](statistics.md).",
                      .fallback = "0s"},
                     read_warmup)
        .with(
            "duration", of(&s::length), bounded_duration(zero::refused),
            {.help = "How long is measured; the run ends at warmup + duration.", .required = true})
        .with("drain", of(&s::drain), bounded_duration(zero::allowed),
              {.help = "How long, at most, requests that are under way at the end may still be "
                       "answered.",
               .fallback = "0s"})
        .with("window", of(&s::window), bounded_duration(zero::refused),
              {.help = "The resolution of charts and of `recovers within`; a run has at most "
                       "1,000,000 windows.",
               .fallback = "1s"});
}

const topology::field_table<scenario_draft>& scenario_table() {
    static const auto table =
        replication_fields(head_fields())
            .with_custom("workload", "array of workload", array_of("workload"),
                         {.help = "Who asks for what.", .required = true}, section(read_workloads))
            .with_custom("policies", "named policies",
                         topology::named_schema(topology::schema_reference("policies")),
                         {.help = "Policies laid over edges, `\"checkout->payment\": {...}`, in "
                                  "place of the topology's; `*` is any caller or callee; of "
                                  "several that match, the last one wins."},
                         section(read_policies))
            .with_custom("faults", "array of fault", array_of("fault"),
                         {.help = "What goes wrong."}, section(read_faults))
            .with_custom("expect", "array of expectation", array_of("expectation"),
                         {.help = "What must hold."}, section(read_expectations))
            .with("tracing", of(&scenario_spec::tracing), tracing_table().kind(),
                  {.help = "Which requests are recorded span by span, and which of the traces are "
                           "kept; see [traces](tracing.md).",
                   .fallback = "nothing is recorded"})
            .with_custom("variants", "named merge patches",
                         topology::named_schema(R"({"type":"object"})"),
                         {.help = "The same scenario with a difference: a name, and a JSON Merge "
                                  "Patch over this file."},
                         section(read_variants));
    return table;
}

/// The figures of each are kept for each subject.
void check_windows(const node& root, const scenario_spec& scenario) {
    constexpr std::int64_t most = 1'000'000;
    const duration whole = scenario.warmup + scenario.length + scenario.drain;
    if (whole / scenario.window <= most)
        return;
    duration enough{1};
    while (whole / enough > most)
        enough *= 10;
    const node* window = root.find("window");
    fail(window != nullptr ? *window : *root.find("duration"),
         fmt::format("warmup, duration and drain come to {}, which is {} windows of {}; there may "
                     "be at most {}: write a longer one, such as \"window\": \"{}\"",
                     topology::format_duration(whole), whole / scenario.window,
                     topology::format_duration(scenario.window), most,
                     topology::format_duration(enough)));
}

void check_times(const node& root, const scenario_spec& scenario) {
    if (scenario.window > scenario.length)
        fail(*root.find("window"), fmt::format("the window ({}) is longer than the duration ({})",
                                               topology::format_duration(scenario.window),
                                               topology::format_duration(scenario.length)));
    check_windows(root, scenario);
    if (scenario.tracing)
        check_tracing(*root.find("tracing"), scenario);
    if (scenario.workloads.empty())
        fail(*root.find("workload"), "a scenario needs at least one workload");
}

// ---- variants and overrides -------------------------------------------------------------------

const node& variant_patch(const node& root, const std::string& name) {
    const node* variants = root.find("variants");
    const node* patch = variants == nullptr ? nullptr : variants->find(name);
    if (patch != nullptr && patch->is_object())
        return *patch;
    std::vector<std::string> names;
    if (variants != nullptr)
        for (const node& each : variants->children())
            if (!topology::is_note(each))
                names.push_back(each.key());
    fail(variants != nullptr ? *variants : root,
         names.empty()
             ? "the scenario has no variants, so none called " + in_quotes(name)
             : fmt::format("no variant is called {}; there is {}", in_quotes(name), listed(names)),
         topology::nearest(name, names));
}

/// "topology.services.db.workers", and not "topology" alone.
bool is_of_topology(const value_override& change) {
    const auto parts = path_parts(change.path);
    return parts.size() > 1 && parts.front() == "topology";
}

/// Those of the topology, as paths in that.
std::vector<value_override> topology_overrides(const load_options& options) {
    std::vector<value_override> all;
    for (const value_override& each : options.set) {
        if (!is_of_topology(each))
            continue;
        auto parts = path_parts(each.path);
        parts.erase(parts.begin());
        all.push_back(
            {pointer_of(parts), each.value,
             each.origin.empty() ? fmt::format("-D {}={}", each.path, each.value) : each.origin});
    }
    return all;
}

std::vector<value_override> all_overrides(const load_options& options) {
    std::vector<value_override> all = options.set;
    if (options.seed)
        all.push_back({"seed", std::to_string(*options.seed), "--seed"});
    if (options.auto_warmup)
        all.push_back({"warmup", automatic, "--warmup"});
    else if (options.warmup)
        all.push_back({"warmup", topology::format_duration(*options.warmup), "--warmup"});
    if (options.length)
        all.push_back({"duration", topology::format_duration(*options.length), "--duration"});
    if (options.max_replications)
        all.push_back(
            {"max_replications", std::to_string(*options.max_replications), "--max-replications"});
    if (options.confidence)
        all.push_back({"confidence", fmt::format("{}", *options.confidence), "--confidence"});
    if (options.auto_replications)
        all.push_back({"replications", automatic, "--replications"});
    else if (options.replications)
        all.push_back({"replications", std::to_string(*options.replications), "--replications"});
    return all;
}

/// Patches of the topology are laid one over the other, so that what a variant takes away is taken
/// from the topology.
document with_variant(const document& file, const node& patch) {
    const document merged = document::merge(file.root(), patch);
    const node* first = file.root().find("topology_patch");
    const node* second = patch.find("topology_patch");
    if (second == nullptr || !second->is_object())
        return merged;
    const document both = first != nullptr && first->is_object()
                              ? document::compose(*first, *second)
                              : document::of(*second);
    return document::with(merged.root(), "topology_patch", both.root());
}

/// Variant and overrides applied; the variants still there.
document changed(const document& file, const load_options& options) {
    topology::expect_object(file.root(), "scenario");
    document result = file;
    if (!options.variant.empty())
        result = with_variant(file, variant_patch(file.root(), options.variant));
    for (const topology::edge_swap& each : options.swaps)
        if (topology::is_protocol(each.to))
            result = with_override(
                result, {pointer_of({"policies", each.caller + "->" + each.callee, "protocol"}),
                         std::string(to_string(each.to)), each.where.file});
    for (const value_override& each : all_overrides(options))
        if (!is_of_topology(each))
            result = with_override(result, each);
    return result;
}

} // namespace

document effective_scenario(const document& file, const std::filesystem::path& folder,
                            const load_options& options) {
    const document whole = changed(file, options);
    const auto found = read_topology_file(whole.root(), folder, topology_overrides(options));
    const auto without = document::parse(R"({"variants":null,"topology_patch":null})", "");
    return document::merge(document::with(whole.root(), "topology", found.whole.root()).root(),
                           without.root());
}

std::vector<std::string> variant_names(const document& file) {
    scenario_spec scenario;
    if (const node* variants = file.root().find("variants"))
        read_variants(scenario, *variants);
    return scenario.variants;
}

std::string confidence_error(double level) {
    constexpr double least = 0.5, highest = 0.9999;
    if (level >= least && level <= highest)
        return "";
    return fmt::format("a confidence is from {} to {}, such as 95%", least, highest);
}

scenario_spec parse_scenario(const document& file, const std::filesystem::path& folder,
                             const std::string& name, const load_options& options) {
    const document whole = changed(file, options);
    const node& root = whole.root();
    scenario_draft draft;
    draft.scenario.name = topology::printable(name); // often that of a file
    draft.scenario.variant = options.variant;
    draft.scenario.where = root.where();
    draft.scenario.topology = read_topology(root, folder, topology_overrides(options));
    for (const topology::edge_swap& each : options.swaps)
        if (!topology::is_protocol(each.to))
            swap_style(draft.scenario.topology, each);
    scenario_table().read(root, draft);
    check_times(root, draft.scenario);
    check_replications(root, draft.scenario);
    if (const node* text = root.find("description"); text != nullptr && text->is_string())
        draft.scenario.description = text->string();
    return std::move(draft.scenario);
}

scenario_spec load_scenario(const std::filesystem::path& path, const load_options& options) {
    return parse_scenario(document::load(path), path.parent_path(), path.stem().string(), options);
}

std::vector<topology::definition> scenario_definitions() {
    std::vector<topology::definition> all{scenario_table().describe()};
    const auto add = [&](const std::vector<topology::definition>& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    add(workload_definitions());
    add(fault_definitions());
    add({expectation_definition(), tracing_table().describe(),
         topology::policies_table().describe()});
    add(topology::policy_definitions());
    add(topology::discovery_policy_definitions());
    add(topology::protocol_definitions());
    add({topology::distribution_definition(), topology::keys_definition()});
    add(topology::quantity_definitions());
    return all;
}

} // namespace windtunnel::scenario
