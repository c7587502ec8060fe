// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/explanation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "scenarios/src/explain/symptom_search.hpp"

namespace windtunnel::scenario::explain {

namespace {

bool reaches_users(const effect& e) {
    return e.of_users;
}

bool is_load(cause what) {
    return what == cause::load || what == cause::saturation;
}

/// The last windows hold requests that the end of the run cut off.
window_range answered_range(const instruments& of) {
    constexpr std::size_t cut_off = 2;
    const window_range all = of.range();
    return {all.begin, std::max(all.begin, all.end - std::min(cut_off, all.length()))};
}

/// More load, or busy workers, that nobody notices are nothing to tell of.
bool is_harmless(const instruments& of, const symptom& s) {
    if (!is_load(s.what))
        return false;
    const auto effects = find_effects(of, s);
    return std::none_of(effects.begin(), effects.end(), reaches_users);
}

aftermath judge(const instruments& of, const explanation& e) {
    constexpr std::size_t least = 10;
    const symptom& origin = *e.origin();
    if (origin.goes_on)
        return aftermath::trigger_on;
    const bool over = std::none_of(e.effects.begin(), e.effects.end(), [](const effect& each) {
        return reaches_users(each) && each.goes_on;
    });
    if (over)
        return aftermath::recovered;
    const window_range after{origin.over, answered_range(of).end};
    if (after.end < after.begin + least)
        return aftermath::recovering;
    const std::size_t middle = after.begin + after.length() / 2;
    const double early = good_share(of, {after.begin, middle});
    const double late = good_share(of, {middle, after.end});
    const bool lasts = late < 0.8 * e.good_before && late < early + 0.05;
    return lasts ? aftermath::metastable : aftermath::recovering;
}

void measure(const instruments& of, explanation& e) {
    const symptom& origin = *e.origin();
    e.during = {origin.when.begin, origin.over};
    for (const effect& each : e.effects)
        if (reaches_users(each))
            e.during.end = std::max(e.during.end, each.when.end);
    e.radius = find_blast_radius(of, e.effects, e.during);
    e.amplified = find_amplification(of, e.during);
    e.acts = find_acts(of, e.during);
    e.detected = find_detection(of, e.during, e.acts);
    // What was sent in the window before could meet the failure.
    e.good_before = good_share(of, {of.range().begin, origin.when.begin - 1});
    const window_range all = answered_range(of);
    constexpr std::size_t last = 5;
    e.good_after = good_share(of, {all.end - std::min(last, all.length()), all.end});
}

void tell_end(const instruments& of, explanation& e) {
    e.after = judge(of, e);
    if (e.after != aftermath::recovered)
        return;
    std::size_t end = e.origin()->over;
    for (const effect& each : e.effects)
        if (reaches_users(each))
            end = std::max(end, each.when.end);
    e.recovered_after = of.begin_of(end) - of.begin_of(e.origin()->over);
}

/// Where it was overloaded from the beginning there is nothing before to compare with.
void look_for_lasting_overload(const instruments& of, explanation& e) {
    constexpr double well = 0.95;
    e.good_before = e.good_after = good_share(of, answered_range(of));
    if (e.good_before >= well)
        return;
    if (auto lasting = find_lasting_saturation(of)) {
        e.found = finding::overload;
        e.saturated = *lasting;
        e.symptoms.push_back(std::move(*lasting));
        e.during = of.range();
        e.after = aftermath::trigger_on;
        e.radius = find_blast_radius(of, {}, e.during);
        e.amplified = find_amplification(of, e.during);
    }
}

finding find(const explanation& e) {
    if (std::none_of(e.effects.begin(), e.effects.end(), reaches_users))
        return finding::no_effect;
    return is_load(e.origin()->what) ? finding::overload : finding::failure;
}

} // namespace

std::string_view to_string(finding f) {
    constexpr std::array<std::string_view, 6> names{"no_telemetry", "too_short", "quiet",
                                                    "no_effect",    "failure",   "overload"};
    return names[static_cast<std::size_t>(f)];
}

std::string_view to_string(aftermath a) {
    constexpr std::array<std::string_view, 5> names{"none", "trigger_on", "recovered", "recovering",
                                                    "metastable"};
    return names[static_cast<std::size_t>(a)];
}

explanation explain_run(const run_result& result) {
    const instruments of(result);
    explanation e;
    e.window = result.window;
    constexpr std::size_t least = 6;
    if (result.telemetry.services.empty() || of.range().length() < least) {
        e.found = result.telemetry.services.empty() ? finding::no_telemetry : finding::too_short;
        return e;
    }
    e.symptoms = find_symptoms(of);
    std::erase_if(e.symptoms, [&](const symptom& s) { return is_harmless(of, s); });
    if (e.symptoms.empty()) {
        look_for_lasting_overload(of, e);
        return e;
    }
    e.effects = find_effects(of, *e.origin());
    measure(of, e);
    e.found = find(e);
    if (e.found == finding::overload)
        for (const symptom& s : e.symptoms)
            if (s.what == cause::saturation && !e.saturated)
                e.saturated = s;
    if (e.found != finding::no_effect)
        tell_end(of, e);
    return e;
}

} // namespace windtunnel::scenario::explain
