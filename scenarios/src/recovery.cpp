// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "scenarios/src/expectation_metrics.hpp"

namespace windtunnel::scenario {

namespace {

struct range {
    std::size_t begin = 0, end = 0;
    std::size_t size() const { return end > begin ? end - begin : 0; }
};

/// What windows have together.
struct level {
    double share = 0, latency = 0, goodput = 0;
};

level level_of(const window& sum, std::size_t windows, const recovery_times& times) {
    level result;
    if (sum.sent > 0)
        result.share = 1 - static_cast<double>(sum.good) / static_cast<double>(sum.sent);
    if (sum.good > 0)
        result.latency =
            static_cast<double>(sum.good_latency_sum) * 1e-9 / static_cast<double>(sum.good);
    result.goodput = static_cast<double>(sum.good) /
                     (static_cast<double>(windows * times.runs) * to_seconds(times.window));
    return result;
}

class search {
  public:
    search(const traffic& subject, const recovery_times& times, const recovery_rules& rules)
        : windows_(subject.windows), times_(times), rules_(rules) {}

    recovery run() {
        const range before = inside(times_.warmup, times_.fault_begin);
        if (before.size() < rules_.block)
            return missing(fmt::format("there are {} whole windows of {} before the fault, and {} "
                                       "are needed",
                                       before.size(), width_text(), rules_.block));
        const window base = sum(before);
        if (base.sent == 0)
            return missing("there were no requests before the fault");
        if (base.good == 0)
            return {recovery::state::no_baseline,
                    {},
                    {},
                    "before the fault no request was answered well"};
        set_limits(before, base);
        return look(inside(times_.fault_end, times_.horizon - base.good_latency_max));
    }

  private:
    /// Windows wholly within [from, to).
    range inside(duration from, duration to) const {
        if (to <= from)
            return {};
        const auto width = times_.window.count();
        return {static_cast<std::size_t>((from.count() + width - 1) / width),
                static_cast<std::size_t>(to.count() / width)};
    }

    /// A window beyond the end of the series saw nothing.
    window sum(range r) const {
        window total;
        for (std::size_t i = r.begin; i < std::min(r.end, windows_.size()); ++i)
            total.merge(windows_[i]);
        return total;
    }

    level level_in(range r) const { return level_of(sum(r), r.size(), times_); }

    void set_limits(range before, const window& base) {
        const level mean = level_of(base, before.size(), times_);
        limit_ = {mean.share + rules_.extra_share, mean.latency * rules_.latency_factor,
                  mean.goodput * rules_.goodput_factor};
        for (std::size_t i = before.begin; i + rules_.block <= before.end; ++i) {
            const level seen = level_in({i, i + rules_.block});
            limit_.share = std::max(limit_.share, seen.share);
            limit_.latency = std::max(limit_.latency, seen.latency);
            limit_.goodput = std::min(limit_.goodput, seen.goodput);
        }
    }

    bool as_before(const level& l) const {
        constexpr double rounding = 1e-9;
        return l.share <= limit_.share + rounding && l.latency <= limit_.latency * (1 + rounding) &&
               l.goodput >= limit_.goodput * (1 - rounding);
    }

    recovery look(range after) const {
        if (after.size() < rules_.block)
            return missing(fmt::format("there are {} whole windows of {} after the fault to judge, "
                                       "and {} are needed",
                                       after.size(), width_text(), rules_.block));
        const duration observed = start_of(after.end) - times_.fault_end;
        // From the back, so that the sum over the rest grows by one window at a time.
        window rest = sum({after.end - rules_.block + 1, after.end});
        std::size_t recovered = after.end;
        for (std::size_t i = after.end - rules_.block + 1; i-- > after.begin;) {
            rest.merge(sum({i, i + 1}));
            if (as_before(level_of(rest, after.end - i, times_)) &&
                as_before(level_in({i, i + rules_.block})))
                recovered = i;
        }
        if (recovered != after.end)
            return {recovery::state::recovered, start_of(recovered) - times_.fault_end, observed,
                    ""};
        return {recovery::state::not_recovered,
                {},
                observed,
                difference(level_in({after.end - rules_.block, after.end}))};
    }

    std::string difference(const level& l) const {
        if (as_before(l))
            return "in the last windows it is as before, but not from any moment on";
        std::string text = "in the last windows";
        const auto add = [&](const char* what, const std::string& is, const char* limit,
                             const std::string& bound) {
            text += fmt::format("{} {} is {} ({} {})", text.ends_with(")") ? "," : "", what, is,
                                limit, bound);
        };
        if (l.share > limit_.share)
            add("the share without a good answer", value_text(l.share, unit_kind::share), "at most",
                value_text(limit_.share, unit_kind::share));
        if (l.latency > limit_.latency)
            add("the mean latency", value_text(l.latency, unit_kind::time), "at most",
                value_text(limit_.latency, unit_kind::time));
        if (l.goodput < limit_.goodput)
            add("the goodput", value_text(l.goodput, unit_kind::rate), "at least",
                value_text(limit_.goodput, unit_kind::rate));
        return text;
    }

    recovery missing(std::string why) const {
        return {recovery::state::undecided, {}, {}, std::move(why)};
    }
    duration start_of(std::size_t i) const { return times_.window * static_cast<std::int64_t>(i); }
    std::string width_text() const {
        return value_text(to_seconds(times_.window), unit_kind::time);
    }

    const std::vector<window>& windows_;
    const recovery_times& times_;
    const recovery_rules& rules_;
    level limit_;
};

} // namespace

void recovery_rules::validate() const {
    if (block < 1)
        throw std::invalid_argument("recovery rules: block is 0: it must be at least 1");
    if (!(extra_share >= 0 && extra_share <= 1))
        throw std::invalid_argument(
            fmt::format("recovery rules: extra_share is {}: it must be 0 to 1", extra_share));
    if (!(latency_factor >= 1))
        throw std::invalid_argument(fmt::format(
            "recovery rules: latency_factor is {}: it must be at least 1", latency_factor));
    if (!(goodput_factor > 0 && goodput_factor <= 1))
        throw std::invalid_argument(
            fmt::format("recovery rules: goodput_factor is {}: it must be above 0 and at most 1",
                        goodput_factor));
}

recovery find_recovery(const traffic& subject, const recovery_times& times,
                       const recovery_rules& rules) {
    rules.validate();
    return search(subject, times, rules).run();
}

} // namespace windtunnel::scenario
