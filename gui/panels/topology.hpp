// SPDX-License-Identifier: BSL-1.0
// The running system as a map: services with their health, load and queue, calls between them with
// their rate (width), failures and refusals (the red and yellow parts, and labels) and breakers.
// Dragging moves the map, the wheel zooms, what is under the mouse tells its figures.
#pragma once

#include "gui/model/topology_view.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class topology_panel {
  public:
    void draw(const topology_view& view, const theme& look, const box& place);
    /// Shows the whole map from the next frame on.
    void fit() { follows_ = true; }

  private:
    struct canvas;
    void steer(const topology_view& view, const theme& look, const box& room);

    ImVec2 pan_{}; ///< of the map's origin in the panel, pixels
    float zoom_ = 1;
    bool follows_ = true; ///< the map fills the panel until the user moves it
};

} // namespace windtunnel::gui
