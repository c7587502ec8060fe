// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/sweep/chart_panels.hpp"
#include "scenarios/src/sweep/outcome.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

constexpr double picture_margin = 24, panel_gap = 28, head_height = 80, foot_height = 26;
constexpr double widest = 1180; ///< two panels stand beside each other up to that

/// The values that a parameter has in the picture: of a search those that were tried.
std::vector<std::string> values_in(const sweep_plan& plan, const sweep_outcome& outcome,
                                   std::size_t index) {
    const parameter& p = plan.parameters()[index];
    if (!p.range)
        return p.values;
    std::vector<std::string> values;
    for (const point_result& each : outcome.points)
        values.push_back(each.values[index]);
    return values;
}

class picture {
  public:
    picture(const sweep_plan& plan, const sweep_outcome& outcome)
        : plan_(plan), outcome_(outcome), two_(plan.parameters().size() == 2) {
        for (const point_result& each : outcome.points)
            by_values_[each.values] = &each;
        // The longer one lies along the longer side.
        across_ = two_ && plan.parameters()[0].values.size() > plan.parameters()[1].values.size()
                      ? 0
                      : plan.parameters().size() - 1;
        for (std::size_t i = 0; i < plan.metrics().size(); ++i)
            panels_.push_back(panel_of(i));
        double widest_value = 0;
        for (const panel& each : panels_)
            widest_value = std::max(widest_value, value_width_of(each));
        for (panel& each : panels_)
            each.value_width = widest_value; // so that all have equal cells
    }

    std::string draw() const {
        svg_canvas canvas;
        const panel_size size = common_size();
        const std::size_t columns =
            panels_.size() > 1 && 2 * size.width + panel_gap + 2 * picture_margin <= widest ? 2 : 1;
        for (std::size_t i = 0; i < panels_.size(); ++i) {
            const double left =
                picture_margin + static_cast<double>(i % columns) * (size.width + panel_gap);
            const double top =
                head_height + static_cast<double>(i / columns) * (size.height + panel_gap);
            if (two_)
                draw_map(canvas, panels_[i], left, top);
            else
                draw_line(canvas, panels_[i], left, top);
        }
        const auto rows = static_cast<double>((panels_.size() + columns - 1) / columns);
        const double width =
            std::max(2 * picture_margin + static_cast<double>(columns) * (size.width + panel_gap) -
                         panel_gap,
                     420.0);
        const double height = head_height + rows * (size.height + panel_gap) + foot_height;
        write_words(canvas, width, height);
        return canvas.finish(width, height, title());
    }

  private:
    panel panel_of(std::size_t metric) const {
        const std::string& name = plan_.metrics()[metric];
        panel p;
        p.title = name;
        p.unit = parse_metric(name, plan_.first()).unit;
        p.x_name = plan_.parameters()[across_].name;
        p.xs = values_in(plan_, outcome_, across_);
        p.ys = {""};
        if (two_) {
            p.y_name = plan_.parameters()[1 - across_].name;
            p.ys = values_in(plan_, outcome_, 1 - across_);
        }
        for (const std::string& y : p.ys)
            for (const std::string& x : p.xs)
                p.points.push_back(point_at(x, y, metric));
        if (outcome_.found && outcome_.found->passing && outcome_.found->failing)
            p.bracket = {outcome_.found->passing->values.front(),
                         outcome_.found->failing->values.front()};
        return p;
    }

    panel_point point_at(const std::string& x, const std::string& y, std::size_t metric) const {
        point_values values{x};
        if (two_)
            values = across_ == 0 ? point_values{x, y} : point_values{y, x};
        const auto found = by_values_.find(values);
        if (found == by_values_.end())
            return {};
        const point_result& point = *found->second;
        if (metric >= point.metrics.size())
            return {std::nullopt, &point};
        return {point.metrics[metric].value, &point, point.metrics[metric].interval};
    }

    panel_size common_size() const {
        panel_size size = line_size();
        if (!two_)
            return size;
        size = {};
        for (const panel& each : panels_) {
            const panel_size one = map_size(each);
            size.width = std::max(size.width, one.width);
            size.height = std::max(size.height, one.height);
        }
        return size;
    }

    std::string title() const {
        const scenario_spec& s = plan_.first();
        return s.title.empty() ? s.name : s.title;
    }

    void write_words(svg_canvas& canvas, double width, double height) const {
        constexpr double size = 15;
        const auto columns =
            static_cast<std::size_t>((width - 2 * picture_margin) / text_width("x", size));
        // Two lines at most.
        std::string first = wrapped(title(), 0, columns);
        std::string second;
        if (const auto end = first.find('\n'); end != std::string::npos) {
            second = cut_to(title().substr(std::min(title().size(), end + 1)), columns);
            first.resize(end);
        }
        canvas.text(picture_margin, 28, first, {.size = size, .bold = true});
        canvas.text(picture_margin, 47, second, {.size = size, .bold = true});
        std::string about = plan_.first().name;
        for (const parameter& each : plan_.parameters())
            about += fmt::format(" · {} = {}", each.name, each.written);
        about += fmt::format(" · seed {}", plan_.first().seed);
        canvas.text(picture_margin, second.empty() ? 48 : 66, cut_to(about, columns * 5 / 4),
                    {.colour = grey});
        const char* legend =
            two_ ? "× does not pass · ? cannot tell · the heavy line parts what passes from what "
                   "does not"
                 : "● passes · × does not pass · ○ cannot tell";
        canvas.text(picture_margin, height - 16, legend, {.size = 11, .colour = grey});
    }

    const sweep_plan& plan_;
    const sweep_outcome& outcome_;
    bool two_;
    std::size_t across_ = 0; ///< the parameter along x
    std::map<point_values, const point_result*> by_values_;
    std::vector<panel> panels_;
};

} // namespace

mark mark_of(const panel_point& p) {
    if (p.point == nullptr)
        return mark::none;
    switch (p.point->verdict) {
    case verdict::passed:
        return mark::passes;
    case verdict::inconclusive:
        return mark::unknown;
    default:
        return mark::fails;
    }
}

void check_picture(const sweep_plan& plan) {
    if (plan.parameters().size() > 2)
        throw topology::input_error(
            {{"--out", 0, 0, ""},
             fmt::format("a picture shows one or two parameters, and there are {}: write the "
                         "points as .csv or .json, or vary fewer",
                         plan.parameters().size()),
             ""});
}

std::string sweep_picture(const sweep_plan& plan, const sweep_outcome& outcome) {
    check_picture(plan);
    return picture(plan, outcome).draw();
}

} // namespace windtunnel::scenario
