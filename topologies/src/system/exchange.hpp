// SPDX-License-Identifier: BSL-1.0
// One request between two processes and its answer: what the caller waits for, the message that
// carries it, and its processing at the callee. The two halves end apart: a caller that gives up
// leaves, and the callee may work on in vain. The record lives until both have ended.
#pragma once

#include <array>
#include <boost/intrusive/list_hook.hpp>
#include <cstdint>

#include "patterns/base/runner.hpp"
#include "patterns/base/transport.hpp"
#include "sim-core/physics/network.hpp"
#include "sim-core/physics/worker_pool.hpp"
#include "topologies/src/system/program.hpp"

namespace windtunnel::topology {

class channel;
class replica;
struct exchange;
class join;

/// A walk through a range of a program: the request itself, or a branch of a parallel step.
struct execution : runner_job, sim::job {
    execution(body_function walk, const sim::job_events& events) : runner_job(walk), job(events) {}

    ~execution() {
        if (waiting != nullptr)
            drop(waiting);
    }

    exchange* of = nullptr;
    join* parent = nullptr;  ///< of a branch
    join* joining = nullptr; ///< its own branches, while it waits for them
    program::range code;
    std::array<std::uint32_t, program::max_loops> counters;
    /// What waits for its work or its branches; here, not in the frame that waits, so that it can
    /// be dropped from outside.
    parked_handler* waiting = nullptr;
    bool working = false; ///< its work is in the pool
    bool ok = true;
    failure why{};
};

/// The message that carries it (there, as a notice of giving up, or back), and a timer for what
/// holds it up on either side, are its bases: there is one of each.
struct exchange : boost::intrusive::list_base_hook<>, timer, sim::message {
    enum class stage : std::uint8_t {
        held,    ///< an injected delay keeps it before the network takes it
        request, ///< on its way to the callee
        serving, ///< at the callee
        notice,  ///< the news that the caller has given up is on its way
        reply,   ///< the answer is on its way back
        lost,    ///< a message was lost: the caller waits for nothing
    };

    exchange(channel& via, replica& target, pending_call& call);

    channel& through;
    replica& at;
    pending_call* caller;        ///< nullptr: it has been answered, or has given up
    std::uint32_t host;          ///< of the balancer
    time_point deadline = never; ///< as the callee knows it
    std::int32_t priority = 0;
    stage where = stage::request;
    bool at_callee = false;    ///< arrived and not finished
    bool caller_left = false;  ///< and the callee has been told
    bool notice_waits = false; ///< the caller left while the request was on its way
    bool crashed = false;      ///< the callee went down with it
    bool holds_worker = false;
    bool degraded = false;
    time_point arrived{};
    outcome<reply> answer;
    execution main;
};

} // namespace windtunnel::topology
