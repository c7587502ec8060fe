// SPDX-License-Identifier: BSL-1.0
// A consistent hash ring (Karger et al. 1997; ketama): each host owns points on a circle of 2^64,
// and a hash belongs to the first point at or after it. Point i of a host lies at
// stable_hash(key, i), whatever the other hosts are: a host that leaves gives away only what it
// owned, about 1/n, to the owners of the points after its own. A host of weight w has w * p points,
// with p = points, but more where the ring would be under its minimum size, and fewer (at least one
// a host) where it would be over its maximum; each of the two depends on the sum of weights, so
// there a change moves up to about 2/n. History does not matter, nor does the order of hosts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace windtunnel {

struct hash_ring_size {
    std::uint64_t min, max; ///< entries
    std::uint64_t points;   ///< entries for each unit of weight
};

class hash_ring {
  public:
    using host = std::uint32_t;

    /// Hosts by index, with keys and weights; those of weight 0 are left out.
    void build(std::span<const std::uint64_t> keys, std::span<const std::uint32_t> weights,
               const hash_ring_size& size);

    std::size_t size() const { return entries_.size(); }
    /// The place of the entry that a hash belongs to. The ring must not be empty. O(log size).
    std::size_t find(std::uint64_t hash) const;
    host owner(std::size_t place) const { return entries_[place].owner; }

  private:
    struct entry {
        std::uint64_t hash;
        host owner;
        std::uint32_t point;
    };
    std::vector<entry> entries_; ///< by hash
};

} // namespace windtunnel
