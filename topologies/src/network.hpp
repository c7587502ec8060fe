// SPDX-License-Identifier: BSL-1.0
// The "network" and "platform" of a topology file. Errors: input_error.
#pragma once

#include <filesystem>
#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

network_spec read_network(const node& at);
/// A platform file is resolved against `folder`.
platform_spec read_platform(const node& at, const std::filesystem::path& folder);

/// network, link, platform, host, platform_link, route.
std::vector<definition> network_definitions();

} // namespace windtunnel::topology
