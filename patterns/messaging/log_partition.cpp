// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/log_partition.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void event_log_options::validate() const {
    constexpr option_check check{"event_log"};
    check(partitions >= 1, "partitions", partitions, "be at least 1");
    check(replication_factor >= 1, "replication_factor", replication_factor, "be at least 1");
    check(min_insync_replicas >= 1 && min_insync_replicas <= replication_factor,
          "min_insync_replicas", min_insync_replicas, "be from 1 to replication_factor");
    check(replica_lag_time > duration::zero(), "replica_lag_time", replica_lag_time, "be above 0");
    check(retention > duration::zero(), "retention", retention, "be above 0");
    check(segment_bytes >= 1, "segment_bytes", static_cast<double>(segment_bytes), "be at least 1");
    check(segment_time > duration::zero(), "segment_time", segment_time, "be above 0");
    check(producer_expiry > duration::zero(), "producer_expiry", producer_expiry, "be above 0");
}

event_log_metrics& event_log_metrics::operator+=(const event_log_metrics& other) {
    batches += other.batches;
    records += other.records;
    duplicates += other.duplicates;
    no_leader += other.no_leader;
    not_enough_replicas += other.not_enough_replicas;
    out_of_order += other.out_of_order;
    fenced += other.fenced;
    unknown_producers += other.unknown_producers;
    deleted += other.deleted;
    truncated += other.truncated;
    lost += other.lost;
    elections += other.elections;
    unclean_elections += other.unclean_elections;
    shrinks += other.shrinks;
    expansions += other.expansions;
    return *this;
}

log_partition::log_partition(const event_log_options& options)
    : options_(&options), replicas_(options.replication_factor, options.replica_lag_time) {}

append_result log_partition::examine(std::size_t count, const producer_stamp& stamp,
                                     append_acks acks) const {
    if (replicas_.leader() == replica_set::nobody)
        return {.status = append_status::no_leader};
    if (acks == append_acks::all && replicas_.in_sync() < options_->min_insync_replicas)
        return {.status = append_status::not_enough_replicas};
    return stamp.idempotent() ? producers_.check(stamp, count) : append_result{};
}

append_result log_partition::append(std::span<const log_record> batch, const producer_stamp& stamp,
                                    append_acks acks, time_point now) {
    WINDTUNNEL_ASSERT(!batch.empty() && stamp.sequence >= 0);
    advance(now);
    auto result = examine(batch.size(), stamp, acks);
    result.leader_epoch = replicas_.epoch();
    count(result.status, batch.size());
    if (result.status != append_status::appended)
        return result;
    const auto placed = log_.append(
        batch, stamp, {options_->segment_bytes, options_->segment_records, options_->segment_time},
        now);
    if (stamp.idempotent())
        producers_.append(placed, now);
    result.base_offset = placed.base_offset;
    result.end_offset = placed.end_offset;
    replicas_.appended(log_.end(), now);
    retain(now);
    return result;
}

void log_partition::count(append_status status, std::size_t records) {
    switch (status) {
    case append_status::appended:
        ++metrics_.batches;
        metrics_.records += records;
        break;
    case append_status::duplicate:
        ++metrics_.duplicates;
        break;
    case append_status::no_leader:
        ++metrics_.no_leader;
        break;
    case append_status::not_enough_replicas:
        ++metrics_.not_enough_replicas;
        break;
    case append_status::out_of_order_sequence:
        ++metrics_.out_of_order;
        break;
    case append_status::unknown_producer:
        ++metrics_.unknown_producers;
        break;
    case append_status::fenced:
        ++metrics_.fenced;
        break;
    }
}

commit_status log_partition::committed(const append_result& result) const {
    if (!result.taken() || result.leader_epoch != replicas_.epoch() ||
        replicas_.leader() == replica_set::nobody ||
        replicas_.in_sync() < options_->min_insync_replicas)
        return commit_status::unknown;
    return result.end_offset <= high_watermark() ? commit_status::committed
                                                 : commit_status::waiting;
}

fetch_result log_partition::fetch(const fetch_request& request) const {
    fetch_result result{.base_offset = request.offset,
                        .records = {},
                        .log_start = log_start(),
                        .high_watermark = high_watermark()};
    if (replicas_.leader() == replica_set::nobody) {
        result.status = fetch_status::no_leader;
    } else if (request.offset < log_start() || request.offset > log_end()) {
        result.status = fetch_status::out_of_range;
    } else {
        const auto limit =
            request.up_to == read_up_to::high_watermark ? high_watermark() : log_end();
        result.records = log_.read(request.offset, limit, request.max_records, request.max_bytes);
    }
    return result;
}

const log_record* log_partition::record_at(log_offset offset) const {
    if (offset < log_start() || offset >= log_end())
        return nullptr;
    return &log_.read(offset, log_end(), 1, 0).front();
}

bool log_partition::replicated(int replica, log_offset end, std::int32_t epoch, time_point now) {
    advance(now);
    const bool news = replicas_.report(replica, log_.whole_batches(end), epoch, now);
    retain(now);
    return news;
}

void log_partition::fail(int replica, time_point now) {
    advance(now);
    replicas_.fail(replica);
    retain(now);
}

void log_partition::restore(int replica, time_point now, log_offset end) {
    advance(now);
    replicas_.restore(replica, log_.whole_batches(end), now);
}

election_result log_partition::elect(int replica, time_point now) {
    advance(now);
    const auto committed_end = high_watermark();
    const auto result = replicas_.elect(replica, options_->unclean_leader_election, now);
    if (result != election_result::elected && result != election_result::elected_unclean)
        return result;
    const auto end = replicas_.end(replica);
    const auto lost = std::max<log_offset>(committed_end - end, 0);
    metrics_.lost += static_cast<std::uint64_t>(lost);
    metrics_.truncated += static_cast<std::uint64_t>(log_.end() - end - lost);
    ++metrics_.elections;
    metrics_.unclean_elections += result == election_result::elected_unclean;
    if (end < log_.end()) {
        log_.truncate(end);
        producers_.truncate(end, log_.stamped());
    }
    return result;
}

void log_partition::advance(time_point now) {
    replicas_.advance(now);
    retain(now);
    if (now >= saturating_add(producers_.oldest(), options_->producer_expiry))
        producers_.expire(now - options_->producer_expiry);
}

/// Only what is committed is deleted: else an election could not go back to it.
bool log_partition::first_may_go() const {
    return log_.segments() > 0 && log_.first().end <= high_watermark();
}

bool log_partition::first_is_due(time_point now) const {
    const auto first = log_.first();
    return now >= saturating_add(first.newest, options_->retention) ||
           (options_->retention_bytes > 0 &&
            log_.bytes() - first.bytes >= options_->retention_bytes);
}

void log_partition::retain(time_point now) {
    while (first_may_go() && first_is_due(now)) {
        metrics_.deleted += static_cast<std::uint64_t>(log_.first().end - log_.begin());
        log_.drop_first();
    }
}

time_point log_partition::next_event() const {
    auto next = std::min(replicas_.next_event(),
                         saturating_add(producers_.oldest(), options_->producer_expiry));
    if (first_may_go())
        next = std::min(next, saturating_add(log_.first().newest, options_->retention));
    return next;
}

event_log_metrics log_partition::metrics() const {
    auto result = metrics_;
    result.shrinks = replicas_.shrinks();
    result.expansions = replicas_.expansions();
    return result;
}

} // namespace windtunnel
