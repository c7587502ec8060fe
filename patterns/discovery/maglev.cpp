// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/maglev.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "patterns/base/assert.hpp"
#include "patterns/discovery/stable_hash.hpp"

namespace windtunnel {

namespace {

struct claimant {
    std::uint64_t key;
    maglev_table::host owner;
    std::uint64_t weight;
    std::uint64_t at, skip; ///< where its permutation stands
    std::uint64_t taken = 0;
};

std::vector<claimant> claimants(std::span<const std::uint64_t> keys,
                                std::span<const std::uint32_t> weights, std::uint32_t size) {
    std::vector<claimant> all;
    for (maglev_table::host h = 0; h < weights.size(); ++h)
        if (weights[h] > 0)
            all.push_back({keys[h], h, weights[h], stable_hash(keys[h], 0) % size,
                           stable_hash(keys[h], 1) % (size - 1) + 1});
    std::sort(all.begin(), all.end(), [](const claimant& a, const claimant& b) {
        return std::tuple{a.key, a.owner} < std::tuple{b.key, b.owner};
    });
    return all;
}

constexpr maglev_table::host nobody = std::numeric_limits<maglev_table::host>::max();

/// The next free entry of its permutation; there must be one.
void take(claimant& c, std::vector<maglev_table::host>& owners) {
    while (owners[c.at] != nobody)
        c.at = (c.at + c.skip) % owners.size();
    owners[c.at] = c.owner;
    ++c.taken;
}

} // namespace

void maglev_table::build(std::span<const std::uint64_t> keys,
                         std::span<const std::uint32_t> weights, std::uint32_t size) {
    WINDTUNNEL_ASSERT(size >= 2);
    auto all = claimants(keys, weights, size);
    owners_.assign(all.empty() ? 0 : size, nobody);
    std::uint64_t most = 0;
    for (const claimant& c : all)
        most = std::max(most, c.weight);
    std::size_t filled = 0;
    for (std::uint64_t round = 1; filled < owners_.size(); ++round)
        for (claimant& c : all)
            if (round * c.weight > c.taken * most && filled < owners_.size()) {
                take(c, owners_);
                ++filled;
            }
}

} // namespace windtunnel
