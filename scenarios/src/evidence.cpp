// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/evidence.hpp"

#include <cmath>

#include "scenarios/src/figure_meter.hpp"

namespace windtunnel::scenario {

namespace {

void merge(sim::ratio_sample& into, const sim::ratio_sample& from) {
    into.numerator += from.numerator;
    into.denominator += from.denominator;
}
void merge(sim::histogram& into, const sim::histogram& from) {
    into.merge(from);
}

/// Each with its neighbour.
template <class T>
void pair_up(std::vector<T>& groups) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i % 2 == 1)
            merge(groups[i / 2], groups[i]);
        else if (i > 0)
            groups[i / 2] = std::move(groups[i]);
    }
    groups.resize((groups.size() + 1) / 2);
}

sim::interval of_none_or_all(sim::interval found, const std::vector<sim::ratio_sample>& shares) {
    sim::ratio_sample all;
    for (const sim::ratio_sample& each : shares)
        merge(all, each);
    const double missed = std::pow((1 - found.level) / 2, 1 / all.denominator);
    if (all.numerator <= 0)
        found.high = 1 - missed;
    if (all.numerator >= all.denominator)
        found.low = missed;
    return found;
}

} // namespace

void figure_evidence::add(const measurement& m) {
    known_ = known_ && (!m.there || m.ratio || m.values);
    if (m.values)
        quantile_ = m.quantile;
    share_ = share_ || m.share;
    if (replications_ == most_groups * group_size_)
        halve();
    if (replications_++ % group_size_ == 0) {
        ratios_.emplace_back();
        histograms_.emplace_back();
    }
    if (m.ratio)
        merge(ratios_.back(), *m.ratio);
    if (m.values)
        histograms_.back().merge(*m.values);
}

void figure_evidence::halve() {
    pair_up(ratios_);
    pair_up(histograms_);
    group_size_ *= 2;
}

std::optional<sim::interval> figure_evidence::interval(double level) const {
    if (!known_)
        return {};
    if (quantile_ > 0)
        return sim::replicated_quantile_interval(histograms_, quantile_, level);
    const auto found = sim::ratio_interval(ratios_, level);
    return found && share_ ? of_none_or_all(*found, ratios_) : found;
}

std::vector<double> figure_evidence::values() const {
    if (!known_)
        return {};
    return quantile_ > 0 ? sim::quantile_values(histograms_, quantile_)
                         : sim::ratio_values(ratios_);
}

void evidence::add(const run_result& replication) {
    phases_.resize(figures_.size());
    for (std::size_t i = 0; i < figures_.size(); ++i) {
        if (figures_[i].metric == metric::recovers_within)
            continue;
        const figure_meter meter(figures_[i], replication);
        phases_[i].resize(replication.phases.size());
        for (std::size_t p = 0; p < replication.phases.size(); ++p) {
            if (!is_about(figures_[i].phase, replication.phases[p]))
                continue;
            if (!phases_[i][p])
                phases_[i][p].emplace();
            phases_[i][p]->add(meter.at(p));
        }
    }
}

const figure_evidence* evidence::of(std::size_t figure, std::size_t phase) const {
    if (figure >= phases_.size() || phase >= phases_[figure].size() || !phases_[figure][phase])
        return nullptr;
    return &*phases_[figure][phase];
}

} // namespace windtunnel::scenario
