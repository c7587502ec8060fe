// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/replica_count.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace windtunnel {

namespace {

int saturated(std::int64_t n) {
    return static_cast<int>(std::min<std::int64_t>(n, std::numeric_limits<int>::max()));
}

} // namespace

int replica_count::rounded_up(int total) const {
    return percent ? saturated((std::int64_t{value} * total + 99) / 100) : value;
}

int replica_count::rounded_down(int total) const {
    return percent ? saturated(std::int64_t{value} * total / 100) : value;
}

} // namespace windtunnel
