// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/verdict.hpp"

#include <algorithm>
#include <string>

namespace windtunnel::gui {

namespace {

ImU32 colour_of_verdict(scenario::verdict v) {
    switch (v) {
    case scenario::verdict::passed:
        return colours().green;
    case scenario::verdict::inconclusive:
        return colours().dim;
    default:
        return colours().vermillion;
    }
}

std::string words(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string state_of(const scenario::expectation_result& e, bool ended) {
    if (ended)
        return words(to_string(e.status));
    switch (e.status) {
    case scenario::check_status::passed:
        return "holds so far";
    case scenario::check_status::failed:
        return "broken so far";
    case scenario::check_status::invalid_baseline:
        return "broken before the fault";
    case scenario::check_status::inconclusive:
        return "not yet known";
    }
    return {};
}

void draw_head(const snapshot& view, const theme& look, const box& place) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    draw_text(to, look.title(), place.min + ImVec2{look.px(14), look.px(11)}, colours().text,
              "Expectations");
    const ImVec2 right{place.max.x - look.px(14), place.min.y + look.px(20)};
    const auto put = [&](const std::string& text, ImU32 ink, ImU32 ground) {
        const float half = (text_size(look.bold(), text).x + look.px(10)) / 2;
        draw_label(to, look, look.bold(), {right.x - half, right.y}, ink, ground, text);
    };
    if (view.ended && !view.expectations.empty())
        put(words(to_string(view.verdict)), colours().background, colour_of_verdict(view.verdict));
    else
        put(view.ended ? "ended" : "so far", colours().dim, colours().raised);
}

void draw_row(const scenario::expectation_result& e, bool ended, const theme& look) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, height = look.px(verdict_panel::row);
    ImGui::Dummy({width, height});
    if (ImGui::IsItemHovered()) {
        draw_ground(to, {at, at + ImVec2{width, height - look.px(3)}}, colours().raised,
                    look.px(4));
        if (!e.explanation.empty())
            ImGui::SetTooltip("%s", e.explanation.c_str());
    }
    draw_status(to, e.status, ended, at + ImVec2{look.px(14), look.px(18)}, look.px(9));
    const float left = at.x + look.px(34), room = width - look.px(40);
    const std::string state = state_of(e, ended);
    const float state_width = text_size(look.small(), state).x;
    draw_text(to, look.normal(), {left, at.y + look.px(2)}, colours().text,
              fitted(look.normal(), e.expectation.text, room - state_width - look.px(12)));
    draw_text(to, look.small(), {at.x + width - state_width - look.px(6), at.y + look.px(3)},
              colour_of(e.status), state);
    std::string seen = e.observed_text;
    if (!e.phase.empty() && e.observed)
        seen += ", " + e.phase;
    draw_text(to, look.small(), {left, at.y + look.px(21)}, colours().dim,
              fitted(look.small(), seen, room));
}

} // namespace

void verdict_panel::draw(const snapshot& view, const theme& look, const box& place) {
    draw_head(view, look, place);
    ImGui::SetCursorScreenPos(place.min + ImVec2{look.px(8), look.px(40)});
    const ImVec2 room{place.width() - look.px(16), place.height() - look.px(44)};
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
    if (ImGui::BeginChild("expectations", room)) {
        const may_be_cut scrolls;
        if (view.expectations.empty())
            draw_text(*ImGui::GetWindowDrawList(), look.normal(), ImGui::GetCursorScreenPos(),
                      colours().dim, "This scenario expects nothing.");
        for (const auto& e : view.expectations)
            draw_row(e, view.ended, look);
    }
    ImGui::EndChild();
    ImGui::PopStyleVar();
}

} // namespace windtunnel::gui
