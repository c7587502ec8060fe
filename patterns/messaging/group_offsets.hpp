// SPDX-License-Identifier: BSL-1.0
// How far a consumer group has come, by partition: the offset of the next record to be processed.
// A commit never takes it back, only a reset does (Kafka believes a commit whatever it says).
// A value; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "patterns/messaging/consumer_group_options.hpp"
#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

struct partition_offset {
    topic_partition partition;
    log_offset offset = 0;

    friend bool operator==(const partition_offset&, const partition_offset&) = default;
};

class group_offsets {
  public:
    /// False where it would go back: then nothing changes.
    bool commit(const topic_partition& p, log_offset offset);
    void reset(const topic_partition& p, log_offset offset) { committed_[p] = offset; }
    void clear() { committed_.clear(); }

    std::optional<log_offset> committed(const topic_partition& p) const;
    /// Where to begin in a log that has `log_start` to `log_end`: at the committed offset, or where
    /// the policy says if there is none or it is outside of the log. Nothing where that is `none`.
    std::optional<log_offset> starting_offset(const topic_partition& p, log_offset log_start,
                                              log_offset log_end, offset_reset policy) const;
    /// All that is committed.
    const std::map<topic_partition, log_offset>& all() const { return committed_; }

  private:
    std::map<topic_partition, log_offset> committed_;
};

} // namespace windtunnel
