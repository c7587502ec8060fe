// SPDX-License-Identifier: BSL-1.0
// What a producer has for one partition: batches in the order of their records, of which some are
// in flight. A batch that is to be sent again stands where it stood, so order is kept: nothing is
// sent that comes after it, and an idempotent one goes again only when it is the first.
// Idempotent: a batch gets its sequence when it is first sent and keeps it. A new one is sent only
// within max_in_flight batches of the first open one, acknowledged ones counted, so that the log
// still knows the first one when it comes again. When the log lacks what came before the first
// batch, or a batch was given up, the lane takes a new epoch, in which sequences begin at 0. It
// does so when nothing is in flight, and with numbered batches only when the log has said that it
// has none of them: that a batch is out of order says so only if it was sent as the first.
// Called by the buffer. Not thread-safe. `now` never goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/producer_options.hpp"

namespace windtunnel {

class producer_lane {
  public:
    /// The options must outlive it.
    producer_lane(const producer_options& options, int partition, std::int64_t producer_id);

    /// To the last batch, or as a new one of that id. True if it took the id.
    bool add(log_record record, std::uint64_t id, time_point now);

    /// When something may be sent, as things are; `hurry`: batches do not wait to fill.
    time_point ready_at(bool hurry) const;
    /// ready_at() must have come.
    outgoing_batch send(time_point now);
    /// False where the answer is to no attempt in flight.
    bool answer(const send_answer& what, time_point now, random_stream& chance,
                std::vector<finished_batch>& finished);

    /// Gives up what is over, and expects nothing more of requests that are.
    void advance(time_point now, random_stream& chance, std::vector<finished_batch>& finished);
    /// When to call `advance` next.
    time_point next_timeout() const;

    bool empty() const { return batches_.empty(); }
    int in_flight() const { return in_flight_; }
    std::int32_t epoch() const { return epoch_; }
    std::uint64_t retries() const { return retries_; }

  private:
    struct batch {
        std::uint64_t id = 0;
        std::uint64_t number = 0; ///< in the lane, counted from its first
        std::vector<log_record> records{};
        std::uint64_t bytes = 0;
        time_point created{}, sent{};
        time_point not_before = time_point::min(); ///< after a failed attempt
        std::int32_t sequence = -1;                ///< none yet
        int attempts = 0;
        bool in_flight = false;
        bool sent_as_first = false; ///< all before it was acknowledged by then
    };
    using place = std::list<batch>::iterator;

    bool may_be_sent(const batch& b) const;
    std::list<batch>::const_iterator next_to_send() const;
    time_point given_up_at(const batch& b) const;
    void retry(batch& b, time_point now, random_stream& chance);
    place finish(place b, delivery_end end, log_offset base_offset,
                 std::vector<finished_batch>& finished);
    void renumber();

    const producer_options* options_;
    int partition_;
    std::int64_t producer_;
    std::list<batch> batches_; ///< by rising number
    int in_flight_ = 0;
    std::uint64_t next_number_ = 0;
    std::int32_t epoch_ = 0;
    std::int32_t next_sequence_ = 0;
    bool gap_ = false;      ///< a numbered batch was given up: the log may lack it
    bool renumber_ = false; ///< the log lacks what comes before the first batch
    std::uint64_t retries_ = 0;
};

} // namespace windtunnel
