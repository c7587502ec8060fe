// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario::explain {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t indent = 2;

std::string heading_of(const explained_run& run) {
    std::string name =
        run.variant.empty() ? run.scenario : fmt::format("{}: {}", run.scenario, run.variant);
    const std::string seeds = run.seeds.size() == 1
                                  ? fmt::format("seed {}", run.seeds.front())
                                  : fmt::format("{} from {} on", counted(run.seeds.size(), "seed"),
                                                run.seeds.empty() ? 0 : run.seeds.front());
    return fmt::format("{} ({})", name, seeds);
}

std::string ablation_text(const ablation_effect& a) {
    const std::string what = a.what == ablation_effect::verdict::saved    ? "saved it"
                             : a.what == ablation_effect::verdict::killed ? "killed it"
                                                                          : "made no difference";
    return fmt::format("The {} of {} {}: {:.3g} % of the requests were answered well with it and "
                       "{:.3g} % without it, in {} and {} on average.",
                       a.kind, a.where, what, a.good_with * 100, a.good_without * 100,
                       short_time(a.latency_with), short_time(a.latency_without));
}

json json_of(const sentence& s) {
    return {{"about", s.about},
            {"at", in_seconds(s.at)},
            {"place", s.place.empty() ? json() : json(s.place)},
            {"text", s.text}};
}

json json_of(const explanation& e, const symptom& s) {
    json instances = json::array();
    for (const std::uint32_t each : s.where.instances)
        instances.push_back(each);
    return {{"cause", row_of(s.what).key},
            {"place", s.where.text()},
            {"service", s.where.service},
            {"instances", std::move(instances)},
            {"endpoint", s.where.endpoint.empty() ? json() : json(s.where.endpoint)},
            {"caller", s.where.caller.empty() ? json() : json(s.where.caller)},
            {"from", in_seconds(e.at(s.when.begin))},
            {"to", s.goes_on ? json() : json(in_seconds(e.at(s.when.end)))},
            {"before", s.before},
            {"worst", s.worst}};
}

json change_json(const std::optional<change>& c) {
    return c ? json{{"before", c->before}, {"worst", c->worst}} : json();
}

json json_of(const explanation& e, const effect& each) {
    constexpr std::array kinds{"workload", "endpoint", "edge"};
    return {{"kind", kinds[static_cast<std::size_t>(each.of)]},
            {"name", each.name},
            {"at", in_seconds(e.at(each.when.begin))},
            {"to", each.goes_on ? json() : json(in_seconds(e.at(each.when.end)))},
            {"failed_share", change_json(each.failed)},
            {"latency", change_json(each.slow)}};
}

json radius_json(const blast_radius& r) {
    return {{"endpoints", r.endpoints},
            {"endpoints_hit", r.endpoints_hit},
            {"requests", r.requests},
            {"requests_failed", r.requests_failed},
            {"failed_share_before", r.failed_before}};
}

json json_of(const amplification& a) {
    return {{"edge", a.edge},
            {"tries_per_call_before", a.tries_before},
            {"tries_per_call", a.tries_during},
            {"answers", a.answered},
            {"in_vain", a.in_vain}};
}

json json_of(const explanation& e, const policy_act& a) {
    constexpr std::array roles{"feeds", "stops", "bounds"};
    return {{"where", a.where},
            {"kind", a.kind},
            {"figure", a.figure},
            {"role", roles[static_cast<std::size_t>(a.role)]},
            {"from", in_seconds(e.at(a.first))},
            {"count", a.count},
            {"per_second_before", a.before},
            {"per_second", a.during}};
}

json json_of(const ablation_effect& a) {
    return {{"where", a.where},
            {"kind", a.kind},
            {"verdict", to_string(a.what)},
            {"good_share_with", a.good_with},
            {"good_share_without", a.good_without},
            {"latency_with", a.latency_with},
            {"latency_without", a.latency_without}};
}

json detection_json(const explanation& e) {
    if (!e.detected)
        return nullptr;
    return {{"at", in_seconds(e.detected->at)}, {"by", e.detected->by}};
}

json violation_json(const std::optional<violation>& v) {
    if (!v)
        return nullptr;
    json traces = json::array();
    for (const slow_trace& t : v->slowest)
        traces.push_back({{"id", t.id},
                          {"origin", t.origin},
                          {"at", in_seconds(t.begin)},
                          {"length", in_seconds(t.length)},
                          {"seed", t.seed}});
    return {{"expectation", v->expectation.text},
            {"observed", v->expectation.observed},
            {"phase", v->expectation.phase},
            {"slowest_traces", std::move(traces)}};
}

json list_of(const auto& items, auto each) {
    json all = json::array();
    for (const auto& item : items)
        all.push_back(each(item));
    return all;
}

json document(const explained_run& run) {
    const explanation& e = run.why;
    const auto of_run = [&](const auto& item) { return json_of(e, item); };
    const auto plain = [](const auto& item) { return json_of(item); };
    return {{"scenario", run.scenario},
            {"variant", run.variant.empty() ? json() : json(run.variant)},
            {"file", run.file},
            {"seeds", run.seeds},
            {"finding", to_string(e.found)},
            {"sentences", list_of(sentences(e, run.violated), plain)},
            {"symptoms", list_of(e.symptoms, of_run)},
            {"spread", list_of(e.effects, of_run)},
            {"blast_radius", e.origin() == nullptr ? json() : radius_json(e.radius)},
            {"amplification", list_of(e.amplified, plain)},
            {"policies", list_of(e.acts, of_run)},
            {"detected", detection_json(e)},
            {"aftermath", to_string(e.after)},
            {"metastable", e.after == aftermath::metastable},
            {"recovered_after", e.recovered_after ? json(in_seconds(*e.recovered_after)) : json()},
            {"good_share_before", e.good_before},
            {"good_share_at_end", e.good_after},
            {"violated", violation_json(run.violated)},
            {"ablations", run.was_ablated ? list_of(run.ablations, plain) : json()}};
}

} // namespace

std::string text_of(const explained_run& run, const text_style& style) {
    const painter paint(style.colours);
    std::string text = paint(ink::strong, heading_of(run)) + "\n";
    const auto add = [&](const std::string& line) { text += wrapped(line, indent, style.width); };
    for (const sentence& s : sentences(run.why, run.violated))
        add(s.text);
    for (const ablation_effect& a : run.ablations)
        add(ablation_text(a));
    if (run.was_ablated && run.ablations.empty())
        add("No policy could be left out: 0 are there.");
    return text;
}

std::string json_of(const std::vector<explained_run>& runs) {
    json all = json::array();
    for (const explained_run& run : runs)
        all.push_back(document(run));
    return json{{"explanations", std::move(all)}}.dump(2) + "\n";
}

} // namespace windtunnel::scenario::explain
