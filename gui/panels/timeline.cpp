// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/timeline.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/model/axis.hpp"
#include "gui/panels/keys.hpp"

namespace windtunnel::gui {

namespace {

std::string clock_text(duration t) {
    return format_value(std::floor(to_seconds(t) * 10) / 10, axis_unit::clock);
}

std::string speed_text(double speed) {
    return fmt::format("{:.3g}x", speed);
}

std::string state_text(const session& of) {
    if (of.view().ended)
        return "ended";
    if (of.seeking())
        return "seeking";
    return of.playing() ? "running" : "paused";
}

float x_of(const box& track, const snapshot& view, duration t) {
    const double share = to_seconds(t) / std::max(1e-9, to_seconds(view.end));
    return track.min.x + track.width() * static_cast<float>(std::clamp(share, 0.0, 1.0));
}

void draw_ticks(const snapshot& view, const theme& look, const box& track) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const int most = std::max(2, static_cast<int>(track.width() / look.px(80)));
    for (const tick& t : linear_ticks(0, to_seconds(view.end), most, axis_unit::clock)) {
        const float x = std::round(x_of(track, view, from_seconds(t.at))) + 0.5F;
        to.AddLine({x, track.max.y}, {x, track.max.y + look.px(4)}, colours().border);
        const ImVec2 size = text_size(look.small(), t.label);
        const float left = std::clamp(x - size.x / 2, track.min.x, track.max.x - size.x);
        draw_text(to, look.small(), {left, track.max.y + look.px(5)}, colours().dim, t.label);
    }
}

void draw_bands(const snapshot& view, const theme& look, const box& track) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    for (const fault_band& band : view.faults) {
        const ImU32 paint = colour::of_fault(band.number);
        const box area{{x_of(track, view, band.begin), track.min.y},
                       {std::max(x_of(track, view, band.end), x_of(track, view, band.begin) + 2),
                        track.max.y}};
        if (!band.planned) {
            draw_ground(to, area, colour::faded(paint, 120));
            continue;
        }
        draw_ground(to, area, colour::faded(paint, 36));
        draw_hatch(to, area, colour::faded(paint, 110), look.px(8));
        to.AddRect(area.min, area.max, colour::faded(paint, 190));
    }
}

void name_bands(const snapshot& view, const theme& look, const box& track) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    float free_from = track.min.x;
    for (const fault_band& band : view.faults) {
        if (!band.planned)
            continue;
        const float begin = x_of(track, view, band.begin);
        const float from = std::max(begin + look.px(6), free_from);
        const std::string name = fitted(look.small(), band.fault, track.max.x - from - look.px(6));
        const ImVec2 size = text_size(look.small(), name);
        if (name != band.fault && name.size() < 6)
            continue;
        const ImVec2 at{from, track.centre().y - size.y / 2};
        const ImVec2 margin{look.px(3), look.px(1)};
        draw_ground(to, {at - margin, at + size + margin}, colours().background, look.px(3));
        draw_text(to, look.small(), at, colour::of_fault(band.number), name);
        free_from = from + size.x + look.px(10);
    }
}

void draw_progress(const snapshot& view, const theme& look, const box& track) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const float now = x_of(track, view, view.now);
    to.AddRectFilled({track.min.x, track.max.y - look.px(4)}, {now, track.max.y}, colours().sky);
    to.AddLine({now, track.min.y - look.px(3)}, {now, track.max.y}, colours().text, look.px(1.5F));
    to.AddTriangleFilled({now - look.px(6), track.min.y - look.px(8)},
                         {now + look.px(6), track.min.y - look.px(8)}, {now, track.min.y},
                         colours().text);
}

