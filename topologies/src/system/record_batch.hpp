// SPDX-License-Identifier: BSL-1.0
#pragma once

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

/// The statuses of errors with which a broker refuses a batch.
inline constexpr std::uint16_t not_now = 503, out_of_sequence = 409, fenced_off = 403;

} // namespace windtunnel::topology
