// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/sequential.hpp"

#include <algorithm>
#include <stdexcept>

namespace windtunnel::sim {

namespace {

const sequential_options& checked(const sequential_options& o) {
    if (o.first < 2)
        throw std::invalid_argument("sequential_plan: at least 2 replications at the first look");
    if (o.most < o.first)
        throw std::invalid_argument("sequential_plan: no fewer in all than at the first look");
    if (!(o.level > 0 && o.level < 1))
        throw std::invalid_argument("sequential_plan: a level is between 0 and 1");
    return o;
}

std::vector<int> looks_of(const sequential_options& o) {
    const int last = o.most / 2;
    if (last < o.first)
        return {o.most};
    std::vector<int> looks;
    for (int n = o.first; n < last; n += (n + 1) / 2)
        looks.push_back(n);
    looks.push_back(last);
    return looks;
}

} // namespace

sequential_plan::sequential_plan(const sequential_options& options)
    : options_(checked(options)), looks_(looks_of(options)),
      look_level_(1 - (1 - options.level) / static_cast<double>(looks_.size())) {}

int sequential_plan::after_clear(int look) const {
    return std::min(2 * look, options_.most);
}

} // namespace windtunnel::sim
