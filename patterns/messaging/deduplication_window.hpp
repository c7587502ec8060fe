// SPDX-License-Identifier: BSL-1.0
// Which ids were seen in the last while. An id counts from when it was first seen: seeing it again
// does not prolong it; at >= first + window it is forgotten. O(1); memory follows the most ids that
// a window had. `now` never goes back.
#pragma once

#include <cstdint>

#include "patterns/base/slot_index.hpp"
#include "patterns/base/time.hpp"
#include "patterns/messaging/slot_slab.hpp"

namespace windtunnel {

class deduplication_window {
  public:
    explicit deduplication_window(duration window) : window_(window) {}

    bool contains(std::uint64_t id) const {
        return index_.find(id, [&](std::uint32_t s) { return entries_[s].id == id; }) !=
               slot_index::none;
    }
    /// The id must not be there.
    void add(std::uint64_t id, time_point now) {
        const auto slot = entries_.take();
        entries_[slot].id = id;
        entries_[slot].end = saturating_add(now, window_);
        by_end_.push_back(entries_, slot);
        index_.insert(id, slot);
        ++size_;
    }
    void advance(time_point now) {
        while (!by_end_.empty() && now >= entries_[by_end_.first()].end)
            forget_first();
    }
    void clear() {
        while (!by_end_.empty())
            forget_first();
    }
    std::uint64_t size() const { return size_; }

  private:
    struct entry {
        std::uint64_t id = 0;
        time_point end{};
        detail::slot_links links;
    };

    void forget_first() {
        const auto slot = by_end_.first();
        by_end_.remove(entries_, slot);
        index_.erase(slot);
        entries_.give_back(slot);
        --size_;
    }

    duration window_;
    detail::slot_slab<entry> entries_;
    detail::slot_chain<entry, &entry::links> by_end_;
    slot_index index_;
    std::uint64_t size_ = 0;
};

} // namespace windtunnel