/// Above the track: diamonds where something changed its state.
void draw_moments(const snapshot& view, const theme& look, const box& track) {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const float r = look.px(4), y = track.min.y - look.px(2);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    std::string told;
    for (const moment& m : view.moments) {
        if (m.what != moment::kind::transition)
            continue;
        const float x = x_of(track, view, m.at);
        to.AddQuadFilled({x, y - r}, {x + r, y}, {x, y + r}, {x - r, y}, look.colours().vermillion);
        to.AddQuad({x, y - r}, {x + r, y}, {x, y + r}, {x - r, y}, look.colours().panel);
        if (std::abs(mouse.x - x) <= r && std::abs(mouse.y - y) <= r && told.size() < 300)
            told += (told.empty() ? "" : "\n") + clock_text(m.at) + "  " + m.text;
    }
    if (!told.empty())
        ImGui::SetTooltip("%s", told.c_str());
}

} // namespace

void timeline_panel::draw_help(const theme& look) {
    const ImVec2 side{look.px(30), look.px(30)};
    if (ImGui::Button("?", side))
        help_ = !help_;
    tell_control("help", key_of(view_act::help));
    tell_text("?", look.colours().text, look.colours().raised);
    if (!help_ && !ImGui::IsItemHovered())
        return;
    ImGui::BeginTooltip();
    if (ImGui::BeginTable("keys", 2)) {
        for (const key_row& row : key_table()) {
            ImGui::TableNextColumn();
            ImGui::TextUnformatted(row.key);
            tell_text(row.key, look.colours().text, look.colours().raised);
            ImGui::TableNextColumn();
            ImGui::TextDisabled("%s", row.does);
            tell_text(row.does, look.colours().dim, look.colours().raised);
        }
        ImGui::EndTable();
    }
    ImGui::EndTooltip();
}

void timeline_panel::draw_buttons(const session& of, const theme& look, commands& out) {
    const bool ended = of.view().ended;
    if (icon_button(look, "restart", icon::restart,
                    of.can_restart() ? "From the beginning"
                                     : "A run on a platform cannot begin again in this window",
                    "r", of.can_restart()))
        out.push_back({command::kind::restart});
    ImGui::SameLine();
    const bool on = of.playing() || of.seeking();
    if (icon_button(look, "play", on ? icon::pause : icon::play, on ? "Pause" : "Play", "space",
                    !ended))
        out.push_back({command::kind::play_or_pause});
    ImGui::SameLine();
    if (icon_button(look, "step back", icon::step_back, "One event back", ",",
                    of.can_restart() && of.view().events > 0))
        out.push_back({command::kind::step_back});
    ImGui::SameLine();
    if (icon_button(look, "step an event", icon::step_event, "One event further", ".", !ended))
        out.push_back({command::kind::step_event});
    ImGui::SameLine();
    if (icon_button(look, "step a second", icon::step_second, "One second further", "right",
                    !ended))
        out.push_back({command::kind::step_time, 0, std::chrono::seconds{1}});
    ImGui::SameLine();
    ImGui::SetNextItemWidth(look.px(150));
    auto speed = static_cast<float>(of.speed());
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {look.px(8), look.px(7)});
    if (ImGui::SliderFloat("##speed", &speed, static_cast<float>(session::slowest),
                           static_cast<float>(session::fastest), speed_text(of.speed()).c_str(),
                           ImGuiSliderFlags_Logarithmic | ImGuiSliderFlags_NoInput))
        out.push_back({command::kind::set_speed, static_cast<double>(speed)});
    tell_control("speed", "+ -");
    tell_text(speed_text(of.speed()), look.colours().text, look.colours().raised);
    ImGui::PopStyleVar();
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("Simulated seconds in a real one (+ and -)");
    ImGui::SameLine();
    draw_help(look);
}

