// SPDX-License-Identifier: BSL-1.0
#include "gui/model/map_filter.hpp"

#include <algorithm>

namespace windtunnel::gui {

namespace {

/// Of ASCII alone: names of services are.
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool has_part(const std::string& name, const std::string& part) {
    return std::search(name.begin(), name.end(), part.begin(), part.end(),
                       [](char a, char b) { return lower(a) == lower(b); }) != name.end();
}

bool is_unwell(const node_view& n) {
    return !n.faults.empty() || (n.state.state != health::healthy && n.state.state != health::idle);
}

} // namespace

shown_parts shown(const topology_view& view, const map_filter& filter) {
    shown_parts parts;
    for (const node_view& n : view.nodes) {
        parts.nodes.push_back((!filter.unhealthy_only || is_unwell(n)) &&
                              has_part(n.name, filter.find));
        parts.node_count += parts.nodes.back() ? 1 : 0;
    }
    for (const edge_view& e : view.edges)
        parts.edges.push_back(parts.nodes[static_cast<std::size_t>(e.from)] &&
                              parts.nodes[static_cast<std::size_t>(e.to)]);
    return parts;
}

int next_shown(const shown_parts& parts, int from, int step) {
    const int all = static_cast<int>(parts.nodes.size());
    int at = from < 0 && step < 0 ? 0 : from;
    for (int i = 0; i < all; ++i) {
        at = (at + step + all) % all;
        if (parts.nodes[static_cast<std::size_t>(at)])
            return at;
    }
    return -1;
}

} // namespace windtunnel::gui
