// SPDX-License-Identifier: BSL-1.0
#include "scenarios/explain/generated_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "scenarios/src/archive.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/run.hpp"
#include "support/repository.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario::explain {

namespace {

using random_source = std::mt19937_64;

constexpr std::array<const char*, generated_topologies> scenarios{
    R"j({ "topology": "../topologies/online-boutique.json", "warmup": "5s", "duration": "50s",
      "workload": [
        { "name": "home", "to": "frontend.GET /", "arrivals": "poisson(10/s)" },
        { "name": "product", "to": "frontend.GET /product", "arrivals": "poisson(40/s)" },
        { "name": "add", "to": "frontend.POST /cart", "arrivals": "poisson(10/s)" },
        { "name": "cart", "to": "frontend.GET /cart", "arrivals": "poisson(15/s)" },
        { "name": "checkout", "to": "frontend.POST /cart/checkout", "arrivals": "poisson(5/s)" } ]
    })j",
    R"j({ "topology": "../topologies/sock-shop.json", "warmup": "5s", "duration": "50s",
      "workload": [
        { "name": "visitors", "arrivals": "poisson(50/s)", "mix": [
          { "to": "edge-router.GET /", "weight": 20 },
          { "to": "edge-router.GET /login", "weight": 15 },
          { "to": "edge-router.GET /catalogue", "weight": 10 },
          { "to": "edge-router.POST /cart", "weight": 5 } ] },
        { "name": "buyers", "to": "edge-router.POST /orders", "arrivals": "poisson(20/s)" } ]
    })j",
    R"j({ "topology": "../topologies/event-flow.json", "warmup": "5s", "duration": "50s",
      "workload": [ { "name": "buyers", "to": "shop.POST /orders", "arrivals": "poisson(100/s)",
                      "key": "uniform(1000)" } ]
    })j",
    R"j({ "topology": "../topologies/catalogue-versions.json", "warmup": "5s", "duration": "50s",
      "topology_patch": { "discovery": { "lease": "10s", "heartbeat_interval": "3s",
                                         "fetch_interval": "500ms" } },
      "workload": [
        { "name": "readers", "to": "web.GET /articles", "arrivals": "poisson(100/s)" },
        { "name": "keepers", "to": "stock.GET /levels", "arrivals": "poisson(50/s)" } ]
    })j",
};

// ---- drawing a fault ----------------------------------------------------------------------------

double between(random_source& r, double least, double most) {
    return std::uniform_real_distribution<double>(least, most)(r);
}

template <class T>
const T& any_of(random_source& r, const std::vector<T>& all) {
    return all[std::uniform_int_distribution<std::size_t>(0, all.size() - 1)(r)];
}

bool has_destination(const topology::service_spec& s, bool topic) {
    return std::any_of(s.endpoints.begin(), s.endpoints.end(), [&](const auto& e) {
        return e.destination &&
               std::holds_alternative<topology::topic_spec>(*e.destination) == topic;
    });
}

/// The places of a service that a kind can be on, as texts.
void add_places(const topology::service_spec& s, const fault_row& kind, const scenario_spec& spec,
                std::vector<std::string>& places) {
    places.push_back(s.name);
    if (s.replicas > 1)
        for (int i = 0; i < s.replicas; ++i)
            places.push_back(fmt::format("{}#{}", s.name, i));
    if ((kind.places & fault_place::endpoint) != 0 && s.endpoints.size() > 1)
        for (const auto& e : s.endpoints)
            places.push_back(s.name + "." + e.name);
    if ((kind.places & fault_place::edge) == 0)
        return;
    const scenario_run run(spec, 1);
    for (const auto& edge : run.system().edges())
        if (edge->to->service->spec->name == s.name)
            places.push_back(edge->caller + "->" + s.name);
}

constexpr std::string_view drawn[] = {"latency", "errors",         "pause",     "crash",
                                      "slow",    "deploy",         "disk_full", "leader_change",
                                      "rewind",  "registry_outage"};

