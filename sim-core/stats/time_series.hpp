// SPDX-License-Identifier: BSL-1.0
// What happened in each window of virtual time: a cell (counter, values, or a histogram) a window.
// Windows are of one width and start at `start`; when a run needs more than `max_windows`, pairs of
// neighbours are merged and the width doubles, so that memory stays bounded and totals are kept.
// Recording a time before `start` is a bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"
#include "sim-core/stats/histogram.hpp"

namespace windtunnel::sim {

struct time_series_options {
    duration window = std::chrono::seconds{1};
    std::size_t max_windows = 4096; ///< an even number
    time_point start{};

    void validate() const {
        if (window <= duration::zero())
            throw std::invalid_argument("time series: window is " + std::to_string(window.count()) +
                                        "ns: it must be above 0");
        if (max_windows < 2 || max_windows % 2 != 0)
            throw std::invalid_argument("time series: max_windows is " +
                                        std::to_string(max_windows) +
                                        ": it must be even and at least 2");
    }
};

/// How often something happened.
struct count_cell {
    std::uint64_t count = 0;
    void record(std::uint64_t times = 1) { count += times; }
    void merge(const count_cell& other) { count += other.count; }
    friend bool operator==(const count_cell&, const count_cell&) = default;
};

/// Mean and extremes of values that were recorded.
struct value_cell {
    std::uint64_t count = 0;
    double sum = 0;
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();

    void record(double value) { merge({1, value, value, value}); }
    void merge(const value_cell& other) {
        count += other.count;
        sum += other.sum;
        min = other.min < min ? other.min : min;
        max = other.max > max ? other.max : max;
    }
    /// NaN while nothing was recorded.
    double mean() const { return sum / static_cast<double>(count); }
    friend bool operator==(const value_cell&, const value_cell&) = default;
};

/// A cell has record(...) and merge(const Cell&), and is empty when it is default-constructed.
template <class Cell>
class time_series {
  public:
    using options = time_series_options;

    explicit time_series(const options& o = {}) : options_(o) { options_.validate(); }

    template <class... Arguments>
    void record(time_point t, Arguments&&... arguments) {
        at(t).record(std::forward<Arguments>(arguments)...);
    }

    /// The cell of the window that holds t; the reference is good until the next call.
    Cell& at(time_point t) {
        const auto offset = static_cast<std::uint64_t>((t - current_start_).count());
        if (offset >= static_cast<std::uint64_t>(options_.window.count()) || cells_.empty())
            move_to(t);
        return cells_[current_];
    }

    /// Windows from `start` to the last one that was recorded in.
    std::size_t size() const { return cells_.size(); }
    const Cell& operator[](std::size_t i) const { return cells_[i]; }
    auto begin() const { return cells_.begin(); }
    auto end() const { return cells_.end(); }
    time_point start_of(std::size_t i) const {
        return options_.start + options_.window * static_cast<std::int64_t>(i);
    }
    /// The present width: the one asked for, times a power of two.
    duration window() const { return options_.window; }
    time_point start() const { return options_.start; }

    /// All cells that lie wholly in [from, to), merged; `from` and `to` are rounded inwards.
    Cell between(time_point from, time_point to) const {
        Cell result;
        for (std::size_t i = 0; i < size(); ++i)
            if (start_of(i) >= from && start_of(i) <= to - window())
                result.merge(cells_[i]);
        return result;
    }

    /// Adds another run of the same start; the finer of the two is coarsened. Throws
    /// std::invalid_argument when the windows are not a power of two apart.
    void merge(const time_series& other) {
        time_series finer = other;
        while (finer.window() < window())
            finer.halve();
        while (window() < finer.window())
            halve();
        if (start() != finer.start() || window() != finer.window())
            throw std::invalid_argument("time series: merging windows of " +
                                        std::to_string(other.window().count()) +
                                        "ns into windows of " + std::to_string(window().count()) +
                                        "ns: they must start alike and be a power of two apart");
        for (std::size_t i = 0; i < finer.size(); ++i)
            at(finer.start_of(i)).merge(finer[i]);
    }

  private:
    void move_to(time_point t) {
        WINDTUNNEL_ASSERT(t >= options_.start);
        while ((t - options_.start) / options_.window >=
               static_cast<std::int64_t>(options_.max_windows))
            halve();
        current_ = static_cast<std::size_t>((t - options_.start) / options_.window);
        if (current_ >= cells_.size())
            cells_.resize(current_ + 1);
        current_start_ = start_of(current_);
    }

    void halve() {
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (i % 2 == 0 && i > 0)
                cells_[i / 2] = std::move(cells_[i]);
            else if (i % 2 == 1)
                cells_[i / 2].merge(cells_[i]);
        }
        cells_.resize((cells_.size() + 1) / 2);
        options_.window *= 2;
        current_ /= 2;
        current_start_ = start_of(current_);
    }

    options options_;
    std::vector<Cell> cells_;
    std::size_t current_ = 0; ///< the window of the last record
    time_point current_start_ = options_.start;
};

using count_series = time_series<count_cell>;
using value_series = time_series<value_cell>;
using histogram_series = time_series<histogram>;

} // namespace windtunnel::sim
