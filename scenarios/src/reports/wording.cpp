// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

std::string short_text(double value, unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return short_time(value);
    case unit_kind::share:
        return three_digits(value * 100) + " %";
    case unit_kind::rate:
        return three_digits(value) + "/s";
    case unit_kind::count:
        return three_digits(value);
    }
    return "";
}

} // namespace

std::string grouped(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3;)
        text.insert(at -= 3, ",");
    return text;
}

std::string counted(std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string three_digits(double value) {
    if (value == 0)
        return "0";
    if (value >= 999.5)
        return grouped(static_cast<std::uint64_t>(std::llround(value)));
    if (value < 0.001)
        return fmt::format("{:.1g}", value);
    const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.01 ? 2 : 3;
    return fmt::format("{:.{}f}", value, decimals);
}

std::string short_time(double seconds) {
    if (seconds == 0 || seconds >= 0.9995)
        return three_digits(seconds) + " s";
    if (seconds >= 0.9995e-3)
        return three_digits(seconds * 1e3) + " ms";
    return three_digits(seconds * 1e6) + " us";
}

std::string amount(const std::optional<double>& value, unit_kind unit) {
    return value ? short_text(*value, unit) : "-";
}

std::string time_of(const std::optional<latency_figures>& l, double latency_figures::*which) {
    return l ? short_time((*l).*which) : "-";
}

std::string time_of(duration d) {
    return topology::format_duration(d);
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

cell errors_cell(const traffic_figures& f) {
    if (f.failed == 0)
        return {"0", ink::dim};
    auto reasons = f.errors;
    std::stable_sort(reasons.begin(), reasons.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string text = short_text(share(f.failed, f.requests), unit_kind::share);
    if (reasons.size() == 1)
        return {fmt::format("{} {}", text, windtunnel::to_string(reasons.front().first)),
                ink::doubtful};
    text += ":";
    for (const auto& [kind, count] : reasons)
        text += fmt::format("{} {} {}", kind == reasons.front().first ? "" : ",", grouped(count),
                            windtunnel::to_string(kind));
    return {text, ink::doubtful};
}

sign sign_of(check_status status) {
    switch (status) {
    case check_status::passed:
        return {"✓", ink::good};
    case check_status::failed:
    case check_status::invalid_baseline:
        return {"✗", ink::bad};
    case check_status::inconclusive:
        return {"?", ink::doubtful};
    }
    return {"?", ink::doubtful};
}

sign sign_of(verdict v) {
    if (v == verdict::passed)
        return {"✓", ink::good};
    return v == verdict::inconclusive || v == verdict::aborted ? sign{"?", ink::doubtful}
                                                               : sign{"✗", ink::bad};
}

std::string words_of(verdict v) {
    std::string word{to_string(v)};
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

std::string name_of(const scenario_spec& scenario) {
    return scenario.variant.empty() ? scenario.name : scenario.name + ": " + scenario.variant;
}

std::string title_of(const scenario_spec& scenario) {
    const std::string& title = scenario.title.empty() ? scenario.name : scenario.title;
    return scenario.variant.empty() ? title : title + ": " + scenario.variant;
}

std::string setting_of(const scenario_spec& scenario, const replicated_result& r) {
    const std::string& on = scenario.topology.name;
    std::string text = scenario.name == on ? on : fmt::format("{} on {}", scenario.name, on);
    text += ", " + time_of(scenario.length);
    if (r.merged.warmup != duration::zero())
        text += fmt::format(" after {} of warm-up", time_of(r.merged.warmup));
    if (r.settled)
        text += fmt::format(" ({} in {} pilot runs)",
                            r.merged.warmup == duration::zero() ? "no warm-up is needed, as found"
                                                                : "found",
                            r.settled->pilots);
    if (r.seeds.size() > 1)
        text += fmt::format(", {} runs", r.seeds.size());
    return text;
}

std::string seeds_of(const scenario_spec& scenario, const replicated_result& r) {
    const auto& all = r.seeds;
    if (all.size() < 2)
        return fmt::format("seed {}", all.empty() ? scenario.seed : all.front());
    return fmt::format("seeds {} to {}", all.front(), all.back());
}

std::string observed_words(const expectation_result& r) {
    std::string text = r.observed_text;
    if (const std::string interval = interval_text(r); !interval.empty())
        text += fmt::format(" ({})", interval);
    if (r.expectation.phase.when == phase_ref::kind::always && r.observed)
        text += " " + r.phase;
    return text;
}

std::string explained(const expectation_result& r) {
    const std::string observed = observed_words(r);
    return r.explanation.starts_with(observed) ? r.explanation : observed + "\n" + r.explanation;
}

namespace {

/// "1 figure is", "3 figures are"
std::string counted_are(std::size_t count, std::string_view what) {
    return counted(count, what) + (count == 1 ? " is" : " are");
}

} // namespace

std::string gone_text(const replicated_result& r) {
    return fmt::format(
        "{} of the baseline {} not in this run, which can tell nothing of {}: run what "
        "was run then, or make the baseline anew",
        counted(r.gone_since, "figure"), r.gone_since == 1 ? "is" : "are",
        r.gone_since == 1 ? "it" : "them");
}

std::string meaning_of(const replicated_result& r) {
    std::array<std::size_t, 4> found{};
    for (const auto& each : r.expectations)
        ++found[static_cast<std::size_t>(each.status)];
    const auto of = [&](check_status s) { return found[static_cast<std::size_t>(s)]; };
    const std::size_t all = r.expectations.size();
    const char* s = all == 1 ? "" : "s";
    switch (r.verdict) {
    case verdict::passed:
        return all == 0 ? "nothing was expected"
                        : fmt::format("{} of {} expectation{} held", all, all, s);
    case verdict::inconclusive:
        if (of(check_status::inconclusive) == 0)
            return gone_text(r);
        return fmt::format("{} of {} expectation{} could not be judged{}",
                           of(check_status::inconclusive), all, s,
                           r.clear ? fmt::format(" in {} replications, the most that "
                                                 "--max-replications allows",
                                                 r.seeds.size())
                                   : "");
    case verdict::failed:
        if (of(check_status::failed) == 0)
            return fmt::format("{} worse than before",
                               counted_are(r.worse_than_before.value_or(0), "figure"));
        return fmt::format("{} of {} expectation{} did not hold", of(check_status::failed), all, s);
    case verdict::invalid_baseline:
        return fmt::format("{} of {} expectation{} did not hold before the fault already",
                           of(check_status::invalid_baseline), all, s);
    case verdict::aborted:
        return fmt::format("stopped at {} of {}: what was found until then",
                           time_of(r.merged.ended), time_of(r.merged.warmup + r.merged.length));
    default:
        return "";
    }
}

} // namespace windtunnel::scenario
