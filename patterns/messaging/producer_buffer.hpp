// SPDX-License-Identifier: BSL-1.0
// The client's side of producing: it gathers records into batches by partition, says which batch
// to send when, and is told what came of it. It sends again what may be sent again, after a
// back-off, and gives up at the delivery timeout. The driver: add; while next_send gives something,
// send it; say what was answered; advance at next_event; take what is finished.
// With idempotence a partition's records are in the log once and in the order in which they were
// added, whatever was sent again, as long as no batch is given up: a copy of that one may still be
// on its way, arrive after all, and let copies of what followed in a second time. Without it a
// retry may double a batch, and with more than one in flight overtake what came after it (as in
// Kafka).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/producer_lane.hpp"
#include "patterns/messaging/producer_options.hpp"

namespace windtunnel {

/// Sums since the beginning.
struct producer_metrics {
    std::uint64_t records = 0;            ///< taken
    std::uint64_t buffer_full = 0;        ///< records not taken
    std::uint64_t sends = 0, retries = 0; ///< attempts, and those that were not the first
    std::uint64_t delivered = 0, timed_out = 0, refused = 0; ///< batches
    std::uint64_t late_answers = 0; ///< to attempts that nobody waited for any more
};

/// Not thread-safe, neither copied nor moved. `now` never goes back. Partitions are 0 to
/// partitions - 1; another number is a bug.
class producer_buffer {
  public:
    /// `producer_id`: not another producer's; at least 0.
    producer_buffer(const producer_options& options, int partitions, std::int64_t producer_id);
    producer_buffer(const producer_buffer&) = delete;
    producer_buffer& operator=(const producer_buffer&) = delete;

    /// False where the buffer is full: until something is finished no batch waits to fill. Add the
    /// record again then. A record larger than the whole buffer is taken by an empty one.
    bool add(int partition, log_record record, time_point now);
    /// What is there goes without waiting to fill.
    void flush() { flushing_ = true; }

    /// The next batch to be sent now; partitions take turns.
    std::optional<outgoing_batch> next_send(time_point now);
    /// Late answers, to attempts that timed out, are ignored and counted.
    void answer(const send_answer& what, time_point now, random_stream& chance);

    /// Gives up what has reached the delivery timeout, and takes requests that have reached theirs
    /// for lost. One draw for each retry.
    void advance(time_point now, random_stream& chance);
    /// When to call `advance` and then `next_send`; `never` where nothing will happen by itself.
    time_point next_event() const;

    /// The next batch that is finished, one way or another.
    std::optional<finished_batch> take_finished();

    std::uint64_t bytes() const { return bytes_; } ///< added and not finished
    bool empty() const { return bytes_ == 0 && open_ == 0; }
    int in_flight(int partition) const { return lanes_[index(partition)].in_flight(); }
    producer_metrics metrics() const;
    const producer_options& options() const { return options_; }

  private:
    std::size_t index(int partition) const;
    bool hurry() const { return flushing_ || full_; }
    void settle(std::vector<finished_batch>&& finished);

    producer_options options_;
    std::deque<producer_lane> lanes_;
    std::deque<finished_batch> finished_;
    std::size_t turn_ = 0;
    std::uint64_t next_id_ = 0;
    std::uint64_t bytes_ = 0;
    std::size_t open_ = 0; ///< records
    bool flushing_ = false, full_ = false;
    producer_metrics metrics_;
};

} // namespace windtunnel
