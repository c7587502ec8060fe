// SPDX-License-Identifier: BSL-1.0
#include "gui/widgets/drawing.hpp"

#include <array>
#include <cfloat>
#include <cmath>
#include <imgui_internal.h>
#include <utility>

namespace windtunnel::gui {

namespace {

void tick_stroke(ImDrawList& to, ImVec2 c, float r, ImU32 colour) {
    const std::array<ImVec2, 3> points{c + ImVec2{-0.48F, 0.02F} * r, c + ImVec2{-0.12F, 0.38F} * r,
                                       c + ImVec2{0.5F, -0.36F} * r};
    to.AddPolyline(points.data(), 3, colour, 0, r * 0.26F);
}

void cross_stroke(ImDrawList& to, ImVec2 c, float r, ImU32 colour) {
    const float d = r * 0.4F;
    to.AddLine(c + ImVec2{-d, -d}, c + ImVec2{d, d}, colour, r * 0.28F);
    to.AddLine(c + ImVec2{-d, d}, c + ImVec2{d, -d}, colour, r * 0.28F);
}

void dots(ImDrawList& to, ImVec2 c, float r, ImU32 colour) {
    for (const float x : {-0.42F, 0.F, 0.42F})
        to.AddCircleFilled(c + ImVec2{x * r, 0}, r * 0.13F, colour);
}

void disc(ImDrawList& to, ImVec2 c, float r, ImU32 colour, bool filled) {
    if (filled)
        to.AddCircleFilled(c, r, colour, 24);
    else
        to.AddCircle(c, r * 0.92F, colour, 24, r * 0.16F);
}

void draw_icon(ImDrawList& to, icon what, ImVec2 c, float r, ImU32 colour) {
    const auto triangle = [&](float x, float size) {
        to.AddTriangleFilled(c + ImVec2{x - size * 0.5F, -size * 0.62F} * r,
                             c + ImVec2{x - size * 0.5F, size * 0.62F} * r,
                             c + ImVec2{x + size * 0.55F, 0} * r, colour);
    };
    const auto bar = [&](float x) {
        to.AddRectFilled(c + ImVec2{x - 0.14F, -0.62F} * r, c + ImVec2{x + 0.14F, 0.62F} * r,
                         colour);
    };
    switch (what) {
    case icon::play:
        triangle(0, 1.15F);
        break;
    case icon::pause:
        bar(-0.3F);
        bar(0.3F);
        break;
    case icon::restart:
        bar(-0.55F);
        to.AddTriangleFilled(c + ImVec2{0.6F, -0.62F} * r, c + ImVec2{0.6F, 0.62F} * r,
                             c + ImVec2{-0.45F, 0} * r, colour);
        break;
    case icon::step_back:
        to.AddTriangleFilled(c + ImVec2{0.65F, -0.56F} * r, c + ImVec2{0.65F, 0.56F} * r,
                             c + ImVec2{-0.29F, 0} * r, colour);
        to.AddCircleFilled(c + ImVec2{-0.62F, 0} * r, r * 0.2F, colour);
        break;
    case icon::step_event:
        triangle(-0.2F, 0.9F);
        to.AddCircleFilled(c + ImVec2{0.62F, 0} * r, r * 0.2F, colour);
        break;
    case icon::step_second:
        triangle(-0.25F, 0.95F);
        bar(0.5F);
        break;
    case icon::fit: {
        constexpr float a = 0.65F, b = 0.25F;
        for (const ImVec2 s : {ImVec2{-1, -1}, ImVec2{1, -1}, ImVec2{1, 1}, ImVec2{-1, 1}}) {
            const std::array<ImVec2, 3> corner{c + ImVec2{b * s.x, a * s.y} * r,
                                               c + ImVec2{a * s.x, a * s.y} * r,
                                               c + ImVec2{a * s.x, b * s.y} * r};
            to.AddPolyline(corner.data(), 3, colour, 0, r * 0.16F);
        }
        break;
    }
    }
}

std::string layer() {
    return ImGui::GetCurrentWindowRead()->RootWindow->Name;
}

rectangle rectangle_of(ImVec2 min, ImVec2 max) {
    return {min.x, min.y, max.x, max.y};
}

void tell(item text) {
    text.layer = layer();
    theme::current().items().text(std::move(text));
}

} // namespace

ImVec2 text_size(ImFont* font, std::string_view text) {
    return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, text.data(), text.data() + text.size());
}

