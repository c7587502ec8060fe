// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/traces.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "gui/model/axis.hpp"
#include "gui/panels/keys.hpp"
#include "gui/panels/trace_waterfall.hpp"

namespace windtunnel::gui {

namespace {

constexpr float line_height = 22;

std::string clock(duration t) {
    return format_value(to_seconds(t), axis_unit::clock);
}

std::string line_text(const trace_line& l) {
    std::string text =
        fmt::format("{}  {}", format_value(to_seconds(l.length), axis_unit::seconds), l.origin);
    if (l.failed)
        text += "  " + l.why;
    else if (l.retries > 0)
        text += fmt::format("  {} {}", l.retries, l.retries == 1 ? "retry" : "retries");
    return text;
}

std::string head_text(const trace_line& l) {
    return fmt::format("{} at {}, slower than {} of its kind", l.endpoint, clock(l.begin),
                       format_value(l.slow_rank, axis_unit::share));
}

const char* empty_text(const snapshot& view, trace_order order) {
    if (view.traces->kept.empty())
        return "no request is over yet";
    return order == trace_order::failed ? "no recorded request failed"
                                        : "no recorded request was tried again";
}

} // namespace

const std::vector<trace_line>& traces_panel::list(const snapshot& view) const {
    return view.traces->lists[static_cast<std::size_t>(order_)];
}

std::size_t traces_panel::place_of_chosen(const snapshot& view) const {
    const auto& lines = list(view);
    const auto found = std::find_if(lines.begin(), lines.end(),
                                    [this](const trace_line& l) { return l.id == chosen_; });
    return found == lines.end() ? 0 : static_cast<std::size_t>(found - lines.begin());
}

void traces_panel::next_order() {
    order_ = static_cast<trace_order>((static_cast<std::size_t>(order_) + 1) % trace_order_count);
    chosen_.clear();
}

void traces_panel::choose(const snapshot& view, int step) {
    const auto& lines = list(view);
    if (lines.empty())
        return;
    const auto next = static_cast<std::ptrdiff_t>(place_of_chosen(view)) + step;
    const auto last = static_cast<std::ptrdiff_t>(lines.size()) - 1;
    chosen_ = lines[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(next, 0, last))].id;
}

commands traces_panel::go_there(const snapshot& view) const {
    const auto& lines = list(view);
    if (lines.empty())
        return {};
    return {{command::kind::seek, 0, lines[place_of_chosen(view)].begin}};
}

void traces_panel::draw_head(const theme& look, const box& place) {
    draw_text(*ImGui::GetWindowDrawList(), look.title(),
              place.min + ImVec2{look.px(14), look.px(11)}, look.colours().text, "Traces");
    ImGui::SetCursorScreenPos(place.min + ImVec2{look.px(84), look.px(13)});
    for (std::size_t i = 0; i < trace_order_count; ++i) {
        const auto order = static_cast<trace_order>(i);
        const std::string name(to_string(order));
        if (text_button(look, name.c_str(), name, "Which are listed", key_of(view_act::trace_order),
                        order == order_)) {
            order_ = order;
            chosen_.clear();
        }
        ImGui::SameLine(0, look.px(4));
    }
}

/// A part of the list in which the chosen one is.
void traces_panel::draw_list(const snapshot& view, const theme& look, const box& place) {
    const auto& lines = list(view);
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const palette& c = look.colours();
    const float height = look.px(line_height);
    const auto room = static_cast<std::size_t>(std::max(1.F, place.height() / height));
    const std::size_t at = place_of_chosen(view);
    const std::size_t first = at < room ? 0 : at - room + 1;
    for (std::size_t i = first; i < std::min(lines.size(), first + room); ++i) {
        const float top = place.min.y + height * static_cast<float>(i - first);
        const box row{{place.min.x, top}, {place.max.x, top + height - look.px(2)}};
        ImGui::SetCursorScreenPos(row.min);
        if (ImGui::InvisibleButton(lines[i].id.c_str(), row.max - row.min))
            chosen_ = lines[i].id;
        tell_control(fmt::format("trace {}", i + 1), "j, k");
        if (i == at || ImGui::IsItemHovered())
            draw_ground(to, row, c.raised, look.px(4));
        const std::string text =
            fitted(look.small(), line_text(lines[i]), row.width() - look.px(12));
        draw_text(to, look.small(), row.min + ImVec2{look.px(6), look.px(2)},
                  lines[i].failed ? c.vermillion : c.text, text);
    }
}

void traces_panel::draw_chosen(const snapshot& view, const theme& look, const box& place,
                               commands& out) {
    const trace_line& line = list(view)[place_of_chosen(view)];
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const waterfall shown =
        waterfall_of(view.traces->kept[line.place].what, view.traces->endpoints);
    const float button = text_size(look.small(), "go there").x + look.px(24);
    draw_text(to, look.small(), place.min, look.colours().text,
              fitted(look.small(), head_text(line), place.width() - button));
    ImGui::SetCursorScreenPos({place.max.x - button + look.px(4), place.min.y - look.px(1)});
    if (text_button(look, "go there", "go there", "To the moment when it began",
                    key_of(view_act::go_to_trace)))
        out = go_there(view);
    const float second = place.min.y + look.px(20);
    draw_uses(to, look, {{place.min.x, second}, {place.max.x, second + look.px(16)}}, shown);
    draw_waterfall(to, look, {{place.min.x, second + look.px(24)}, place.max}, shown);
}

void traces_panel::draw(const snapshot& view, const theme& look, const box& place, commands& out) {
    draw_head(look, place);
    const box body{place.min + ImVec2{look.px(10), look.px(40)},
                   place.max - ImVec2{look.px(10), look.px(8)}};
    if (list(view).empty()) {
        const std::string text = empty_text(view, order_);
        draw_text(*ImGui::GetWindowDrawList(), look.normal(),
                  body.centre() - text_size(look.normal(), text) * 0.5F, look.colours().dim, text);
        return;
    }
    if (body.height() < look.px(60) || body.width() < look.px(200))
        return;
    const float split = body.min.x + std::min(look.px(250), body.width() * 0.33F);
    draw_list(view, look, {body.min, {split, body.max.y}});
    draw_chosen(view, look, {{split + look.px(12), body.min.y}, body.max}, out);
}

} // namespace windtunnel::gui
