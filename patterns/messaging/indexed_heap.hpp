// SPDX-License-Identifier: BSL-1.0
// The slot with the smallest key, where any slot can leave: a binary heap that knows the place of
// each slot. O(log n) to push and to erase, O(1) to look. Keys that are equal would leave in an
// order that nobody chose: give each slot its own. Slots are small numbers: memory follows the
// largest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace windtunnel::detail {

template <class Key>
class indexed_heap {
  public:
    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }
    /// Of the smallest; there must be one.
    std::uint32_t top() const { return heap_.front().slot; }
    const Key& top_key() const { return heap_.front().key; }
    bool contains(std::uint32_t slot) const {
        return slot < place_.size() && place_[slot] != nowhere;
    }

    /// The slot must not be in the heap.
    void push(const Key& key, std::uint32_t slot) {
        if (slot >= place_.size())
            place_.resize(std::size_t{slot} + 1, nowhere);
        heap_.push_back({key, slot});
        sift_up(static_cast<std::uint32_t>(heap_.size() - 1));
    }

    /// Harmless where it is not in the heap.
    void erase(std::uint32_t slot) {
        if (!contains(slot))
            return;
        const auto hole = place_[slot];
        place_[slot] = nowhere;
        const entry moved = heap_.back();
        heap_.pop_back();
        if (hole == heap_.size())
            return;
        put(moved, hole);
        sift_up(hole); // the last one may be smaller than the parent of another branch
        sift_down(place_[moved.slot]);
    }

  private:
    static constexpr std::uint32_t nowhere = 0xffffffff;
    struct entry {
        Key key;
        std::uint32_t slot;
    };

    void put(const entry& e, std::uint32_t at) {
        heap_[at] = e;
        place_[e.slot] = at;
    }

    void sift_up(std::uint32_t at) {
        const entry e = heap_[at];
        for (; at > 0 && e.key < heap_[(at - 1) / 2].key; at = (at - 1) / 2)
            put(heap_[(at - 1) / 2], at);
        put(e, at);
    }

    void sift_down(std::uint32_t at) {
        const entry e = heap_[at];
        const auto size = static_cast<std::uint32_t>(heap_.size());
        for (std::uint32_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && heap_[child + 1].key < heap_[child].key)
                ++child;
            if (!(heap_[child].key < e.key))
                break;
            put(heap_[child], at);
            at = child;
        }
        put(e, at);
    }

    std::vector<entry> heap_;
    std::vector<std::uint32_t> place_; ///< in heap_, by slot
};

} // namespace windtunnel::detail
