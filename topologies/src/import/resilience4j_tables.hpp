// SPDX-License-Identifier: BSL-1.0
// resilience4j's properties of an instance of each pattern, and what they are here. `lineage` is
// the instance, last, and before it the configs that it is based on. Internal to import/.
#pragma once

#include <string>
#include <vector>

#include "topologies/src/import/draft.hpp"

namespace windtunnel::topology {

struct r4j_instance {
    std::string name;
    std::vector<const node*> lineage; ///< the configs that it is based on, then its own properties
    const node& at() const { return *lineage.back(); }
};

void take_circuit_breaker(const r4j_instance& instance, import_draft& draft);
void take_retry(const r4j_instance& instance, import_draft& draft);
void take_bulkhead(const r4j_instance& instance, import_draft& draft);
void take_thread_pool_bulkhead(const r4j_instance& instance, import_draft& draft);
void take_rate_limiter(const r4j_instance& instance, import_draft& draft);
void take_time_limiter(const r4j_instance& instance, import_draft& draft);

} // namespace windtunnel::topology
