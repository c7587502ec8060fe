// SPDX-License-Identifier: BSL-1.0
#include "gui/widgets/theme.hpp"

#include <cmath>
#include <filesystem>
#include <stdexcept>

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

// The accents of the dark one are Okabe and Ito's, green and vermillion lighter for the ground; of
// the light one darker, with the blue of that palette for its sky blue.
constexpr palette dark_palette{.background = IM_COL32(16, 19, 24, 255),
                               .panel = IM_COL32(24, 28, 35, 255),
                               .raised = IM_COL32(36, 42, 52, 255),
                               .border = IM_COL32(52, 60, 73, 255),
                               .grid = IM_COL32(42, 49, 60, 255),
                               .text = IM_COL32(232, 235, 241, 255),
                               .dim = IM_COL32(156, 166, 182, 255),
                               .edge = IM_COL32(98, 116, 142, 255),
                               .orange = IM_COL32(230, 159, 0, 255),
                               .sky = IM_COL32(86, 180, 233, 255),
                               .green = IM_COL32(0, 178, 132, 255),
                               .yellow = IM_COL32(240, 228, 66, 255),
                               .vermillion = IM_COL32(240, 116, 40, 255),
                               .purple = IM_COL32(204, 121, 167, 255)};
constexpr palette light_palette{.background = IM_COL32(250, 251, 253, 255),
                                .panel = IM_COL32(255, 255, 255, 255),
                                .raised = IM_COL32(240, 243, 247, 255),
                                .border = IM_COL32(196, 204, 214, 255),
                                .grid = IM_COL32(223, 228, 235, 255),
                                .text = IM_COL32(24, 29, 38, 255),
                                .dim = IM_COL32(84, 95, 111, 255),
                                .edge = IM_COL32(130, 146, 168, 255),
                                .orange = IM_COL32(140, 83, 0, 255),
                                .sky = IM_COL32(0, 98, 158, 255),
                                .green = IM_COL32(0, 110, 80, 255),
                                .yellow = IM_COL32(108, 97, 0, 255),
                                .vermillion = IM_COL32(183, 62, 0, 255),
                                .purple = IM_COL32(150, 58, 112, 255)};

const palette& colours() {
    return theme::current().colours();
}

namespace colour {

ImU32 of(health h) {
    switch (h) {
    case health::idle:
        return colours().dim;
    case health::healthy:
        return colours().green;
    case health::strained:
        return colours().yellow;
    case health::failing:
        return colours().vermillion;
    case health::paused:
        return colours().sky;
    case health::down:
        return colours().purple;
    }
    return colours().dim;
}

ImU32 of_fault(std::size_t number) {
    const palette& c = colours();
    const std::array<ImU32, 4> turns{c.orange, c.purple, c.sky, c.yellow};
    return turns[number % turns.size()];
}

} // namespace colour

theme::theme(float scale, const palette& colours) : scale_(scale), colours_(colours) {
    ImGui::GetIO().UserData = this;
    load_fonts();
    set_style();
}

theme::~theme() {
    if (ImGui::GetCurrentContext() != nullptr && ImGui::GetIO().UserData == this)
        ImGui::GetIO().UserData = nullptr;
}

const theme& theme::current() {
    const auto* of = static_cast<const theme*>(ImGui::GetIO().UserData);
    if (of == nullptr)
        throw std::logic_error("colours without a theme");
    return *of;
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
    style.Colors[ImGuiCol_Text] = channels(colours_.text);
    style.Colors[ImGuiCol_TextDisabled] = channels(colours_.dim);
    style.Colors[ImGuiCol_WindowBg] = channels(colours_.panel);
    style.Colors[ImGuiCol_ChildBg] = channels(colours_.panel);
    style.Colors[ImGuiCol_PopupBg] = channels(colours_.raised);
    style.Colors[ImGuiCol_Border] = channels(colours_.border);
    style.Colors[ImGuiCol_FrameBg] = channels(colours_.raised);
    style.Colors[ImGuiCol_FrameBgHovered] = channels(colours_.border);
    style.Colors[ImGuiCol_FrameBgActive] = channels(colours_.border);
    style.Colors[ImGuiCol_Button] = channels(colours_.raised);
    style.Colors[ImGuiCol_ButtonHovered] = channels(colours_.border);
    style.Colors[ImGuiCol_ButtonActive] = channels(colours_.edge);
    style.Colors[ImGuiCol_CheckMark] = channels(colours_.sky);
    style.Colors[ImGuiCol_SliderGrab] = channels(colours_.sky);
    style.Colors[ImGuiCol_SliderGrabActive] = channels(colours_.text);
    style.Colors[ImGuiCol_Header] = channels(colours_.border);
    style.Colors[ImGuiCol_HeaderHovered] = channels(colours_.border);
    style.Colors[ImGuiCol_HeaderActive] = channels(colours_.edge);
    style.Colors[ImGuiCol_ScrollbarBg] = channels(colours_.panel);
    ImGui::GetStyle() = style;
}

} // namespace windtunnel::gui
