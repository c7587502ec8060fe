// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/event_log.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel {

event_log::event_log(const event_log_options& options) : options_(options) {
    options.validate();
    for (int i = 0; i < options.partitions; ++i)
        partitions_.emplace_back(options_);
}

append_result event_log::append(int partition, std::span<const log_record> batch, append_acks acks,
                                time_point now, const producer_stamp& stamp) {
    auto& p = at(partition);
    const auto result = p.append(batch, stamp, acks, now);
    changed(p);
    return result;
}

commit_status event_log::committed(int number, const append_result& result) const {
    return partition(number).committed(result);
}

fetch_result event_log::fetch(int number, const fetch_request& request) const {
    return partition(number).fetch(request);
}

log_offset event_log::offset_at(int number, time_point t) const {
    return partition(number).find(t);
}

bool event_log::replicated(int number, int replica, log_offset end, std::int32_t epoch,
                           time_point now) {
    auto& p = at(number);
    const bool news = p.replicated(replica, end, epoch, now);
    changed(p);
    return news;
}

void event_log::fail(int number, int replica, time_point now) {
    auto& p = at(number);
    p.fail(replica, now);
    changed(p);
}

void event_log::restore(int number, int replica, time_point now, log_offset end) {
    auto& p = at(number);
    p.restore(replica, now, end);
    changed(p);
}

election_result event_log::elect(int number, int replica, time_point now) {
    auto& p = at(number);
    const auto result = p.elect(replica, now);
    changed(p);
    return result;
}

void event_log::advance(time_point now) {
    if (now < next_event_)
        return;
    next_event_ = never;
    for (auto& p : partitions_) {
        p.advance(now);
        changed(p);
    }
}

const log_partition& event_log::partition(int number) const {
    WINDTUNNEL_ASSERT(number >= 0 && number < options_.partitions);
    return partitions_[static_cast<std::size_t>(number)];
}

log_partition& event_log::at(int number) {
    WINDTUNNEL_ASSERT(number >= 0 && number < options_.partitions);
    return partitions_[static_cast<std::size_t>(number)];
}

event_log_metrics event_log::metrics() const {
    event_log_metrics sum;
    for (const auto& p : partitions_)
        sum += p.metrics();
    return sum;
}

void event_log::changed(const log_partition& p) {
    next_event_ = std::min(next_event_, p.next_event());
}

} // namespace windtunnel
