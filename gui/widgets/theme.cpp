// SPDX-License-Identifier: BSL-1.0
#include "gui/widgets/theme.hpp"

#include <cmath>
#include <filesystem>

namespace windtunnel::gui {

namespace {

constexpr const char* text_font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
constexpr const char* bold_font = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";

ImFont* load(const char* file, float pixels) {
    ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
    std::error_code none;
    if (std::filesystem::exists(file, none)) {
        ImFontConfig options;
        options.OversampleH = 2;
        options.OversampleV = 1;
        options.PixelSnapH = true;
        if (ImFont* font = atlas.AddFontFromFileTTF(file, pixels, &options))
            return font;
    }
    ImFontConfig options;
    options.SizePixels = pixels;
    return atlas.AddFontDefault(&options);
}

ImVec4 channels(ImU32 c) {
    return ImGui::ColorConvertU32ToFloat4(c);
}

} // namespace

namespace colour {

ImU32 of(health h) {
    switch (h) {
    case health::idle:
        return dim;
    case health::healthy:
        return green;
    case health::strained:
        return yellow;
    case health::failing:
        return vermillion;
    case health::paused:
        return sky;
    case health::down:
        return purple;
    }
    return dim;
}

ImU32 of_fault(std::size_t number) {
    constexpr std::array<ImU32, 4> colours{orange, purple, sky, yellow};
    return colours[number % colours.size()];
}

} // namespace colour

theme::theme(float scale) : scale_(scale) {
    load_fonts();
    set_style();
}

void theme::load_fonts() {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        text_[i] = load(text_font, std::round(sizes[i] * scale_));
        bold_[i] = load(bold_font, std::round(sizes[i] * scale_));
    }
    ImGui::GetIO().FontDefault = normal();
}

ImFont* theme::font_of(float pixels, bool bold) const {
    const auto& fonts = bold ? bold_ : text_;
    ImFont* found = fonts.front();
    for (ImFont* f : fonts)
        if (f->FontSize <= pixels + 0.5F)
            found = f;
    return found;
}

void theme::set_style() const {
    ImGuiStyle style;
    ImGui::StyleColorsDark(&style);
    style.WindowRounding = 6;
    style.FrameRounding = style.PopupRounding = style.GrabRounding = 4;
    style.WindowPadding = {12, 10};
    style.FramePadding = {8, 4};
    style.ItemSpacing = {8, 6};
    style.CellPadding = {8, 3};
    style.WindowBorderSize = style.PopupBorderSize = 1;
    style.ScrollbarSize = 12;
    style.ScaleAllSizes(scale_);
    style.Colors[ImGuiCol_Text] = channels(colour::text);
    style.Colors[ImGuiCol_TextDisabled] = channels(colour::dim);
    style.Colors[ImGuiCol_WindowBg] = channels(colour::panel);
    style.Colors[ImGuiCol_ChildBg] = channels(colour::panel);
    style.Colors[ImGuiCol_PopupBg] = channels(colour::raised);
    style.Colors[ImGuiCol_Border] = channels(colour::border);
    style.Colors[ImGuiCol_FrameBg] = channels(colour::raised);
    style.Colors[ImGuiCol_FrameBgHovered] = channels(colour::border);
    style.Colors[ImGuiCol_FrameBgActive] = channels(colour::border);
    style.Colors[ImGuiCol_Button] = channels(colour::raised);
    style.Colors[ImGuiCol_ButtonHovered] = channels(colour::border);
    style.Colors[ImGuiCol_ButtonActive] = channels(colour::edge);
    style.Colors[ImGuiCol_CheckMark] = channels(colour::sky);
    style.Colors[ImGuiCol_SliderGrab] = channels(colour::sky);
    style.Colors[ImGuiCol_SliderGrabActive] = channels(colour::text);
    style.Colors[ImGuiCol_Header] = channels(colour::border);
    style.Colors[ImGuiCol_HeaderHovered] = channels(colour::border);
    style.Colors[ImGuiCol_HeaderActive] = channels(colour::edge);
    style.Colors[ImGuiCol_ScrollbarBg] = channels(colour::panel);
    ImGui::GetStyle() = style;
}

} // namespace windtunnel::gui
