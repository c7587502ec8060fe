// SPDX-License-Identifier: BSL-1.0
// The records of one partition, in segments: only the last one grows, and only whole ones are
// deleted. A batch is never split over two. Memory is what is retained. An append costs O(1)
// amortised a record, a fetch the search for its segment and O(1) a record.
// Called by the partition. A value; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "patterns/messaging/log_record.hpp"
#include "patterns/messaging/producer_states.hpp"

namespace windtunnel {

/// When a new segment is begun. A bound of 0 bounds nothing.
struct segment_bounds {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    duration time{};
};

class log_segments {
  public:
    log_offset begin() const { return segments_.empty() ? end_ : segments_.front().base; }
    log_offset end() const { return end_; }
    std::uint64_t bytes() const { return bytes_; }
    std::size_t segments() const { return segments_.size(); }

    /// Returns where it stands. A batch that is larger than a segment gets one of its own.
    stamped_batch append(std::span<const log_record> batch, const producer_stamp& stamp,
                         const segment_bounds& bounds, time_point now);
    /// From `offset` on, of one segment, what ends at or below `limit`; begin() <= offset.
    std::span<const log_record> read(log_offset offset, log_offset limit, int max_records,
                                     std::uint64_t max_bytes) const;
    /// Offset of the first record that is not older than `t`; end() where there is none.
    log_offset find(time_point t) const;

    /// Everything from `end` on is gone, and the next record gets `end`; at most end().
    void truncate(log_offset end);

    struct first_segment {
        log_offset end = 0;
        std::uint64_t bytes = 0;
        time_point newest{}; ///< largest timestamp of its records
    };
    /// There must be one.
    first_segment first() const;
    void drop_first();

    /// `end`, or the beginning of the idempotent batch in which it is.
    log_offset whole_batches(log_offset end) const;
    /// Those of idempotent producers, by rising offset.
    std::vector<stamped_batch> stamped() const;

  private:
    struct segment {
        log_offset base = 0;
        time_point begun{};
        time_point newest = time_point::min();
        std::uint64_t bytes = 0;
        std::vector<log_record> records{};
        std::vector<stamped_batch> batches{}; ///< of idempotent producers

        log_offset end() const { return base + static_cast<log_offset>(records.size()); }
        void cut(log_offset end);
    };
    bool is_full(const segment_bounds& bounds, std::uint64_t bytes, std::size_t records,
                 time_point now) const;
    const segment* holding(log_offset offset) const;

    std::deque<segment> segments_; ///< none is empty
    log_offset end_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace windtunnel