void draw_text(ImDrawList& to, ImFont* font, ImVec2 at, ImU32 colour, std::string_view text) {
    at = {std::round(at.x), std::round(at.y)};
    to.AddText(font, font->FontSize, at, colour, text.data(), text.data() + text.size());
    const ImVec2 end = at + text_size(font, text);
    tell({.name = std::string(text),
          .place = {at.x, at.y, end.x, end.y},
          .visible = rectangle_of(to.GetClipRectMin(), to.GetClipRectMax()),
          .ink = colour});
}

void draw_ground(ImDrawList& to, const box& where, ImU32 colour, float rounding,
                 ImDrawFlags corners) {
    to.AddRectFilled(where.min, where.max, colour, rounding, corners);
    theme::current().items().fill(layer(), rectangle_of(where.min, where.max), colour);
}

void tell_control(std::string_view name, std::string_view key, bool enabled) {
    const ImDrawList& in = *ImGui::GetWindowDrawList();
    theme::current().items().control(
        {.name = std::string(name),
         .layer = layer(),
         .place = rectangle_of(ImGui::GetItemRectMin(), ImGui::GetItemRectMax()),
         .visible = rectangle_of(in.GetClipRectMin(), in.GetClipRectMax()),
         .enabled = enabled,
         .key = std::string(key)});
}

void tell_text(std::string_view text, ImU32 ink, ImU32 ground) {
    const box item{ImGui::GetItemRectMin(), ImGui::GetItemRectMax()};
    const ImVec2 half = text_size(ImGui::GetFont(), text) * 0.5F;
    const ImDrawList& in = *ImGui::GetWindowDrawList();
    theme::current().items().fill(layer(), rectangle_of(item.min, item.max), ground);
    tell({.name = std::string(text),
          .place = rectangle_of(item.centre() - half, item.centre() + half),
          .visible = rectangle_of(in.GetClipRectMin(), in.GetClipRectMax()),
          .ink = ink});
}

may_be_cut::may_be_cut() {
    theme::current().items().begin_moving();
}
may_be_cut::~may_be_cut() {
    theme::current().items().end_moving();
}

std::string fitted(ImFont* font, std::string_view text, float width) {
    if (text_size(font, text).x <= width)
        return std::string(text);
    std::string cut(text);
    while (!cut.empty() && text_size(font, cut + "...").x > width) {
        while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xC0U) == 0x80U)
            cut.pop_back();
        if (!cut.empty())
            cut.pop_back();
    }
    return cut + "...";
}

box label_box(const theme& look, ImFont* font, ImVec2 centre, std::string_view text) {
    const ImVec2 half = text_size(font, text) * 0.5F + ImVec2{look.px(4), look.px(1.5F)};
    return {centre - half, centre + half};
}

box draw_label(ImDrawList& to, const theme& look, ImFont* font, ImVec2 centre, ImU32 colour,
               ImU32 ground, std::string_view text) {
    const box around = label_box(look, font, centre, text);
    draw_ground(to, around, ground, look.px(4));
    draw_text(to, font, around.min + ImVec2{look.px(4), look.px(1.5F)}, colour, text);
    return around;
}

