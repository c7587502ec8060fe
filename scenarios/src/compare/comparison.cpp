// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace windtunnel::scenario {

namespace {

/// Those of both, by name.
std::vector<std::pair<const figure_sample*, const figure_sample*>>
matched(const figure_set& before, const figure_set& after) {
    std::map<std::string_view, const figure_sample*> of_before;
    for (const figure_sample& each : before.figures)
        of_before[each.name] = &each;
    std::vector<std::pair<const figure_sample*, const figure_sample*>> pairs;
    for (const figure_sample& each : after.figures)
        if (const auto found = of_before.find(each.name); found != of_before.end())
            pairs.emplace_back(found->second, &each);
    return pairs;
}

std::vector<figure_sample> figures_only_in(const figure_set& a, const figure_set& b) {
    std::vector<figure_sample> figures;
    for (const figure_sample& each : a.figures)
        if (std::none_of(b.figures.begin(), b.figures.end(),
                         [&](const figure_sample& other) { return other.name == each.name; }))
            figures.push_back(each);
    return figures;
}

std::optional<sim::interval> change_of(const figure_sample& before, const figure_sample& after,
                                       bool paired, double level) {
    if (!paired || before.values.size() != after.values.size())
        return sim::difference_interval(before.values, after.values, level);
    std::vector<double> changes;
    for (std::size_t i = 0; i < before.values.size(); ++i)
        changes.push_back(after.values[i] - before.values[i]);
    return sim::mean_interval(changes, level);
}

/// Of sums that were added up in another order.
constexpr double rounding = 1e-9;

difference judge(const compared_figure& f, better direction, double tolerance) {
    if (!f.change)
        return difference::not_to_judge;
    const double least = std::max(std::abs(f.before) * tolerance,
                                  std::max(std::abs(f.before), std::abs(f.after)) * rounding);
    const bool rises = f.change->low > least, falls = f.change->high < -least;
    if (!rises && !falls)
        return difference::none_shown;
    if (direction == better::neither)
        return difference::changed;
    return rises == (direction == better::lower) ? difference::worse : difference::better;
}

bool differs(difference d) {
    return d == difference::better || d == difference::worse || d == difference::changed;
}

/// What was 0 and is no longer has changed more than anything else.
double size_of(const compared_figure& f) {
    if (f.after == f.before)
        return 0;
    return std::abs(f.relative().value_or(std::numeric_limits<double>::infinity()));
}

} // namespace

std::string_view to_string(difference d) {
    switch (d) {
    case difference::none_shown:
        return "none_shown";
    case difference::better:
        return "better";
    case difference::worse:
        return "worse";
    case difference::changed:
        return "changed";
    case difference::not_to_judge:
        break;
    }
    return "not_to_judge";
}

std::optional<double> compared_figure::relative() const {
    if (before == 0)
        return {};
    return (after - before) / std::abs(before);
}

std::optional<sim::interval> compared_figure::possible_change() const {
    if (!change)
        return {};
    const double least = 0 - before; // not -before, which may be -0
    const double most = unit == unit_kind::share ? std::max(1.0, std::max(before, after)) - before
                                                 : std::numeric_limits<double>::infinity();
    return sim::interval{std::clamp(change->low, least, most),
                         std::clamp(change->high, least, most), change->level};
}

std::optional<sim::interval> compared_figure::relative_change() const {
    const auto possible = possible_change();
    if (!possible || before == 0)
        return {};
    const double by = std::abs(before);
    return sim::interval{possible->low / by, possible->high / by, possible->level};
}

std::size_t result_comparison::count(difference d) const {
    return static_cast<std::size_t>(std::count_if(
        figures.begin(), figures.end(), [d](const auto& each) { return each.verdict == d; }));
}

result_comparison compare(const figure_set& before, const figure_set& after,
                          const compare_options& options) {
    result_comparison c;
    c.how = options;
    c.paired = before.seeds == after.seeds && before.group_size == after.group_size;
    c.replications_before = before.seeds.size();
    c.replications_after = after.seeds.size();
    c.seeds_before = before.seeds;
    c.seeds_after = after.seeds;
    const auto pairs = matched(before, after);
    const double level =
        1 - (1 - options.confidence) / static_cast<double>(std::max<std::size_t>(pairs.size(), 1));
    for (const auto& [a, b] : pairs) {
        compared_figure f{b->name, b->unit, a->value, b->value, {}, {}};
        f.change = change_of(*a, *b, c.paired, level);
        f.verdict = judge(f, b->direction, options.tolerance);
        c.figures.push_back(std::move(f));
    }
    std::stable_sort(c.figures.begin(), c.figures.end(), [](const auto& x, const auto& y) {
        return std::pair(differs(x.verdict), size_of(x)) >
               std::pair(differs(y.verdict), size_of(y));
    });
    c.only_before = figures_only_in(before, after);
    c.only_after = figures_only_in(after, before);
    return c;
}

} // namespace windtunnel::scenario
