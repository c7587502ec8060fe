// SPDX-License-Identifier: BSL-1.0
// A walk through a range of a program: a request at a replica, or one branch of a parallel step. It
// stands for a service's own code, so it is the smallest thing that can make the calls that such
// code makes: no coroutine, only the place it has got to and what it waits for. What it calls
// through (policies, transport) is what a coroutine of a live program would call through.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "patterns/base/cancellation_place.hpp"
#include "patterns/base/outcome.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/trace/span_recorder.hpp"
#include "sim-core/physics/job.hpp"
#include "topologies/src/system/program.hpp"

namespace windtunnel::topology {

struct call_site;
struct exchange;
class join;

struct execution : sim::job {
    /// What it waits for.
    enum class activity : std::uint8_t { nothing, work, call, publish, sleep, branches };

    explicit execution(const sim::job_events& events);
    ~execution();

    exchange* of = nullptr;
    join* parent = nullptr;        ///< of a branch
    std::unique_ptr<join> joining; ///< its own branches, while it waits for them
    call_site* calling = nullptr;  ///< while it waits for a call: which, and since when
    time_point called{};
    cancellation_place giving_up; ///< of its call or sleep
    program::range code;          ///< what is left to do
    std::array<std::uint32_t, program::max_loops> counters;
    activity doing = activity::nothing;
    bool walking = false;   ///< it has begun with its steps
    bool cancelled = false; ///< it begins nothing more
    duration debt{};        ///< of a worker: to read what has come, with whatever is worked next
    bool written = false;   ///< the request of the call that comes next
    bool ok = true;
    span_handle span = 0; ///< of what it waits for
    failure why{};
};

/// What an execution gives to the operation that it waits for.
struct resume_execution {
    using cancellation_slot_type = cancellation_place::slot;
    using completes_inline = void;

    execution* waiting;

    cancellation_slot_type get_cancellation_slot() const noexcept {
        return waiting->giving_up.get();
    }
    void operator()(outcome<reply> result, std::uint32_t attempts) const; ///< of a call
    void operator()(outcome<reply> result) const { (*this)(std::move(result), 1); }
    void operator()(bool elapsed) const; ///< of a sleep
};

} // namespace windtunnel::topology
