// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/series.hpp"

#include <algorithm>
#include <cmath>

namespace windtunnel::scenario::explain {

namespace {

enum class state { silent, in_range, out, far_out };

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The latest quiet windows, and what they are like.
class usual_mean {
  public:
    usual_mean(const series& of, const change_rules& rules) : of_(of), rules_(rules) {}

    bool known() const { return quiet_.size() >= rules_.least; }
    void learn(std::size_t w) {
        if (of_.samples[w] < rules_.samples)
            return;
        quiet_.push_back(of_.sum[w] / of_.samples[w]);
        std::vector<double> latest(
            quiet_.end() - static_cast<std::ptrdiff_t>(std::min(rules_.memory, quiet_.size())),
            quiet_.end());
        median_ = median(latest);
        for (double& v : latest)
            v = std::abs(v - median_);
        constexpr double of_normal = 1.4826, few = 8;
        const double doubt = 1 + few / static_cast<double>(latest.size());
        spread_ = of_normal * median(latest) * doubt;
    }
    state judge(std::size_t w) const {
        if (of_.samples[w] < rules_.samples)
            return state::silent;
        const double value = of_.sum[w] / of_.samples[w];
        const bool up = rules_.to == direction::up;
        const double away = up ? value - median_ : median_ - value;
        const double factor = up ? rules_.factor - 1 : 1 - 1 / rules_.factor;
        const double needed =
            std::max({rules_.spreads * spread_, factor * std::abs(median_), rules_.floor});
        if (away <= needed)
            return state::in_range;
        return rules_.at_once ? state::far_out : state::out;
    }
    std::size_t needed() const { return 3; }
    double value() const { return median_; }
    double spread() const { return spread_; }
    bool is_worse(double a, double b) const { return rules_.to == direction::up ? a > b : a < b; }

  private:
    const series& of_;
    const change_rules& rules_;
    std::vector<double> quiet_;
    double median_ = 0, spread_ = 0;
};

class usual_share {
  public:
    usual_share(const series& of, const share_rules& rules) : of_(of), rules_(rules) {}

    bool known() const { return windows_ >= rules_.least; }
    void learn(std::size_t w) {
        if (of_.samples[w] <= 0)
            return;
        ++windows_;
        count_ += of_.sum[w];
        all_ += of_.samples[w];
    }
    state judge(std::size_t w) const {
        const double n = of_.samples[w];
        if (n <= 0)
            return state::silent;
        const double p = value();
        const double excess = of_.sum[w] - n * p;
        const double sigma = std::sqrt(n * p * (1 - p) + 1);
        if (of_.sum[w] < rules_.least_count || excess < rules_.least_share * n ||
            excess < rules_.sigmas * sigma / 2)
            return state::in_range;
        if (excess < rules_.sigmas * sigma)
            return state::out; // needs a second one
        return state::far_out;
    }
    std::size_t needed() const { return 2; }
    double value() const { return all_ > 0 ? count_ / all_ : 0; }
    double spread() const { return 0; }
    static bool is_worse(double a, double b) { return a > b; }

  private:
    const series& of_;
    const share_rules& rules_;
    std::size_t windows_ = 0;
    double count_ = 0, all_ = 0;
};

/// Of the windows from `w` on that say something, enough are out of range.
bool begins(const auto& usual, std::size_t w, const window_range& range) {
    constexpr std::size_t far = 10;
    const state now = usual.judge(w);
    if (now == state::far_out)
        return true;
    if (now != state::out)
        return false;
    std::size_t out = 1, judged = 1;
    for (std::size_t next = w + 1; next < std::min(w + far, range.end); ++next) {
        const state then = usual.judge(next);
        judged += then == state::silent ? 0 : 1;
        out += then >= state::out ? 1 : 0;
        if (out >= usual.needed())
            return true;
        if (judged > usual.needed())
            return false;
    }
    return false;
}

/// Where it is over: the first of the calm windows; windows that are silent prolong what is.
std::size_t end_of(const auto& usual, std::size_t w, std::size_t calm, const window_range& range) {
    std::size_t in_range = 0, end = w + 1;
    for (std::size_t next = w + 1; next < range.end && in_range < calm; ++next) {
        const state now = usual.judge(next);
        if (now == state::in_range)
            ++in_range;
        if (now < state::out)
            continue;
        in_range = 0;
        end = next + 1;
    }
    return in_range >= calm ? end : range.end;
}

void describe(change& c, const series& of, const auto& usual) {
    c.before = usual.value();
    c.spread = usual.spread();
    bool any = false;
    for (std::size_t w = c.when.begin; w < c.when.end; ++w) {
        if (usual.judge(w) == state::silent)
            continue;
        const double value = of.sum[w] / of.samples[w];
        c.samples += of.samples[w];
        if (!any || usual.is_worse(value, c.worst))
            c.worst = value;
        any = true;
    }
}

template <class Usual>
std::optional<change> find(const series& of, const window_range& range, const auto& rules) {
    Usual usual(of, rules);
    std::optional<change> found;
    for (std::size_t w = range.begin; w < std::min(range.end, of.size());) {
        if (!usual.known() || !begins(usual, w, range)) {
            if (!found)
                usual.learn(w);
            ++w;
            continue;
        }
        const window_range when{w, end_of(usual, w, rules.calm, range)};
        if (!found) {
            found.emplace().when = when;
            describe(*found, of, usual);
        }
        found->last = when;
        found->goes_on = when.end == range.end;
        w = when.end;
    }
    return found;
}

} // namespace

void series::add(std::size_t window, double value, double count) {
    if (sum.size() <= window) {
        sum.resize(window + 1);
        samples.resize(window + 1);
    }
    sum[window] += value;
    samples[window] += count;
}

double series::mean(const window_range& range) const {
    double total = 0, count = 0;
    for (std::size_t w = range.begin; w < std::min(range.end, size()); ++w) {
        total += sum[w];
        count += samples[w];
    }
    return count > 0 ? total / count : 0;
}

std::optional<change> find_change(const series& of, const window_range& range,
                                  const change_rules& rules) {
    return find<usual_mean>(of, {range.begin, std::min(range.end, of.size())}, rules);
}

std::optional<change> find_share_change(const series& of, const window_range& range,
                                        const share_rules& rules) {
    return find<usual_share>(of, {range.begin, std::min(range.end, of.size())}, rules);
}

} // namespace windtunnel::scenario::explain
