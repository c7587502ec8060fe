// SPDX-License-Identifier: BSL-1.0
// Colours, fonts and sizes of the window. What has a meaning has a colour of Okabe and Ito's
// palette (2008), which people who see fewer colours can tell apart, and a shape or a word beside
// it. Sizes are in units that `px` turns into pixels of the monitor.
#pragma once

#include <array>
#include <imgui.h>

#include "gui/model/health.hpp"
#include "gui/model/items.hpp"

namespace windtunnel::gui {

/// A set of colours for one kind of ground. Each is told from the others by people who see fewer
/// colours, and has a contrast of 4.5:1 with `background`, `panel` and `raised`, whichever is text
/// on which, apart from what only lines are made of (`border`, `grid`, `edge`).
struct palette {
    ImU32 background, panel, raised, border, grid, text, dim, edge;
    ImU32 orange, sky, green, yellow, vermillion, purple;
};
extern const palette dark_palette, light_palette;

/// Of the theme of the current ImGui context.
const palette& colours();

namespace colour {
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
    /// One at a time to a context, which refers to it as long as it lives.
    explicit theme(float scale, const palette& colours = dark_palette);
    ~theme();
    theme(const theme&) = delete;
    theme& operator=(const theme&) = delete;

    /// Of the current ImGui context; there must be one.
    static const theme& current();
    const palette& colours() const { return colours_; }
    /// What is drawn with this theme tells itself here.
    item_registry& items() const { return items_; }

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
    const palette& colours_;
    mutable item_registry items_;
    std::array<ImFont*, sizes.size()> text_{}, bold_{};
};

} // namespace windtunnel::gui
