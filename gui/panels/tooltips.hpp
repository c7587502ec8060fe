// SPDX-License-Identifier: BSL-1.0
// The figures of what is under the mouse.
#pragma once

#include <string>
#include <vector>

#include "gui/model/topology_view.hpp"

namespace windtunnel::gui {

void node_tooltip(const node_view& node, duration span);
void edge_tooltip(const edge_view& edge, duration span);
/// A title and rows of a name and a value, beside the mouse.
void figures_tooltip(const std::string& title,
                     const std::vector<std::pair<std::string, std::string>>& rows);

} // namespace windtunnel::gui
