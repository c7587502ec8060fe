// SPDX-License-Identifier: BSL-1.0
// All panels in one window: the time line above, the map and the expectations at the left, the
// charts at the right. Draws a session and returns what the user asks of it.
#pragma once

#include "gui/panels/latency.hpp"
#include "gui/panels/timeline.hpp"
#include "gui/panels/topology.hpp"
#include "gui/panels/traffic.hpp"
#include "gui/panels/verdict.hpp"

namespace windtunnel::gui {

class workspace {
  public:
    /// Between ImGui::NewFrame and ImGui::Render; fills the display.
    commands draw(const session& of, const theme& look);
    void fit() { topology_.fit(); }

  private:
    void draw_map(const session& of, const theme& look, const box& place);
    float draw_choice(const snapshot& view, const theme& look, const box& place);

    timeline_panel timeline_;
    topology_panel topology_;
    latency_panel latency_;
    traffic_panel traffic_;
    verdict_panel verdict_;
    std::size_t line_ = 0; ///< which of the snapshot's lines the charts show
};

} // namespace windtunnel::gui
