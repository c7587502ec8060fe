// SPDX-License-Identifier: BSL-1.0
// Maglev hashing (Eisenbud et al., "Maglev: a fast and reliable software network load balancer",
// NSDI 2016, section 3.4): a table of prime size M, in which each host in its turn takes the next
// free entry of its own permutation (offset + i * skip) mod M. With equal weights any two hosts own
// numbers of entries that differ by at most 1. In round r a host of weight w takes its turn while
// it has fewer than r * w / (the largest weight) entries. A change moves the entries of its host,
// about 1/n, and a few others. Hosts take turns by key: their order and history do not matter.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace windtunnel {

class maglev_table {
  public:
    using host = std::uint32_t;

    /// Hosts by index, with keys and weights; those of weight 0 are left out. `size` must be prime.
    void build(std::span<const std::uint64_t> keys, std::span<const std::uint32_t> weights,
               std::uint32_t size);

    std::size_t size() const { return owners_.size(); }
    /// The entry that a hash belongs to. The table must not be empty.
    std::size_t find(std::uint64_t hash) const { return hash % owners_.size(); }
    host owner(std::size_t entry) const { return owners_[entry]; }

  private:
    std::vector<host> owners_; ///< by entry; empty where there are no hosts
};

} // namespace windtunnel
