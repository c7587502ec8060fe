// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/sweep/chart_panels.hpp"
#include "scenarios/src/sweep/chart_scale.hpp"

namespace windtunnel::scenario {

namespace {

constexpr double map_title_height = 34, map_axis_height = 44, legend_width = 92, bar_width = 14;
constexpr double map_label_size = 11, value_size = 10.5;

double longest(const std::vector<std::string>& texts) {
    double width = 0;
    for (const std::string& each : texts)
        width = std::max(width, text_width(each, map_label_size));
    return width;
}

class map_drawing {
  public:
    map_drawing(const panel& p, double left, double top)
        : p_(p), scale_(values_on_map(p), {.by_factors = p.unit != unit_kind::share}),
          left_(left + axis_width(p)), top_(top + map_title_height), cell_(cell_of(p)) {}

    static panel_size size(const panel& p) {
        const panel_size cell = cell_of(p);
        return {axis_width(p) + cell.width * static_cast<double>(p.xs.size()) + legend_width,
                map_title_height + cell.height * static_cast<double>(p.ys.size()) +
                    map_axis_height};
    }

    void draw(svg_canvas& canvas) const {
        canvas.text(left_, top_ - 14, p_.title, {.size = 14, .bold = true});
        for (std::size_t y = 0; y < p_.ys.size(); ++y)
            for (std::size_t x = 0; x < p_.xs.size(); ++x)
                draw_cell(canvas, x, y);
        draw_border(canvas);
        draw_axes(canvas);
        draw_legend(canvas);
    }

  private:
    static std::vector<double> values_on_map(const panel& p) {
        std::vector<double> values;
        for (const panel_point& each : p.points)
            if (each.value && std::isfinite(*each.value))
                values.push_back(*each.value);
        return values;
    }
    static double axis_width(const panel& p) { return longest(p.ys) + 38; }
    /// Wide enough for the values, unless that makes the map too wide; high enough for the name.
    static panel_size cell_of(const panel& p) {
        constexpr double widest_map = 860, highest_map = 560, usual_height = 34;
        const auto columns = static_cast<double>(p.xs.size()),
                   rows = static_cast<double>(p.ys.size());
        const double height = std::max(usual_height, (text_width(p.y_name) + 8) / rows);
        return {std::clamp(widest_map / columns, 6.0, std::max(34.0, p.value_width + 22)),
                std::clamp(highest_map / rows, 6.0, height)};
    }

    double x_of(std::size_t x) const { return left_ + cell_.width * static_cast<double>(x); }
    /// The first value is at the bottom.
    double y_of(std::size_t y) const {
        return top_ + cell_.height * static_cast<double>(p_.ys.size() - 1 - y);
    }
    double right() const { return x_of(p_.xs.size()); }
    double bottom() const { return top_ + cell_.height * static_cast<double>(p_.ys.size()); }

    std::string told(std::size_t x, std::size_t y) const {
        const panel_point& at = p_.at(x, y);
        return fmt::format("{} = {}, {} = {}: {}{}", p_.x_name, p_.xs[x], p_.y_name, p_.ys[y],
                           amount(at.value, p_.unit),
                           at.point == nullptr
                               ? " (not run)"
                               : fmt::format(" ({})", to_string(at.point->verdict)));
    }

