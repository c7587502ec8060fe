// SPDX-License-Identifier: BSL-1.0
// The running system as a map: services with their health, load and queue, calls between them with
// their rate (width), failures and refusals (the red and yellow parts, and labels) and breakers.
// Dragging moves the map, the wheel zooms, what is under the mouse tells its figures.
#pragma once

#include <array>
#include <string>

#include "gui/model/map_filter.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class topology_panel {
  public:
    void draw(const topology_view& view, const theme& look, const box& place);
    /// Shows the whole map from the next frame on.
    void fit() { follows_ = true; }
    void zoom(float factor) { wanted_zoom_ *= factor; }
    /// Chooses the next service (or with -1 the one before), which tells its figures.
    void choose(const topology_view& view, int step);
    void toggle_unhealthy() { filter_.unhealthy_only = !filter_.unhealthy_only; }
    const map_filter& filter() const { return filter_; }
    void find() { find_wanted_ = true; } ///< what is typed next is looked for
    int chosen() const { return chosen_; }
    /// As the target of a fault: "ratings", "web->pay"; empty where nothing is chosen.
    std::string target(const topology_view& view) const;

  private:
    struct canvas;
    void steer(const topology_view& view, const theme& look, const box& room);
    void zoom_at(ImVec2 place, float factor, const theme& look);
    void take_choice(int node, int edge);
    void draw_tools(const theme& look, const box& place);

    ImVec2 pan_{}; ///< of the map's origin in the panel, pixels
    float zoom_ = 1;
    bool follows_ = true;   ///< the map fills the panel until the user moves it
    float wanted_zoom_ = 1; ///< factor, from the keyboard
    int chosen_ = -1;       ///< node; it tells its figures until another is under the mouse
    int chosen_edge_ = -1;
    map_filter filter_;
    std::array<char, 64> find_{};
    bool find_wanted_ = false;
};

} // namespace windtunnel::gui
