// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/topology.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "gui/model/axis.hpp"
#include "gui/panels/keys.hpp"
#include "gui/panels/tooltips.hpp"
#include "gui/panels/topology_edges.hpp"

namespace windtunnel::gui {

struct topology_panel::canvas {
    const topology_view& view;
    const theme& look;
    ImDrawList& to;
    map_transform transform;

    float units(double u) const { return static_cast<float>(u) * transform.zoom; }
    ImFont* font(float size, bool bold = false) const {
        return look.font_of(size * transform.zoom, bold);
    }

    /// Zoomed out, the small print is left out.
    bool readable() const { return units(12) >= look.px(7.5F); }

    box room_of(const node_view& node) const {
        const ImVec2 c = transform(node.centre);
        const ImVec2 half{units(view.sizes.node_width / 2), units(view.sizes.node_height / 2)};
        return {c - half, c + half};
    }

    int node_under(ImVec2 mouse, const shown_parts& parts) const {
        for (std::size_t i = 0; i < view.nodes.size(); ++i)
            if (parts.nodes[i] && room_of(view.nodes[i]).contains(mouse))
                return static_cast<int>(i);
        return nothing;
    }

    /// Instances are drawn as cards behind the first.
    static float n_behind(const node_view& node) { return static_cast<float>(node.replicas - 1); }

    void ground(const node_view& node, const box& b, bool highlighted) const {
        const float round = units(node.workload ? view.sizes.node_height / 2 : 7);
        const bool ill = node.state.state != health::idle && node.state.state != health::healthy;
        for (float behind = std::min(n_behind(node), 2.F); behind > 0; --behind) {
            const ImVec2 by{units(4) * behind, units(4) * behind};
            to.AddRectFilled(b.min + by, b.max + by, colours().panel, round);
            to.AddRect(b.min + by, b.max + by, colours().border, round);
        }
        draw_ground(to, b, colours().raised, round);
        if (!node.workload)
            to.AddRectFilled(b.min, {b.min.x + units(6), b.max.y}, colour::of(node.state.state),
                             round, ImDrawFlags_RoundCornersLeft);
        const ImU32 line = highlighted ? colours().text
                           : ill       ? colour::of(node.state.state)
                                       : colours().border;
        to.AddRect(b.min, b.max, line, round, 0, units(ill || highlighted ? 2 : 1));
    }

    /// What it answers with errors is what its admission refuses, and hardly anything else.
    static bool mostly_refuses(const node_view& node) {
        return node.refusal.share > 0 && node.refusal.share >= 0.5 * node.traffic.failed_share;
    }

    /// As much as there is room for, in fewer words if need be.
    void traffic(const node_view& node, ImVec2 at, float room) const {
        if (!readable())
            return;
        std::string text = traffic_text(node, "errors");
        if (text_size(font(13), text).x > room)
            text = traffic_text(node, "err");
        draw_text(to, font(13), at, traffic_colour(node), fitted(font(13), text, room));
    }

    static std::string traffic_text(const node_view& node, const char* errors) {
        std::string text = format_value(node.arrivals, axis_unit::rate);
        if (mostly_refuses(node))
            text += "  " + format_value(node.refusal.share, axis_unit::share) + " refused";
        else if (node.traffic.failed_share > 0)
            text += "  " + format_value(node.traffic.failed_share, axis_unit::share) + " " + errors;
        else if (node.traffic.rate < 0.8 * node.arrivals)
            text += "  " + format_value(node.traffic.rate, axis_unit::rate) + " out";
        return text;
    }
    ImU32 traffic_colour(const node_view& node) const {
        return mostly_refuses(node)            ? colours().yellow
               : node.traffic.failed_share > 0 ? colours().vermillion
                                               : colours().dim;
    }

    /// The name as large as there is room for it.
    void name(const node_view& node, ImVec2 at, float room) const {
        const std::array<ImFont*, 4> fonts{font(15, true), font(13, true), font(13), font(11.5F)};
        std::size_t i = 0;
        while (i + 1 < fonts.size() && text_size(fonts[i], node.name).x > room)
            ++i;
        const float lower = (fonts[0]->FontSize - fonts[i]->FontSize) / 2;
        draw_text(to, fonts[i], at + ImVec2{0, lower}, colours().text,
                  fitted(fonts[i], node.name, room));
    }

