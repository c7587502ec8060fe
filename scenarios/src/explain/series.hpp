// SPDX-License-Identifier: BSL-1.0
// A measured quantity, window by window, and when it left its usual range. Usual is what the latest
// `memory` quiet windows before show (at least `least`): their median and their spread, which is
// 1.4826 times the median distance from it (as wide as a standard deviation where values are
// normal, and blind to a few wild ones), and of n windows 1 + 8/n times as much, for a spread of
// few is uncertain. A window is out of range when it is `spreads` spreads, the
// factor `factor` and the least difference `floor` away. A mean changes with a window that is out
// of range when three of the first four are that say something, for one wild request can make a
// wild window; a share when two of three are, or one is by twice as much. The change ends with the
// first of `calm` windows in a row that are in range. Windows with fewer than `samples` samples say
// nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace windtunnel::scenario::explain {

/// Windows [begin, end), by their number.
struct window_range {
    std::size_t begin = 0, end = 0;
    std::size_t length() const { return end - begin; }
};

/// Each window's value is sum / samples.
struct series {
    std::vector<double> sum, samples;

    std::size_t size() const { return sum.size(); }
    void add(std::size_t window, double value, double count);
    double mean(const window_range& range) const; ///< 0 where there are no samples
};

enum class direction { up, down };

struct change_rules {
    double factor = 1.3;
    double spreads = 6;
    double floor = 0;
    double samples = 3;
    direction to = direction::up;
    bool at_once = false; ///< one window that is out of range is enough
    std::size_t memory = 60, least = 8, calm = 3;
};

struct change {
    window_range when;    ///< `end` is the size of the range that was looked at: it goes on
    double before = 0;    ///< the median of the quiet windows
    double worst = 0;     ///< of its windows
    double spread = 0;    ///< of the quiet windows
    double samples = 0;   ///< in it
    bool goes_on = false; ///< to the last window that was looked at
    window_range last;    ///< the last time that it came; `when` where it came once
};

/// Of a mean; the windows that are looked at are `range`.
std::optional<change> find_change(const series& of, const window_range& range,
                                  const change_rules& rules);

struct share_rules {
    double least_share = 0.02; ///< more than before
    double least_count = 3;    ///< in a window
    double sigmas = 4;         ///< of a binomial count
    std::size_t memory = 60, least = 5, calm = 3;
};

/// Of a share: `sum` counts what went wrong of `samples`. Usual is the share of all quiet windows
/// together; a window is out of range when its count is so many standard deviations of a binomial
/// distribution above it.
std::optional<change> find_share_change(const series& of, const window_range& range,
                                        const share_rules& rules = {});

} // namespace windtunnel::scenario::explain
