// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/log_segments.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace windtunnel {

namespace {

std::uint64_t bytes_of_records(std::span<const log_record> records) {
    return std::accumulate(records.begin(), records.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const log_record& r) { return sum + size_of(r); });
}

bool ends_above(log_offset end, const stamped_batch& batch) {
    return end < batch.end_offset;
}

} // namespace

bool log_segments::is_full(const segment_bounds& bounds, std::uint64_t bytes, std::size_t records,
                           time_point now) const {
    if (segments_.empty())
        return true;
    const auto& last = segments_.back();
    return (bounds.bytes > 0 && last.bytes + bytes > bounds.bytes) ||
           (bounds.records > 0 && last.records.size() + records > bounds.records) ||
           (bounds.time > duration::zero() && now >= saturating_add(last.begun, bounds.time));
}

stamped_batch log_segments::append(std::span<const log_record> batch, const producer_stamp& stamp,
                                   const segment_bounds& bounds, time_point now) {
    const auto bytes = bytes_of_records(batch);
    if (is_full(bounds, bytes, batch.size(), now))
        segments_.push_back({.base = end_, .begun = now});
    auto& last = segments_.back();
    last.records.insert(last.records.end(), batch.begin(), batch.end());
    for (const auto& r : batch)
        last.newest = std::max(last.newest, r.timestamp);
    const auto count = static_cast<std::int64_t>(batch.size());
    const stamped_batch result{stamp, advance_sequence(stamp.sequence, count - 1), end_,
                               end_ + count};
    if (stamp.idempotent())
        last.batches.push_back(result);
    last.bytes += bytes;
    bytes_ += bytes;
    end_ += count;
    return result;
}

const log_segments::segment* log_segments::holding(log_offset offset) const {
    const auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                        [](log_offset o, const segment& s) { return o < s.base; });
    return after == segments_.begin() || offset >= end_ ? nullptr : &*std::prev(after);
}

std::span<const log_record> log_segments::read(log_offset offset, log_offset limit, int max_records,
                                               std::uint64_t max_bytes) const {
    const auto* s = holding(offset);
    if (s == nullptr || offset >= limit)
        return {};
    const auto most =
        std::min<log_offset>(std::min(limit, s->end()) - offset, std::max(max_records, 1));
    const auto found = std::span{s->records}.subspan(static_cast<std::size_t>(offset - s->base),
                                                     static_cast<std::size_t>(most));
    std::size_t count = 0;
    for (std::uint64_t bytes = 0; count < found.size(); ++count) {
        bytes += size_of(found[count]);
        if (bytes > max_bytes && count > 0)
            break;
    }
    return found.first(count);
}

log_offset log_segments::find(time_point t) const {
    for (const auto& s : segments_) {
        if (s.newest < t)
            continue;
        const auto at = std::find_if(s.records.begin(), s.records.end(),
                                     [t](const log_record& r) { return r.timestamp >= t; });
        return s.base + (at - s.records.begin());
    }
    return end_;
}

void log_segments::segment::cut(log_offset end) {
    records.resize(static_cast<std::size_t>(end - base));
    bytes = bytes_of_records(records);
    newest = time_point::min();
    for (const auto& r : records)
        newest = std::max(newest, r.timestamp);
    std::erase_if(batches, [end](const stamped_batch& b) { return b.end_offset > end; });
}

void log_segments::truncate(log_offset end) {
    while (!segments_.empty() && segments_.back().base >= end) {
        bytes_ -= segments_.back().bytes;
        segments_.pop_back();
    }
    if (!segments_.empty() && segments_.back().end() > end) {
        bytes_ -= segments_.back().bytes;
        segments_.back().cut(end);
        bytes_ += segments_.back().bytes;
    }
    end_ = end;
}

log_segments::first_segment log_segments::first() const {
    const auto& s = segments_.front();
    return {.end = s.end(), .bytes = s.bytes, .newest = s.newest};
}

void log_segments::drop_first() {
    bytes_ -= segments_.front().bytes;
    segments_.pop_front();
}

log_offset log_segments::whole_batches(log_offset end) const {
    const auto* s = holding(end);
    if (s == nullptr)
        return end;
    const auto at = std::upper_bound(s->batches.begin(), s->batches.end(), end, ends_above);
    return at == s->batches.end() ? end : std::min(end, at->base_offset);
}

std::vector<stamped_batch> log_segments::stamped() const {
    std::vector<stamped_batch> result;
    for (const auto& s : segments_)
        result.insert(result.end(), s.batches.begin(), s.batches.end());
    return result;
}

} // namespace windtunnel
