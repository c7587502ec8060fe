// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/read_through.hpp"

#include <stdexcept>

namespace windtunnel {

void read_through_options::validate() const {
    if (!cache && !coalescing)
        throw std::invalid_argument("read_through: neither cache nor coalescing; needs one");
    if (cache)
        cache->validate();
    if (coalescing)
        coalescing->validate();
}

} // namespace windtunnel
