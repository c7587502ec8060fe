// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/styles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "scenarios/src/arrivals.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/replications.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

using topology::edge_swap;
using topology::style;

tally of_all_workloads(const run_result& r, std::size_t phase) {
    tally sum;
    for (const workload_result& w : r.workloads)
        sum.merge(w.traffic.phases[phase]);
    return sum;
}

double cores_of(const run_result& r, std::size_t phase) {
    double busy = 0;
    for (const service_result& s : r.services)
        if (const double span = to_seconds(s.phases[phase].span); span > 0)
            busy += in_seconds(s.phases[phase].levels.busy) / span;
    return busy;
}

std::optional<double> at(const sim::histogram& h, double q) {
    if (h.empty())
        return std::nullopt;
    return in_seconds(h.quantile(q));
}

/// Until the requests' work was done. A workload that leaves nothing behind is done when it is
/// answered.
sim::histogram done_latency(const run_result& r, std::size_t phase) {
    sim::histogram all;
    for (const workload_result& w : r.workloads) {
        const tally& t = w.traffic.phases[phase];
        const bool later = !t.completed_latency.empty() || t.lost + t.undone > 0;
        all.merge(later ? t.completed_latency : t.good_latency);
    }
    return all;
}

/// Whose answer, or whose work, had not come when the run ended.
std::uint64_t undone(const run_result& r, std::size_t phase) {
    std::uint64_t sum = 0;
    for (const workload_result& w : r.workloads)
        sum += w.traffic.phases[phase].undone +
               (r.phases[phase].kind == phase_kind::overall ? w.in_flight : 0);
    return sum;
}

style_phase phase_of(const run_result& r, std::size_t phase) {
    const tally t = of_all_workloads(r, phase);
    const sim::histogram done = done_latency(r, phase);
    style_phase p;
    p.name = r.phases[phase].name();
    p.p50 = at(t.good_latency, 0.5);
    p.p99 = at(t.good_latency, 0.99);
    p.done50 = at(done, 0.5);
    p.done99 = at(done, 0.99);
    const auto all = static_cast<double>(std::max<std::uint64_t>(t.requests, 1));
    p.errors = static_cast<double>(t.failed()) / all;
    p.lost = static_cast<double>(t.lost) / all;
    p.undone = static_cast<double>(undone(r, phase)) / all;
    p.cores = cores_of(r, phase);
    return p;
}

bool is_shown(const phase& p) {
    return p.kind == phase_kind::overall || p.kind == phase_kind::during ||
           p.kind == phase_kind::after;
}

scenario_spec spec_of(const topology::document& file, const std::filesystem::path& folder,
                      const std::string& name, const styles_request& request, style s) {
    load_options how = request.how;
    how.set.push_back({"expect", "[]", "compare --styles"});
    how.swaps.push_back(parse_edge_swap(request.caller + "->" + request.callee, s));
    scenario_spec spec = parse_scenario(file, folder, name, how);
    for (workload_spec& w : spec.workloads)
        if (request.load != 1)
            w.arrivals = scaled(std::move(w.arrivals), request.load);
    return spec;
}

style_result run_style(const scenario_spec& spec, const styles_request& request, style s) {
    replication_options options;
    options.seed = request.seed;
    options.replications = request.replications;
    options.threads = request.threads;
    options.stop = request.stop;
    const run_result merged = run_replications(spec, options).merged;
    style_result result;
    result.style = s;
    result.waits = s != style::queue && s != style::stream;
    for (std::size_t i = 0; i < merged.phases.size(); ++i)
        if (is_shown(merged.phases[i]))
            result.phases.push_back(phase_of(merged, i));
    return result;
}

/// The names of those whose figure is least, to within a hundredth; empty: all are alike.
std::string least(const std::vector<style_result>& results, std::size_t phase,
                  const std::function<std::optional<double>(const style_phase&)>& figure) {
    std::optional<double> best, worst;
    for (const style_result& r : results)
        if (const auto value = r.phases.empty() ? std::nullopt : figure(r.phases[phase])) {
            best = std::min(best.value_or(*value), *value);
            worst = std::max(worst.value_or(*value), *value);
        }
    if (!best || *worst <= *best * 1.01 + 1e-6)
        return "";
    std::vector<std::string_view> names;
    for (const style_result& r : results)
        if (const auto value = r.phases.empty() ? std::nullopt : figure(r.phases[phase]))
            if (*value <= *best * 1.01 + 1e-6)
                names.push_back(to_string(r.style));
    return fmt::format("{}", fmt::join(names, ", "));
}

