// SPDX-License-Identifier: BSL-1.0
// What is on the screen, by name: every text and every control that a frame drew, with its place,
// its colours and the key that does the same. Panels fill it while they draw; tests press controls
// by name, and a check finds what overlaps, is cut off or is hard to read. Plain data, no ImGui.
// Places are pixels from the upper left corner; colours are red, green, blue, alpha from the lowest
// byte up, as ImGui has them. Names are unique in a frame, texts need not be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::gui {

using rgba = std::uint32_t;

struct rectangle {
    float left = 0, top = 0, right = 0, bottom = 0;

    float width() const { return right - left; }
    float height() const { return bottom - top; }
    float middle_x() const { return (left + right) / 2; }
    float middle_y() const { return (top + bottom) / 2; }
    bool contains(float x, float y) const {
        return x >= left && x <= right && y >= top && y <= bottom;
    }
    rectangle common(const rectangle& o) const;
    bool empty() const { return right <= left || bottom <= top; }
};

struct item {
    std::string name{};      ///< of a control; of a text what it says
    std::string layer{};     ///< the window it is in: what is in different ones may overlap
    rectangle place{};       ///<
    rectangle visible{};     ///< the part of the screen that it may be drawn in
    bool control = false;    ///< else a text
    bool enabled = true;     ///< of a control
    bool may_be_cut = false; ///< of a text that the user moves, or that scrolls
    std::string key{};       ///< of a control: what does the same on the keyboard
    rgba ink = 0, ground = 0;
};

/// The ratio of WCAG 2.1 (1 to 21); alpha of `ink` is mixed with `ground`.
double contrast(rgba ink, rgba ground);
/// `over` on `under`, which is taken as opaque.
rgba mixed(rgba over, rgba under);

class item_registry {
  public:
    /// What is told to it from now on belongs to a new frame, on a ground of this colour.
    void begin_frame(rgba ground);

    /// An area of one colour, on which later texts of the same layer stand.
    void fill(std::string_view layer, const rectangle& place, rgba colour);
    void text(item what);
    void control(item what);
    /// Texts between the two may be cut off. They nest.
    void begin_moving() { ++moving_; }
    void end_moving() { --moving_; }

    const std::vector<item>& items() const { return items_; }
    /// The control of this name; nullptr where there is none in this frame.
    const item* find(std::string_view control) const;
    /// Something says so, whole or as a part of it.
    bool says(std::string_view text) const;

  private:
    struct area {
        std::string layer;
        rectangle place;
        rgba colour;
    };
    rgba ground_at(const item& what) const;

    rgba ground_ = 0;
    int moving_ = 0;
    std::vector<area> areas_;
    std::vector<item> items_;
};

struct legibility {
    double contrast = 4.5; ///< at least, WCAG 2.1 AA for text of any size
    float slack = 1.5F;    ///< pixels of leading around letters that may overlap or be cut off
};

/// A sentence for each text that overlaps another, is cut off or has too little contrast, and for
/// each control without a key.
std::vector<std::string> complaints(const item_registry& of, const rectangle& display,
                                    const legibility& limits = {});

} // namespace windtunnel::gui
