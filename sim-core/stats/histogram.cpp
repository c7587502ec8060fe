// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/histogram.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace windtunnel::sim {

/// Makes room for these buckets and all between them and the present ones.
void histogram::cover(std::size_t low_bucket, std::size_t high_bucket) {
    std::size_t low = low_bucket / buckets_per_power * buckets_per_power;
    std::size_t end = (high_bucket / buckets_per_power + 1) * buckets_per_power;
    if (!counts_.empty()) {
        low = std::min(low, first_);
        end = std::max(end, first_ + counts_.size());
    }
    std::vector<std::uint64_t> wider(end - low);
    std::copy(counts_.begin(), counts_.end(),
              wider.begin() + static_cast<std::ptrdiff_t>(counts_.empty() ? 0 : first_ - low));
    counts_ = std::move(wider);
    first_ = low;
}

void histogram::merge(const histogram& other) {
    if (other.empty())
        return;
    const std::size_t low = bucket_of(other.min_.count()), high = bucket_of(other.max_.count());
    if (low - first_ >= counts_.size() || high - first_ >= counts_.size())
        cover(low, high);
    for (std::size_t bucket = low; bucket <= high; ++bucket)
        counts_[bucket - first_] += other.counts_[bucket - other.first_];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

duration histogram::quantile(double q) const {
    // A millionth of a rank absorbs the rounding of q * count: 0.07 * 100 is rank 7, not 8.
    const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) - 1e-6);
    return at_rank(rank >= 1 ? std::min(static_cast<std::uint64_t>(rank), count_) : 1);
}

duration histogram::at_rank(std::uint64_t rank) const {
    WINDTUNNEL_ASSERT(rank >= 1 && rank <= count_);
    if (rank == count_)
        return max_;
    if (rank == 1)
        return min_;
    std::size_t i = 0;
    for (std::uint64_t seen = counts_[0]; seen < rank; seen += counts_[i])
        ++i;
    const std::int64_t lowest = lowest_of(first_ + i), highest = highest_of(first_ + i);
    return std::clamp(duration{lowest + (highest - lowest) / 2}, min_, max_);
}

std::uint64_t histogram::count_at_most(duration value) const {
    if (empty() || value < min_)
        return 0;
    if (value >= max_)
        return count_;
    const std::size_t bucket = bucket_of(value.count());
    const std::size_t end = bucket + (value.count() == highest_of(bucket) ? 1 : 0);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; first_ + i < end && i < counts_.size(); ++i)
        sum += counts_[i];
    return sum;
}

histogram_data histogram::data() const {
    histogram_data result;
    if (empty())
        return result;
    for_each_bucket([&](const histogram_bucket& each) { result.buckets.push_back(each); });
    result.sum_high = static_cast<std::uint64_t>(sum_ >> 64);
    result.sum_low = static_cast<std::uint64_t>(sum_);
    result.min = min_;
    result.max = max_;
    return result;
}

histogram::histogram(const histogram_data& data) {
    const auto refuse = [](const std::string& what) {
        throw std::invalid_argument("histogram: " + what);
    };
    duration before{-1};
    for (const histogram_bucket& each : data.buckets) {
        const std::string name = "bucket " + std::to_string(each.lowest.count()) + "ns";
        if (each.lowest <= before)
            refuse(name + " is out of order: the buckets must rise from 0 on");
        if (lowest_of(bucket_of(each.lowest.count())) != each.lowest.count())
            refuse(name + " is not the lowest value of a bucket");
        if (each.count == 0)
            refuse(name + " has the count 0: leave it out");
        record(each.lowest, each.count);
        before = each.lowest;
    }
    if (empty()) {
        if (data != histogram_data{})
            refuse("no buckets, yet a sum, minimum or maximum");
        return;
    }
    if (data.min > data.max || data.min < min_ || data.min > highest_like(min_) ||
        data.max < max_ || data.max > highest_like(max_))
        refuse("minimum or maximum is not in the first or last bucket");
    min_ = data.min;
    max_ = data.max;
    sum_ = static_cast<wide_integer>(data.sum_high) << 64 | data.sum_low;
    const auto n = static_cast<wide_integer>(count_);
    if (sum_ < n * min_.count() || sum_ > n * max_.count())
        refuse("the sum does not fit the count, minimum and maximum");
}

} // namespace windtunnel::sim
