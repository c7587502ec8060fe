// SPDX-License-Identifier: BSL-1.0
#include "gui/widgets/plot.hpp"

#include <algorithm>
#include <cmath>

namespace windtunnel::gui {

plot::plot(const theme& look, ImDrawList& to, const box& outer, const plot_axes& axes)
    : look_(look), to_(to), axes_(axes), inner_{outer.min + ImVec2{look.px(58), look.px(18)},
                                                outer.max - ImVec2{look.px(12), look.px(22)}} {}

float plot::y_pixel(double y) const {
    const auto share = axes_.log_y ? std::log(std::max(y, axes_.y_low * 1e-3) / axes_.y_low) /
                                         std::log(axes_.y_high / axes_.y_low)
                                   : (y - axes_.y_low) / (axes_.y_high - axes_.y_low);
    return inner_.max.y - static_cast<float>(share) * inner_.height();
}

ImVec2 plot::at(double x, double y) const {
    const double share = (x - axes_.x_low) / (axes_.x_high - axes_.x_low);
    return {inner_.min.x + static_cast<float>(share) * inner_.width(), y_pixel(y)};
}

double plot::x_at(float pixel) const {
    const double share = static_cast<double>((pixel - inner_.min.x) / inner_.width());
    return axes_.x_low + share * (axes_.x_high - axes_.x_low);
}

std::vector<tick> plot::y_ticks() const {
    const int most = std::max(2, static_cast<int>(inner_.height() / look_.px(38)));
    return axes_.log_y ? log_ticks(axes_.y_low, axes_.y_high, axes_.y_unit)
                       : linear_ticks(axes_.y_low, axes_.y_high, most, axes_.y_unit);
}

void plot::grid() {
    draw_ground(to_, inner_, colours().background);
    float last_label = inner_.max.y + look_.px(100);
    for (const tick& t : y_ticks()) {
        const float y = std::round(at(axes_.x_low, t.at).y) + 0.5F;
        to_.AddLine({inner_.min.x, y}, {inner_.max.x, y},
                    t.label.empty() ? colour::faded(colours().grid, 110) : colours().grid);
        if (t.label.empty() || last_label - y < look_.px(14))
            continue;
        const ImVec2 size = text_size(look_.small(), t.label);
        draw_text(to_, look_.small(), {inner_.min.x - size.x - look_.px(7), y - size.y / 2},
                  colours().dim, t.label);
        last_label = y;
    }
    const int most = std::max(2, static_cast<int>(inner_.width() / look_.px(76)));
    for (const tick& t : linear_ticks(axes_.x_low, axes_.x_high, most, axis_unit::clock)) {
        const float x = std::round(at(t.at, axes_.y_low).x) + 0.5F;
        to_.AddLine({x, inner_.min.y}, {x, inner_.max.y}, colour::faded(colours().grid, 150));
        const ImVec2 size = text_size(look_.small(), t.label);
        const float right = inner_.max.x + look_.px(8) - size.x;
        draw_text(to_, look_.small(), {std::min(x - size.x / 2, right), inner_.max.y + look_.px(5)},
                  colours().dim, t.label);
    }
}

void plot::warmup(duration until) {
    if (until <= duration::zero())
        return;
    const box area{inner_.min, {at(to_seconds(until), axes_.y_low).x, inner_.max.y}};
    draw_hatch(to_, area, colour::faded(colours().edge, 46), look_.px(9));
}

void plot::bands(const std::vector<fault_band>& bands, duration now) {
    to_.PushClipRect({inner_.min.x, inner_.min.y - look_.px(18)}, inner_.max, true);
    float free_from = inner_.min.x;
    for (const fault_band& b : bands) {
        const box area{{at(to_seconds(b.begin), 0).x, inner_.min.y},
                       {at(to_seconds(b.end), 0).x, inner_.max.y}};
        const ImU32 paint = colour::of_fault(b.number);
        if (!b.planned) {
            to_.AddRectFilled(area.min, area.max, colour::faded(paint, 40));
            continue;
        }
        to_.AddRectFilled(area.min, {area.max.x, area.min.y + look_.px(3)}, paint);
        to_.AddLine(area.min, {area.min.x, area.max.y},
                    colour::faded(paint, b.begin > now ? 90 : 170));
        to_.AddLine({area.max.x, area.min.y}, area.max,
                    colour::faded(paint, b.end > now ? 90 : 170));
        const float from = std::max(area.min.x, free_from);
        const std::string name = fitted(look_.small(), b.fault, inner_.max.x - from);
        if (name.size() > 4 || name == b.fault) {
            draw_text(to_, look_.small(), {from, inner_.min.y - look_.px(16)}, paint, name);
            free_from = from + text_size(look_.small(), name).x + look_.px(8);
        }
    }
    to_.PopClipRect();
}

/// Piece by piece: at the sharp angles of a chart ImGui's polylines lose their thickness.
void plot::line(const std::vector<point>& points, ImU32 colour, float thickness) {
    to_.PushClipRect(inner_.min, inner_.max, true);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const ImVec2 p = at(points[i].x, points[i].y);
        to_.AddCircleFilled(p, points.size() == 1 ? thickness : thickness * 0.42F, colour, 8);
        if (i > 0)
            to_.AddLine(at(points[i - 1].x, points[i - 1].y), p, colour, thickness);
    }
    to_.PopClipRect();
}

