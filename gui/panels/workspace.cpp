// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/workspace.hpp"

#include <algorithm>
#include <array>

namespace windtunnel::gui {

namespace {

/// A window without any of its own: what is drawn in it begins at `place`.
bool begin_panel(const char* name, const box& place) {
    ImGui::SetNextWindowPos(place.min);
    ImGui::SetNextWindowSize(place.max - place.min);
    return ImGui::Begin(name, nullptr,
                        ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                            ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                            ImGuiWindowFlags_NoBringToFrontOnFocus |
                            ImGuiWindowFlags_NoScrollWithMouse);
}

struct arrangement {
    box timeline, map, verdict, latency, traffic;
};

arrangement arrange_panels(const theme& look, ImVec2 size, std::size_t expectations) {
    const float gap = look.px(8),
                rows = static_cast<float>(std::clamp<std::size_t>(expectations, 1, 6));
    const float top = gap + look.px(timeline_panel::height) + gap;
    const float split = size.x * 0.61F;
    const float wanted = look.px(52) + rows * look.px(verdict_panel::row);
    const float verdict = size.y - gap - std::min(wanted, (size.y - top) * 0.38F);
    const float half = top + (size.y - gap - top - gap) * 0.54F;
    return {.timeline = {{gap, gap}, {size.x - gap, top - gap}},
            .map = {{gap, top}, {split - gap, verdict - gap}},
            .verdict = {{gap, verdict}, {split - gap, size.y - gap}},
            .latency = {{split, top}, {size.x - gap, half}},
            .traffic = {{split, half + gap}, {size.x - gap, size.y - gap}}};
}

struct legend_mark {
    health state;
    const char* name;
};
constexpr std::array<legend_mark, 5> marks{{{health::healthy, "healthy"},
                                            {health::strained, "strained"},
                                            {health::failing, "failing"},
                                            {health::paused, "paused"},
                                            {health::down, "down"}}};

void draw_marks(const theme& look, ImVec2 at) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    for (const legend_mark& m : marks) {
        draw_health(to, m.state, at + ImVec2{look.px(6), look.px(8)}, look.px(5));
        draw_text(to, look.small(), at + ImVec2{look.px(17), 0}, colour::dim, m.name);
        at.x += look.px(32) + text_size(look.small(), m.name).x;
    }
}

} // namespace

void workspace::draw_map(const session& of, const theme& look, const box& place) {
    const float foot = look.px(26);
    topology_.draw(of.view().topology, look,
                   {place.min + ImVec2{1, 1}, place.max - ImVec2{1, foot}});
    draw_marks(look, {place.min.x + look.px(14), place.max.y - foot + look.px(3)});
    const float side = look.px(30);
    ImGui::SetCursorScreenPos({place.max.x - side - look.px(8), place.max.y - side - look.px(8)});
    if (icon_button(look, "##fit", icon::fit, "Show the whole map (f)"))
        fit();
}

/// Of several workloads, which one the charts show. Returns where it ends.
float workspace::draw_choice(const snapshot& view, const theme& look, const box& place) {
    if (view.lines.size() < 2)
        return place.min.x;
    line_ = std::min(line_, view.lines.size() - 1);
    ImGui::SetCursorScreenPos(place.min + ImVec2{look.px(144), look.px(8)});
    ImGui::SetNextItemWidth(look.px(122));
    ImGui::PushFont(look.small());
    if (ImGui::BeginCombo("##line", view.lines[line_].name.c_str())) {
        for (std::size_t i = 0; i < view.lines.size(); ++i)
            if (ImGui::Selectable(view.lines[i].name.c_str(), i == line_))
                line_ = i;
        ImGui::EndCombo();
    }
    ImGui::PopFont();
    return place.min.x + look.px(266);
}

commands workspace::draw(const session& of, const theme& look) {
    commands out;
    const snapshot& view = of.view();
    const arrangement places =
        arrange_panels(look, ImGui::GetIO().DisplaySize, view.expectations.size());
    if (begin_panel("timeline", places.timeline))
        timeline_.draw(of, look, places.timeline, out);
    ImGui::End();
    if (begin_panel("topology", places.map))
        draw_map(of, look, places.map);
    ImGui::End();
    if (begin_panel("expectations", places.verdict))
        verdict_.draw(view, look, places.verdict);
    ImGui::End();
    if (begin_panel("latency", places.latency)) {
        const float used = draw_choice(view, look, places.latency);
        latency_.draw(view, line_, look, places.latency, used);
    }
    ImGui::End();
    if (begin_panel("traffic", places.traffic))
        traffic_.draw(view, line_, look, places.traffic);
    ImGui::End();
    return out;
}

} // namespace windtunnel::gui
