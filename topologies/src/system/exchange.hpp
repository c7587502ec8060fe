// SPDX-License-Identifier: BSL-1.0
// One request between two processes and its answer: what the caller waits for, the message that
// carries it, and its processing at the callee. The two halves end apart: a caller that gives up
// leaves, and the callee may work on in vain. The record lives until both have ended.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>

#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/trace/span_recorder.hpp"
#include "sim-core/physics/network.hpp"
#include "topologies/src/system/door_place.hpp"
#include "topologies/src/system/execution.hpp"

namespace windtunnel::topology {

class channel;
class replica;
struct record_batch;

struct exchange;

/// The news that the caller has given up, on its way behind the request.
struct notice : sim::message {
    explicit notice(exchange& x);
    exchange& of;
};

/// The message that carries it (there or back), and a timer for what holds it up on either side,
/// are its bases: there is one of each.
struct exchange : boost::intrusive::list_base_hook<>, timer, sim::message {
    enum class stage : std::uint8_t {
        unsent,     ///< there is no replica to send it to, or none that would let it in
        connecting, ///< it waits for a connection
        held,       ///< something keeps it before the network takes it
        request,    ///< on its way to the callee
        serving,    ///< at the callee
        reply_held, ///< something keeps the answer before the network takes it
        reply,      ///< the answer is on its way back
        nowhere,    ///< nothing of it is under way, nor at the callee: who waits, waits in vain
    };

    exchange(channel& via, replica& target, pending_call& call);

    channel& through;
    replica& at;
    pending_call* caller;    ///< nullptr: it has been answered, or has given up
    std::uint32_t host;      ///< of the balancer, or peers::nobody
    std::uint32_t token = 0; ///< of the token_book; 0: none
    time_point sent{};
    time_point left{};           ///< with a connection, where it needs one
    std::uint64_t load = 0;      ///< requests at the callee when it answered
    time_point deadline = never; ///< as the callee knows it
    std::int32_t priority = 0;
    std::uint32_t attempt = 1;
    std::uint64_t key = 0;
    std::uint64_t idempotency_key = 0, correlation = 0;
    std::uint64_t connection = 0;                ///< that carries it; 0: none
    std::shared_ptr<const record_batch> records; ///< of a request to publish to a topic
    std::uint64_t version = 0; ///< of the record that was read last on its behalf; 0: none was
    std::uint16_t user_priority = 0;
    stage where = stage::request;
    bool no_connection = false; ///< there was no room to wait for one
    bool at_callee = false;     ///< arrived and not finished
    bool caller_left = false;   ///< and the callee has been told
    bool crashed = false;       ///< the callee went down with it
    bool holds_worker = false;
    bool degraded = false;
    bool passed_on = false;       ///< a call that was made for it failed, and so does it
    std::uint16_t calls_open = 0; ///< calls that it waits for
    bool news = false; ///< `version` is from here, not from the caller: the answer carries it
    span_handle span = 0, leg = 0, server = 0; ///< the attempt, a message of it, its processing
    time_point arrived{};
    notice* giving_up = nullptr;       ///< while it is on its way
    std::int32_t told_levels = -1;     ///< of the callee's shedder, on the way back; -1: nothing
    adaptive_limiter::permit admitted; ///< where the callee limits what it has at once
    door_ticket door;                  ///< where the callee has one
    outcome<reply> answer;
    execution main;
};

} // namespace windtunnel::topology
