// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/producer_states.hpp"

#include <algorithm>

namespace windtunnel {

std::int32_t advance_sequence(std::int32_t sequence, std::int64_t by) {
    constexpr std::int64_t numbers = std::int64_t{1} << 31;
    return static_cast<std::int32_t>((sequence + by) % numbers);
}

append_result producer_states::check(const producer_stamp& stamp, std::size_t count) const {
    const auto found = producers_.find(stamp.producer);
    if (found == producers_.end())
        return {.status = stamp.sequence == 0 ? append_status::appended
                                              : append_status::unknown_producer};
    const auto& known = found->second;
    if (stamp.epoch < known.epoch)
        return {.status = append_status::fenced};
    if (stamp.epoch > known.epoch)
        return {.status = stamp.sequence == 0 ? append_status::appended
                                              : append_status::out_of_order_sequence};
    const auto last = advance_sequence(stamp.sequence, static_cast<std::int64_t>(count) - 1);
    for (std::size_t i = 0; i < known.count; ++i)
        if (const auto& b = known.batches[i]; b.stamp == stamp && b.last_sequence == last)
            return {.status = append_status::duplicate,
                    .base_offset = b.base_offset,
                    .end_offset = b.end_offset};
    if (stamp.sequence != advance_sequence(known.newest().last_sequence, 1))
        return {.status = append_status::out_of_order_sequence};
    return {};
}

void producer_states::producer::push(const stamped_batch& batch) {
    if (count > 0 && batch.stamp.epoch != epoch)
        count = 0;
    epoch = batch.stamp.epoch;
    if (count == window)
        std::shift_left(batches.begin(), batches.end(), 1);
    else
        ++count;
    batches[count - 1] = batch;
}

void producer_states::append(const stamped_batch& batch, time_point now) {
    auto& p = producers_[batch.stamp.producer];
    p.push(batch);
    p.last_append = now;
    oldest_ = std::min(oldest_, now);
}

void producer_states::truncate(log_offset end, std::span<const stamped_batch> kept) {
    for (auto& [id, p] : producers_) {
        while (p.count > 0 && p.newest().end_offset > end)
            --p.count;
        if (p.count == 0)
            refill(p, id, kept);
    }
    std::erase_if(producers_, [](const auto& entry) { return entry.second.count == 0; });
}

void producer_states::refill(producer& p, std::int64_t id, std::span<const stamped_batch> kept) {
    for (const auto& batch : kept)
        if (batch.stamp.producer == id)
            p.push(batch);
}

void producer_states::expire(time_point limit) {
    oldest_ = never;
    for (auto entry = producers_.begin(); entry != producers_.end();) {
        if (entry->second.last_append <= limit) {
            entry = producers_.erase(entry);
        } else {
            oldest_ = std::min(oldest_, entry->second.last_append);
            ++entry;
        }
    }
}

} // namespace windtunnel
