// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/topology_edges.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/model/axis.hpp"

namespace windtunnel::gui {

namespace {

constexpr double told_share = 0.005; ///< failures and refusals below are not labelled

float length(ImVec2 v) {
    return std::hypot(v.x, v.y);
}

ImVec2 normal_of(ImVec2 a, ImVec2 b) {
    const ImVec2 d = b - a;
    const float l = std::max(length(d), 1e-3F);
    return {-d.y / l, d.x / l};
}

/// The path beside this one, to its right in the direction of travel.
std::vector<ImVec2> beside(const std::vector<ImVec2>& path, float by) {
    std::vector<ImVec2> moved;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const ImVec2 a = path[i == 0 ? 0 : i - 1], b = path[std::min(i + 1, path.size() - 1)];
        moved.push_back(path[i] + normal_of(a, b) * by);
    }
    return moved;
}

ImVec2 at_share(const std::vector<ImVec2>& path, float share) {
    float all = 0;
    for (std::size_t i = 1; i < path.size(); ++i)
        all += length(path[i] - path[i - 1]);
    float left = all * share;
    for (std::size_t i = 1; i < path.size(); ++i) {
        const float piece = length(path[i] - path[i - 1]);
        if (left <= piece)
            return path[i - 1] + (path[i] - path[i - 1]) * (left / std::max(piece, 1e-3F));
        left -= piece;
    }
    return path.back();
}

float distance(ImVec2 p, ImVec2 a, ImVec2 b) {
    const ImVec2 d = b - a;
    const float square = std::max(d.x * d.x + d.y * d.y, 1e-6F);
    const float t = std::clamp(((p.x - a.x) * d.x + (p.y - a.y) * d.y) / square, 0.F, 1.F);
    return length(p - (a + d * t));
}

/// "breaker open", of several "breaker 2 of 3 open"; and the same in one word.
std::vector<std::string> breaker_texts(const breaker_counts& b) {
    const std::string state = b.open > 0 ? "open" : "half-open";
    const int there = b.open > 0 ? b.open : b.half_open;
    if (b.all() == 1)
        return {"breaker " + state, state};
    return {fmt::format("breakers {}/{} {}", there, b.all(), state),
            fmt::format("{}/{} {}", there, b.all(), state)};
}

/// "bulkhead refuses 12 %"; and the same without who does.
std::vector<std::string> refusal_texts(const refusal_view& refusal) {
    std::string kind = refusal.kind;
    std::replace(kind.begin(), kind.end(), '_', ' ');
    const std::string share = format_value(refusal.share, axis_unit::share);
    return {fmt::format("{} refuses {}", kind, share), "refuses " + share};
}

/// What its breakers say already is not said again.
bool tells_refusal(const edge_view& edge) {
    const bool by_breaker =
        edge.refusal.kind == "circuit_breaker" && edge.breakers.open + edge.breakers.half_open > 0;
    return edge.refusal.share >= told_share && !by_breaker;
}

} // namespace

edge_painter::edge_painter(const topology_view& view, const theme& look, ImDrawList& to,
                           const map_transform& transform, const std::vector<bool>& shown)
    : view_(view), look_(look), to_(to), transform_(transform), shown_(shown) {
    for (const edge_view& edge : view.edges) {
        paths_.push_back(path_of(edge));
        most_ = std::max(most_, edge.sent);
    }
}

std::vector<ImVec2> edge_painter::path_of(const edge_view& edge) const {
    constexpr int pieces = 18;
    std::vector<ImVec2> path{transform_(edge.route.front())};
    for (std::size_t i = 1; i < edge.route.size(); ++i) {
        const ImVec2 a = transform_(edge.route[i - 1]), b = transform_(edge.route[i]);
        const float bend = (b.x - a.x) * 0.5F;
        for (int n = 1; n <= pieces; ++n) {
            const float t = static_cast<float>(n) / pieces, u = 1 - t;
            path.push_back(a * (u * u * u) + ImVec2{a.x + bend, a.y} * (3 * u * u * t) +
                           ImVec2{b.x - bend, b.y} * (3 * u * t * t) + b * (t * t * t));
        }
    }
    return path;
}

float edge_painter::width_of(const edge_view& edge) const {
    const double share = std::sqrt(edge.sent / most_);
    return std::max(1.F, (1.2F + 5.3F * static_cast<float>(share)) * transform_.zoom);
}

void edge_painter::draw_arrow(const std::vector<ImVec2>& path, ImU32 colour, float width) {
    const ImVec2 tip = path.back();
    const float size = std::max(6.F * transform_.zoom, width * 1.1F + 3.F * transform_.zoom);
    to_.AddTriangleFilled(tip, tip + ImVec2{-size * 1.3F, -size * 0.75F},
                          tip + ImVec2{-size * 1.3F, size * 0.75F}, colour);
}

