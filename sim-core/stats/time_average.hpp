// SPDX-License-Identifier: BSL-1.0
// The average over time of a level that changes in steps: a queue's length, workers at work. The
// integral is exact (level times ns, in 128 bits), so L = lambda W holds to the last bit on a
// sample path. Between two snapshots it gives the average of just that interval. Time must not run
// back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"
#include "sim-core/stats/time_series.hpp"
#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::sim {

class time_average {
  public:
    struct snapshot {
        time_point at{};
        wide_integer integral = 0; ///< of the level over time, in ns, from the start to `at`
    };

    explicit time_average(time_point start = {}, std::int64_t level = 0)
        : last_(start), level_(level) {}

    /// From now on the level is this.
    void set(time_point now, std::int64_t level) {
        advance(now);
        level_ = level;
    }
    void add(time_point now, std::int64_t change) { set(now, level_ + change); }

    std::int64_t level() const { return level_; }

    /// The integral up to now, which must not be before the last change.
    snapshot at(time_point now) const {
        WINDTUNNEL_ASSERT(now >= last_);
        return {now, integral_ + area(now)};
    }

    /// The average level from the earlier to the later snapshot; 0 when no time lies between.
    static double mean(const snapshot& from, const snapshot& to);

  private:
    wide_integer area(time_point now) const {
        return static_cast<wide_integer>(level_) * (now - last_).count();
    }
    void advance(time_point now) {
        WINDTUNNEL_ASSERT(now >= last_);
        integral_ += area(now);
        last_ = now;
    }

    time_point last_;
    std::int64_t level_;
    wide_integer integral_ = 0;
};

/// The integral and the extremes of a level within a window.
struct level_cell {
    wide_integer integral = 0; ///< ns
    duration covered{};        ///< how much of the window is known
    std::int64_t min = std::numeric_limits<std::int64_t>::max();
    std::int64_t max = std::numeric_limits<std::int64_t>::min();

    void record(std::int64_t level, duration held);
    void merge(const level_cell& other);
    /// Over the covered part; NaN when that is nothing.
    double mean() const;
    friend bool operator==(const level_cell&, const level_cell&) = default;
};

/// A level by windows: mean, least and greatest in each. A level held for no time does not show.
class level_series {
  public:
    explicit level_series(const time_series_options& o = {}, std::int64_t level = 0)
        : cells_(o), last_(o.start), level_(level) {}

    void set(time_point now, std::int64_t level) {
        advance(now);
        level_ = level;
    }
    void add(time_point now, std::int64_t change) { set(now, level_ + change); }

    /// Accounts for the time up to now; call it before reading.
    void advance(time_point now);

    std::int64_t level() const { return level_; }
    const time_series<level_cell>& cells() const { return cells_; }

  private:
    time_series<level_cell> cells_;
    time_point last_;
    std::int64_t level_;
};

} // namespace windtunnel::sim