    /// A caption with a bar under it.
    void gauge(ImVec2 at, float width, const std::string& caption, double share,
               ImU32 paint) const {
        if (readable())
            draw_text(to, font(12), at, colours().dim, fitted(font(12), caption, width + units(4)));
        const ImVec2 from = at + ImVec2{0, units(17)}, size{width, units(4.5)};
        to.AddRectFilled(from, from + size, colours().border, units(2));
        const float filled = width * static_cast<float>(std::clamp(share, 0.0, 1.0));
        if (filled > 0.5F)
            to.AddRectFilled(from, from + ImVec2{filled, size.y}, paint, units(2));
    }

    void gauges(const node_view& n, float left, float right, float top) const {
        const float middle = (left + right) / 2;
        const double workers = static_cast<double>(std::max<std::size_t>(1, n.workers));
        const double busy = static_cast<double>(n.occupied) / workers;
        const double waiting = static_cast<double>(n.queue) / (workers * 2);
        gauge({left, top}, middle - units(6) - left,
              fmt::format("busy {}/{}", n.occupied, n.workers), busy,
              busy >= 0.85 ? colours().yellow : colours().sky);
        gauge({middle + units(2), top}, right - middle - units(2), fmt::format("queue {}", n.queue),
              waiting, waiting >= 1 ? colours().yellow : colours().sky);
    }

    void service(const node_view& n, const box& b) const {
        const float left = b.min.x + units(16), right = b.max.x - units(10);
        const std::string of = n.replicas > 1 ? fmt::format("x{}", n.replicas) : "";
        const float instances = text_size(font(12), of).x;
        draw_text(to, font(12), {right - instances, b.min.y + units(9)}, colours().dim, of);
        name(n, {left, b.min.y + units(7)}, right - left - (of.empty() ? 0 : instances + units(4)));
        draw_health(to, n.state.state, {right - units(7), b.min.y + units(36)}, units(7));
        traffic(n, {left, b.min.y + units(28)}, right - units(18) - left);
        gauges(n, left, right, b.min.y + units(51));
    }

    void workload(const node_view& n, const box& b) const {
        const float left = b.min.x + units(28), right = b.max.x - units(20);
        name(n, {left, b.min.y + units(9)}, right - left);
        draw_health(to, n.state.state, {right - units(7), b.min.y + units(40)}, units(7));
        traffic(n, {left, b.min.y + units(31)}, right - units(18) - left);
        if (readable())
            draw_text(to, font(12), {left, b.min.y + units(53)}, colours().dim,
                      fmt::format("{} in flight", n.in_flight));
    }

    /// The faults that are on here, above the node, beside each other.
    void faults(const node_view& n, const box& b) const {
        ImFont* f = look.font_of(std::max(units(13), look.px(11)), true);
        const ImVec2 margin{units(6), units(1.5)};
        ImVec2 at{b.min.x + units(2), b.min.y - units(3) - f->FontSize - 2 * margin.y};
        for (const active_fault& fault : n.faults) {
            const std::string text = fitted(f, fault.name, b.max.x - at.x - 2 * margin.x);
            const ImVec2 size = text_size(f, text) + margin * 2;
            if (at.x + size.x > b.max.x + units(8))
                return;
            draw_ground(to, {at, at + size}, colour::of_fault(fault.number), units(4));
            draw_text(to, f, at + margin, colours().background, text);
            at.x += size.x + units(4);
        }
    }

