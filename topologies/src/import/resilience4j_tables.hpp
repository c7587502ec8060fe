// SPDX-License-Identifier: BSL-1.0
// resilience4j's properties of an instance of each pattern, and what they are here. `lineage` is
// the instance, last, and before it the configs that it is based on. Internal to import/.
#pragma once

#include <vector>

#include "topologies/src/import/draft.hpp"

namespace windtunnel::topology {

void take_circuit_breaker(const std::vector<const node*>& lineage, import_draft& draft);
void take_retry(const std::vector<const node*>& lineage, import_draft& draft);
void take_bulkhead(const std::vector<const node*>& lineage, import_draft& draft);
void take_thread_pool_bulkhead(const std::vector<const node*>& lineage, import_draft& draft);
void take_rate_limiter(const std::vector<const node*>& lineage, import_draft& draft);
void take_time_limiter(const std::vector<const node*>& lineage, import_draft& draft);

} // namespace windtunnel::topology
