// SPDX-License-Identifier: BSL-1.0
// Which part of a large map is shown: what a name is looked for, and only what is not well.
#pragma once

#include <string>
#include <vector>

#include "gui/model/topology_view.hpp"

namespace windtunnel::gui {

struct map_filter {
    std::string find;            ///< a part of the name, in any case; empty: all
    bool unhealthy_only = false; ///< strained, failing, paused or down, or with a fault

    bool hides_nothing() const { return find.empty() && !unhealthy_only; }
};

struct shown_parts {
    std::vector<bool> nodes, edges; ///< an edge where both its ends are
    std::size_t node_count = 0;
};
shown_parts shown(const topology_view& view, const map_filter& filter);

/// The next node in the order of the view that is shown, after `from` (-1: before the first), or
/// with `step` -1 the one before; -1 where none is shown.
int next_shown(const shown_parts& parts, int from, int step);

} // namespace windtunnel::gui
