// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/ring_hash.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "patterns/base/assert.hpp"
#include "patterns/discovery/stable_hash.hpp"

namespace windtunnel {

namespace {

/// How many entries a host of this weight gets, where all weights add up to total.
std::uint64_t points_for(std::uint64_t weight, std::uint64_t total, const hash_ring_size& size) {
    const std::uint64_t per_unit = std::max(size.points, (size.min + total - 1) / total);
    if (total * per_unit <= size.max)
        return weight * per_unit;
    return std::max<std::uint64_t>(weight * size.max / total, 1);
}

} // namespace

void hash_ring::build(std::span<const std::uint64_t> keys, std::span<const std::uint32_t> weights,
                      const hash_ring_size& size) {
    entries_.clear();
    const auto total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    for (host h = 0; h < weights.size(); ++h) {
        const std::uint64_t points = weights[h] > 0 ? points_for(weights[h], total, size) : 0;
        for (std::uint32_t i = 0; i < points; ++i)
            entries_.push_back({stable_hash(keys[h], i), h, i});
    }
    std::sort(entries_.begin(), entries_.end(), [&](const entry& a, const entry& b) {
        return std::tuple{a.hash, keys[a.owner], a.owner, a.point} <
               std::tuple{b.hash, keys[b.owner], b.owner, b.point};
    });
}

std::size_t hash_ring::find(std::uint64_t hash) const {
    WINDTUNNEL_ASSERT(!entries_.empty());
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                        [](const entry& e, std::uint64_t x) { return e.hash < x; });
    return found == entries_.end() ? 0 : static_cast<std::size_t>(found - entries_.begin());
}

} // namespace windtunnel
