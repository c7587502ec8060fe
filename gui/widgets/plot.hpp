// SPDX-License-Identifier: BSL-1.0
// A plot on a draw list: axes with ticks and units, fault bands, lines, areas, a crosshair. One is
// made each frame and draws as it is told, from the back to the front. Values outside of the axes
// are cut off at the frame.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gui/model/axis.hpp"
#include "gui/model/fault_bands.hpp"
#include "gui/model/graph_layout.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

struct plot_axes {
    double x_low = 0, x_high = 1;
    double y_low = 0, y_high = 1; ///< logarithmic: above zero
    bool log_y = false;
    axis_unit y_unit = axis_unit::none; ///< x is a clock
};

struct legend_entry {
    std::string name, value;
    ImU32 colour = 0;
};

class plot {
  public:
    /// `outer` is all the room there is; the axes' labels are in it, too.
    plot(const theme& look, ImDrawList& to, const box& outer, const plot_axes& axes);

    void grid();
    void bands(const std::vector<fault_band>& bands, duration now);
    void warmup(duration until);
    /// A line through points of one run; none where there is a gap.
    void line(const std::vector<point>& points, ImU32 colour, float thickness);
    /// Between two lines with the same x.
    void area(const std::vector<point>& low, const std::vector<point>& high, ImU32 colour);
    void now_line(duration now);
    void frame();
    /// Under the mouse: draws a vertical line and gives its x.
    std::optional<double> crosshair();
    void message(std::string_view text); ///< in the middle, where there is nothing to show

    const box& inner() const { return inner_; }
    ImVec2 at(double x, double y) const;
    double x_at(float pixel) const;

  private:
    float y_pixel(double y) const;
    std::vector<tick> y_ticks() const;

    const theme& look_;
    ImDrawList& to_;
    plot_axes axes_;
    box inner_;
};

/// Entries beside each other, ending at `right`; where room is short without values, or not all.
void draw_legend(ImDrawList& to, const theme& look, ImVec2 right, float room,
                 std::vector<legend_entry> entries);

} // namespace windtunnel::gui
