// SPDX-License-Identifier: BSL-1.0
// What an event log holds and what it answers: records, offsets, who produced a batch, and the ends
// that an append, a fetch or an election can have. Names and meanings are Kafka's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "patterns/base/time.hpp"
#include "patterns/base/transport.hpp"

namespace windtunnel {

/// A place in a partition: the first record ever has 0, each next one 1 more. An offset as an end
/// or a position is that of the next record. Never reused but where records were truncated.
using log_offset = std::int64_t;
inline constexpr log_offset no_offset = -1;

struct log_record {
    std::string key;        ///< empty: none
    payload body;           ///< shared, not copied
    time_point timestamp{}; ///< of the producer
    std::uint64_t word = 0; ///< the user's; the log does not look at it

    friend bool operator==(const log_record&, const log_record&) = default;
};

/// What counts against every bound in bytes: key and body. The framing of a wire is not counted.
inline std::uint64_t size_of(const log_record& r) {
    return r.key.size() + r.body.size;
}

/// When an append counts as done (Kafka's acks 0, 1 and all).
enum class append_acks : std::uint8_t {
    none,   ///< nobody waits: the producer is not told, not even of errors
    leader, ///< when the leader has it: a new leader may lack it
    all,    ///< when all in-sync replicas have it; needs min_insync_replicas of them
};
std::string_view to_string(append_acks acks);

/// Who sent a batch, for an idempotent producer; without an id nothing is checked. Records of a
/// batch have consecutive sequence numbers, after 2^31 - 1 comes 0.
struct producer_stamp {
    std::int64_t producer = -1; ///< below 0: not idempotent
    std::int32_t epoch = 0;
    std::int32_t sequence = 0; ///< of the first record

    bool idempotent() const { return producer >= 0; }
    friend bool operator==(const producer_stamp&, const producer_stamp&) = default;
};

enum class append_status : std::uint8_t {
    appended,
    duplicate,             ///< it is in the log already: offsets are the original's
    no_leader,             ///< try again after an election
    not_enough_replicas,   ///< acks is all, and fewer than min_insync_replicas are in sync
    out_of_order_sequence, ///< a gap, or older than the window of batches
    unknown_producer,      ///< not known (any more), and the sequence is not 0
    fenced,                ///< a newer epoch of this producer has appended
};
std::string_view to_string(append_status status);

struct append_result {
    append_status status = append_status::appended;
    log_offset base_offset = no_offset; ///< of the first record
    log_offset end_offset = no_offset;  ///< after the last one
    std::int32_t leader_epoch = 0;      ///< in which it was taken

    bool taken() const {
        return status == append_status::appended || status == append_status::duplicate;
    }
    friend bool operator==(const append_result&, const append_result&) = default;
};

/// What became of a batch that waits for all in-sync replicas.
enum class commit_status : std::uint8_t {
    waiting,
    committed, ///< below the high watermark: only an unclean election can lose it
    unknown,   ///< the leader changed meanwhile, or it is gone: send the batch again
};
std::string_view to_string(commit_status status);

/// How far a fetch may read.
enum class read_up_to : std::uint8_t {
    high_watermark, ///< consumers: what a new leader will have, too
    log_end,        ///< replicas
};

struct fetch_request {
    log_offset offset = 0;
    int max_records = 500;             ///< at least 1; Kafka's max.poll.records
    std::uint64_t max_bytes = 1 << 20; ///< Kafka's max.partition.fetch.bytes; a first record that
                                       ///< is larger comes alone
    read_up_to up_to = read_up_to::high_watermark;
};

enum class fetch_status : std::uint8_t {
    ok,           ///< also where there is nothing new
    out_of_range, ///< below the log's start or above its end: reset the position
    no_leader,
};
std::string_view to_string(fetch_status status);

struct fetch_result {
    fetch_status status = fetch_status::ok;
    log_offset base_offset = no_offset; ///< of the first record, as was asked for
    /// Of one segment: ask again for what follows. Valid until the log is changed.
    std::span<const log_record> records;
    log_offset log_start = 0;
    log_offset high_watermark = 0;

    log_offset next_offset() const { return base_offset + static_cast<log_offset>(records.size()); }
};

enum class election_result : std::uint8_t {
    elected,
    elected_unclean, ///< it was not in sync: records that were committed may be lost
    not_in_sync,     ///< and unclean elections are not allowed
    offline,
};
std::string_view to_string(election_result result);

} // namespace windtunnel
