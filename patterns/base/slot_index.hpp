// SPDX-License-Identifier: BSL-1.0
// From a hash to the slot of a table that its owner keeps: what a cache and a group of flights need
// to find a key. Nothing can iterate it, so that no decision can depend on the order of hashes.
// Chains through arrays; it allocates only when a slot number is larger than all before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace windtunnel {

class slot_index {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    /// Room for slots 0 to slots - 1 without allocation.
    void reserve(std::size_t slots) {
        links_.reserve(slots);
        if (slots > heads_.size())
            rebuild(slots);
    }

    /// The slot must not be in the index. Slots are small numbers: memory follows the largest.
    void insert(std::uint64_t hash, std::uint32_t slot) {
        if (slot >= links_.size())
            links_.resize(std::size_t{slot} + 1);
        if (links_.size() > heads_.size())
            rebuild(2 * links_.size());
        links_[slot].hash = mixed(hash);
        links_[slot].used = true;
        push(slot);
    }

    /// Harmless where it is not in the index.
    void erase(std::uint32_t slot) {
        if (!contains(slot))
            return;
        auto* from = &heads_[place(links_[slot].hash)];
        while (*from != slot)
            from = &links_[*from].next;
        *from = links_[slot].next;
        links_[slot].used = false;
    }

    bool contains(std::uint32_t slot) const { return slot < links_.size() && links_[slot].used; }

    /// The slot of that hash for which `matches(slot)` holds; at most one may.
    template <class Matches>
    std::uint32_t find(std::uint64_t hash, Matches matches) const {
        if (heads_.empty())
            return none;
        const auto wanted = mixed(hash);
        std::uint32_t slot = heads_[place(wanted)];
        while (slot != none && !(links_[slot].hash == wanted && matches(slot)))
            slot = links_[slot].next;
        return slot;
    }

  private:
    struct link {
        std::uint64_t hash = 0;
        std::uint32_t next = none;
        bool used = false;
    };

    /// std::hash of an integer is often the integer; the upper bits of this product are good.
    static std::uint64_t mixed(std::uint64_t hash) {
        return (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15ULL;
    }
    std::size_t place(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> shift_); }

    void push(std::uint32_t slot) {
        auto& head = heads_[place(links_[slot].hash)];
        links_[slot].next = head;
        head = slot;
    }

    void rebuild(std::size_t wanted) {
        std::size_t size = 8;
        for (shift_ = 61; size < wanted; size *= 2)
            --shift_;
        heads_.assign(size, none);
        for (std::uint32_t slot = 0; slot < links_.size(); ++slot)
            if (links_[slot].used)
                push(slot);
    }

    int shift_ = 61;                   ///< heads_.size() is 2^(64 - shift_)
    std::vector<std::uint32_t> heads_; ///< by the upper bits of the hash; empty or a power of two
    std::vector<link> links_;          ///< by slot
};

} // namespace windtunnel