struct question {
    const char* words;
    unit_kind unit;
    std::optional<double> (*figure)(const style_phase&);
};
constexpr question questions[] = {
    {"soonest answers (p99)", unit_kind::time, [](const style_phase& p) { return p.p99; }},
    {"work done soonest (p99)", unit_kind::time,
     [](const style_phase& p) { return p.undone > 0 ? std::nullopt : p.done99; }},
    {"fewest failures", unit_kind::share,
     [](const style_phase& p) { return std::optional{p.errors + p.lost + p.undone}; }},
    {"fewest cores", unit_kind::count,
     [](const style_phase& p) { return p.undone > 0 ? std::nullopt : std::optional{p.cores}; }},
};

constexpr double loads[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4};

std::string times(double factor) {
    return factor == 1 ? "the load" : fmt::format("{:g} times the load", factor);
}

} // namespace

edge_swap parse_edge_swap(const std::string& edge, style to) {
    const auto arrow = edge.find("->");
    if (arrow == std::string::npos || arrow == 0 || arrow + 2 == edge.size())
        throw topology::bad_quantity(fmt::format(
            "expected an edge such as \"shop->shipping\", found {}", topology::in_quotes(edge)));
    return {edge.substr(0, arrow),
            edge.substr(arrow + 2),
            to,
            {fmt::format("--swap {}={}", edge, topology::to_string(to)), 0, 0, {}}};
}

std::vector<style_result> compare_styles(const topology::document& file,
                                         const std::filesystem::path& folder,
                                         const std::string& name, const styles_request& request) {
    std::vector<style_result> results;
    std::optional<topology::input_error> first;
    bool any = false;
    const auto all = topology::style_names();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (request.stop != nullptr && request.stop->load())
            break;
        const style s = *topology::style_from(all[i]);
        try {
            results.push_back(run_style(spec_of(file, folder, name, request, s), request, s));
            any = true;
        } catch (const topology::input_error& error) {
            if (!first)
                first = error;
            results.push_back({s, error.diagnostics().front().message, {}, false});
        }
        if (request.progress)
            request.progress(static_cast<double>(i + 1) / static_cast<double>(all.size()));
    }
    if (!any && first)
        throw topology::input_error(*first);
    return results;
}

std::vector<styles_at_load> compare_styles_by_load(const topology::document& file,
                                                   const std::filesystem::path& folder,
                                                   const std::string& name,
                                                   const styles_request& request) {
    std::vector<styles_at_load> all;
    for (const double factor : loads) {
        styles_request one = request;
        one.load = factor;
        one.replications = 1;
        const auto before = static_cast<double>(all.size());
        if (request.progress)
            one.progress = [&](double share) {
                request.progress((before + share) / static_cast<double>(std::size(loads)));
            };
        styles_at_load at{factor, compare_styles(file, folder, name, one)};
        if (request.stop != nullptr && request.stop->load())
            break;
        for (style_result& r : at.results)
            std::erase_if(r.phases, [](const style_phase& p) { return p.name != "overall"; });
        all.push_back(std::move(at));
    }
    return all;
}

std::vector<std::string> style_questions() {
    std::vector<std::string> words;
    for (const question& q : questions)
        words.emplace_back(q.words);
    return words;
}

std::vector<std::string> best_styles(const std::vector<style_result>& results, std::size_t phase) {
    std::vector<std::string> names;
    for (const question& q : questions)
        names.push_back(least(results, phase, q.figure));
    return names;
}

std::vector<std::string> style_crossovers(const std::vector<styles_at_load>& at) {
    std::vector<std::string> sentences;
    for (std::size_t q = 0; q < std::size(questions); ++q) {
        std::vector<std::string> parts;
        double since = at.empty() ? 0 : at.front().factor;
        for (std::size_t i = 0; i < at.size(); ++i) {
            const std::string best = best_styles(at[i].results, 0)[q];
            const bool changes = i + 1 == at.size() || best_styles(at[i + 1].results, 0)[q] != best;
            const std::string names = best.empty() ? "all alike" : best;
            if (!changes)
                continue;
            if (i + 1 < at.size())
                parts.push_back(fmt::format("{} up to {}", names, times(at[i].factor)));
            else
                parts.push_back(fmt::format("{} from {} on", names, times(since)));
            if (i + 1 < at.size())
                since = at[i + 1].factor;
        }
        if (parts.size() > 1)
            sentences.push_back(fmt::format("{}: {}", questions[q].words, fmt::join(parts, ", ")));
    }
    return sentences;
}

std::vector<std::string> style_findings(const std::vector<style_result>& results) {
    std::vector<std::string> sentences;
    const auto ran = std::find_if(results.begin(), results.end(),
                                  [](const style_result& r) { return !r.phases.empty(); });
    if (ran == results.end())
        return sentences;
    for (std::size_t p = 0; p < ran->phases.size(); ++p) {
        const auto best = best_styles(results, p);
        for (std::size_t q = 0; q < best.size(); ++q)
            if (!best[q].empty())
                sentences.push_back(
                    fmt::format("{}: {}: {}", ran->phases[p].name, questions[q].words, best[q]));
    }
    return sentences;
}

} // namespace windtunnel::scenario
