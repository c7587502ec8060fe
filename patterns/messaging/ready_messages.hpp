// SPDX-License-Identifier: BSL-1.0
// The messages of a work_queue that nobody has in hand, and which of them is next: the highest
// priority, then the one published first, also where it comes back. What was never in a hand stands
// in lists, what came back in a heap, what has a group in that. Sizes are kept here.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "patterns/messaging/message_groups.hpp"

namespace windtunnel::detail {

class ready_messages {
  public:
    ready_messages(message_slab& messages, bool groups)
        : messages_(messages), groups_(messages), has_groups_(groups) {}

    /// It was published.
    void add(std::uint32_t slot);
    /// It was in a hand, and goes back to where it was.
    void put_back(std::uint32_t slot);
    /// The next one goes into a hand.
    void take(std::uint32_t slot);
    /// It was in a hand, and is gone.
    void settle(std::uint32_t slot);
    /// It was ready, and is gone.
    void remove(std::uint32_t slot);

    /// no_slot where there is none, or all that there are belong to blocked groups.
    std::uint32_t next() const;

    std::size_t size() const { return size_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    bool is_grouped(const queued_message& m) const { return has_groups_ && m.what.key != 0; }
    std::uint32_t first_fresh() const {
        return levels_ == 0 ? no_slot : fresh_[highest_level()].first();
    }
    std::uint32_t highest_level() const {
        return 31U - static_cast<std::uint32_t>(std::countl_zero(levels_));
    }
    std::uint32_t sooner(std::uint32_t a, std::uint32_t b) const;
    bool unlink(std::uint32_t slot);
    void unlink_fresh(std::uint32_t slot);
    void count(const queued_message& m);
    void uncount(const queued_message& m);

    message_slab& messages_;
    message_groups groups_;
    bool has_groups_;
    std::uint32_t levels_ = 0;             ///< bit p: there are fresh ones of priority p
    std::array<message_chain, 32> fresh_;  ///< by priority
    indexed_heap<std::uint64_t> returned_; ///< by rank
    std::size_t size_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace windtunnel::detail