std::vector<std::string> places_for(const fault_row& kind, const scenario_spec& spec) {
    std::vector<std::string> places;
    if (std::find(std::begin(drawn), std::end(drawn), kind.key) == std::end(drawn))
        return places;
    for (const auto& s : spec.topology.services) {
        const bool queue = has_destination(s, false), topic = has_destination(s, true);
        if (kind.key == "registry_outage")
            continue;
        if (kind.key == "disk_full" && !queue && !topic)
            continue;
        if (kind.key == "leader_change" && !topic)
            continue;
        if (kind.key == "deploy" && s.versions().size() < 2)
            continue;
        if (kind.key == "rewind") {
            for (const auto& e : s.endpoints)
                if (e.consumes)
                    places.push_back(s.name + "." + e.name);
            std::erase_if(places, [](const auto& p) { return !p.starts_with("billing"); });
            continue;
        }
        add_places(s, kind, spec, places);
    }
    if (kind.key == "registry_outage" && spec.topology.discovery)
        places.push_back("registry");
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
}

fault_kind draw_kind(random_source& r, const std::string& kind, const fault_spec& f) {
    if (kind == "latency")
        return latency_fault{
            topology::parse_distribution(fmt::format("{:.0f}ms", std::exp(between(r, 2.3, 6.2)))),
            between(r, 0.5, 1)};
    if (kind == "errors")
        return error_fault{between(r, 0.2, 1), 500};
    if (kind == "pause")
        return pause_fault{};
    if (kind == "crash")
        return crash_fault{};
    if (kind == "slow")
        return slow_fault{between(r, 2, 10)};
    if (kind == "disk_full")
        return disk_full_fault{};
    if (kind == "leader_change")
        return leader_change_fault{};
    if (kind == "deploy")
        return deploy_fault{"2"};
    if (kind == "rewind")
        return rewind_fault{f.at - std::chrono::seconds{8}};
    return registry_outage_fault{};
}

// ---- where a fault is
// -----------------------------------------------------------------------------

place place_of(const fault_target& target) {
    place where{target.service, {}, target.endpoint, target.caller};
    if (target.instance)
        where.instances = {static_cast<std::uint32_t>(*target.instance)};
    return where;
}

/// Where there were tries in the quiet run: "caller->endpoint#instance".
std::set<std::string> used_parts(const run_result& quiet, const place& where) {
    const instruments of(quiet);
    std::set<std::string> parts;
    for (const leg& l : of.legs_of(where)) {
        const series arrived = of.tries({l}, [](const try_window& w) {
            return reading{static_cast<double>(w.arrived), 1};
        });
        if (const part p = of.part_of(l); arrived.mean(of.range()) > 0)
            parts.insert(fmt::format("{}->{}#{}", p.caller, p.endpoint, p.instance));
    }
    return parts;
}

double rate_at(const run_result& quiet, const place& where) {
    const instruments of(quiet);
    const series arrived = of.tries(of.legs_of(where), [](const try_window& w) {
        return reading{static_cast<double>(w.arrived), 0};
    });
    double sum = 0;
    for (const double each : arrived.sum)
        sum += each;
    return sum / static_cast<double>(std::max<std::size_t>(1, arrived.size()));
}

std::set<std::uint32_t> replicas_at(const scenario_spec& spec, const place& where) {
    std::set<std::uint32_t> all;
    for (int i = 0; i < spec.topology.find(where.service)->replicas; ++i)
        if (const auto n = static_cast<std::uint32_t>(i);
            where.instances.empty() ||
            std::binary_search(where.instances.begin(), where.instances.end(), n))
            all.insert(n);
    return all;
}

std::vector<cause> causes_of(std::string_view kind) {
    static const std::map<std::string_view, std::vector<cause>> all{
        {"latency", {cause::network, cause::loss}},
        {"errors", {cause::errors}},
        {"pause", {cause::pause}},
        {"crash", {cause::crash}},
        {"slow", {cause::slow_work}},
        {"disk_full", {cause::blocked, cause::out_of_sync}},
        {"leader_change", {cause::election}},
        {"deploy", {cause::unreadable}},
        {"rewind", {cause::reread}},
        {"registry_outage", {cause::registry}},
    };
    return all.at(kind);
}

/// What a topic tells is of its broker as a whole.
bool same_place(const generated_run& run, const place& target, const place& named) {
    if (named.service != target.service)
        return false;
    if (run.kind == "disk_full" || run.kind == "leader_change" || run.kind == "registry_outage")
        return true;
    if (run.kind == "rewind")
        return named.endpoint == target.endpoint;
    if (run.kind == "pause" || run.kind == "crash" || run.kind == "slow" || run.kind == "deploy")
        return replicas_at(run.spec, target) == replicas_at(run.spec, named);
    return used_parts(run.quiet, target) == used_parts(run.quiet, named);
}

