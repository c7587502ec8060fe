// SPDX-License-Identifier: BSL-1.0
// A message in a work_queue, as its parts see it: where it is, and its place in their chains.
#pragma once

#include <cstdint>

#include "patterns/messaging/dead_letter.hpp"
#include "patterns/messaging/slot_slab.hpp"

namespace windtunnel::detail {

enum class message_place : std::uint8_t {
    nowhere,
    fresh,    ///< ready, and never was in a hand
    returned, ///< ready, and was in one
    grouped,  ///< ready, in its group
    in_hand,
};

struct queued_message {
    queue_message what;
    std::uint64_t sequence = 0; ///< rises with each message published
    std::uint64_t delivery = 0; ///< the number of the delivery that it is in, 0: in none
    time_point arrived{};       ///< in this queue: what.published may be earlier
    time_point expires = never;
    time_point delivered_at{};
    std::uint32_t group = no_slot;
    std::uint32_t consumer = no_slot; ///< whose hand it is in
    message_place place = message_place::nowhere;
    slot_links age; ///< among all messages there are, the oldest first
    slot_links way; ///< fresh ones of its priority, or its group, or the hand

    /// Who goes first: smaller; by priority, then as published. No two are alike.
    std::uint64_t rank() const { return (std::uint64_t{31} - what.priority) << 59U | sequence; }
};

using message_slab = slot_slab<queued_message>;
using message_chain = slot_chain<queued_message, &queued_message::way>;

} // namespace windtunnel::detail