    void node(std::size_t index, bool highlighted) const {
        const node_view& n = view.nodes[index];
        const box b = room_of(n);
        ground(n, b, highlighted);
        if (n.workload)
            workload(n, b);
        else
            service(n, b);
        faults(n, b);
    }
};

void topology_panel::choose(const topology_view& view, int step) {
    take_choice(next_shown(shown(view, filter_), chosen_, step), nothing);
}

void topology_panel::zoom_at(ImVec2 place, float factor, const theme& look) {
    const float next = std::clamp(zoom_ * factor, look.px(0.1F), look.px(2.5F));
    pan_ = place - (place - pan_) * (next / zoom_);
    zoom_ = next;
    follows_ = false;
}

void topology_panel::steer(const topology_view& view, const theme& look, const box& room) {
    const ImGuiIO& io = ImGui::GetIO();
    if (ImGui::IsItemActive() && ImGui::IsMouseDragging(ImGuiMouseButton_Left, look.px(3))) {
        pan_ = pan_ + io.MouseDelta;
        follows_ = false;
    }
    if (ImGui::IsItemHovered() && io.MouseWheel != 0)
        zoom_at(io.MousePos - room.min, std::pow(1.15F, io.MouseWheel), look);
    if (wanted_zoom_ != 1)
        zoom_at((room.max - room.min) * 0.5F, std::exchange(wanted_zoom_, 1.F), look);
    if (!follows_)
        return;
    const float margin = look.px(22);
    const float x = (room.width() - 2 * margin) / std::max(1.F, static_cast<float>(view.width));
    const float y = (room.height() - 2 * margin) / std::max(1.F, static_cast<float>(view.height));
    zoom_ = std::clamp(std::min(x, y), look.px(0.25F), look.px(1.35F));
    const ImVec2 size{static_cast<float>(view.width) * zoom_,
                      static_cast<float>(view.height) * zoom_};
    pan_ = (room.max - room.min - size) * 0.5F;
}

void topology_panel::take_choice(int node, int edge) {
    chosen_ = node;
    chosen_edge_ = node == nothing ? edge : nothing;
}

std::string topology_panel::target(const topology_view& view) const {
    if (chosen_edge_ != nothing) {
        const call_edge& e = view.edges[static_cast<std::size_t>(chosen_edge_)].name;
        return e.caller + "->" + e.callee;
    }
    if (chosen_ == nothing || view.nodes[static_cast<std::size_t>(chosen_)].workload)
        return {};
    return view.nodes[static_cast<std::size_t>(chosen_)].name;
}

void topology_panel::draw_tools(const theme& look, const box& place) {
    ImGui::SetCursorScreenPos(place.min + ImVec2{look.px(10), look.px(8)});
    if (text_button(look, "unhealthy only", "unhealthy only", "Hides what is well",
                    key_of(view_act::unhealthy_only), filter_.unhealthy_only))
        toggle_unhealthy();
    ImGui::SameLine();
    ImGui::PushFont(look.small());
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {look.px(6), look.px(1)});
    ImGui::SetNextItemWidth(look.px(120));
    if (std::exchange(find_wanted_, false))
        ImGui::SetKeyboardFocusHere();
    // Escape gives back what was there when the box was entered.
    if (ImGui::InputTextWithHint("##find", "find", find_.data(), find_.size()))
        filter_.find = find_.data();
    tell_control("find", key_of(view_act::find));
    if (find_[0] == 0)
        tell_text("find", look.colours().dim, look.colours().raised);
    ImGui::PopStyleVar();
    ImGui::PopFont();
}

void topology_panel::draw(const topology_view& view, const theme& look, const box& place) {
    ImGui::SetCursorScreenPos(place.min);
    ImGui::InvisibleButton("map", {place.width(), place.height()});
    ImGui::SetItemAllowOverlap();
    tell_control("map", "f, [ ], n, p");
    const bool hovered = ImGui::IsItemHovered() && !ImGui::IsItemActive();
    const bool clicked = ImGui::IsItemDeactivated();
    steer(view, look, place);
    ImDrawList& to = *ImGui::GetWindowDrawList();
    to.PushClipRect(place.min, place.max, true);
    const shown_parts parts = shown(view, filter_);
    const canvas map{view, look, to, {place.min + pan_, zoom_}};
    edge_painter edges(view, look, to, map.transform, parts.edges);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int node = hovered ? map.node_under(mouse, parts) : nothing;
    const int edge = hovered && node == nothing ? edges.under(mouse) : nothing;
    if (clicked)
        take_choice(map.node_under(mouse, parts), edges.under(mouse));
    const std::optional<may_be_cut> moved =
        follows_ ? std::nullopt : std::optional<may_be_cut>(std::in_place);
    edges.draw_lines(edge);
    std::vector<box> taken;
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
        if (!parts.nodes[i])
            continue;
        map.node(i, node == static_cast<int>(i) || chosen_ == static_cast<int>(i));
        taken.push_back(map.room_of(view.nodes[i]));
    }
    edges.draw_labels(std::move(taken), edge);
    if (parts.node_count == 0)
        draw_text(to, look.normal(), place.centre() - ImVec2{look.px(70), 0}, colours().dim,
                  "Nothing to show here");
    to.PopClipRect();
    draw_tools(look, place);
    const int told = node != nothing ? node : edge != nothing ? nothing : chosen_;
    if (told != nothing)
        node_tooltip(view.nodes[static_cast<std::size_t>(told)], view.span);
    if (edge != nothing)
        edge_tooltip(view.edges[static_cast<std::size_t>(edge)], view.span);
}

} // namespace windtunnel::gui
