// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/measurement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace windtunnel::scenario {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double ratio(std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

measurement ratio_of(double numerator, double denominator, std::uint64_t samples) {
    if (!(denominator > 0))
        return {};
    auto m = measurement::exactly(numerator / denominator, samples);
    m.ratio = {numerator, denominator};
    return m;
}

measurement mean_of(double sum, std::uint64_t count) {
    return ratio_of(sum, static_cast<double>(count), count);
}

measurement quotient(std::uint64_t part, std::uint64_t whole) {
    return mean_of(static_cast<double>(part), whole);
}

measurement over_time(double amount, duration span) {
    return ratio_of(amount, to_seconds(span));
}

measurement share_of(std::uint64_t k, std::uint64_t n, double bound) {
    if (n == 0)
        return {};
    auto m = quotient(k, n);
    if (bound <= 0 || bound >= 1)
        return m; // about what was seen: none, or all
    m.share = true;
    m.needed = static_cast<std::uint64_t>(std::ceil(1 / std::min(bound, 1 - bound) - 1e-9));
    if (n < m.needed) {
        m.low = ratio(k, m.needed);
        m.high = ratio(k + m.needed - n, m.needed);
    }
    return m;
}

measurement quantile_of(const sim::histogram& h, double q) {
    if (h.empty())
        return {};
    auto m = measurement::exactly(to_seconds(h.quantile(q)), h.count());
    m.values = h;
    m.quantile = q;
    m.needed = static_cast<std::uint64_t>(std::llround(1 / (1 - q)));
    if (h.count() >= m.needed)
        return m;
    const auto rank = static_cast<std::uint64_t>(
        std::llround(std::ceil(q * static_cast<double>(m.needed) - 1e-9)));
    const std::uint64_t missing = m.needed - h.count();
    m.low = rank > missing ? to_seconds(h.at_rank(rank - missing)) : 0;
    m.high = rank <= h.count() ? to_seconds(h.at_rank(rank)) : infinity;
    return m;
}

} // namespace windtunnel::scenario
