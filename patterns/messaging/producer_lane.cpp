// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/producer_lane.hpp"

#include <algorithm>
#include <utility>

#include "patterns/base/assert.hpp"
#include "patterns/messaging/producer_states.hpp"

namespace windtunnel {

producer_lane::producer_lane(const producer_options& options, int partition,
                             std::int64_t producer_id)
    : options_(&options), partition_(partition), producer_(producer_id) {}

bool producer_lane::add(log_record record, std::uint64_t id, time_point now) {
    const auto bytes = size_of(record);
    const bool fits = !batches_.empty() && batches_.back().attempts == 0 &&
                      batches_.back().bytes + bytes <= options_->batch_bytes;
    if (!fits)
        batches_.push_back({.id = id, .number = next_number_++, .created = now});
    auto& last = batches_.back();
    last.records.push_back(std::move(record));
    last.bytes += bytes;
    return !fits;
}

/// Of the batches not in flight the first: what comes after it waits.
std::list<producer_lane::batch>::const_iterator producer_lane::next_to_send() const {
    return std::find_if(batches_.begin(), batches_.end(),
                        [](const batch& b) { return !b.in_flight; });
}

bool producer_lane::may_be_sent(const batch& b) const {
    if (in_flight_ >= options_->max_in_flight)
        return false;
    if (!options_->idempotent)
        return true;
    if (renumber_ || (gap_ && b.sequence < 0))
        return false;
    const auto& first = batches_.front();
    return b.sequence >= 0
               ? b.id == first.id
               : b.number - first.number < static_cast<std::uint64_t>(options_->max_in_flight);
}

time_point producer_lane::ready_at(bool hurry) const {
    const auto b = next_to_send();
    if (b == batches_.end() || !may_be_sent(*b))
        return never;
    if (b->attempts > 0)
        return b->not_before;
    const bool full = b->bytes >= options_->batch_bytes || b->id != batches_.back().id;
    return full || hurry ? b->created : saturating_add(b->created, options_->linger);
}

outgoing_batch producer_lane::send(time_point now) {
    const auto at = next_to_send();
    WINDTUNNEL_ASSERT(at != batches_.end());
    auto& b = *batches_.erase(at, at); // the same place, to write to
    if (options_->idempotent && b.sequence < 0) {
        b.sequence = next_sequence_;
        next_sequence_ =
            advance_sequence(next_sequence_, static_cast<std::int64_t>(b.records.size()));
    }
    retries_ += b.attempts > 0;
    ++b.attempts;
    b.in_flight = true;
    b.sent_as_first = b.id == batches_.front().id;
    b.sent = now;
    ++in_flight_;
    const auto stamp =
        options_->idempotent ? producer_stamp{producer_, epoch_, b.sequence} : producer_stamp{};
    return {b.id, b.attempts, partition_, b.records, stamp, options_->acks};
}

bool producer_lane::answer(const send_answer& what, time_point now, random_stream& chance,
                           std::vector<finished_batch>& finished) {
    const auto b = std::find_if(batches_.begin(), batches_.end(), [&what](const batch& x) {
        return x.id == what.id && x.in_flight && x.attempts == what.attempt;
    });
    if (b == batches_.end())
        return false;
    switch (what.outcome) {
    case send_outcome::acknowledged:
        finish(b, delivery_end::delivered, what.base_offset, finished);
        break;
    case send_outcome::out_of_order:
        renumber_ = renumber_ || b->sent_as_first;
        retry(*b, now, chance);
        break;
    case send_outcome::retriable:
        retry(*b, now, chance);
        break;
    case send_outcome::refused:
        finish(b, delivery_end::refused, no_offset, finished);
        break;
    }
    renumber();
    return true;
}

void producer_lane::retry(batch& b, time_point now, random_stream& chance) {
    b.in_flight = false;
    --in_flight_;
    b.not_before = saturating_add(now, retry_delay(*options_, b.attempts, chance.uniform()));
}

producer_lane::place producer_lane::finish(place b, delivery_end end, log_offset base_offset,
                                           std::vector<finished_batch>& finished) {
    in_flight_ -= b->in_flight;
    gap_ = gap_ || (end != delivery_end::delivered && b->sequence >= 0);
    finished.push_back({partition_, end, base_offset, b->attempts, std::move(b->records)});
    return batches_.erase(b);
}

/// A new epoch, when nothing that has a number is open, or what is open is not in the log.
void producer_lane::renumber() {
    if (in_flight_ > 0 || (!gap_ && !renumber_))
        return;
    const bool none_numbered = std::all_of(batches_.begin(), batches_.end(),
                                           [](const batch& b) { return b.sequence < 0; });
    if (!renumber_ && !none_numbered)
        return;
    for (auto& b : batches_)
        b.sequence = -1;
    ++epoch_;
    next_sequence_ = 0;
    gap_ = renumber_ = false;
}

time_point producer_lane::given_up_at(const batch& b) const {
    return saturating_add(b.created, options_->delivery_timeout);
}

void producer_lane::advance(time_point now, random_stream& chance,
                            std::vector<finished_batch>& finished) {
    while (!batches_.empty() && now >= given_up_at(batches_.front()))
        finish(batches_.begin(), delivery_end::timed_out, no_offset, finished);
    for (auto& b : batches_)
        if (b.in_flight && now >= saturating_add(b.sent, options_->request_timeout))
            retry(b, now, chance);
    renumber();
}

time_point producer_lane::next_timeout() const {
    if (batches_.empty())
        return never;
    auto next = given_up_at(batches_.front());
    int left = in_flight_;
    for (auto b = batches_.begin(); left > 0; ++b)
        if (b->in_flight) {
            next = std::min(next, saturating_add(b->sent, options_->request_timeout));
            --left;
        }
    return next;
}

} // namespace windtunnel
