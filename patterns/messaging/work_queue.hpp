// SPDX-License-Identifier: BSL-1.0
// A queue of which each message goes to one of several consumers and stays until it is
// acknowledged: the semantics of RabbitMQ and of Amazon SQS behind one set of options, at least
// once where nothing is bounded. Consumers are pushed to (next_delivery), or ask (receive).
// Invariant: what was accepted is ready, in a hand, acknowledged, dead-lettered or dropped:
// metrics().published = ready() + unacked() + acked + all dead_lettered + all dropped.
// Comparisons: a message expires, a hand loses it, an id is forgotten at >= its instant, so an
// acknowledgement at that instant is late. A receipt of an earlier delivery is stale: it changes
// nothing, and is counted. A message expires only when it is the next to be delivered, as in
// RabbitMQ: until then it counts as ready behind one that lives longer, or in a blocked group; one
// in a hand never expires. What comes back is let in also where the queue is full.
// Costs: publishing, delivering and acknowledging O(1), and O(log n) in the number of messages in
// hands with a time limit, that came back, or of groups. Memory follows the most messages that
// there were at once; below that nothing is allocated, but for batches and dead letters. No locks,
// no clocks, no chance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "patterns/messaging/consumer_ring.hpp"
#include "patterns/messaging/dead_letter.hpp"
#include "patterns/messaging/deduplication_window.hpp"
#include "patterns/messaging/ready_messages.hpp"
#include "patterns/messaging/work_queue_options.hpp"
#include "patterns/messaging/work_queue_results.hpp"

namespace windtunnel {

/// Not thread-safe, neither copied nor moved. `now` never goes back. Each operation first does what
/// is due at its `now`.
class work_queue {
  public:
    /// `name`: in the death records of what leaves.
    explicit work_queue(const work_queue_options& options, std::string name = {});
    work_queue(const work_queue&) = delete;
    work_queue& operator=(const work_queue&) = delete;

    /// Takes it, unless its id is known or the queue is full. Deliveries and times are the queue's.
    publish_result publish(queue_message m, time_point now);

    /// Throws std::invalid_argument for options that are out of range.
    consumer_id subscribe(const queue_consumer_options& options);
    /// What is in its hand is ready again. False where there is no such consumer (any more).
    bool unsubscribe(const consumer_id& id, time_point now);

    /// The next message for the next consumer with room. Call it until there is none: after each
    /// publish, ack, nack, subscription and advance.
    std::optional<queue_delivery> next_delivery(time_point now);
    /// The next message for who asks, without a consumer.
    std::optional<queue_delivery> receive(time_point now);
    /// At most `max` (at least 1) of them, and at most max_batch.
    std::vector<queue_delivery> receive(int max, time_point now);

    /// False where the receipt is stale; so it is for the others.
    bool ack(const delivery_tag& tag, time_point now);
    /// All in that hand up to this one; how many: 0 where the receipt is stale.
    std::size_t ack_up_to(const delivery_tag& tag, time_point now);
    bool nack(const delivery_tag& tag, nack_action action, time_point now);
    /// From now on it is in that hand for so long, not less than zero: zero gives it back.
    extend_result extend(const delivery_tag& tag, duration visibility, time_point now);

    /// The broker restarts: consumers are gone, all receipts stale, what was in hands is ready
    /// again, and what is not durable is lost. Deduplication ids stay, unless all is transient.
    void crash(time_point now);

    /// Takes back what was in a hand for too long, and lets expire what is next.
    void advance(time_point now);
    /// When to call `advance` next; `never`: nothing is due by itself. Deduplication ids need none.
    time_point next_event() const;

    /// In the order in which they left; they stay here until they are taken.
    std::vector<dead_letter> take_dead_letters() { return std::exchange(dead_letters_, {}); }
    /// As well, with keep_dropped: without new death records.
    std::vector<dead_letter> take_dropped() { return std::exchange(dropped_, {}); }
    bool has_dead_letters() const { return !dead_letters_.empty(); }

    std::size_t ready() const { return ready_.size(); } ///< also of blocked groups
    std::size_t unacked() const { return unacked_; }
    std::uint64_t bytes() const { return ready_.bytes() + unacked_bytes_; } ///< of all bodies
    std::uint64_t ready_bytes() const { return ready_.bytes(); }
    int unacked(const consumer_id& id); ///< 0 for one that is not there
    /// In this queue, of all messages there are, ready or not; zero where there is none.
    duration oldest_age(time_point now) const;
    std::size_t consumers() const { return consumers_.size(); }
    const work_queue_metrics& metrics() const { return metrics_; }
    const work_queue_options& options() const { return options_; }
    const std::string& name() const { return name_; }

  private:
    using slot = std::uint32_t;

    bool is_full_for(const queue_message& m) const;
    bool is_too_full() const;
    publish_result refuse(queue_message&& m, time_point now);
    slot insert(queue_message&& m, time_point now);
    int push_out(time_point now);
    queue_delivery deliver(slot s, slot consumer, time_point now);
    time_point hide(slot s, time_point until);
    bool may_deliver() const;
    slot find(const delivery_tag& tag);
    void take_from_hand(slot s);
    void acknowledge(slot s);
    void give_back(slot s, time_point now);
    void reject(slot s, dead_letter_reason reason, time_point now);
    void end(slot s, dead_letter_reason reason, time_point now);
    bool survives_crash(const queue_message& m) const;
    void forget(slot s);

    using deadline = std::pair<time_point, std::uint64_t>; ///< with the number of the delivery

    work_queue_options options_;
    std::string name_;
    detail::message_slab messages_;
    detail::slot_chain<detail::queued_message, &detail::queued_message::age> ages_;
    detail::ready_messages ready_;
    detail::consumer_ring consumers_;
    slot puller_;                              ///< the consumer of receive()
    detail::indexed_heap<deadline> deadlines_; ///< of what is in hands
    deduplication_window window_;
    std::vector<dead_letter> dead_letters_;
    std::vector<dead_letter> dropped_;
    std::uint64_t sequence_ = 0;
    std::uint64_t delivery_ = 0;
    std::size_t unacked_ = 0;
    std::uint64_t unacked_bytes_ = 0;
    work_queue_metrics metrics_;
};

} // namespace windtunnel
