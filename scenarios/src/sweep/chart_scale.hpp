// SPDX-License-Identifier: BSL-1.0
// How values become places and colours in a chart.
#pragma once

#include <string>
#include <vector>

namespace windtunnel::scenario {

/// From the least to the greatest of some values: in equal steps, or by factors where they span
/// more than a factor of 20, none is zero and that is allowed.
class value_scale {
  public:
    struct choice {
        bool from_zero = false; ///< a scale of equal steps begins there, as lengths should
        bool by_factors = true; ///< allowed
    };
    value_scale(const std::vector<double>& values, choice how);

    bool logarithmic() const { return logarithmic_; }
    double low() const { return low_; }
    double high() const { return high_; }
    /// 0 at the least, 1 at the greatest value.
    double position(double value) const;
    /// Round values within it: 1, 2 or 5 times a power of ten.
    std::vector<double> ticks(int about) const;

  private:
    std::vector<double> even_ticks(int about) const;
    double low_ = 0, high_ = 1;
    bool logarithmic_ = false;
};

/// 0 to 1 in the colours of viridis (van der Walt and Smith 2015; CC0), "#440154" to "#fde725":
/// evenly lighter, also to people who do not see red or green.
std::string viridis(double position);
/// Black or white, whichever can be read on that place of viridis.
const char* ink_on_viridis(double position);

} // namespace windtunnel::scenario
