// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/priority_levels.hpp"

#include <algorithm>
#include <numeric>

namespace windtunnel {

namespace {

double percent_well(const level_health& l) {
    return l.hosts == 0 ? 0 : 100.0 * l.well / l.hosts;
}

/// Nobody is well: to the first level that has anybody.
void send_to_first(std::span<const level_health> levels, priority_loads& to) {
    const auto first = std::find_if(levels.begin(), levels.end(),
                                    [](const level_health& l) { return l.hosts > 0; });
    if (first != levels.end())
        to.levels[static_cast<std::size_t>(first - levels.begin())] = {1, true};
}

} // namespace

void load_by_priority(std::span<const level_health> levels, double factor, double panic_threshold,
                      priority_loads& to) {
    const auto health = [&](const level_health& l) {
        return std::min(100.0, factor * percent_well(l));
    };
    to.levels.assign(levels.size(), {});
    to.total_health =
        std::accumulate(levels.begin(), levels.end(), 0.0, [&](double sum, const level_health& l) {
            return std::min(100.0, sum + health(l));
        });
    if (to.total_health == 0) {
        if (panic_threshold > 0)
            send_to_first(levels, to);
        return;
    }
    double left = 1;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        level_load& load = to.levels[i];
        load.share = std::min(left, health(levels[i]) / to.total_health);
        load.panic = to.total_health < 100 && percent_well(levels[i]) < panic_threshold;
        left -= load.share;
    }
}

void priority_router::append(int priority) {
    const auto l = static_cast<std::size_t>(priority);
    while (levels_.size() <= l) {
        level& added = levels_.emplace_back();
        for (std::size_t h = 0; h < level_of_.size(); ++h) {
            added.well.append(false);
            added.present.append(false);
        }
    }
    level_of_.push_back(static_cast<std::uint32_t>(l));
    well_.push_back(true);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        levels_[i].well.append(i == l);
        levels_[i].present.append(i == l);
    }
    stale_ = true;
}

void priority_router::set_available(host h, bool wanted) {
    level& l = levels_[level_of_[h]];
    well_[h] = wanted;
    l.well.set_available(h, wanted && l.present.available(h));
    stale_ = true;
}

void priority_router::set_present(host h, bool wanted) {
    level& l = levels_[level_of_[h]];
    l.present.set_available(h, wanted);
    l.well.set_available(h, wanted && well_[h]);
    stale_ = true;
}

void priority_router::start_turn(host first) {
    for (level& l : levels_) {
        l.well.start_turn(first);
        l.present.start_turn(first);
    }
}

const priority_loads& priority_router::loads() {
    if (stale_)
        refresh();
    return loads_;
}

void priority_router::refresh() {
    health_.clear();
    for (const level& l : levels_)
        health_.push_back({l.present.available(), l.well.available()});
    load_by_priority(health_, factor_, panic_threshold_, loads_);
    stale_ = false;
}

priority_router::routed priority_router::route(random_stream& random) {
    const auto& all = loads().levels;
    const auto has_traffic = [](const level_load& l) { return l.share > 0; };
    auto chosen = std::find_if(all.begin(), all.end(), has_traffic);
    if (chosen == all.end())
        return {nullptr, false};
    const auto next = std::find_if(chosen + 1, all.end(), has_traffic);
    if (next != all.end())
        for (double u = random.uniform() - chosen->share; u >= 0;) {
            const auto after = std::find_if(chosen + 1, all.end(), has_traffic);
            if (after == all.end())
                break; // shares add up to nearly 1
            chosen = after;
            u -= chosen->share;
        }
    level& l = levels_[static_cast<std::size_t>(chosen - all.begin())];
    return {chosen->panic ? &l.present : &l.well, chosen->panic};
}

} // namespace windtunnel
