// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/sweep/chart_panels.hpp"
#include "scenarios/src/sweep/chart_scale.hpp"

namespace windtunnel::scenario {

namespace {

constexpr double plot_width = 400, plot_height = 220, axis_width = 74, title_height = 34,
                 axis_height = 46, right_margin = 22;
constexpr double label_size = 11, headroom = 12;
constexpr std::string_view colour = "#3b518b", band = "#eef0f4";

class line_drawing {
  public:
    line_drawing(const panel& p, double left, double top)
        : p_(p), kind_(common_quantity(p.xs)), xs_(places(p, kind_)), x_scale_(xs_, {}),
          y_scale_(known_values(p), {.from_zero = true, .by_factors = p.unit != unit_kind::share}),
          left_(left + axis_width), top_(top + title_height) {}

    void draw(svg_canvas& canvas) const {
        canvas.text(left_, top_ - 14, p_.title, {.size = 14, .bold = true});
        draw_bracket(canvas);
        draw_y_axis(canvas);
        draw_x_axis(canvas);
        draw_curve(canvas);
        for (std::size_t i = 0; i < p_.xs.size(); ++i)
            draw_point(canvas, i);
    }

  private:
    /// Of values that are no quantities: one after the other.
    static std::vector<double> places(const panel& p, const std::optional<quantity>& kind) {
        std::vector<double> all;
        for (std::size_t i = 0; i < p.xs.size(); ++i)
            all.push_back(kind ? read_quantity(p.xs[i])->value : static_cast<double>(i));
        return all;
    }
    static bool is_known(const panel_point& p) { return p.value && std::isfinite(*p.value); }
    static std::vector<double> known_values(const panel& p) {
        std::vector<double> values;
        for (const panel_point& each : p.points)
            if (is_known(each))
                values.push_back(*each.value);
        return values;
    }

    double x_of(double x) const { return left_ + plot_width * x_scale_.position(x); }
    double y_of(double y) const {
        return top_ + headroom + (plot_height - headroom) * (1 - y_scale_.position(y));
    }

    /// An interval may be far wider than the values are apart.
    double y_within(double y) const { return y_of(std::clamp(y, y_scale_.low(), y_scale_.high())); }

    void draw_y_axis(svg_canvas& canvas) const {
        for (const double each : y_scale_.ticks(5)) {
            canvas.line(left_, y_of(each), left_ + plot_width, y_of(each), faint);
            canvas.text(left_ - 8, y_of(each) + 4, value_text(each, p_.unit),
                        {svg_text::anchor::end, label_size, dark, false, 0});
        }
    }

    /// Labels at the values themselves, as far as they have room.
    void draw_x_axis(svg_canvas& canvas) const {
        const double bottom = top_ + plot_height;
        canvas.line(left_, bottom, left_ + plot_width, bottom, grey);
        double free_from = -1;
        for (const std::size_t i : by_place()) {
            const double x = x_of(xs_[i]), half = text_width(p_.xs[i], label_size) / 2;
            canvas.line(x, bottom, x, bottom + 4, grey);
            if (x - half < free_from)
                continue;
            canvas.text(x, bottom + 17, p_.xs[i],
                        {svg_text::anchor::middle, label_size, dark, false, 0});
            free_from = x + half + 8;
        }
        canvas.text(left_ + plot_width / 2, bottom + 37, p_.x_name,
                    {svg_text::anchor::middle, 12, grey, false, 0});
    }

    std::vector<std::size_t> by_place() const {
        std::vector<std::size_t> order(xs_.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::sort(order.begin(), order.end(),
                  [&](std::size_t a, std::size_t b) { return xs_[a] < xs_[b]; });
        return order;
    }

    void draw_curve(svg_canvas& canvas) const {
        std::string data;
        bool pen_down = false;
        for (const std::size_t i : by_place()) {
            const panel_point& at = p_.at(i, 0);
            if (is_known(at))
                data += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x_of(xs_[i]),
                                    y_of(*at.value));
            pen_down = is_known(at);
        }
        canvas.path(data, fmt::format(R"(fill="none" stroke="{}" stroke-width="1.8")", colour));
    }

    /// Full: passes; a cross: does not; open: cannot tell.
    void draw_point(svg_canvas& canvas, std::size_t i) const {
        const panel_point& at = p_.at(i, 0);
        if (!is_known(at))
            return;
        const std::string told =
            fmt::format("{} = {}: {} ({})", p_.x_name, p_.xs[i], amount(at.value, p_.unit),
                        at.point == nullptr ? "" : to_string(at.point->verdict));
        if (at.interval)
            canvas.line(x_of(xs_[i]), y_within(at.interval->first), x_of(xs_[i]),
                        y_within(at.interval->second), colour, 1.2);
        canvas.titled(told,
                      [&] { draw_shape(canvas, mark_of(at), x_of(xs_[i]), y_of(*at.value)); });
    }

    static void draw_shape(svg_canvas& canvas, mark m, double x, double y) {
        constexpr double r = 3.4;
        if (m == mark::fails) {
            canvas.line(x - r, y - r, x + r, y + r, "#10151a", 1.8);
            canvas.line(x - r, y + r, x + r, y - r, "#10151a", 1.8);
        } else {
            canvas.circle(x, y, r, m == mark::passes ? colour : "#ffffff", colour);
        }
    }

    void draw_bracket(svg_canvas& canvas) const {
        if (!p_.bracket || !kind_)
            return;
        const double a = x_of(read_quantity(p_.bracket->first)->value),
                     b = x_of(read_quantity(p_.bracket->second)->value);
        const double from = std::min(a, b), width = std::max(2.0, std::abs(b - a));
        canvas.rectangle(from - 4, top_, width + 8, plot_height, band);
        canvas.text(from + width / 2, top_ - 2, "boundary",
                    {svg_text::anchor::middle, 10, grey, false, 0});
    }

    const panel& p_;
    std::optional<quantity> kind_;
    std::vector<double> xs_;
    value_scale x_scale_, y_scale_;
    double left_, top_; ///< of the plot
};

} // namespace

panel_size line_size() {
    return {axis_width + plot_width + right_margin, title_height + plot_height + axis_height};
}

void draw_line(svg_canvas& canvas, const panel& p, double left, double top) {
    line_drawing(p, left, top).draw(canvas);
}

} // namespace windtunnel::scenario
