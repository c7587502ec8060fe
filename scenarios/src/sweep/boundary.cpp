// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/boundary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel::scenario {

namespace {

enum class side : std::uint8_t { passes, fails, unknown };

side side_of(verdict v) {
    if (v == verdict::passed)
        return side::passes;
    return v == verdict::failed || v == verdict::invalid_baseline ? side::fails : side::unknown;
}

bool is_broken(const point_result& p) {
    return p.verdict == verdict::invalid || p.verdict == verdict::error;
}

/// The values of a range: by numbers from 0 where it has a step, else any.
class scale {
  public:
    scale(value_range range, double within) : range_(std::move(range)), within_(within) {
        if (range_.from.value <= range_.to.value)
            return;
        const double n = last(); // written downwards, searched upwards
        std::swap(range_.from.value, range_.to.value);
        if (range_.step) {
            range_.from.value = range_.to.value + n * *range_.step;
            range_.step = -*range_.step;
        }
        if (range_.factor) {
            range_.from.value = range_.to.value * std::pow(*range_.factor, n);
            range_.factor = 1 / *range_.factor;
        }
    }

    double first() const { return stepped() ? 0 : range_.from.value; }
    double last() const {
        constexpr double slack = 1e-9;
        if (range_.step)
            return std::floor((range_.to.value - range_.from.value) / *range_.step + slack);
        if (range_.factor)
            return std::floor(
                std::log(range_.to.value / range_.from.value) / std::log(*range_.factor) + slack);
        return range_.to.value;
    }
    std::string text(double at) const {
        const double from = range_.from.value;
        return quantity_text(range_.step     ? from + at * *range_.step
                             : range_.factor ? from * std::pow(*range_.factor, at)
                                             : at,
                             range_.from);
    }
    /// Within a part of what was asked for.
    bool close(double low, double high, double part = 1) const {
        if (stepped())
            return high - low <= 1;
        return high - low <= part * within_ * std::max(std::abs(low), std::abs(high)) ||
               text(low) == text(high);
    }
    double middle(double low, double high) const {
        constexpr double decade = 10, spare = 0.05;
        if (stepped())
            return std::floor((low + high) / 2);
        const double exact =
            low > 0 && high / low >= decade ? std::sqrt(low * high) : (low + high) / 2;
        for (int digits = 1; digits < 12; ++digits) {
            const double rounded = std::stod(fmt::format("{:.{}e}", exact, digits - 1));
            if (std::abs(rounded - exact) <= spare * (high - low))
                return rounded;
        }
        return exact;
    }

  private:
    bool stepped() const { return range_.step || range_.factor; }
    value_range range_;
    double within_;
};

class bisection {
  public:
    bisection(const sweep_plan& plan, const boundary_options& options, const point_source& run)
        : options_(options), run_(run), scale_(*plan.parameters().front().range, options.within) {}

    boundary find() {
        low_ = scale_.first();
        high_ = scale_.last();
        decide({low_, high_});
        if (ends_differ())
            search();
        return finish();
    }

  private:
    side at(double where) const { return side_of(points_.at(where).verdict); }
    bool over() const { return result_.status != boundary_status::found; }

    /// Runs the points, again with more replications as long as they cannot tell.
    void decide(std::vector<double> where) {
        result_.status = boundary_status::found;
        int replications = options_.replications;
        while (!where.empty() && !over()) {
            std::vector<point_job> jobs;
            for (const double each : where)
                jobs.push_back({{scale_.text(each)}, replications, false, false});
            auto answers = run_(std::move(jobs));
            WINDTUNNEL_ASSERT(answers.size() == where.size());
            for (std::size_t i = 0; i < where.size(); ++i)
                take(where[i], std::move(answers[i]));
            std::erase_if(where, [&](double each) { return over() || !again(each); });
            if (!where.empty() && !over())
                replications = 2 * points_.at(where.front()).replications;
        }
    }

    void take(double where, std::optional<point_result>&& answer) {
        if (!answer) {
            result_.status = boundary_status::stopped;
            return;
        }
        if (is_broken(*answer) && !over())
            result_.status = boundary_status::broken;
        points_.insert_or_assign(where, std::move(*answer));
    }

    bool again(double where) {
        const point_result& p = points_.at(where);
        if (first_replications_ == 0)
            first_replications_ = p.replications;
        const int most =
            options_.most_replications > 0 ? options_.most_replications : 16 * first_replications_;
        return side_of(p.verdict) == side::unknown && !p.automatic && 2 * p.replications <= most;
    }