void timeline_panel::draw_head(const session& of, const theme& look, const box& place) const {
    ImDrawList& to = *ImGui::GetWindowDrawList();
    const snapshot& view = of.view();
    const std::string now = clock_text(view.now), end = " / " + clock_text(view.end);
    const std::string state = state_text(of);
    const float middle = place.min.y + look.px(25);
    float x = ImGui::GetItemRectMax().x + look.px(18);
    const auto put = [&](ImFont* font, const std::string& text, ImU32 paint, float gap) {
        const ImVec2 size = text_size(font, text);
        draw_text(to, font, {x, middle - size.y / 2}, paint, text);
        x += size.x + gap;
    };
    put(look.clock(), now, colours().text, 0);
    put(look.normal(), end, colours().dim, look.px(16));
    put(look.bold(), state, of.playing() || of.seeking() ? colours().green : colours().dim,
        look.px(16));
    std::string figures = fmt::format("{} requests, {} events", view.requests, view.events);
    if (of.playing() && of.real_speed() < of.speed() * 0.7 && of.real_speed() > 0)
        figures = speed_text(of.real_speed()) + " is what this machine can, " + figures;
    put(look.small(), figures, colours().dim, look.px(24));

    const auto& spec = of.spec();
    const std::string details =
        fmt::format("{}{}seed {}", spec.variant.empty() ? "" : "variant " + spec.variant,
                    spec.variant.empty() ? "" : "    ", of.seed());
    const float right = place.max.x - look.px(14), room = right - x;
    const std::string name =
        fitted(look.title(), spec.title.empty() ? spec.name : spec.title, room);
    const ImVec2 name_size = text_size(look.title(), name);
    const std::string below = fitted(look.small(), details, room);
    draw_text(to, look.title(), {right - name_size.x, place.min.y + look.px(8)}, colours().text,
              name);
    draw_text(to, look.small(),
              {right - text_size(look.small(), below).x, place.min.y + look.px(29)}, colours().dim,
              below);
}

void timeline_panel::draw_track(const session& of, const theme& look, const box& track,
                                commands& out) {
    const snapshot& view = of.view();
    ImDrawList& to = *ImGui::GetWindowDrawList();
    draw_ground(to, track, colours().background, look.px(3));
    const box warmup{track.min, {x_of(track, view, view.warmup), track.max.y}};
    if (view.warmup > duration::zero()) {
        draw_hatch(to, warmup, colour::faded(colours().edge, 70), look.px(8));
        const std::string name = "warm-up";
        if (text_size(look.small(), name).x + look.px(12) < warmup.width())
            draw_text(
                to, look.small(),
                {warmup.min.x + look.px(6), track.centre().y - text_size(look.small(), name).y / 2},
                colours().dim, name);
    }
    draw_bands(view, look, track);
    name_bands(view, look, track);
    draw_progress(view, look, track);
    draw_ticks(view, look, track);
    draw_moments(view, look, track);

    ImGui::SetCursorScreenPos(track.min - ImVec2{0, look.px(6)});
    ImGui::InvisibleButton("track", {track.width(), track.height() + look.px(12)});
    tell_control("time line", "left, right, home, end");
    const double share =
        static_cast<double>((ImGui::GetIO().MousePos.x - track.min.x) / track.width());
    const duration there = from_seconds(std::clamp(share, 0.0, 1.0) * to_seconds(view.end));
    if (ImGui::IsItemActive() || ImGui::IsItemHovered()) {
        const float x = x_of(track, view, there);
        to.AddLine({x, track.min.y}, {x, track.max.y}, colour::faded(colours().text, 150));
        const bool back = there < view.now;
        ImGui::SetTooltip("%s%s", clock_text(there).c_str(),
                          !back ? ""
                          : of.can_restart()
                              ? " (the map as it was recorded; simulated again when you let go)"
                              : " (a run on a platform cannot go back)");
    }
    if (ImGui::IsItemActive())
        out.push_back({command::kind::peek, 0, there});
    if (scrubbing_ && !ImGui::IsItemActive())
        out.push_back({command::kind::seek, 0, there});
    scrubbing_ = ImGui::IsItemActive();
}

void timeline_panel::draw(const session& of, const theme& look, const box& place, commands& out) {
    ImGui::SetCursorScreenPos(place.min + ImVec2{look.px(12), look.px(10)});
    draw_buttons(of, look, out);
    draw_head(of, look, place);
    const float top = place.min.y + look.px(62);
    draw_track(of, look,
               {{place.min.x + look.px(14), top}, {place.max.x - look.px(14), top + look.px(34)}},
               out);
}

} // namespace windtunnel::gui
