// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/latency.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "gui/model/axis.hpp"
#include "gui/panels/keys.hpp"
#include "gui/panels/tooltips.hpp"
#include "gui/widgets/plot.hpp"

namespace windtunnel::gui {

namespace {

struct series {
    const char* name;
    double percentiles::*value;
    ImU32 colour;
    float thickness;
};
/// The slower, the stronger.
std::array<series, 3> all_series() {
    const palette& c = colours();
    return {{{"p99", &percentiles::p99, c.text, 2.4F},
             {"p95", &percentiles::p95, mixed(colour::faded(c.text, 90), c.sky), 1.8F},
             {"p50", &percentiles::p50, c.sky, 1.8F}}};
}

plot_axes axes_for(const snapshot& view, const std::vector<history_point>& points, bool log) {
    double low = 1e99, high = 0;
    for (const history_point& p : points)
        if (p.latency) {
            low = std::min(low, p.latency->p50);
            high = std::max(high, p.latency->p99);
        }
    plot_axes axes{
        .x_high = std::max(1e-3, to_seconds(view.end)), .log_y = log, .y_unit = axis_unit::seconds};
    if (high <= 0) {
        axes.y_low = log ? 1e-3 : 0;
        return axes;
    }
    low = std::max(low, 1e-9);
    axes.y_low = log ? std::pow(10.0, std::floor(std::log10(low * 0.9))) : 0;
    axes.y_high = log ? std::max(round_up(high * 1.1), axes.y_low * 10) : high * 1.12;
    return axes;
}

/// The runs of points without a gap between them, each at the middle of its interval.
std::vector<std::vector<point>> pieces(const std::vector<history_point>& points,
                                       double percentiles::*value) {
    std::vector<std::vector<point>> made(1);
    for (const history_point& p : points) {
        if (p.latency)
            made.back().push_back({to_seconds((p.begin + p.end) / 2), (*p.latency).*value});
        else if (!made.back().empty())
            made.emplace_back();
    }
    return made;
}

const history_point* point_at(const std::vector<history_point>& points, double x) {
    for (const history_point& p : points)
        if (to_seconds(p.begin) <= x && x < to_seconds(p.end))
            return &p;
    return nullptr;
}

std::string span_text(const history_point& p) {
    return format_value(to_seconds(p.begin), axis_unit::clock) + " to " +
           format_value(to_seconds(p.end), axis_unit::clock);
}

void tell_latency(const history_point& p) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const series& s : all_series())
        rows.emplace_back(s.name, p.latency
                                      ? format_value((*p.latency).*(s.value), axis_unit::seconds)
                                      : "no good answer");
    rows.emplace_back("good answers", std::to_string(p.good));
    figures_tooltip(span_text(p), rows);
}

} // namespace

void latency_panel::draw(const snapshot& view, std::size_t line, const theme& look,
                         const box& place, float left_free) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const auto& points = view.lines.at(line).points;
    draw_text(to, look.title(), place.min + ImVec2{look.px(14), look.px(11)}, colours().text,
              "Latency");
    const float title = text_size(look.title(), "Latency").x;
    ImGui::SetCursorScreenPos(place.min + ImVec2{title + look.px(26), look.px(13)});
    if (text_button(look, "scale", logarithmic_ ? "log" : "linear", "Scale: logarithmic or linear",
                    key_of(view_act::scale)))
        toggle_scale();
    const float used = std::max(left_free, ImGui::GetItemRectMax().x) + look.px(8);

    plot axes(
        look, to,
        {place.min + ImVec2{look.px(6), look.px(38)}, place.max - ImVec2{look.px(6), look.px(6)}},
        axes_for(view, points, logarithmic_));
    axes.grid();
    axes.warmup(view.warmup);
    axes.bands(view.faults, view.now);
    std::vector<legend_entry> legend;
    for (const series& s : all_series()) {
        for (const auto& piece : pieces(points, s.value))
            axes.line(piece, s.colour, look.px(s.thickness));
        const bool known = !points.empty() && points.back().latency;
        legend.push_back(
            {s.name,
             known ? format_value((*points.back().latency).*(s.value), axis_unit::seconds) : "",
             s.colour});
    }
    axes.now_line(view.now);
    axes.frame();
    if (points.empty())
        axes.message("nothing answered yet");
    const ImVec2 right{place.max.x - look.px(4), place.min.y + look.px(11)};
    draw_legend(to, look, right, right.x - used, legend);
    if (const auto x = axes.crosshair())
        if (const history_point* p = point_at(points, *x))
            tell_latency(*p);
}

} // namespace windtunnel::gui
