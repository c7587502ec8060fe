// SPDX-License-Identifier: BSL-1.0
// A layered drawing of a directed graph, left to right, as Sugiyama, Tagawa and Toda (1981): layers
// by longest path, a place-holder in each layer that an edge passes, orders by barycentre sweeps,
// heights by least squares. The same graph gives the same drawing, whatever happens in it. Nodes
// never overlap, and an edge leads from a lower layer to a higher one unless it closes a cycle.
#pragma once

#include <vector>

namespace windtunnel::gui {

struct point {
    double x = 0, y = 0;
    friend bool operator==(const point&, const point&) = default;
};

struct layout_edge {
    int from = 0, to = 0;
};

struct layout_graph {
    int nodes = 0;
    std::vector<layout_edge> edges;
};

struct layout_options {
    double node_width = 172, node_height = 82;
    double layer_gap = 84, node_gap = 28;
    double lane_gap = 18; ///< between a place-holder and what is beside it
    int sweeps = 12;
};

struct layout {
    std::vector<point> centres;             ///< of the nodes
    std::vector<int> layers;                ///< of the nodes, from 0
    std::vector<std::vector<point>> routes; ///< of the edges: from border to border, at least two
    double width = 0, height = 0;           ///< all is within (0, 0) and this
};

layout arrange(const layout_graph& graph, const layout_options& options = {});

} // namespace windtunnel::gui
