// SPDX-License-Identifier: BSL-1.0
// How long things took: a log-linear histogram over nanoseconds (as HdrHistogram, Gil Tene), from 0
// to 292 years. Values below 256 ns have a bucket each; above, every power of two is cut into 128
// buckets of one width. Quantiles are off by at most `relative_error` (1/256, 0.4 %); count, sum,
// minimum and maximum are exact. Memory follows the range in use: 1 KiB for each power of two
// between the smallest and the largest value, nothing while empty. Merging gives what recording all
// values in one would have given, in any order. Negative values and questions to an empty one are
// bugs.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"
#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::sim {

struct histogram_bucket {
    duration lowest{}; ///< the least value that falls into it
    std::uint64_t count = 0;
    friend bool operator==(const histogram_bucket&, const histogram_bucket&) = default;
};

/// A histogram as plain data: what a file or a pipe carries.
struct histogram_data {
    std::vector<histogram_bucket> buckets; ///< those that are not empty, by rising value
    std::uint64_t sum_high = 0;            ///< the sum in ns, its upper 64 bits
    std::uint64_t sum_low = 0;
    duration min{}, max{};
    friend bool operator==(const histogram_data&, const histogram_data&) = default;
};

class histogram {
  public:
    static constexpr int buckets_per_power = 128;
    /// The most by which a quantile is off, in parts of it.
    static constexpr double relative_error = 0.5 / buckets_per_power;

    histogram() = default;
    /// Throws std::invalid_argument when the data cannot come from a histogram.
    explicit histogram(const histogram_data& data);

    void record(duration value) { record(value, 1); }

    /// As if recorded so many times.
    void record(duration value, std::uint64_t times) {
        WINDTUNNEL_ASSERT(value >= duration::zero());
        if (times == 0) [[unlikely]]
            return;
        const std::size_t bucket = bucket_of(value.count());
        if (bucket - first_ >= counts_.size()) [[unlikely]] // below first_ it wraps around
            cover(bucket, bucket);
        counts_[bucket - first_] += times;
        count_ += times;
        sum_ += static_cast<wide_integer>(value.count()) * static_cast<wide_integer>(times);
        min_ = std::min(min_, value);
        max_ = std::max(max_, value);
    }

    void merge(const histogram& other);
    void clear() { *this = {}; }

    bool empty() const { return count_ == 0; }
    std::uint64_t count() const { return count_; }
    wide_integer sum_ns() const { return sum_; }
    double sum_seconds() const { return static_cast<double>(sum_) * 1e-9; }

    // ---- not when empty -----------------------------------------------------------------------
    duration min() const { return asked(min_); }
    duration max() const { return asked(max_); }
    double mean_seconds() const { return sum_seconds() / asked(static_cast<double>(count_)); }

    /// The smallest recorded value that at least the share q of them do not exceed, to within
    /// relative_error and never outside [min, max]; q is cut to [0, 1].
    duration quantile(double q) const;

    /// The value with this place, from 1 to count(), when all are sorted; to within relative_error.
    duration at_rank(std::uint64_t rank) const;

    // ---- also when empty ----------------------------------------------------------------------
    /// How many values are at most this long; exact where `value` ends a bucket, else short by what
    /// its own bucket holds below it.
    std::uint64_t count_at_most(duration value) const;

    /// f(histogram_bucket) for each bucket that is not empty, by rising value.
    template <class F>
    void for_each_bucket(F&& f) const {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] != 0)
                f(histogram_bucket{duration{lowest_of(first_ + i)}, counts_[i]});
    }

    histogram_data data() const;

    /// The longest value that shares a bucket with this one.
    static duration highest_like(duration value) {
        return duration{highest_of(bucket_of(value.count()))};
    }

    /// The shortest one.
    static duration lowest_like(duration value) {
        return duration{lowest_of(bucket_of(value.count()))};
    }

    /// Bytes in use, this object included.
    std::size_t memory() const { return sizeof *this + counts_.capacity() * sizeof counts_[0]; }

    /// Same values as far as a histogram can tell.
    friend bool operator==(const histogram& a, const histogram& b) { return a.data() == b.data(); }

  private:
    static std::size_t bucket_of(std::int64_t ns) {
        const auto value = static_cast<std::uint64_t>(ns);
        const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - 8);
        return static_cast<std::size_t>(shift) * buckets_per_power +
               static_cast<std::size_t>(value >> shift);
    }
    static std::int64_t lowest_of(std::size_t bucket) {
        if (bucket < 2 * buckets_per_power)
            return static_cast<std::int64_t>(bucket);
        const std::size_t shift = bucket / buckets_per_power - 1;
        return static_cast<std::int64_t>(bucket % buckets_per_power + buckets_per_power) << shift;
    }
    static std::int64_t highest_of(std::size_t bucket) {
        const std::size_t shift = std::max<std::size_t>(bucket / buckets_per_power, 1) - 1;
        return lowest_of(bucket) + ((std::int64_t{1} << shift) - 1);
    }
    template <class T>
    T asked(T value) const {
        WINDTUNNEL_ASSERT(!empty());
        return value;
    }
    void cover(std::size_t low_bucket, std::size_t high_bucket);

    std::vector<std::uint64_t> counts_; ///< of bucket first_ onwards, whole powers of two
    std::size_t first_ = 0;
    std::uint64_t count_ = 0;
    wide_integer sum_ = 0;
    duration min_ = duration::max(), max_ = duration::min();
};

} // namespace windtunnel::sim
