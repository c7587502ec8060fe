// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/policy_books.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::scenario {

namespace {

topology::policy_figures figures_of(const std::vector<topology::policy_reading>& readings,
                                    time_point now) {
    topology::policy_figures sums;
    for (const topology::policy_reading& each : readings)
        each.read(now, sums);
    return sums;
}

std::vector<std::string> names_of(const auto& figures) {
    std::vector<std::string> names;
    for (const auto& [name, value] : figures)
        names.emplace_back(name);
    return names;
}

auto values_of(const auto& figures) {
    std::vector<std::decay_t<decltype(figures.front().second)>> values;
    for (const auto& [name, value] : figures)
        values.push_back(value);
    return values;
}

/// What lies between two sums of one account.
policy_tally difference(policy_tally later, const policy_tally& earlier) {
    later.span -= earlier.span;
    for (std::size_t i = 0; i < later.counters.size(); ++i)
        later.counters[i] -= earlier.counters[i];
    for (std::size_t i = 0; i < later.levels.size(); ++i)
        later.levels[i] -= earlier.levels[i];
    return later;
}

} // namespace

void policy_books::begin(const topology::system& system) {
    system_ = &system;
    for (topology::policy_reading& each : topology::policy_readings(system))
        account_of(each.caller, each.callee, each.kind->name).readings.push_back(std::move(each));
    for (account& a : accounts_) {
        const auto figures = figures_of(a.readings, system.simulation().now());
        a.head.machines = figures.machines();
        a.head.counters = names_of(figures.counters());
        a.head.levels = names_of(figures.levels());
    }
}

policy_books::account& policy_books::account_of(const std::string& caller,
                                                const std::string& callee, std::string_view kind) {
    for (account& a : accounts_)
        if (a.head.caller == caller && a.head.callee == callee && a.head.kind == kind)
            return a;
    account& made = accounts_.emplace_back();
    made.head.caller = caller;
    made.head.callee = callee;
    made.head.kind = kind;
    return made;
}

void policy_books::boundary(bool of_phase, bool of_window) {
    for (account& a : accounts_) {
        const policy_tally sums = sums_of(a);
        if (of_phase)
            a.at_phase.push_back(sums);
        if (of_window)
            a.at_window.push_back(sums);
    }
}

policy_tally policy_books::sums_of(const account& a) const {
    const time_point now = system_->simulation().now();
    const auto figures = figures_of(a.readings, now);
    WINDTUNNEL_ASSERT(figures.counters().size() == a.head.counters.size() &&
                      figures.levels().size() == a.head.levels.size());
    return {now.time_since_epoch(), values_of(figures.counters()), values_of(figures.levels())};
}

void policy_books::changed(const topology::policy_change& c) {
    account& a = account_of(c.caller, c.callee, c.kind);
    if (a.head.transitions.size() >= policy_result::most_transitions) {
        ++a.head.transitions_left_out;
        return;
    }
    a.head.transitions.push_back({system_->simulation().environment().seed(),
                                  c.at.time_since_epoch(), c.process, std::string(c.from),
                                  std::string(c.to), c.why});
}

std::vector<policy_result> policy_books::results(const std::vector<phase>& phases,
                                                 const std::vector<duration>& times,
                                                 duration now) const {
    std::vector<policy_result> all;
    for (const account& a : accounts_) {
        const policy_tally latest = sums_of(a);
        const auto at = [&](duration when) -> const policy_tally& {
            const auto place = std::lower_bound(times.begin(), times.end(), when);
            return when >= now ? latest
                               : a.at_phase[static_cast<std::size_t>(place - times.begin())];
        };
        policy_result& r = all.emplace_back(a.head);
        for (const phase& p : phases)
            r.phases.push_back(difference(at(p.end), at(p.begin)));
        for (std::size_t i = 1; i < a.at_window.size(); ++i)
            r.windows.push_back(difference(a.at_window[i], a.at_window[i - 1]));
    }
    return all;
}

} // namespace windtunnel::scenario
