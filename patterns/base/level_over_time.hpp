// SPDX-License-Identifier: BSL-1.0
// A level that changes in steps (calls under way, a limit) and its integral over time, for one
// addition a change: the mean between two readings is the difference of the integrals by the time
// between. Unit: level times ns, in 128 bits: exact, however high and however long. `now` never
// goes back.
#pragma once

#include <cstdint>

#include "patterns/base/time.hpp"
#include "patterns/base/wide_integer.hpp"

namespace windtunnel {

class level_over_time {
  public:
    explicit level_over_time(std::int64_t level = 0, time_point since = {}) { add(level, since); }

    void add(std::int64_t change, time_point now) {
        level_ += change;
        changes_ += product(change, now);
    }
    void set(std::int64_t level, time_point now) {
        if (level != level_)
            add(level - level_, now);
    }

    std::int64_t level() const { return level_; }
    wide_integer integral(time_point now) const { return product(level_, now) - changes_; }

  private:
    static wide_integer product(std::int64_t level, time_point at) {
        return wide_integer{level} * at.time_since_epoch().count();
    }

    std::int64_t level_ = 0;
    wide_integer changes_ = 0; ///< each change times its instant
};

} // namespace windtunnel
