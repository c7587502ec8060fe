// SPDX-License-Identifier: BSL-1.0
#include "gui/model/graph_layout.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <rapidcheck.h>

namespace windtunnel::gui {

namespace {

std::size_t at(int i) {
    return static_cast<std::size_t>(i);
}

bool overlap(point a, point b, const layout_options& o) {
    return std::abs(a.x - b.x) < o.node_width - 1e-6 && std::abs(a.y - b.y) < o.node_height - 1e-6;
}

bool any_overlap(const layout& made, const layout_options& o) {
    for (std::size_t i = 0; i < made.centres.size(); ++i)
        for (std::size_t j = i + 1; j < made.centres.size(); ++j)
            if (overlap(made.centres[i], made.centres[j], o))
                return true;
    return false;
}

bool within(const layout& made, const layout_options& o) {
    for (const point& c : made.centres)
        if (c.x < o.node_width / 2 - 1e-6 || c.x > made.width - o.node_width / 2 + 1e-6 ||
            c.y < o.node_height / 2 - 1e-6 || c.y > made.height - o.node_height / 2 + 1e-6)
            return false;
    return true;
}

/// Whether a line between two of a route's points that is not beside its ends meets a node.
bool through_nodes(const layout& made, const layout_options& o) {
    for (const auto& route : made.routes)
        for (std::size_t i = 1; i + 1 < route.size(); ++i)
            for (const point& c : made.centres)
                if (std::abs(route[i].x - c.x) < o.node_width / 2 - 1e-6 &&
                    std::abs(route[i].y - c.y) < o.node_height / 2 - 1e-6)
                    return true;
    return false;
}

const layout_graph diamond{5, {{0, 1}, {1, 2}, {1, 3}, {2, 4}, {3, 4}, {0, 4}}};

} // namespace

TEST_CASE("a layout's edges lead from a lower layer to a higher one") {
    const layout made = arrange(diamond);
    for (const layout_edge& e : diamond.edges)
        CHECK(made.layers[at(e.from)] < made.layers[at(e.to)]);
    CHECK(made.layers == std::vector<int>{0, 1, 2, 2, 3});
}

TEST_CASE("a chain is drawn straight") {
    const layout made = arrange({4, {{0, 1}, {1, 2}, {2, 3}}});
    for (const point& c : made.centres)
        CHECK(c.y == Approx(made.centres.front().y));
}

TEST_CASE("two lines that could cross do not") {
    // 0 -> 3 and 1 -> 2, given so that the order of the file would cross them.
    const layout made = arrange({4, {{0, 3}, {1, 2}}});
    const bool first_above = made.centres[0].y < made.centres[1].y;
    CHECK((made.centres[3].y < made.centres[2].y) == first_above);
}

TEST_CASE("a cycle and a loop are drawn, with the edge that closes them leading back") {
    const layout made = arrange({3, {{0, 1}, {1, 2}, {2, 0}, {1, 1}}});
    CHECK(made.layers == std::vector<int>{0, 1, 2});
    CHECK(made.routes[2].front().x > made.routes[2].back().x);
    CHECK(made.routes[3].size() == 3);
}

TEST_CASE("an empty graph has an empty drawing") {
    const layout made = arrange({});
    CHECK(made.centres.empty());
    CHECK(made.width == 0);
    CHECK(made.height == 0);
}

TEST_CASE("any graph: nodes apart and within the drawing, edges around nodes, twice the same") {
    const bool held = rc::check("layout", [] {
        layout_graph graph;
        graph.nodes = *rc::gen::inRange(1, 16);
        const int edges = *rc::gen::inRange(0, 30);
        for (int i = 0; i < edges; ++i)
            graph.edges.push_back(
                {*rc::gen::inRange(0, graph.nodes), *rc::gen::inRange(0, graph.nodes)});
        const layout_options options;
        const layout made = arrange(graph, options), again = arrange(graph, options);
        RC_ASSERT(!any_overlap(made, options));
        RC_ASSERT(within(made, options));
        layout_graph no_loops = graph;
        std::erase_if(no_loops.edges, [](const layout_edge& e) { return e.from == e.to; });
        RC_ASSERT(!through_nodes(arrange(no_loops, options), options));
        RC_ASSERT(made.centres == again.centres);
        RC_ASSERT(made.routes == again.routes);
        for (const auto& route : made.routes)
            RC_ASSERT(route.size() >= 2U);
    });
    CHECK(held);
}

} // namespace windtunnel::gui
