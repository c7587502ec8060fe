// SPDX-License-Identifier: BSL-1.0
// The two kinds of Istio's resources that hold policies, by their `spec`. Internal to import/.
#pragma once

#include "topologies/src/import/draft.hpp"

namespace windtunnel::topology {

void read_destination_rule(const node& spec, import_draft& draft);
void read_virtual_service(const node& spec, import_draft& draft);

} // namespace windtunnel::topology
