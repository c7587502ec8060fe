// SPDX-License-Identifier: BSL-1.0
// Where the ticks of an axis stand and what is written at them. Steps are 1, 2 or 5 times a power
// of ten (of time: what a clock shows), so that no label needs more digits than it has meaning.
#pragma once

#include <string>
#include <vector>

namespace windtunnel::gui {

struct tick {
    double at = 0;
    std::string label; ///< empty: a minor tick
};

enum class axis_unit {
    none,    ///< 5, 1.5k, 2M
    seconds, ///< 250 us, 1.5 s: how long something took
    clock,   ///< 0:45, 2:30: when something was
    share,   ///< 0 to 1, as 5 %
    rate,    ///< 200/s
};

/// A value with its unit, three digits at most.
std::string format_value(double value, axis_unit unit);

/// At most about `most` labelled ticks within [low, high]; none where low >= high.
std::vector<tick> linear_ticks(double low, double high, int most, axis_unit unit);

/// One labelled tick a power of ten, minor ones between them; 0 < low < high. Where less than two
/// powers are within, 2 and 5 have labels, too.
std::vector<tick> log_ticks(double low, double high, axis_unit unit);

/// The next number of the form 1, 2 or 5 times a power of ten that is not below `value` (> 0).
double round_up(double value);

} // namespace windtunnel::gui
