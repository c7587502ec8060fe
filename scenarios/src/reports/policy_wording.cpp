// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/policy_wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "topologies/src/system/policy_kinds.hpp"

namespace windtunnel::scenario {

namespace {

/// What is told elsewhere in the row, or says nothing without it.
constexpr auto passing =
    std::to_array<std::string_view>({"admitted", "calls", "misses", "flights", "windows", "probes",
                                     "lists", "deposits", "withdrawals", "periods"});
constexpr auto unsaid = std::to_array<std::string_view>(
    {"closed", "half_open", "half_opened", "closed_again", "late_results", "opened"});

/// How a figure is told; {} is its value.
using phrase = std::pair<std::string_view, std::string_view>;
struct counter_phrase {
    std::string_view name, many;
    std::string_view one = many; ///< where the value is 1
};
constexpr auto counter_phrases = std::to_array<counter_phrase>({
    {"retries", "{} retries", "{} retry"},
    {"exhausted", "{} calls out of attempts", "{} call out of attempts"},
    {"budget_refused", "{} not allowed by the budget"},
    {"hedges", "{} hedges", "{} hedge"},
    {"won", "{} of them won"},
    {"waited", "{} waited"},
    {"waited_too_long", "{} waited too long"},
    {"queue_full", "{} found the queue full"},
    {"shed", "{} shed"},
    {"gave_up", "{} gave up waiting"},
    {"cut", "{} cut short"},
    {"fallbacks", "{} fallbacks", "{} fallback"},
    {"dropped", "{} too slow or refused"},
    {"fresh", "{} fresh"},
    {"stale_for_error", "{} stale for an error"},
    {"without_key", "{} without a key"},
    {"followers", "{} joined"},
    {"misrouted", "{} sent to the crashed"},
    {"ejected", "{} ejections", "{} ejection"},
    {"let_back", "{} let back"},
    {"beyond_limit", "{} beyond the limit"},
    {"not_enforced", "{} spared"},
    {"panic_picks", "{} in panic"},
    {"failed_probes", "{} failed probes", "{} failed probe"},
    {"disbelieved", "{} lists not believed", "{} list not believed"},
    {"unanswered", "{} fetches unanswered", "{} fetch unanswered"},
    {"set_up", "{} set up"},
    {"not_connected", "{} came to nothing"},
    {"hung_up", "{} closed"},
    {"overloaded_windows", "{} overloaded windows", "{} overloaded window"},
});
constexpr auto share_phrases = std::to_array<phrase>({
    {"metrics_only", "only watching {}"},
});
constexpr auto mean_phrases = std::to_array<phrase>({
    {"limit", "limit {}"},
    {"in_use", "{} in use"},
    {"waiting", "{} waiting"},
    {"usable", "{} usable"},
    {"healthy", "{} healthy"},
    {"listed", "{} listed"},
    {"tokens", "{} tokens there"},
    {"balance", "{} left"},
    {"ejected", "{} ejected"},
});

bool is_one_of(const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view phrase_for(const auto& phrases, std::string_view name) {
    for (const auto& [known, text] : phrases)
        if (known == name)
            return text;
    return "";
}

std::string spoken(std::string_view name) {
    std::string words(name);
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

std::string filled(std::string_view words, const std::string& value) {
    return fmt::format(fmt::runtime(words), value);
}

std::string counter_text(const std::string& name, std::uint64_t value) {
    for (const counter_phrase& each : counter_phrases)
        if (each.name == name)
            return filled(value == 1 ? each.one : each.many, grouped(value));
    return fmt::format("{} {}", grouped(value), spoken(name));
}

bool has_share(const topology::policy_kind* kind, std::string_view name) {
    return kind != nullptr && std::any_of(kind->figures.levels.begin(), kind->figures.levels.end(),
                                          [&](const topology::policy_level& level) {
                                              return level.name == name && level.is_share;
                                          });
}

std::string level_text(std::string_view kind, const std::string& name, double mean) {
    if (has_share(topology::find_call_policy_kind(kind), name) ||
        has_share(topology::find_service_policy_kind(kind), name) ||
        has_share(topology::find_destination_kind(kind), name)) {
        const auto words = phrase_for(share_phrases, name);
        const std::string value = amount(mean, unit_kind::share);
        return words.empty() ? fmt::format("{} {}", spoken(name), value) : filled(words, value);
    }
    const auto words = phrase_for(mean_phrases, name);
    return words.empty() ? fmt::format("{} {}", three_digits(mean), spoken(name))
                         : filled(words, three_digits(mean));
}

std::string opened_text(const policy_figures& f) {
    const std::uint64_t times = f.count("opened").value_or(0);
    if (times == 0)
        return "";
    std::string text = times == 1 ? "opened" : fmt::format("opened {} times", grouped(times));
    if (f.first_opened)
        text += fmt::format("{} at {}", times == 1 ? "" : ", first",
                            short_time(in_seconds(*f.first_opened)));
    return text;
}

} // namespace

bool did_something(const policy_figures& f) {
    return std::any_of(f.counts.begin(), f.counts.end(), [](const auto& each) {
        return each.second > 0 && !is_one_of(passing, each.first);
    });
}

std::string admitted_text(const policy_figures& f) {
    for (const char* name : {"admitted", "withdrawals"})
        if (const auto count = f.count(name))
            return grouped(*count);
    return "-";
}

std::string refused_text(const policy_figures& f) {
    std::vector<std::string> reasons;
    std::size_t known = 0;
    for (const auto& [name, value] : f.counts)
        if (failure_kind_from(name)) {
            ++known;
            if (value > 0)
                reasons.push_back(fmt::format("{} {}", grouped(value), name));
        }
    if (known == 0)
        return "-";
    if (known == 1 || reasons.empty())
        return grouped(f.refused);
    return fmt::format("{}: {}", grouped(f.refused), fmt::join(reasons, ", "));
}

std::string doings_text(const policy_figures& f) {
    std::vector<std::string> parts;
    for (const auto& [name, mean] : f.means)
        if (mean.value_or(0) > 0 && !is_one_of(unsaid, name))
            parts.push_back(level_text(f.kind, name, *mean));
    if (const std::string opened = opened_text(f); !opened.empty())
        parts.push_back(opened);
    for (const auto& [name, value] : f.counts)
        if (value > 0 && !failure_kind_from(name) && !is_one_of(passing, name) &&
            !is_one_of(unsaid, name))
            parts.push_back(counter_text(name, value));
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace windtunnel::scenario
