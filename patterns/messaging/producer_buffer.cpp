// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/producer_buffer.hpp"

#include <algorithm>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel {

producer_buffer::producer_buffer(const producer_options& options, int partitions,
                                 std::int64_t producer_id)
    : options_(options) {
    options.validate();
    WINDTUNNEL_ASSERT(partitions >= 1 && producer_id >= 0);
    for (int i = 0; i < partitions; ++i)
        lanes_.emplace_back(options_, i, producer_id);
}

std::size_t producer_buffer::index(int partition) const {
    WINDTUNNEL_ASSERT(partition >= 0 && static_cast<std::size_t>(partition) < lanes_.size());
    return static_cast<std::size_t>(partition);
}

bool producer_buffer::add(int partition, log_record record, time_point now) {
    const auto bytes = size_of(record);
    if (open_ > 0 && bytes_ + bytes > options_.buffer_bytes) {
        full_ = true;
        ++metrics_.buffer_full;
        return false;
    }
    bytes_ += bytes;
    ++open_;
    ++metrics_.records;
    next_id_ += lanes_[index(partition)].add(std::move(record), next_id_, now);
    return true;
}

std::optional<outgoing_batch> producer_buffer::next_send(time_point now) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        auto& lane = lanes_[turn_];
        turn_ = (turn_ + 1) % lanes_.size();
        if (now < lane.ready_at(hurry()))
            continue;
        ++metrics_.sends;
        return lane.send(now);
    }
    return std::nullopt;
}

void producer_buffer::answer(const send_answer& what, time_point now, random_stream& chance) {
    std::vector<finished_batch> finished;
    metrics_.late_answers += !lanes_[index(what.partition)].answer(what, now, chance, finished);
    settle(std::move(finished));
}

void producer_buffer::advance(time_point now, random_stream& chance) {
    std::vector<finished_batch> finished;
    for (auto& lane : lanes_)
        if (now >= lane.next_timeout())
            lane.advance(now, chance, finished);
    settle(std::move(finished));
}

void producer_buffer::settle(std::vector<finished_batch>&& finished) {
    for (auto& batch : finished) {
        for (const auto& r : batch.records)
            bytes_ -= size_of(r);
        open_ -= batch.records.size();
        full_ = false;
        ++(batch.end == delivery_end::delivered   ? metrics_.delivered
           : batch.end == delivery_end::timed_out ? metrics_.timed_out
                                                  : metrics_.refused);
        finished_.push_back(std::move(batch));
    }
    flushing_ = flushing_ && open_ > 0;
}

time_point producer_buffer::next_event() const {
    auto next = never;
    for (const auto& lane : lanes_)
        next = std::min({next, lane.ready_at(hurry()), lane.next_timeout()});
    return next;
}

std::optional<finished_batch> producer_buffer::take_finished() {
    if (finished_.empty())
        return std::nullopt;
    auto result = std::move(finished_.front());
    finished_.pop_front();
    return result;
}

producer_metrics producer_buffer::metrics() const {
    auto result = metrics_;
    for (const auto& lane : lanes_)
        result.retries += lane.retries();
    return result;
}

} // namespace windtunnel