void draw_health(ImDrawList& to, health h, ImVec2 c, float r) {
    const ImU32 paint = colour::of(h), ink = colours().background;
    switch (h) {
    case health::idle:
        disc(to, c, r, paint, false);
        break;
    case health::healthy:
        disc(to, c, r, paint, true);
        tick_stroke(to, c, r, ink);
        break;
    case health::strained:
        to.AddTriangleFilled(c + ImVec2{0, -1.05F} * r, c + ImVec2{1.1F, 0.85F} * r,
                             c + ImVec2{-1.1F, 0.85F} * r, paint);
        to.AddLine(c + ImVec2{0, -0.35F} * r, c + ImVec2{0, 0.25F} * r, ink, r * 0.24F);
        to.AddCircleFilled(c + ImVec2{0, 0.56F} * r, r * 0.15F, ink);
        break;
    case health::failing:
        disc(to, c, r, paint, true);
        cross_stroke(to, c, r, ink);
        break;
    case health::paused:
        to.AddRectFilled(c + ImVec2{-0.7F, -0.9F} * r, c + ImVec2{-0.15F, 0.9F} * r, paint);
        to.AddRectFilled(c + ImVec2{0.15F, -0.9F} * r, c + ImVec2{0.7F, 0.9F} * r, paint);
        break;
    case health::down:
        to.AddRectFilled(c + ImVec2{-0.9F, -0.9F} * r, c + ImVec2{0.9F, 0.9F} * r, paint, r * 0.2F);
        to.AddLine(c + ImVec2{-0.55F, 0} * r, c + ImVec2{0.55F, 0} * r, ink, r * 0.3F);
        break;
    }
}

ImU32 colour_of(scenario::check_status status) {
    switch (status) {
    case scenario::check_status::passed:
        return colours().green;
    case scenario::check_status::failed:
    case scenario::check_status::invalid_baseline:
        return colours().vermillion;
    case scenario::check_status::inconclusive:
        return colours().dim;
    }
    return colours().dim;
}

void draw_status(ImDrawList& to, scenario::check_status status, bool settled, ImVec2 c, float r) {
    const ImU32 paint = colour_of(status), ink = settled ? colours().background : paint;
    switch (status) {
    case scenario::check_status::passed:
        disc(to, c, r, paint, settled);
        tick_stroke(to, c, r, ink);
        break;
    case scenario::check_status::failed:
        disc(to, c, r, paint, settled);
        cross_stroke(to, c, r, ink);
        break;
    case scenario::check_status::invalid_baseline:
        to.AddRectFilled(c - ImVec2{r, r} * 0.9F, c + ImVec2{r, r} * 0.9F, paint, r * 0.2F);
        cross_stroke(to, c, r, colours().background);
        break;
    case scenario::check_status::inconclusive:
        disc(to, c, r, paint, false);
        dots(to, c, r, paint);
        break;
    }
}

bool icon_button(const theme& look, const char* name, icon what, const char* tooltip,
                 const char* key, bool enabled) {
    const float side = look.px(30);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::BeginDisabled(!enabled);
    ImGui::PushID(name);
    const bool pressed = ImGui::Button("##icon", {side, side});
    ImGui::PopID();
    ImGui::EndDisabled();
    tell_control(name, key, enabled);
    draw_icon(*ImGui::GetWindowDrawList(), what, at + ImVec2{side, side} * 0.5F, look.px(10),
              enabled ? colours().text : colours().border);
    if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
        ImGui::SetTooltip("%s (%s)", tooltip, key);
    return pressed && enabled;
}

bool text_button(const theme& look, const char* name, const std::string& text, const char* tooltip,
                 const char* key, bool chosen) {
    const palette& c = look.colours();
    ImGui::PushFont(look.small());
    ImGui::PushID(name);
    ImGui::PushStyleColor(ImGuiCol_Text, chosen ? c.background : c.text);
    ImGui::PushStyleColor(ImGuiCol_Button, chosen ? c.sky : c.raised);
    const bool pressed = ImGui::SmallButton(text.c_str());
    ImGui::PopStyleColor(2);
    ImGui::PopID();
    tell_control(name, key);
    tell_text(text, chosen ? c.background : c.text, chosen ? c.sky : c.raised);
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("%s (%s)", tooltip, key);
    ImGui::PopFont();
    return pressed;
}

void draw_hatch(ImDrawList& to, const box& where, ImU32 colour, float step) {
    to.PushClipRect(where.min, where.max, true);
    const float height = where.height();
    for (float x = where.min.x - height; x < where.max.x; x += step)
        to.AddLine({x, where.max.y}, {x + height, where.min.y}, colour);
    to.PopClipRect();
}

} // namespace windtunnel::gui
