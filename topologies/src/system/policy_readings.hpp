// SPDX-License-Identifier: BSL-1.0
// What the policies of a running system tell of themselves, whenever somebody asks. Reading changes
// nothing, and what nobody reads costs nothing. Which kinds there are: policy_kinds.hpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "topologies/src/system/policy_figures.hpp"

namespace windtunnel::topology {

class admission;
class process;
class system;
struct policy_kind;

/// The last figures of a process's policies before it was restarted: what it had counted is not
/// lost with it.
class figures_of_past_lives {
  public:
    /// Of one kind before calls of one service, or (no callee) of the admission.
    policy_figures& of(const std::string& callee, const policy_kind& kind);
    void add_to(policy_figures& into, const std::string& callee, const policy_kind& kind) const;

  private:
    struct entry {
        std::string callee;
        const policy_kind* kind;
        policy_figures figures;
    };
    std::vector<entry> all_;
};

/// One process's policies of one kind before its calls of one service.
struct policy_reading {
    std::string caller; ///< a service or a workload; "rabbit.orders": a queue or a topic
    std::string callee; ///< a service; empty: it is a policy of the caller's own requests
    const policy_kind* kind;
    std::function<void(time_point now, policy_figures& into)> read;
};

/// All readings as of now, with what they had from earlier lives, for the life that begins.
figures_of_past_lives last_figures(const std::vector<policy_reading>& readings, time_point now);

/// Those of the admission of one replica of `service`, and those before the calls of one process;
/// each must outlive them; of its present life, and what is
/// left of those before.
std::vector<policy_reading> policy_readings(const admission& own, const std::string& service);
std::vector<policy_reading> policy_readings(const process& own, const std::string& caller);

/// All there are, by process, then by callee, then from the outermost policy inwards. What is not
/// configured is not there. The system must outlive them.
std::vector<policy_reading> policy_readings(const system& of);

} // namespace windtunnel::topology
