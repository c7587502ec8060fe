// SPDX-License-Identifier: BSL-1.0
#include "gui/model/map_filter.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "gui/model/session.hpp"
#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> names(const topology_view& view, const shown_parts& parts) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < view.nodes.size(); ++i)
        if (parts.nodes[i])
            found.push_back(view.nodes[i].name);
    return found;
}

} // namespace

TEST_CASE("without a filter everything is shown") {
    const session s(spec_of(shop), 1);
    const topology_view& view = s.view().topology;
    const shown_parts parts = shown(view, {});
    CHECK(parts.node_count == view.nodes.size());
    CHECK(parts.edges == std::vector<bool>(view.edges.size(), true));
}

TEST_CASE("a name is found by a part of it in any case, with edges between what is found") {
    const session s(spec_of(shop), 1);
    const topology_view& view = s.view().topology;
    const shown_parts parts = shown(view, {.find = "A"}); // readers, cart, pay
    CHECK(names(view, parts) == std::vector<std::string>{"readers", "cart", "pay"});
    CHECK(parts.edges == std::vector<bool>(view.edges.size(), false));
}

TEST_CASE("only what is not well is shown while it is not") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    CHECK(shown(s.view().topology, {.find = "", .unhealthy_only = true}).node_count == 0);
    s.run_until(6s);
    const auto found =
        names(s.view().topology, shown(s.view().topology, {.find = "", .unhealthy_only = true}));
    CHECK(std::find(found.begin(), found.end(), "pay") != found.end());
    CHECK(std::find(found.begin(), found.end(), "cart") == found.end());
}

TEST_CASE("the next one shown is found both ways, around the ends") {
    shown_parts parts;
    parts.nodes = {true, false, true};
    CHECK(next_shown(parts, -1, 1) == 0);
    CHECK(next_shown(parts, 0, 1) == 2);
    CHECK(next_shown(parts, 2, 1) == 0);
    CHECK(next_shown(parts, 0, -1) == 2);
    CHECK(next_shown(parts, -1, -1) == 2);
    parts.nodes = {false, false};
    CHECK(next_shown(parts, -1, 1) == -1);
    CHECK(next_shown({}, -1, 1) == -1);
}

} // namespace windtunnel::gui
