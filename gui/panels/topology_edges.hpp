// SPDX-License-Identifier: BSL-1.0
// The edges of the topology's map.
#pragma once

#include <vector>

#include "gui/model/topology_view.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

/// From the map's units to pixels.
struct map_transform {
    ImVec2 origin;
    float zoom = 1; ///< pixels a unit
    ImVec2 operator()(point p) const {
        return {origin.x + static_cast<float>(p.x) * zoom,
                origin.y + static_cast<float>(p.y) * zoom};
    }
};

constexpr int nothing = -1; ///< is under the mouse

class edge_painter {
  public:
    edge_painter(const topology_view& view, const theme& look, ImDrawList& to,
                 const map_transform& transform, const std::vector<bool>& shown);

    void draw_lines(int under_mouse);
    /// After the nodes: what an edge has to say must be read. `taken`: where nothing may be put.
    void draw_labels(std::vector<box> taken, int under_mouse);
    int under(ImVec2 mouse) const; ///< an edge, or nothing

  private:
    std::vector<ImVec2> path_of(const edge_view& edge) const;
    float width_of(const edge_view& edge) const;
    void draw_line(std::size_t index, bool highlighted);
    void draw_part(const std::vector<ImVec2>& path, float width, double share, int side,
                   ImU32 paint);
    void draw_arrow(const std::vector<ImVec2>& path, ImU32 colour, float width);
    struct label {
        std::vector<std::string> texts; ///< the longest first: the first that finds room
        ImU32 ink, ground;
        bool must = false; ///< say it, room or not
    };
    void draw_label_of(std::size_t index, const label& what, std::vector<box>& taken);
    bool find_room(std::size_t index, const std::string& text, std::vector<box>& taken,
                   ImVec2& centre) const;
    ImFont* label_font() const;

    const topology_view& view_;
    const theme& look_;
    ImDrawList& to_;
    map_transform transform_;
    const std::vector<bool>& shown_; ///< of the edges
    std::vector<std::vector<ImVec2>> paths_;
    double most_ = 1; ///< attempts a second of the busiest edge
};

} // namespace windtunnel::gui
