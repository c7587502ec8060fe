// SPDX-License-Identifier: BSL-1.0
// One metric of a sweep as a panel of its picture: a map over two parameters, a line over one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/src/sweep/outcome.hpp"
#include "scenarios/src/sweep/svg.hpp"

namespace windtunnel::scenario {

/// A value that was not measured, or whose point was not run, has none.
struct panel_point {
    std::optional<double> value;
    const point_result* point = nullptr;
    point_interval interval = {}; ///< of the value
};

struct panel_size {
    double width = 0, height = 0;
};

struct panel {
    std::string title;
    unit_kind unit{};
    std::string x_name, y_name;      ///< of the parameters; a line has no second one
    std::vector<std::string> xs, ys; ///< their values
    std::vector<panel_point> points; ///< ys.size() rows of xs.size()
    std::optional<std::pair<std::string, std::string>> bracket; ///< of a boundary

    double value_width = 0; ///< of the widest text in a cell of any panel

    const panel_point& at(std::size_t x, std::size_t y) const { return points[y * xs.size() + x]; }
};

/// Of the widest of its values.
double value_width_of(const panel& p);
panel_size map_size(const panel& p);
void draw_map(svg_canvas& canvas, const panel& p, double left, double top);

panel_size line_size();
void draw_line(svg_canvas& canvas, const panel& p, double left, double top);

/// "does not pass" of an error or a failure, "passes", "cannot tell".
enum class mark : std::uint8_t { none, passes, fails, unknown };
mark mark_of(const panel_point& p);

inline constexpr std::string_view grey = "#7b8794", faint = "#d9dee4", dark = "#1f2933";

} // namespace windtunnel::scenario
