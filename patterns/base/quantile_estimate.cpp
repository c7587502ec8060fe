// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/quantile_estimate.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

constexpr int sub_bits = 5; // 32 buckets for each power of two
constexpr std::int64_t exact = std::int64_t{2} << sub_bits;
constexpr int top_bits = 40;
constexpr std::int64_t largest = (std::int64_t{1} << top_bits) - 1;

/// The bucket of v; buckets are numbered by rising value.
constexpr std::size_t bucket_of(std::int64_t v) {
    if (v < exact)
        return static_cast<std::size_t>(v);
    const int shift = 63 - std::countl_zero(static_cast<std::uint64_t>(v)) - sub_bits;
    return static_cast<std::size_t>((std::int64_t{shift} << sub_bits) + (v >> shift));
}
constexpr std::size_t bucket_count = bucket_of(largest) + 1;

/// Its middle: at most half a width from any value in it.
constexpr duration value_of(std::size_t bucket) {
    const auto b = static_cast<std::int64_t>(bucket);
    if (b < exact)
        return duration{b};
    const std::int64_t shift = (b >> sub_bits) - 1;
    const std::int64_t lowest = (b - (shift << sub_bits)) << shift;
    return duration{lowest + ((std::int64_t{1} << shift) >> 1)};
}

std::size_t bucket_of(duration d) {
    return bucket_of(std::clamp<std::int64_t>(d.count(), 0, largest));
}

void add_one(std::uint32_t& count) {
    count += count < std::numeric_limits<std::uint32_t>::max();
}

/// base/ knows nothing of resilience/, where option_check lives; the wording is the same.
void check(bool holds, const char* option, const std::string& value, const char* rule) {
    if (!holds)
        throw std::invalid_argument(std::string{"quantile_estimate: "} + option + " is " + value +
                                    "; it must " + rule);
}

} // namespace

void quantile_estimate_options::validate() const {
    check(window > duration::zero(), "window", std::to_string(window.count()) + "ns", "be above 0");
    check(min_samples >= 1, "min_samples", std::to_string(min_samples), "be at least 1");
}

quantile_estimate::quantile_estimate(const quantile_estimate_options& options, time_point now)
    : options_(options), window_end_(saturating_add(now, options.window)) {
    options.validate();
    for (auto& w : windows_) {
        w.ended.resize(bucket_count);
        w.censored.resize(bucket_count);
    }
}

void quantile_estimate::record(duration latency, time_point now) {
    roll(now);
    auto& w = windows_[current_];
    add_one(w.ended[bucket_of(latency)]);
    ++w.ended_total;
}

void quantile_estimate::record_censored(duration at_least, time_point now) {
    roll(now);
    auto& w = windows_[current_];
    add_one(w.censored[bucket_of(at_least)]);
    ++w.censored_total;
}

std::optional<duration> quantile_estimate::quantile(double q, time_point now) const {
    WINDTUNNEL_ASSERT(q > 0 && q <= 1);
    if (observed(now) < static_cast<std::uint64_t>(options_.min_samples))
        return {};
    const auto seen = at(now);
    const auto total = [&seen](auto counts_of, std::size_t bucket) {
        std::uint64_t sum = 0;
        for (const auto* w : seen.windows)
            sum += w != nullptr ? (w->*counts_of)[bucket] : 0;
        return sum;
    };
    constexpr double rounding = 1e-9; // of the product; .05 of 100 is reached at the 95th
    double at_risk = static_cast<double>(observed(now) + censored(now));
    double survival = 1;
    std::size_t longest = 0;
    for (std::size_t bucket = 0; bucket < bucket_count && at_risk > 0; ++bucket) {
        const auto ended = static_cast<double>(total(&window_counts::ended, bucket));
        const auto censored_here = static_cast<double>(total(&window_counts::censored, bucket));
        if (ended + censored_here == 0)
            continue;
        longest = bucket;
        survival *= 1 - ended / at_risk;
        if (survival <= 1 - q + rounding)
            break;
        at_risk -= ended + censored_here;
    }
    return value_of(longest);
}

std::uint64_t quantile_estimate::observed(time_point now) const {
    std::uint64_t sum = 0;
    for (const auto* w : at(now).windows)
        sum += w != nullptr ? w->ended_total : 0;
    return sum;
}

std::uint64_t quantile_estimate::censored(time_point now) const {
    std::uint64_t sum = 0;
    for (const auto* w : at(now).windows)
        sum += w != nullptr ? w->censored_total : 0;
    return sum;
}

quantile_estimate::view quantile_estimate::at(time_point now) const {
    if (now < window_end_)
        return {{&windows_[current_], &windows_[1 - current_]}};
    const bool recent = now - window_end_ < options_.window;
    return {{recent ? &windows_[current_] : nullptr, nullptr}};
}

void quantile_estimate::roll(time_point now) {
    if (now < window_end_)
        return;
    const auto passed = (now - window_end_) / options_.window + 1;
    for (int i = 0; i < std::min<std::int64_t>(passed, 2); ++i) {
        current_ = 1 - current_;
        auto& w = windows_[current_];
        std::fill(w.ended.begin(), w.ended.end(), 0);
        std::fill(w.censored.begin(), w.censored.end(), 0);
        w.ended_total = w.censored_total = 0;
    }
    const auto ahead = passed - 1; // windows that began and ended unseen
    window_end_ = saturating_add(window_end_ + ahead * options_.window, options_.window);
}

} // namespace windtunnel
