// SPDX-License-Identifier: BSL-1.0
// What a service does against too much work, as plain data. At the door, in this order: rate
// limiters, priority shedder, adaptive limit; at the queue: CoDel or adaptive LIFO. In place of the
// last three there may be the preset server_admission, whose queue is at the door. What is absent
// costs nothing. Each replica decides for itself.
#pragma once

#include <optional>

#include "patterns/resilience/adaptive_lifo.hpp"
#include "patterns/resilience/codel.hpp"
#include "patterns/resilience/concurrency_limit.hpp"
#include "patterns/resilience/priority_shedder.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/server_admission.hpp"

namespace windtunnel::topology {

struct admission_spec {
    std::optional<rate_limiter_options> rate_limiter;           ///< of all requests together
    std::optional<rate_limiter_options> rate_limiter_by_caller; ///< of each service or workload
    std::optional<priority_shedder_options> priority_shedder;
    bool tells_callers = false; ///< the shedder's levels, with each answer
    std::optional<concurrency_limit_options> adaptive_limit;
    std::optional<server_admission_options> server_admission;
    std::optional<codel_options> codel;
    std::optional<adaptive_lifo_options> adaptive_lifo;

    /// Throws std::invalid_argument for parts that contradict each other.
    void validate() const;
};

} // namespace windtunnel::topology