/// A share of the width, along one of its sides.
void edge_painter::draw_part(const std::vector<ImVec2>& path, float width, double share, int side,
                             ImU32 paint) {
    if (share <= 0)
        return;
    const float part = std::max(1.2F * transform_.zoom, width * static_cast<float>(share));
    const auto moved = beside(path, static_cast<float>(side) * std::max(0.F, (width - part) / 2));
    to_.AddPolyline(moved.data(), static_cast<int>(moved.size()) - 1, paint, 0, part);
}

void edge_painter::draw_line(std::size_t index, bool highlighted) {
    const edge_view& edge = view_.edges[index];
    const auto& path = paths_[index];
    const float width = width_of(edge);
    const bool silent = edge.sent == 0;
    const ImU32 base = highlighted ? colours().text
                       : silent    ? colour::faded(colours().edge, 110)
                                   : colours().edge;
    to_.AddPolyline(path.data(), static_cast<int>(path.size()) - 1, base, 0, width);
    // At the right the failures, at the left what never left.
    const double failed = edge.traffic.failed_share;
    draw_part(path, width, std::max(0.0, failed - edge.traffic.refused_share), 1,
              colours().vermillion);
    draw_part(path, width, edge.traffic.refused_share, -1, colours().yellow);
    draw_arrow(path, failed > 0.5 ? colours().vermillion : base, width);
}

void edge_painter::draw_lines(int under_mouse) {
    for (std::size_t i = 0; i < view_.edges.size(); ++i)
        if (shown_[i] && static_cast<int>(i) != under_mouse)
            draw_line(i, false);
    if (under_mouse != nothing)
        draw_line(static_cast<std::size_t>(under_mouse), true);
}

ImFont* edge_painter::label_font() const {
    return look_.font_of(std::max(13 * transform_.zoom, look_.px(11)), false);
}

/// The place on the edge nearest to its middle where the text covers nothing that is there.
bool edge_painter::find_room(std::size_t index, const std::string& text, std::vector<box>& taken,
                             ImVec2& centre) const {
    for (int step = 0; step < 17; ++step) {
        const int side = step % 2 == 0 ? 1 : -1;
        const float share = 0.5F + static_cast<float>(side * ((step + 1) / 2)) * 0.055F;
        centre = at_share(paths_[index], share);
        const box room = label_box(look_, label_font(), centre, text);
        if (std::none_of(taken.begin(), taken.end(),
                         [&](const box& b) { return b.overlaps(room); }))
            return true;
    }
    centre = at_share(paths_[index], 0.5F);
    return false;
}

void edge_painter::draw_label_of(std::size_t index, const label& what, std::vector<box>& taken) {
    ImVec2 centre;
    for (const std::string& text : what.texts) {
        const bool last = &text == &what.texts.back();
        if (!find_room(index, text, taken, centre) && !(what.must && last))
            continue;
        taken.push_back(draw_label(to_, look_, label_font(), centre, what.ink, what.ground, text));
        return;
    }
}

void edge_painter::draw_labels(std::vector<box> taken, int under_mouse) {
    constexpr std::size_t few = 14;
    for (std::size_t i = 0; i < view_.edges.size(); ++i) {
        if (!shown_[i])
            continue;
        const breaker_counts& b = view_.edges[i].breakers;
        if (b.open > 0 || b.half_open > 0)
            draw_label_of(i,
                          {breaker_texts(b), colours().background,
                           b.open > 0 ? colours().vermillion : colours().yellow, true},
                          taken);
        if (tells_refusal(view_.edges[i]))
            draw_label_of(
                i, {refusal_texts(view_.edges[i].refusal), colours().background, colours().yellow},
                taken);
        for (const active_fault& fault : view_.edges[i].faults)
            draw_label_of(
                i, {{fault.name}, colours().background, colour::of_fault(fault.number), true},
                taken);
    }
    for (std::size_t i = 0; i < view_.edges.size(); ++i) {
        const std::string share =
            format_value(view_.edges[i].traffic.failed_share, axis_unit::share);
        if (shown_[i] && view_.edges[i].traffic.failed_share >= told_share)
            draw_label_of(i, {{share + " fail", share}, colours().vermillion, colours().panel},
                          taken);
    }
    for (std::size_t i = 0; i < view_.edges.size(); ++i)
        if (shown_[i] && view_.edges[i].sent > 0 &&
            view_.edges[i].traffic.failed_share < told_share &&
            (view_.edges.size() <= few || static_cast<int>(i) == under_mouse))
            draw_label_of(i,
                          {{format_value(view_.edges[i].sent, axis_unit::rate)},
                           colours().dim,
                           colours().panel},
                          taken);
}

int edge_painter::under(ImVec2 mouse) const {
    int found = nothing;
    float nearest = look_.px(6);
    for (std::size_t e = 0; e < paths_.size(); ++e)
        for (std::size_t i = 1; shown_[e] && i < paths_[e].size(); ++i)
            if (const float d = distance(mouse, paths_[e][i - 1], paths_[e][i]); d < nearest) {
                nearest = d;
                found = static_cast<int>(e);
            }
    return found;
}

} // namespace windtunnel::gui
