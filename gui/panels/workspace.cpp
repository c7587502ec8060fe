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

/// Draws in a window of its own, where there is a place for one.
template <class Draw>
void in_panel(const char* name, const box& place, Draw draw) {
    if (place.width() <= 0 || place.height() <= 0)
        return;
    if (begin_panel(name, place))
        draw();
    ImGui::End();
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
        draw_text(to, look.small(), at + ImVec2{look.px(17), 0}, colours().dim, m.name);
        at.x += look.px(32) + text_size(look.small(), m.name).x;
    }
}

} // namespace

struct workspace::arrangement {
    box timeline, map{}, verdict{}, latency{}, traffic{}, traces{};
};

workspace::arrangement workspace::arrange_panels(const snapshot& view, const theme& look,
                                                 ImVec2 size) const {
    const float gap = look.px(8);
    const auto rows = static_cast<float>(std::clamp<std::size_t>(view.expectations.size(), 1, 6));
    const float top = gap + look.px(timeline_panel::height) + gap, bottom = size.y - gap;
    arrangement made{.timeline = {{gap, gap}, {size.x - gap, top - gap}}};
    const box all{{gap, top}, {size.x - gap, bottom}};
    switch (shown_) {
    case panel_choice::topology:
        made.map = all;
        return made;
    case panel_choice::expectations:
        made.verdict = all;
        return made;
    case panel_choice::latency:
        made.latency = all;
        return made;
    case panel_choice::requests:
        made.traffic = all;
        return made;
    case panel_choice::traces:
        made.traces = all;
        return made;
    case panel_choice::all:
        break;
    }
    const float split = size.x * 0.59F;
    const float wanted = look.px(52) + rows * look.px(verdict_panel::row);
    const float verdict = bottom - std::min(wanted, (size.y - top) * 0.38F);
    const float height = bottom - top - 2 * gap;
    const float second = top + height * 0.36F + gap, third = second + height * 0.27F + gap;
    made.map = {{gap, top}, {split - gap, verdict - gap}};
    made.verdict = {{gap, verdict}, {split - gap, bottom}};
    made.latency = {{split, top}, {size.x - gap, second - gap}};
    made.traffic = {{split, second}, {size.x - gap, third - gap}};
    made.traces = {{split, third}, {size.x - gap, bottom}};
    return made;
}

commands workspace::act(view_act what, const snapshot& view) {
    if (what == view_act::go_to_trace)
        return traces_.go_there(view);
    if (what == view_act::next_moment || what == view_act::previous_moment) {
        const int step = what == view_act::next_moment ? 1 : -1;
        const moment* to = next_moment(view.moments, view.now, step);
        return to == nullptr ? commands{} : commands{{command::kind::seek, 0, to->at}};
    }
    switch (what) {
    case view_act::none:
        break;
    case view_act::fit:
        topology_.fit();
        break;
    case view_act::zoom_in:
        topology_.zoom(1.25F);
        break;
    case view_act::zoom_out:
        topology_.zoom(0.8F);
        break;
    case view_act::next_node:
        topology_.choose(view.topology, 1);
        break;
    case view_act::previous_node:
        topology_.choose(view.topology, -1);
        break;
    case view_act::unhealthy_only:
        topology_.toggle_unhealthy();
        break;
    case view_act::find:
        topology_.find();
        break;
    case view_act::next_workload:
        line_ = (line_ + 1) % view.lines.size();
        break;
    case view_act::scale:
        latency_.toggle_scale();
        break;
    case view_act::trace_order:
        traces_.next_order();
        break;
    case view_act::next_trace:
        traces_.choose(view, 1);
        break;
    case view_act::previous_trace:
        traces_.choose(view, -1);
        break;
    case view_act::act:
        act_.show(topology_.target(view.topology));
        break;
    case view_act::help:
        timeline_.toggle_help();
        break;
    default:
        show(static_cast<panel_choice>(static_cast<int>(what) -
                                       static_cast<int>(view_act::show_all)));
    }
    return {};
}

bool workspace::close_form() {
    const bool was_open = act_.open();
    act_.close();
    return was_open;
}

/// Its first line; the rest under the mouse.
void workspace::draw_notice(const theme& look, const box& place) const {
    if (notice_.text.empty())
        return;
    const palette& c = look.colours();
    const std::string text = fitted(look.small(), notice_.text.substr(0, notice_.text.find('\n')),
                                    place.width() - look.px(40));
    const box said = draw_label(*ImGui::GetWindowDrawList(), look, look.small(), place.centre(),
                                notice_.wrong ? c.vermillion : c.text, c.raised, text);
    if (said.contains(ImGui::GetIO().MousePos))
        ImGui::SetTooltip("%s", notice_.text.c_str());
}

void workspace::draw_map(const session& of, const theme& look, const box& place) {
    const float foot = look.px(26);
    topology_.draw(of.view().topology, look,
                   {place.min + ImVec2{1, 1}, place.max - ImVec2{1, foot}});
    draw_notice(
        look, {{place.min.x, place.max.y - foot - look.px(28)}, {place.max.x, place.max.y - foot}});
    draw_marks(look, {place.min.x + look.px(14), place.max.y - foot + look.px(3)});
    const float side = look.px(30);
    ImGui::SetCursorScreenPos({place.max.x - side - look.px(8), place.max.y - side - look.px(8)});
    if (icon_button(look, "fit", icon::fit, "Show the whole map", key_of(view_act::fit)))
        topology_.fit();
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
    tell_control("workload", key_of(view_act::next_workload));
    ImGui::PopFont();
    return place.min.x + look.px(266);
}

void workspace::draw_charts(const snapshot& view, const theme& look, const arrangement& places) {
    in_panel("latency", places.latency, [&] {
        const float used = draw_choice(view, look, places.latency);
        latency_.draw(view, line_, look, places.latency, used);
    });
    in_panel("traffic", places.traffic, [&] { traffic_.draw(view, line_, look, places.traffic); });
}

commands workspace::draw(const session& of, const theme& look) {
    commands out;
    const snapshot& view = of.view();
    look.items().begin_frame(look.colours().panel);
    const arrangement places = arrange_panels(view, look, ImGui::GetIO().DisplaySize);
    in_panel("timeline", places.timeline, [&] { timeline_.draw(of, look, places.timeline, out); });
    in_panel("topology", places.map, [&] { draw_map(of, look, places.map); });
    in_panel("expectations", places.verdict, [&] { verdict_.draw(view, look, places.verdict); });
    draw_charts(view, look, places);
    in_panel("traces", places.traces, [&] { traces_.draw(view, look, places.traces, out); });
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    act_.draw(view.now, look, {{0, 0}, size}, out);
    return out;
}

} // namespace windtunnel::gui
