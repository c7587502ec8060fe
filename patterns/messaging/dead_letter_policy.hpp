// SPDX-License-Identifier: BSL-1.0
// Why a message leaves a queue without an acknowledgement, and whether somebody gets it then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace windtunnel {

enum class dead_letter_reason : std::uint8_t {
    rejected,       ///< a consumer said that it shall not come again
    expired,        ///< its time to live was over
    maxlen,         ///< the queue was full
    delivery_limit, ///< it came back too often
    crash,          ///< the broker restarted, and it was not durable: lost, never dead-lettered
};
inline constexpr std::size_t dead_letter_reasons = 5;
std::string_view to_string(dead_letter_reason reason);

/// Which messages that have to leave are dead letters; the others are dropped. None by default: a
/// queue has nowhere to send them unless somebody says so.
struct dead_letter_policy {
    bool rejected = false;
    bool expired = false;
    bool maxlen = false;
    bool delivery_limit = false;

    bool takes(dead_letter_reason reason) const;

    friend bool operator==(const dead_letter_policy&, const dead_letter_policy&) = default;
};
/// A RabbitMQ queue with a dead-letter exchange.
inline constexpr dead_letter_policy dead_letter_all{true, true, true, true};
/// An SQS queue with a redrive policy: what is over its retention is deleted.
inline constexpr dead_letter_policy dead_letter_delivery_limit{.delivery_limit = true};

} // namespace windtunnel
