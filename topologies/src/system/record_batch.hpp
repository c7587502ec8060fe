// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <charconv>
#include <cstdint>
#include <vector>

#include "patterns/messaging/log_record.hpp"

namespace windtunnel::topology {

/// What a request to publish to a topic carries.
struct record_batch {
    int partition = 0;
    append_acks acks = append_acks::all;
    producer_stamp stamp;
    std::vector<log_record> records;
};

/// What a request published under it; 0: nothing.
inline std::uint64_t key_of(const log_record& r) {
    std::uint64_t key = 0;
    std::from_chars(r.key.data(), r.key.data() + r.key.size(), key);
    return key;
}

/// The statuses of errors with which a broker refuses a batch.
inline constexpr std::uint16_t not_now = 503, out_of_sequence = 409, fenced_off = 403;

} // namespace windtunnel::topology
