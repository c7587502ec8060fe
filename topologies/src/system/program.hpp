// SPDX-License-Identifier: BSL-1.0
// The steps of an endpoint, compiled: a flat list of instructions that an execution walks, so that
// a request costs the same however deep its steps are nested. Loops count in slots, branches jump;
// the branches of a parallel step are ranges of the same list, each walked by an execution of its
// own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/distribution.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

struct instruction {
    enum class code : std::uint8_t {
        work,       ///< a draw of amounts[index], on a worker
        sleep,      ///< a draw of amounts[index], without one
        call,       ///< through the service's call site `index`
        publish,    ///< to the queue or topic that the endpoint stands for
        parallel,   ///< parallels[index]
        loop_begin, ///< counter `slot` = count; on to `target` where it is zero
        loop_end,   ///< back to `target` while --counter
        chance,     ///< on to `target` unless chances[index] says yes
        jump,       ///< on to `target`
        fail,       ///< where chances[index] says yes the request fails
        read,       ///< the service's record `index`
        write,      ///< the same; where `count` is not 0 only if unchanged, else that is the status
        check,      ///< the request's token, by checks[index]
        limit,      ///< of limits[index]
        forward,    ///< it has passed all of those
        mirror,     ///< mirrors[count]: a copy through call site `index`, perhaps
    };
    code what{};
    std::uint8_t slot = 0;
    std::uint32_t index = 0;
    std::uint32_t target = 0;
    std::uint32_t count = 0;
};

struct program {
    static constexpr std::size_t max_loops = 8; ///< nested repeats

    struct amount {
        sim::distribution time;
        random_stream random;
        duration draw() { return time.sample(random); }
    };
    struct chance {
        double share;
        random_stream random;
        bool draw() { return random.chance(share); }
    };
    struct range {
        std::uint32_t begin = 0, end = 0;
    };
    struct parallel {
        int need = 0;
        std::vector<range> branches;
    };

    std::vector<instruction> code;
    std::vector<amount> amounts;
    std::vector<chance> chances;
    std::vector<parallel> parallels;
    std::vector<const authenticate_step*> checks; ///< of the endpoint, which must outlive it
    std::vector<const limit_step*> limits;
    std::vector<const mirror_step*> mirrors;
    range all; ///< the endpoint's own steps; the branches stand behind it

    /// It needs a route_gate.
    bool has_gate() const { return !checks.empty() || !limits.empty() || !mirrors.empty(); }
};

/// Calls are numbered in the order in which they appear and appended to `sites`, which collects the
/// calls of all endpoints of a service. `name` ("service.endpoint") names the random streams.
/// Repeats are nested at most program::max_loops deep: the loaders checked it.
/// `records` are those of the service.
program compile(const endpoint_spec& endpoint, const std::string& name, std::uint64_t seed,
                const std::vector<std::string>& records, std::vector<const call_step*>& sites);

} // namespace windtunnel::topology
