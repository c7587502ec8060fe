// SPDX-License-Identifier: BSL-1.0
// The options of each policy, as a file says them: names, ranges and help of the library's own
// option aggregates (patterns/resilience). Contradictions between options are refused by their
// validate().
#pragma once

#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

const field_table<retry_options>& retry_table();
const field_table<retry_budget_options>& retry_budget_table();
const field_table<circuit_breaker_options>& circuit_breaker_table();
const field_table<bulkhead_options>& bulkhead_table();
const field_table<rate_limiter_options>& rate_limiter_table();
const field_table<hedge_options>& hedge_table();
const field_table<concurrency_limit_options>& adaptive_limit_table();
const field_table<client_throttle_options>& throttle_table();
const field_table<fallback_spec>& fallback_table();
const field_table<response_cache_options>& cache_table();
const field_table<coalescing_options>& coalescing_table();

std::vector<definition> policy_definitions();

} // namespace windtunnel::topology
