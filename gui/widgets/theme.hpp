// SPDX-License-Identifier: BSL-1.0
// Colours, fonts and sizes of the window. What has a meaning has a colour of Okabe and Ito's
// palette (2008), which people who see fewer colours can tell apart, and a shape or a word beside
// it. Sizes are in units that `px` turns into pixels of the monitor.
#pragma once

#include <array>
#include <imgui.h>

#include "gui/model/health.hpp"

namespace windtunnel::gui {

namespace colour {
constexpr ImU32 background = IM_COL32(16, 19, 24, 255);
constexpr ImU32 panel = IM_COL32(24, 28, 35, 255);
constexpr ImU32 raised = IM_COL32(36, 42, 52, 255);
constexpr ImU32 border = IM_COL32(52, 60, 73, 255);
constexpr ImU32 grid = IM_COL32(42, 49, 60, 255);
constexpr ImU32 text = IM_COL32(232, 235, 241, 255);
constexpr ImU32 dim = IM_COL32(156, 166, 182, 255);
constexpr ImU32 edge = IM_COL32(98, 116, 142, 255);

constexpr ImU32 orange = IM_COL32(230, 159, 0, 255);
constexpr ImU32 sky = IM_COL32(86, 180, 233, 255);
constexpr ImU32 green = IM_COL32(0, 178, 132, 255); // bluish green, lighter: the ground is dark
constexpr ImU32 yellow = IM_COL32(240, 228, 66, 255);
constexpr ImU32 vermillion = IM_COL32(233, 104, 24, 255);
constexpr ImU32 purple = IM_COL32(204, 121, 167, 255);

ImU32 of(health h);
ImU32 of_fault(std::size_t number); ///< of the fault with this number in its file
constexpr ImU32 faded(ImU32 c, int alpha) {
    return (c & 0x00ffffffU) | (static_cast<ImU32>(alpha) << IM_COL32_A_SHIFT);
}
} // namespace colour

class theme {
  public:
    /// Loads the fonts into the current ImGui context and sets its style; `scale` is that of the
    /// monitor (1: 96 dpi). Without DejaVu's files all text has ImGui's own font.
    explicit theme(float scale);

    float px(float units) const { return units * scale_; }
    float scale() const { return scale_; }
    ImFont* normal() const { return text_[normal_size]; }
    ImFont* bold() const { return bold_[normal_size]; }
    ImFont* small() const { return text_[small_size]; }
    ImFont* title() const { return bold_[title_size]; }
    ImFont* clock() const { return bold_[clock_size]; }
    /// The largest font that is not larger than so many pixels (or the smallest): always sharp.
    ImFont* font_of(float pixels, bool bold) const;

  private:
    static constexpr std::array<float, 9> sizes{8, 9.5F, 11, 12.5F, 14, 16, 18, 22, 27};
    static constexpr std::size_t small_size = 3, normal_size = 4, title_size = 5, clock_size = 7;
    static_assert(sizes[normal_size] == 14 && sizes[title_size] == 16 && sizes[clock_size] == 22);

    void load_fonts();
    void set_style() const;

    float scale_;
    std::array<ImFont*, sizes.size()> text_{}, bold_{};
};

} // namespace windtunnel::gui
