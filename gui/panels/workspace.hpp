// SPDX-License-Identifier: BSL-1.0
// All panels in one window: the time line above, the map and the expectations at the left, the
// charts and the traces at the right; or one of them alone below the time line. Draws a session and
// returns what the user asks of it.
#pragma once

#include <array>
#include <string_view>

#include "gui/model/workbench.hpp"
#include "gui/panels/act.hpp"
#include "gui/panels/keys.hpp"
#include "gui/panels/latency.hpp"
#include "gui/panels/timeline.hpp"
#include "gui/panels/topology.hpp"
#include "gui/panels/traces.hpp"
#include "gui/panels/traffic.hpp"
#include "gui/panels/verdict.hpp"

namespace windtunnel::gui {

enum class panel_choice : std::uint8_t { all, topology, expectations, latency, requests, traces };
constexpr std::array<std::string_view, 6> panel_names{"all",     "topology", "expectations",
                                                      "latency", "requests", "traces"};

class workspace {
  public:
    /// Between ImGui::NewFrame and ImGui::Render; fills the display.
    commands draw(const session& of, const theme& look);
    /// What a key does to the views.
    commands act(view_act what, const snapshot& view);
    void show(panel_choice what) { shown_ = what; }
    panel_choice shown() const { return shown_; }
    /// What came of the last act.
    void tell(const notice& what) { notice_ = what; }
    /// Closes what is open over the panels; false where nothing is.
    bool close_form();
    const act_panel& form() const { return act_; }
    const topology_panel& topology() const { return topology_; }
    const traces_panel& traces() const { return traces_; }

  private:
    struct arrangement;
    arrangement arrange_panels(const snapshot& view, const theme& look, ImVec2 size) const;
    void draw_map(const session& of, const theme& look, const box& place);
    float draw_choice(const snapshot& view, const theme& look, const box& place);
    void draw_notice(const theme& look, const box& place) const;
    void draw_charts(const snapshot& view, const theme& look, const arrangement& places);

    timeline_panel timeline_;
    topology_panel topology_;
    latency_panel latency_;
    traffic_panel traffic_;
    traces_panel traces_;
    verdict_panel verdict_;
    act_panel act_;
    notice notice_;
    panel_choice shown_ = panel_choice::all;
    std::size_t line_ = 0; ///< which of the snapshot's lines the charts show
};

} // namespace windtunnel::gui
