// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/traffic.hpp"

#include <algorithm>

#include "gui/model/axis.hpp"
#include "gui/panels/tooltips.hpp"
#include "gui/widgets/plot.hpp"

namespace windtunnel::gui {

namespace {

double middle(const history_point& p) {
    return to_seconds((p.begin + p.end) / 2);
}

struct curves {
    std::vector<point> zero, good, ended, sent; ///< `ended`: good and failed, stacked
    double most = 0;
};

curves curves_of(const std::vector<history_point>& points) {
    curves c;
    for (const history_point& p : points) {
        const double x = middle(p);
        const double good = p.per_second(p.good), ended = p.per_second(p.good + p.failed);
        c.zero.push_back({x, 0});
        c.good.push_back({x, good});
        c.ended.push_back({x, ended});
        c.sent.push_back({x, p.per_second(p.sent)});
        c.most = std::max({c.most, ended, c.sent.back().y});
    }
    return c;
}

std::vector<legend_entry> legend_of(const std::vector<history_point>& points) {
    const auto value = [&](auto count) {
        return points.empty()
                   ? std::string{}
                   : format_value(points.back().per_second(count(points.back())), axis_unit::rate);
    };
    return {{"sent", value([](const auto& p) { return p.sent; }), colours().text},
            {"answered well", value([](const auto& p) { return p.good; }), colours().green},
            {"failed", value([](const auto& p) { return p.failed; }), colours().vermillion}};
}

void tell_traffic(const history_point& p) {
    figures_tooltip(format_value(to_seconds(p.begin), axis_unit::clock) + " to " +
                        format_value(to_seconds(p.end), axis_unit::clock),
                    {{"sent", format_value(p.per_second(p.sent), axis_unit::rate)},
                     {"answered well", format_value(p.per_second(p.good), axis_unit::rate)},
                     {"failed", format_value(p.per_second(p.failed), axis_unit::rate)},
                     {"share of errors", format_value(p.error_share(), axis_unit::share)}});
}

} // namespace

void traffic_panel::draw(const snapshot& view, std::size_t line, const theme& look,
                         const box& place) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const auto& points = view.lines.at(line).points;
    const curves c = curves_of(points);
    draw_text(to, look.title(), place.min + ImVec2{look.px(14), look.px(11)}, colours().text,
              "Requests");
    const float title = place.min.x + look.px(28) + text_size(look.title(), "Requests").x;
    const plot_axes axes{.x_high = std::max(1e-3, to_seconds(view.end)),
                         .y_high = c.most > 0 ? c.most * 1.12 : 1,
                         .y_unit = axis_unit::rate};
    plot p(
        look, to,
        {place.min + ImVec2{look.px(6), look.px(38)}, place.max - ImVec2{look.px(6), look.px(6)}},
        axes);
    p.grid();
    p.warmup(view.warmup);
    p.bands(view.faults, view.now);
    p.area(c.zero, c.good, colour::faded(colours().green, 110));
    p.area(c.good, c.ended, colour::faded(colours().vermillion, 190));
    p.line(c.good, colours().green, look.px(1.5F));
    p.line(c.sent, colour::faded(colours().text, 200), look.px(1.3F));
    p.now_line(view.now);
    p.frame();
    if (points.empty())
        p.message("nothing sent yet");
    const ImVec2 right{place.max.x - look.px(4), place.min.y + look.px(11)};
    draw_legend(to, look, right, right.x - title, legend_of(points));
    if (const auto x = p.crosshair())
        for (const history_point& at : points)
            if (to_seconds(at.begin) <= *x && *x < to_seconds(at.end))
                tell_traffic(at);
}

} // namespace windtunnel::gui
