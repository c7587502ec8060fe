// SPDX-License-Identifier: BSL-1.0
// What one partition knows of idempotent producers: of each its epoch and its last 5 batches, so
// that a batch sent again is found and not appended again (KIP-98; 5 batches are what a producer
// may have in flight). In this order: an older epoch is fenced; a batch of the window is a
// duplicate; a new epoch must begin at sequence 0; else the first sequence must follow the last.
// A producer that is not known must begin at 0, too: one that was forgotten takes a new epoch.
// Kafka lets it begin anywhere since KIP-360, and so a producer's second batch come before its
// first. Called by the partition. A value; not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

/// A batch of an idempotent producer, as the log keeps it.
struct stamped_batch {
    producer_stamp stamp;
    std::int32_t last_sequence = 0;
    log_offset base_offset = 0;
    log_offset end_offset = 0;
};

/// After `sequence` by so many, from 2^31 - 1 to 0.
std::int32_t advance_sequence(std::int32_t sequence, std::int64_t by);

class producer_states {
  public:
    static constexpr std::size_t window = 5;

    /// Whether a batch of `count` records may be appended: `appended` if so. A duplicate's offsets
    /// are filled in.
    append_result check(const producer_stamp& stamp, std::size_t count) const;
    /// It was appended; `check` had allowed it.
    void append(const stamped_batch& batch, time_point now);

    /// Records from `end` on are gone: batches that ended above are forgotten. Who has none left
    /// in the window gets what `kept`, all batches of the log by rising offset, has of it.
    void truncate(log_offset end, std::span<const stamped_batch> kept);
    /// Forgets who has appended nothing since `limit` or longer.
    void expire(time_point limit);
    /// The earliest last append of all, or one before it; `never` where nobody is known.
    time_point oldest() const { return oldest_; }

    std::size_t size() const { return producers_.size(); }

  private:
    struct producer {
        std::int32_t epoch = 0;
        std::array<stamped_batch, window> batches{}; ///< the newest last
        std::size_t count = 0;
        time_point last_append{};

        const stamped_batch& newest() const { return batches[count - 1]; }
        void push(const stamped_batch& batch);
    };
    static void refill(producer& p, std::int64_t id, std::span<const stamped_batch> kept);

    std::map<std::int64_t, producer> producers_;
    time_point oldest_ = never;
};

} // namespace windtunnel
