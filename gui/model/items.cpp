// SPDX-License-Identifier: BSL-1.0
#include "gui/model/items.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace windtunnel::gui {

namespace {

double channel(rgba c, int shift) {
    return static_cast<double>((c >> shift) & 0xffU) / 255;
}

double linear(double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

/// WCAG 2.1, "relative luminance".
double luminance(rgba c) {
    return 0.2126 * linear(channel(c, 0)) + 0.7152 * linear(channel(c, 8)) +
           0.0722 * linear(channel(c, 16));
}

std::string where(const rectangle& r) {
    return fmt::format("{:.0f},{:.0f} to {:.0f},{:.0f}", r.left, r.top, r.right, r.bottom);
}

bool apart(const item& a, const item& b, float slack) {
    const rectangle both = a.place.common(a.visible).common(b.place.common(b.visible));
    return a.layer != b.layer || both.width() <= slack || both.height() <= 2 * slack;
}

bool is_cut(const item& of, const rectangle& display, float slack) {
    const rectangle seen = of.place.common(of.visible).common(display);
    return seen.width() < of.place.width() - slack || seen.height() < of.place.height() - 2 * slack;
}

void look_at(const item& of, const rectangle& display, const legibility& limits,
             std::vector<std::string>& found) {
    if (!of.may_be_cut && is_cut(of, display, limits.slack))
        found.push_back(fmt::format("\"{}\" is cut off at {}", of.name, where(of.place)));
    if (const double seen = contrast(of.ink, of.ground); seen < limits.contrast)
        found.push_back(
            fmt::format("\"{}\" has a contrast of {:.2f} at {}", of.name, seen, where(of.place)));
}

} // namespace

rectangle rectangle::common(const rectangle& o) const {
    return {std::max(left, o.left), std::max(top, o.top), std::min(right, o.right),
            std::min(bottom, o.bottom)};
}

rgba mixed(rgba over, rgba under) {
    const double share = channel(over, 24);
    rgba made = 0xff000000U;
    for (const int shift : {0, 8, 16}) {
        const double c = channel(over, shift) * share + channel(under, shift) * (1 - share);
        made |= static_cast<rgba>(std::lround(c * 255)) << shift;
    }
    return made;
}

double contrast(rgba ink, rgba ground) {
    const double a = luminance(mixed(ink, ground)), b = luminance(ground);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

void item_registry::begin_frame(rgba ground) {
    ground_ = ground;
    areas_.clear();
    items_.clear();
}

void item_registry::fill(std::string_view layer, const rectangle& place, rgba colour) {
    areas_.push_back({std::string(layer), place, colour});
}

rgba item_registry::ground_at(const item& what) const {
    rgba seen = ground_;
    for (const area& a : areas_)
        if (a.layer == what.layer && a.place.contains(what.place.middle_x(), what.place.middle_y()))
            seen = mixed(a.colour, seen);
    return seen;
}

void item_registry::text(item what) {
    if (what.name.empty() || what.place.common(what.visible).empty())
        return;
    what.ground = ground_at(what);
    what.may_be_cut = what.may_be_cut || moving_ > 0;
    items_.push_back(std::move(what));
}

void item_registry::control(item what) {
    what.control = true;
    items_.push_back(std::move(what));
}

const item* item_registry::find(std::string_view control) const {
    const auto found = std::find_if(items_.begin(), items_.end(),
                                    [&](const item& i) { return i.control && i.name == control; });
    return found == items_.end() ? nullptr : &*found;
}

bool item_registry::says(std::string_view text) const {
    return std::any_of(items_.begin(), items_.end(), [&](const item& i) {
        return !i.control && i.name.find(text) != std::string::npos;
    });
}

std::vector<std::string> complaints(const item_registry& of, const rectangle& display,
                                    const legibility& limits) {
    std::vector<std::string> found;
    std::vector<const item*> texts;
    for (const item& i : of.items()) {
        if (i.control && i.key.empty())
            found.push_back(fmt::format("\"{}\" has no key", i.name));
        if (i.control)
            continue;
        look_at(i, display, limits, found);
        for (const item* other : texts)
            if (!apart(*other, i, limits.slack))
                found.push_back(fmt::format("\"{}\" and \"{}\" overlap at {}", other->name, i.name,
                                            where(i.place)));
        texts.push_back(&i);
    }
    return found;
}

} // namespace windtunnel::gui
