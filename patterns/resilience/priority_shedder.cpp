// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/priority_shedder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr int most_levels = 1024;
constexpr int most_requests = 100'000'000;
constexpr std::int64_t longest_wait = 60'000'000'000; // longer counts as 60 s: no overflow
constexpr std::int64_t one = 1'000'000;

std::int64_t millionths(double x) {
    return static_cast<std::int64_t>(std::floor(x * 1e6 + 0.5));
}

/// SplitMix64's finaliser.
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

const priority_shedder_options& validated(const priority_shedder_options& options) {
    options.validate();
    return options;
}

int levels_of(const priority_shedder_options& o) {
    return o.business_levels * o.user_levels * (o.shed_retries_first ? 2 : 1);
}

} // namespace

void priority_shedder_options::validate() const {
    constexpr option_check check{"priority_shedder"};
    check(business_levels >= 1 && business_levels <= most_levels, "business_levels",
          business_levels, "be from 1 to 1024");
    check(user_levels >= 1 && user_levels <= most_levels, "user_levels", user_levels,
          "be from 1 to 1024");
    check(queueing_time > duration::zero() && queueing_time.count() < longest_wait, "queueing_time",
          queueing_time, "be above 0 and below 60s");
    check(window > duration::zero(), "window", window, "be above 0");
    check(window_requests >= 1 && window_requests <= most_requests, "window_requests",
          window_requests, "be from 1 to 1e8");
    check(alpha >= 1e-6 && alpha < 1, "alpha", alpha, "be at least 1e-6 and below 1");
    check(beta >= 1e-6 && beta <= 1, "beta", beta, "be from 1e-6 to 1");
    check(fixed_levels >= 0 && fixed_levels <= levels_of(*this), "fixed_levels", fixed_levels,
          "be from 0 to the number of levels");
}

int user_priority(std::uint64_t user, std::uint64_t epoch, int levels) {
    WINDTUNNEL_ASSERT(levels >= 1);
    const auto hash = mixed(user + 0x9e3779b97f4a7c15ULL * (mixed(epoch + 1) | 1));
    return static_cast<int>((hash >> 32) * static_cast<std::uint64_t>(levels) >> 32);
}

int level_of(const priority_shedder_options& options, const admission_request& request) {
    const auto rank = [](int priority, int count) {
        return count - 1 - std::clamp(priority, 0, count - 1);
    };
    const int level = rank(request.business, options.business_levels) * options.user_levels +
                      rank(request.user, options.user_levels);
    const bool behind = options.shed_retries_first && request.attempt > 1;
    return behind ? level + options.business_levels * options.user_levels : level;
}

priority_shedder::priority_shedder(const priority_shedder_options& options, time_point now)
    : options_(validated(options)), came_(static_cast<std::size_t>(levels_of(options))),
      admitted_levels_(options.fixed_levels > 0 ? options.fixed_levels : levels()),
      window_end_(saturating_add(now, options.window)) {}

bool priority_shedder::admit(time_point now, const admission_request& request) {
    if (request.health_check)
        return true;
    close_window_if_over(now);
    const auto level = level_of(options_, request);
    const bool admitted = level < admitted_levels_;
    ++came_[static_cast<std::size_t>(level)];
    top_ = std::max(top_, level);
    ++all_;
    admitted_ += admitted;
    ++(admitted ? totals_.admitted : totals_.rejected);
    return admitted;
}

void priority_shedder::on_start(time_point now, duration queued) {
    WINDTUNNEL_ASSERT(queued >= duration::zero());
    close_window_if_over(now);
    ++started_;
    queued_ += std::min(queued.count(), longest_wait);
}

bool priority_shedder::admits(const admission_request& request) const {
    return request.health_check || level_of(options_, request) < admitted_levels_;
}

priority_shedder_metrics priority_shedder::metrics() const {
    auto result = totals_;
    result.admitted_levels = admitted_levels_;
    result.levels = levels();
    return result;
}

void priority_shedder::close_window_if_over(time_point now) {
    if (now < window_end_ && std::max(all_, started_) < options_.window_requests)
        return;
    const bool overloaded =
        started_ > 0 && (queued_ + started_ - 1) / started_ > options_.queueing_time.count();
    if (options_.fixed_levels > 0)
        admitted_levels_ = options_.fixed_levels;
    else if (overloaded)
        shrink();
    else if (started_ > 0 || admitted_ == 0)
        grow();
    ++totals_.windows;
    totals_.overloaded_windows += overloaded;
    std::fill(came_.begin(), came_.begin() + (top_ + 1), 0);
    top_ = -1;
    all_ = admitted_ = started_ = queued_ = 0;
    window_end_ = saturating_add(now, options_.window);
}

void priority_shedder::shrink() {
    auto left = came_in_admitted();
    const auto wanted = left * (one - millionths(options_.alpha)) / one;
    while (left > wanted && admitted_levels_ > 1)
        left -= came_[static_cast<std::size_t>(--admitted_levels_)];
}

/// Over levels in which nothing came to one in which something did. Where nothing came above (a
/// caller may hold it back), a share beta of the levels: all at once would overload again.
void priority_shedder::grow() {
    const auto share = millionths(options_.beta);
    if (top_ < admitted_levels_) {
        const auto step = (levels() * share + one - 1) / one;
        admitted_levels_ =
            static_cast<int>(std::min<std::int64_t>(levels(), admitted_levels_ + step));
        return;
    }
    auto within = came_in_admitted();
    const auto wanted = within + std::max<std::int64_t>((all_ * share + one - 1) / one, 1);
    while (within < wanted && admitted_levels_ <= top_)
        within += came_[static_cast<std::size_t>(admitted_levels_++)];
}

std::int64_t priority_shedder::came_in_admitted() const {
    return std::accumulate(came_.begin(), came_.begin() + admitted_levels_, std::int64_t{0});
}

} // namespace windtunnel