    void draw_cell(svg_canvas& canvas, std::size_t x, std::size_t y) const {
        const panel_point& at = p_.at(x, y);
        const bool known = at.value && std::isfinite(*at.value);
        const double place = known ? scale_.position(*at.value) : 0;
        const std::string fill = known ? viridis(place) : "#e4e7eb";
        const std::string_view ink = known ? ink_on_viridis(place) : dark;
        canvas.titled(told(x, y), [&] {
            canvas.rectangle(x_of(x), y_of(y), cell_.width, cell_.height, fill,
                             R"(stroke="#ffffff" stroke-width="0.6")");
            const std::string text = amount(at.value, p_.unit);
            if (cell_.width >= text_width(text, value_size) + 8 && cell_.height >= 15)
                canvas.text(x_of(x) + cell_.width / 2, y_of(y) + cell_.height / 2 + 4, text,
                            {svg_text::anchor::middle, value_size, ink, false, 0});
            draw_mark(canvas, mark_of(at), x_of(x) + cell_.width, y_of(y), ink);
        });
    }

    /// In the upper right corner of a cell.
    void draw_mark(svg_canvas& canvas, mark m, double right, double top,
                   std::string_view ink) const {
        const double r = std::clamp(std::min(cell_.width, cell_.height) / 8, 1.2, 2.6);
        const double x = right - 2 * r - 0.8, y = top + 2 * r + 0.8;
        if (m == mark::fails) {
            canvas.line(x - r, y - r, x + r, y + r, ink, 1.3);
            canvas.line(x - r, y + r, x + r, y - r, ink, 1.3);
        } else if (m == mark::unknown) {
            canvas.text(x, y + 3, "?", {svg_text::anchor::middle, 4 * r, ink, true, 0});
        }
    }

    bool passes(std::size_t x, std::size_t y) const { return mark_of(p_.at(x, y)) == mark::passes; }
    bool told_apart(std::size_t x1, std::size_t y1, std::size_t x2, std::size_t y2) const {
        return p_.at(x1, y1).point != nullptr && p_.at(x2, y2).point != nullptr &&
               passes(x1, y1) != passes(x2, y2);
    }

    /// Between what passes and what does not: dark on a light seam, so that it is seen on both.
    void draw_border(svg_canvas& canvas) const {
        std::string data;
        for (std::size_t y = 0; y < p_.ys.size(); ++y)
            for (std::size_t x = 0; x < p_.xs.size(); ++x) {
                const double l = x_of(x), t = y_of(y), r = l + cell_.width, b = t + cell_.height;
                if (x + 1 < p_.xs.size() && told_apart(x, y, x + 1, y))
                    data += fmt::format("M{:.1f} {:.1f}V{:.1f}", r, t, b);
                if (y + 1 < p_.ys.size() && told_apart(x, y, x, y + 1))
                    data += fmt::format("M{:.1f} {:.1f}H{:.1f}", l, t, r);
            }
        if (data.empty())
            return;
        for (const char* style :
             {R"(fill="none" stroke="#ffffff" stroke-width="4.5" stroke-linecap="square")",
              R"(fill="none" stroke="#10151a" stroke-width="2.2" stroke-linecap="square")"})
            canvas.path(data, style);
    }

    void draw_axes(svg_canvas& canvas) const {
        const auto every =
            static_cast<std::size_t>(std::ceil(std::max(1.0, (longest(p_.xs) + 8) / cell_.width)));
        for (std::size_t x = 0; x < p_.xs.size(); x += every)
            canvas.text(x_of(x) + cell_.width / 2, bottom() + 16, p_.xs[x],
                        {svg_text::anchor::middle, map_label_size, dark, false, 0});
        const auto skip = static_cast<std::size_t>(std::ceil(std::max(1.0, 14 / cell_.height)));
        for (std::size_t y = 0; y < p_.ys.size(); y += skip)
            canvas.text(left_ - 6, y_of(y) + cell_.height / 2 + 4, p_.ys[y],
                        {svg_text::anchor::end, map_label_size, dark, false, 0});
        canvas.text((left_ + right()) / 2, bottom() + 36, p_.x_name,
                    {svg_text::anchor::middle, 12, grey, false, 0});
        canvas.text(left_ - longest(p_.ys) - 18, (top_ + bottom()) / 2, p_.y_name,
                    {svg_text::anchor::middle, 12, grey, false, -90});
    }

    void draw_legend(svg_canvas& canvas) const {
        constexpr int steps = 64;
        const double height = std::clamp(bottom() - top_, 90.0, 260.0), x = right() + 16;
        for (int i = 0; i < steps; ++i)
            canvas.rectangle(x, top_ + height * (1 - (i + 1.0) / steps), bar_width,
                             height / steps + 0.5, viridis((i + 0.5) / steps));
        std::vector<double> ticks = scale_.ticks(4);
        if (ticks.size() < 2)
            ticks = {scale_.low(), scale_.high()};
        for (const double each : ticks) {
            const double y = top_ + height * (1 - scale_.position(each));
            canvas.line(x + bar_width, y, x + bar_width + 4, y, grey);
            canvas.text(x + bar_width + 7, y + 4, value_text(each, p_.unit),
                        {svg_text::anchor::start, map_label_size, dark, false, 0});
        }
    }

    const panel& p_;
    value_scale scale_;
    double left_, top_; ///< of the cells
    panel_size cell_;
};

} // namespace

double value_width_of(const panel& p) {
    double width = 0;
    for (const panel_point& each : p.points)
        width = std::max(width, text_width(amount(each.value, p.unit), value_size));
    return width;
}

panel_size map_size(const panel& p) {
    return map_drawing::size(p);
}

void draw_map(svg_canvas& canvas, const panel& p, double left, double top) {
    map_drawing(p, left, top).draw(canvas);
}

} // namespace windtunnel::scenario
