// SPDX-License-Identifier: BSL-1.0
// How expectations are described in the schema and the reference, from the table of the metrics.
// (The descriptions of the other parts stand beside their readers.)
#pragma once

#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

/// The definition "expectation": its grammar, metrics, phases.
topology::definition expectation_definition();

} // namespace windtunnel::scenario
