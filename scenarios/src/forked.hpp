// SPDX-License-Identifier: BSL-1.0
// A job in a child process that says how far it is and can be told to stop: SimGrid is one engine
// to a process and cannot be reset. To be called where no other thread is. What the job throws as
// topology::input_error comes out as that; else as of sim-core/physics/simgrid/isolated.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace windtunnel::scenario {

/// In memory that both processes see.
struct shared_state {
    std::atomic<bool> stop{false};        ///< the asking process wants what there is
    std::atomic<double> share{0};         ///< of the job that is done
    std::atomic<std::uint64_t> events{0}; ///< simulated so far
};

/// What the job returned. `look` is called here a few times a second as long as it runs. A job that
/// does not answer within two seconds after `stop` became true is killed: nothing.
std::optional<std::string> run_forked(const std::function<std::string(shared_state&)>& job,
                                      const std::function<void(shared_state&)>& look);

} // namespace windtunnel::scenario
