// SPDX-License-Identifier: BSL-1.0
// Nodes in blocks that never move: a slot number and a reference stay good until the slot is given
// back. Slots are used again, the latest first; memory follows the most nodes that there were at
// once, and nothing is allocated below that. Chains link nodes through members of theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace windtunnel::detail {

inline constexpr std::uint32_t no_slot = 0xffffffff;

template <class T>
class slot_slab {
  public:
    /// A node as its last user left it; a new one is T{}.
    std::uint32_t take() {
        if (free_ == no_slot)
            return append();
        const auto slot = free_;
        free_ = cell_of(slot).next_free;
        return slot;
    }
    void give_back(std::uint32_t slot) {
        cell_of(slot).next_free = free_;
        free_ = slot;
    }
    T& operator[](std::uint32_t slot) { return cell_of(slot).value; }
    const T& operator[](std::uint32_t slot) const {
        return blocks_[slot / block_size][slot % block_size].value;
    }
    /// Whether there ever was such a slot.
    bool knows(std::uint32_t slot) const { return slot < end_; }

  private:
    static constexpr std::uint32_t block_size = 64;
    struct cell {
        T value{};
        std::uint32_t next_free = no_slot;
    };

    cell& cell_of(std::uint32_t slot) { return blocks_[slot / block_size][slot % block_size]; }
    std::uint32_t append() {
        if (end_ == blocks_.size() * block_size)
            blocks_.push_back(std::make_unique<cell[]>(block_size));
        return end_++;
    }

    std::vector<std::unique_ptr<cell[]>> blocks_;
    std::uint32_t end_ = 0;
    std::uint32_t free_ = no_slot;
};

struct slot_links {
    std::uint32_t next = no_slot;
    std::uint32_t previous = no_slot;
};

/// Nodes of one slab in an order, through one of their links. O(1) throughout.
template <class T, slot_links T::*Links>
class slot_chain {
  public:
    bool empty() const { return first_ == no_slot; }
    std::uint32_t first() const { return first_; }
    std::uint32_t last() const { return last_; }

    void push_back(slot_slab<T>& slab, std::uint32_t slot) {
        slab[slot].*Links = {no_slot, last_};
        (last_ != no_slot ? (slab[last_].*Links).next : first_) = slot;
        last_ = slot;
    }
    void push_front(slot_slab<T>& slab, std::uint32_t slot) {
        slab[slot].*Links = {first_, no_slot};
        (first_ != no_slot ? (slab[first_].*Links).previous : last_) = slot;
        first_ = slot;
    }
    void remove(slot_slab<T>& slab, std::uint32_t slot) {
        const auto [next, previous] = slab[slot].*Links;
        (previous != no_slot ? (slab[previous].*Links).next : first_) = next;
        (next != no_slot ? (slab[next].*Links).previous : last_) = previous;
    }

  private:
    std::uint32_t first_ = no_slot;
    std::uint32_t last_ = no_slot;
};

} // namespace windtunnel::detail
