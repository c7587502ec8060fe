// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/chart_scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace windtunnel::scenario {

namespace {

constexpr double wide = 20; ///< a factor from which on equal steps would hide the small values

struct rgb {
    double red, green, blue;
};
/// Every eighth of the scale.
constexpr std::array<rgb, 9> stops{{{68, 1, 84},
                                    {71, 44, 122},
                                    {59, 81, 139},
                                    {44, 113, 142},
                                    {33, 144, 141},
                                    {39, 173, 129},
                                    {92, 200, 99},
                                    {170, 220, 50},
                                    {253, 231, 37}}};

rgb colour_at(double position) {
    const double place = std::clamp(position, 0.0, 1.0) * (stops.size() - 1);
    const auto index = std::min<std::size_t>(static_cast<std::size_t>(place), stops.size() - 2);
    const double rest = place - static_cast<double>(index);
    const rgb &a = stops[index], &b = stops[index + 1];
    return {a.red + (b.red - a.red) * rest, a.green + (b.green - a.green) * rest,
            a.blue + (b.blue - a.blue) * rest};
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `about`.
double round_step(double about) {
    const double power = std::pow(10, std::floor(std::log10(about)));
    for (const double each : {1.0, 2.0, 5.0})
        if (each * power >= about * (1 - 1e-9))
            return each * power;
    return 10 * power;
}

} // namespace

value_scale::value_scale(const std::vector<double>& values, choice how) {
    if (values.empty())
        return;
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    low_ = *least;
    high_ = *greatest;
    logarithmic_ = how.by_factors && low_ > 0 && high_ / low_ > wide;
    if (logarithmic_)
        return;
    if (how.from_zero && low_ > 0)
        low_ = 0;
    if (high_ - low_ <= 0)
        high_ = low_ + (low_ != 0 ? std::abs(low_) : 1);
}

double value_scale::position(double value) const {
    return logarithmic_ ? std::log(value / low_) / std::log(high_ / low_)
                        : (value - low_) / (high_ - low_);
}

std::vector<double> value_scale::ticks(int about) const {
    if (!logarithmic_)
        return even_ticks(about);
    std::vector<double> all;
    const bool few = std::log10(high_ / low_) > about / 2.0;
    for (double power = std::pow(10, std::floor(std::log10(low_))); power <= high_; power *= 10)
        for (const double each : {1.0, 2.0, 5.0})
            if (const double tick = each * power;
                tick >= low_ * (1 - 1e-9) && tick <= high_ * (1 + 1e-9) && (each == 1 || !few))
                all.push_back(tick);
    return all;
}

std::vector<double> value_scale::even_ticks(int about) const {
    constexpr std::size_t fewest = 3;
    std::vector<double> all;
    for (; all.size() < fewest; about *= 2) {
        const double step = round_step((high_ - low_) / about);
        all.clear();
        for (double n = std::ceil(low_ / step - 1e-9); n * step <= high_ + step * 1e-9; ++n)
            all.push_back(n * step + 0.0); // no minus before a zero
    }
    return all;
}

std::string viridis(double position) {
    const rgb c = colour_at(position);
    return fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(std::lround(c.red)),
                       static_cast<int>(std::lround(c.green)),
                       static_cast<int>(std::lround(c.blue)));
}

const char* ink_on_viridis(double position) {
    const rgb c = colour_at(position);
    const double light = 0.299 * c.red + 0.587 * c.green + 0.114 * c.blue;
    return light > 128 ? "#10151a" : "#ffffff";
}

} // namespace windtunnel::scenario
