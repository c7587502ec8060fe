// SPDX-License-Identifier: BSL-1.0
// Small things drawn in several panels: text in a place, marks that say without colour what their
// colour says, icons of buttons.
#pragma once

#include <imgui.h>
#include <string>
#include <string_view>

#include "gui/widgets/theme.hpp"
#include "scenarios/src/expectation_check.hpp"

namespace windtunnel::gui {

inline ImVec2 operator+(ImVec2 a, ImVec2 b) {
    return {a.x + b.x, a.y + b.y};
}
inline ImVec2 operator-(ImVec2 a, ImVec2 b) {
    return {a.x - b.x, a.y - b.y};
}
inline ImVec2 operator*(ImVec2 a, float f) {
    return {a.x * f, a.y * f};
}

struct box {
    ImVec2 min, max;
    float width() const { return max.x - min.x; }
    float height() const { return max.y - min.y; }
    ImVec2 centre() const { return (min + max) * 0.5F; }
    box shrunk(float by) const { return {min + ImVec2{by, by}, max - ImVec2{by, by}}; }
    bool contains(ImVec2 p) const {
        return p.x >= min.x && p.x <= max.x && p.y >= min.y && p.y <= max.y;
    }
    bool overlaps(const box& o) const {
        return min.x < o.max.x && o.min.x < max.x && min.y < o.max.y && o.min.y < max.y;
    }
};

ImVec2 text_size(ImFont* font, std::string_view text);
void draw_text(ImDrawList& to, ImFont* font, ImVec2 at, ImU32 colour, std::string_view text);
/// An area on which text stands.
void draw_ground(ImDrawList& to, const box& where, ImU32 colour, float rounding = 0,
                 ImDrawFlags corners = 0);

// ---- what tells itself to the registry ----------------------------------------------------------

/// ImGui's last item is the control of this name, which `key` does, too.
void tell_control(std::string_view name, std::string_view key, bool enabled = true);
/// ImGui's last item is, or has in its middle, this text.
void tell_text(std::string_view text, ImU32 ink, ImU32 ground);
/// Texts told in its life may be cut off: the user moves or scrolls what they are in.
class may_be_cut {
  public:
    may_be_cut();
    ~may_be_cut();
    may_be_cut(const may_be_cut&) = delete;
    may_be_cut& operator=(const may_be_cut&) = delete;
};
/// The text, or as much of it as fits into `width`, ending in "...".
std::string fitted(ImFont* font, std::string_view text, float width);
/// Text on a ground of its own, around `centre`; returns what it covers.
box draw_label(ImDrawList& to, const theme& look, ImFont* font, ImVec2 centre, ImU32 colour,
               ImU32 ground, std::string_view text);
box label_box(const theme& look, ImFont* font, ImVec2 centre, std::string_view text);

/// healthy: a tick in a disc; strained: a triangle with a bar; failing: a cross in a disc; paused:
/// two bars; down: a square with a bar; idle: a ring.
void draw_health(ImDrawList& to, health h, ImVec2 centre, float radius);
/// passed: a tick; failed: a cross; invalid baseline: a cross in a square; inconclusive: a ring
/// with dots. `settled`: the run is over; before, marks are outlined.
void draw_status(ImDrawList& to, scenario::check_status status, bool settled, ImVec2 centre,
                 float radius);
ImU32 colour_of(scenario::check_status status);

enum class icon { play, pause, restart, step_back, step_event, step_second, fit };
/// A button with an icon and a tooltip.
/// `key`: which does the same; the tooltip ends with it. `name`: in the registry.
bool icon_button(const theme& look, const char* name, icon what, const char* tooltip,
                 const char* key, bool enabled = true);
/// A small button with a text.
bool text_button(const theme& look, const char* name, const std::string& text, const char* tooltip,
                 const char* key, bool chosen = false);

/// Diagonal strokes over a box: planned, or of the warm-up.
void draw_hatch(ImDrawList& to, const box& where, ImU32 colour, float step);

} // namespace windtunnel::gui