void plot::area(const std::vector<point>& low, const std::vector<point>& high, ImU32 colour) {
    to_.PushClipRect(inner_.min, inner_.max, true);
    const ImDrawListFlags flags = to_.Flags;
    to_.Flags &= ~ImDrawListFlags_AntiAliasedFill; // no seams between the pieces
    for (std::size_t i = 1; i < low.size(); ++i)
        to_.AddQuadFilled(at(low[i - 1].x, low[i - 1].y), at(high[i - 1].x, high[i - 1].y),
                          at(high[i].x, high[i].y), at(low[i].x, low[i].y), colour);
    to_.Flags = flags;
    to_.PopClipRect();
}

void plot::now_line(duration now) {
    const float x = at(to_seconds(now), axes_.y_low).x;
    to_.AddLine({x, inner_.min.y}, {x, inner_.max.y}, colour::faded(colours().text, 120));
}

void plot::frame() {
    to_.AddRect(inner_.min, inner_.max, colours().border);
}

std::optional<double> plot::crosshair() {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    if (!inner_.contains(mouse) || !ImGui::IsWindowHovered())
        return std::nullopt;
    to_.AddLine({mouse.x, inner_.min.y}, {mouse.x, inner_.max.y},
                colour::faded(colours().text, 170));
    return x_at(mouse.x);
}

void plot::message(std::string_view text) {
    const ImVec2 size = text_size(look_.normal(), text);
    draw_text(to_, look_.normal(), inner_.centre() - size * 0.5F, colours().dim, text);
}

void draw_legend(ImDrawList& to, const theme& look, ImVec2 right, float room,
                 std::vector<legend_entry> entries) {
    const auto width = [&](const legend_entry& e) {
        const float value = e.value.empty() ? 0 : look.px(6) + text_size(look.bold(), e.value).x;
        return look.px(18) + text_size(look.small(), e.name).x + value + look.px(14);
    };
    float all = 0;
    for (const legend_entry& e : entries)
        all += width(e);
    for (legend_entry& e : entries)
        if (all > room)
            e.value.clear();
    std::size_t shown = 0;
    float used = 0;
    while (shown < entries.size() && used + width(entries[shown]) <= room)
        used += width(entries[shown++]);
    float x = right.x - used;
    for (std::size_t i = 0; i < shown; ++i) {
        const legend_entry& e = entries[i];
        const float middle = right.y + look.px(9);
        to.AddRectFilled({x, middle - look.px(2)}, {x + look.px(13), middle + look.px(2)},
                         e.colour);
        const float name_x = x + look.px(18);
        draw_text(to, look.small(), {name_x, right.y + look.px(2)}, colours().dim, e.name);
        if (!e.value.empty())
            draw_text(to, look.bold(),
                      {name_x + text_size(look.small(), e.name).x + look.px(6), right.y},
                      colours().text, e.value);
        x += width(e);
    }
}

} // namespace windtunnel::gui