run_result run_of(const scenario_spec& spec, std::uint64_t seed) {
    scenario_run run(spec, seed);
    run.run_to_end();
    return run.result();
}

/// Nobody could tell the two apart.
bool look_alike(const run_result& a, const run_result& b) {
    run_result first, second;
    first.telemetry = a.telemetry;
    second.telemetry = b.telemetry;
    first.policies = a.policies;
    second.policies = b.policies;
    for (run_result* r : {&first, &second})
        for (policy_result& p : r->policies)
            p.phases.clear();
    return to_archive(first) == to_archive(second);
}

} // namespace

scenario_spec quiet_scenario(int topology) {
    return parse_scenario(
        topology::document::parse(scenarios[static_cast<std::size_t>(topology)], "generated.json"),
        test::in_repository("scenarios"), "generated");
}

std::vector<generated_run> generate(int topology, std::uint64_t first_seed, int count) {
    std::vector<generated_run> runs;
    const scenario_spec quiet = quiet_scenario(topology);
    std::map<std::string_view, std::vector<std::string>> places;
    std::vector<std::string_view> kinds;
    for (const fault_row& row : fault_rows())
        if (auto found = places_for(row, quiet); !found.empty()) {
            places[row.key] = std::move(found);
            kinds.push_back(row.key);
        }
    for (std::uint64_t seed = first_seed; runs.size() < static_cast<std::size_t>(count); ++seed) {
        random_source r(seed * 4 + static_cast<std::uint64_t>(topology));
        generated_run run{quiet.topology.name,
                          std::string(any_of(r, kinds)),
                          "",
                          seed,
                          quiet,
                          run_of(quiet, seed),
                          {}};
        run.target = any_of(r, places[run.kind]);
        fault_spec f;
        f.name = "the fault";
        f.at = from_seconds(between(r, 18, 30));
        f.length = from_seconds(between(r, 6, 15));
        if (run.kind == "registry_outage")
            f.on.service = "registry";
        else
            f.on = parse_fault_target(run.target, quiet);
        f.what = draw_kind(r, run.kind, f);
        run.spec.faults = {f};
        const place where = place_of(f.on);
        if (run.kind != "registry_outage" && rate_at(run.quiet, where) < least_rate)
            continue;
        run.result = stripped(run_of(run.spec, seed));
        if (!look_alike(run.result, run.quiet))
            runs.push_back(std::move(run));
    }
    return runs;
}

run_result stripped(run_result result) {
    result.activations.clear();
    for (phase& p : result.phases)
        p.fault.clear();
    result.scenario.clear();
    return result;
}

judgement judge(const generated_run& run, const explanation& found) {
    if (found.origin() == nullptr)
        return {false, "nothing"};
    const symptom& s = *found.origin();
    const auto right = causes_of(run.kind);
    const bool cause_is_right = std::find(right.begin(), right.end(), s.what) != right.end();
    return {cause_is_right && same_place(run, place_of(run.spec.faults.front().on), s.where),
            fmt::format("{} at {} from {} s", row_of(s.what).key, s.where.text(),
                        to_seconds(found.at(s.when.begin)))};
}

score score_of(std::uint64_t first_seed, int runs_for_each_topology) {
    score all;
    std::map<std::string, std::pair<int, int>> kinds;
    for (int t = 0; t < generated_topologies; ++t)
        for (const generated_run& run : generate(t, first_seed, runs_for_each_topology)) {
            const judgement j = judge(run, explain_run(run.result));
            ++all.runs;
            auto& [right, runs] = kinds[run.kind];
            ++runs;
            if (j.right) {
                ++all.right;
                ++right;
                continue;
            }
            all.wrong += fmt::format("{} seed {}: {} on {} at {:.1f} s for {:.1f} s, said {}\n",
                                     run.topology, run.seed, run.kind, run.target,
                                     to_seconds(run.spec.faults.front().at),
                                     to_seconds(*run.spec.faults.front().length), j.said);
        }
    for (const auto& [kind, counts] : kinds)
        all.by_kind += fmt::format("{}: {} of {}\n", kind, counts.first, counts.second);
    return all;
}

} // namespace windtunnel::scenario::explain
