// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/trace_waterfall.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "gui/model/axis.hpp"
#include "gui/panels/tooltips.hpp"

namespace windtunnel::gui {

namespace {

constexpr float row_height = 20, name_share = 0.36F, indent = 9;

std::string length_text(duration d) {
    return format_value(to_seconds(d), axis_unit::seconds);
}

/// Marks that say without colour what fills the time: work is plain, waiting dotted along its
/// middle, network has a line, retry is hatched.
void draw_texture(ImDrawList& to, const theme& look, const box& b, time_use use) {
    const ImU32 ink = colour::faded(look.colours().background, 190);
    const float y = b.centre().y;
    if (use == time_use::retry)
        draw_hatch(to, b, ink, look.px(5));
    if (use == time_use::network && b.width() > look.px(4))
        to.AddLine({b.min.x + look.px(1), y}, {b.max.x - look.px(1), y}, ink, look.px(2));
    if (use == time_use::waiting)
        for (float x = b.min.x + look.px(4); x < b.max.x - look.px(2); x += look.px(7))
            to.AddCircleFilled({x, y}, look.px(1.3F), ink, 8);
}

struct scale {
    float left, width;
    double length;
    /// What goes on when nobody waits any more ends at the right border.
    float operator()(duration t) const {
        return left + width * static_cast<float>(std::clamp(to_seconds(t) / length, 0.0, 1.0));
    }
};

void draw_piece(ImDrawList& to, const theme& look, const scale& x, float top,
                const time_piece& piece) {
    const float thin = piece.critical ? 3 : 8.5F;
    const float end = std::max(x(piece.end), x(piece.begin) + 1);
    const box b{{x(piece.begin), top + look.px(thin)},
                {end, top + look.px(row_height) - look.px(thin)}};
    to.AddRectFilled(b.min, b.max, colour_of(piece.use));
    if (piece.critical && b.width() > look.px(3))
        draw_texture(to, look, b, piece.use);
}

void tell_row(const waterfall_row& row) {
    std::vector<std::pair<std::string, std::string>> figures{
        {"began after", length_text(row.begin)},
        {"took", length_text(row.end - row.begin)},
        {"ended", row.failed ? row.why
                  : row.open ? "not by the end of the trace"
                             : "well"}};
    figures_tooltip(row.name, figures);
}

void draw_row(ImDrawList& to, const theme& look, const box& place, const scale& x,
              const waterfall_row& row) {
    const palette& c = look.colours();
    const float left = place.min.x + look.px(indent) * static_cast<float>(std::min(row.depth, 8));
    const std::string text = row.failed ? row.name + ": " + row.why : row.name;
    const float mark = row.failed ? look.px(14) : 0;
    if (row.failed)
        draw_status(to, scenario::check_status::failed, true, {left + look.px(5), place.centre().y},
                    look.px(5));
    draw_text(to, look.small(), {left + mark, place.min.y + look.px(2)},
              row.failed ? c.vermillion : c.text,
              fitted(look.small(), text, x.left - look.px(8) - left - mark));
    const float middle = place.centre().y;
    to.AddLine({x(row.begin), middle}, {std::max(x(row.end), x(row.begin) + 1), middle}, c.edge);
    for (const time_piece& piece : row.pieces)
        draw_piece(to, look, x, place.min.y, piece);
    if (ImGui::IsWindowHovered() && place.contains(ImGui::GetIO().MousePos))
        tell_row(row);
}

void draw_axis(ImDrawList& to, const theme& look, const box& place, const scale& x) {
    const int most = std::max(2, static_cast<int>(x.width / look.px(80)));
    for (const tick& t : linear_ticks(0, x.length, most, axis_unit::seconds)) {
        const float at = std::round(x(from_seconds(t.at))) + 0.5F;
        to.AddLine({at, place.min.y}, {at, place.max.y - look.px(18)}, look.colours().grid);
        const ImVec2 size = text_size(look.small(), t.label);
        if (at + size.x / 2 <= place.max.x)
            draw_text(to, look.small(), {at - size.x / 2, place.max.y - look.px(16)},
                      look.colours().dim, t.label);
    }
}

} // namespace

ImU32 colour_of(time_use use) {
    const palette& c = colours();
    switch (use) {
    case time_use::work:
        return c.green;
    case time_use::waiting:
        return c.yellow;
    case time_use::network:
        return c.sky;
    case time_use::retry:
        return c.purple;
    }
    return c.dim;
}

void draw_waterfall(ImDrawList& to, const theme& look, const box& place, const waterfall& what) {
    const float left = place.min.x + place.width() * name_share;
    const scale x{left, place.max.x - look.px(14) - left, std::max(to_seconds(what.length), 1e-9)};
    draw_axis(to, look, place, x);
    to.PushClipRect(place.min, place.max, true);
    const float height = look.px(row_height);
    const auto room =
        static_cast<std::size_t>(std::max(0.F, (place.height() - look.px(20)) / height));
    const bool all = what.rows.size() <= room;
    const std::size_t drawn = all ? what.rows.size() : room - std::min<std::size_t>(1, room);
    float top = place.min.y;
    for (std::size_t i = 0; i < drawn; ++i, top += height)
        draw_row(to, look, {{place.min.x, top}, {place.max.x, top + height}}, x, what.rows[i]);
    if (!all && room > 0)
        draw_text(to, look.small(), {place.min.x, top + look.px(2)}, look.colours().dim,
                  fmt::format("and {} more calls", what.rows.size() - drawn));
    to.PopClipRect();
}

void draw_uses(ImDrawList& to, const theme& look, const box& place, const waterfall& what) {
    float x = place.min.x;
    std::array<std::size_t, time_use_count> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return what.spent[a] > what.spent[b]; });
    for (const std::size_t i : order) {
        if (what.spent[i] <= duration::zero())
            return;
        const auto use = static_cast<time_use>(i);
        const double share = to_seconds(what.spent[i]) / std::max(to_seconds(what.length), 1e-9);
        const std::string text =
            fmt::format("{} {}", to_string(use), format_value(share, axis_unit::share));
        const float width = look.px(30) + text_size(look.small(), text).x;
        if (x + width > place.max.x)
            return;
        const box mark{{x, place.min.y + look.px(3)}, {x + look.px(14), place.min.y + look.px(14)}};
        to.AddRectFilled(mark.min, mark.max, colour_of(use));
        draw_texture(to, look, mark, use);
        draw_text(to, look.small(), {x + look.px(19), place.min.y}, look.colours().dim, text);
        x += width + look.px(2);
    }
}

} // namespace windtunnel::gui