    bool ends_differ() {
        if (over())
            return false;
        low_side_ = at(low_);
        const side high_side = at(high_);
        result_.passes_below = low_side_ == side::passes;
        if (low_side_ == side::unknown || high_side == side::unknown)
            result_.status = boundary_status::undecided;
        else if (low_side_ == high_side)
            result_.status = low_side_ == side::passes ? boundary_status::both_passed
                                                       : boundary_status::both_failed;
        return !over();
    }

    void search() {
        while (!over()) {
            const auto gap = next_gap();
            if (!gap)
                break;
            const double middle = scale_.middle(gap->first, gap->second);
            decide({middle});
            if (!over())
                narrow(middle);
        }
        if (!over() && zone_ && !scale_.close(low_, high_))
            result_.status = boundary_status::undecided;
    }

    /// What is still to be narrowed: the bracket, or what lies between it and the zone. As long as
    /// the zone may fit into what was asked for, its surroundings are narrowed further than that.
    std::optional<std::pair<double, double>> next_gap() const {
        constexpr double surroundings = 0.25;
        if (scale_.close(low_, high_))
            return {};
        if (!zone_)
            return std::pair{low_, high_};
        const double part = scale_.close(zone_->first, zone_->second) ? surroundings : 1;
        const bool below = !scale_.close(low_, zone_->first, part),
                   above = !scale_.close(zone_->second, high_, part);
        const bool wider_below = zone_->first - low_ >= high_ - zone_->second;
        if (below && (wider_below || !above))
            return std::pair{low_, zone_->first};
        if (above)
            return std::pair{zone_->second, high_};
        return {};
    }

    void narrow(double middle) {
        const side s = at(middle);
        if (s == side::unknown) {
            zone_ = zone_
                        ? std::pair{std::min(zone_->first, middle), std::max(zone_->second, middle)}
                        : std::pair{middle, middle};
            return;
        }
        (s == low_side_ ? low_ : high_) = middle;
        if (zone_ && (low_ >= zone_->first || high_ <= zone_->second))
            zone_.reset(); // noise: beyond it the answer is clear, and not the expected one
    }

    boundary finish() {
        for (const auto& [where, point] : points_)
            result_.points.push_back(point);
        for (const double end : {low_, high_}) {
            const auto found = points_.find(end);
            if (found == points_.end())
                continue;
            if (at(end) == side::passes)
                result_.passing = found->second;
            if (at(end) == side::fails)
                result_.failing = found->second;
        }
        if (zone_)
            result_.zone = {scale_.text(zone_->first), scale_.text(zone_->second)};
        return std::move(result_);
    }

    const boundary_options& options_;
    const point_source& run_;
    scale scale_;
    double low_ = 0, high_ = 0; ///< the bracket
    side low_side_ = side::unknown;
    std::optional<std::pair<double, double>> zone_;
    std::map<double, point_result> points_;
    int first_replications_ = 0;
    boundary result_;
};

} // namespace

std::string_view to_string(boundary_status status) {
    switch (status) {
    case boundary_status::found:
        return "found";
    case boundary_status::both_passed:
        return "both_passed";
    case boundary_status::both_failed:
        return "both_failed";
    case boundary_status::undecided:
        return "undecided";
    case boundary_status::stopped:
        return "stopped";
    case boundary_status::broken:
        return "broken";
    }
    return "";
}

boundary find_boundary(const sweep_plan& plan, const boundary_options& options,
                       const point_source& run) {
    return bisection(plan, options, run).find();
}

std::optional<double> confidence_in(const point_result& p) {
    const side s = side_of(p.verdict);
    const int n = p.alone_passed + p.alone_failed;
    if (s == side::unknown || n < 2)
        return {};
    const int agree = s == side::passes ? p.alone_passed : p.alone_failed;
    double by_chance = 0;
    for (int i = agree; i <= n; ++i)
        by_chance += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) -
                              n * std::log(2.0));
    return std::clamp(1 - by_chance, 0.0, 1.0);
}

namespace {

/// Nothing is entirely sure.
std::string percent_text(double share) {
    constexpr double most = 0.9995; // else it would be rounded to all
    return share > most ? fmt::format("over {} %", most * 100)
                        : fmt::format("{:.3g} %", share * 100);
}

} // namespace

std::string agreement_text(const point_result& p) {
    const bool passes = side_of(p.verdict) == side::passes;
    const std::string text =
        fmt::format("{} {}", p.values.front(), passes ? "passes" : "does not pass");
    if (p.replications == 1)
        return text;
    const auto sure = confidence_in(p);
    if (p.alone_passed + p.alone_failed == 0)
        return fmt::format("{} ({} runs)", text, p.replications);
    return fmt::format("{} ({} of {} runs alone{})", text, passes ? p.alone_passed : p.alone_failed,
                       p.replications, sure ? ": " + percent_text(*sure) + " sure" : "");
}

} // namespace windtunnel::scenario
