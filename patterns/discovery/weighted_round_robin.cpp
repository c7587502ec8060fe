// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/weighted_round_robin.hpp"

#include "patterns/base/assert.hpp"

namespace windtunnel {

host_set::host smooth_weighted_turns::next(const host_set& hosts, std::uint32_t eligible,
                                           std::span<const std::uint32_t> weights) {
    WINDTUNNEL_ASSERT(eligible > 0);
    std::int64_t total = 0;
    host_set::host best = hosts[0];
    for (std::uint32_t i = 0; i < eligible; ++i) {
        const host_set::host h = hosts[i];
        credit_[h] += weights[h];
        total += weights[h];
        if (credit_[h] > credit_[best] || (credit_[h] == credit_[best] && h < best))
            best = h;
    }
    credit_[best] -= total;
    return best;
}

} // namespace windtunnel
