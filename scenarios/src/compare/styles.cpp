// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/styles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

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

/// What is answered well and left nothing behind is done when it is answered.
style_phase phase_of(const run_result& r, std::size_t phase) {
    const tally t = of_all_workloads(r, phase);
    style_phase p;
    p.name = r.phases[phase].name();
    p.p50 = at(t.good_latency, 0.5);
    p.p99 = at(t.good_latency, 0.99);
    const bool later = !t.completed_latency.empty();
    p.done50 = later ? at(t.completed_latency, 0.5) : p.p50;
    p.done99 = later ? at(t.completed_latency, 0.99) : p.p99;
    const auto all = static_cast<double>(std::max<std::uint64_t>(t.requests, 1));
    p.errors = static_cast<double>(t.failed()) / all;
    p.lost = static_cast<double>(t.lost) / all;
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
    return parse_scenario(file, folder, name, how);
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
    {"work done soonest (p99)", unit_kind::time, [](const style_phase& p) { return p.done99; }},
    {"fewest failures", unit_kind::share,
     [](const style_phase& p) { return std::optional{p.errors + p.lost}; }},
    {"fewest cores", unit_kind::count, [](const style_phase& p) { return std::optional{p.cores}; }},
};

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

std::vector<std::string> style_findings(const std::vector<style_result>& results) {
    std::vector<std::string> sentences;
    const auto ran = std::find_if(results.begin(), results.end(),
                                  [](const style_result& r) { return !r.phases.empty(); });
    if (ran == results.end())
        return sentences;
    for (std::size_t p = 0; p < ran->phases.size(); ++p)
        for (const question& q : questions)
            if (const std::string names = least(results, p, q.figure); !names.empty())
                sentences.push_back(fmt::format("{}: {}: {}", ran->phases[p].name, q.words, names));
    return sentences;
}

} // namespace windtunnel::scenario
