// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/act.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "gui/model/axis.hpp"
#include "gui/panels/keys.hpp"

namespace windtunnel::gui {

namespace {

template <class Input>
void put(Input& to, const std::string& text) {
    to.fill(0);
    std::copy_n(text.begin(), std::min(text.size(), to.size() - 1), to.begin());
}

void say(const theme& look, const std::string& text, ImU32 ink) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float room = ImGui::GetContentRegionAvail().x;
    draw_text(*ImGui::GetWindowDrawList(), look.small(), at, ink, fitted(look.small(), text, room));
    ImGui::Dummy({room, look.px(17)});
    if (ImGui::IsItemHovered() && text_size(look.small(), text).x > room)
        ImGui::SetTooltip("%s", text.c_str());
}

} // namespace

void act_panel::show(const std::string& target) {
    open_ = true;
    put(target_, target);
    put(length_, "10s");
    choose_kind(kind_);
}

void act_panel::choose_kind(std::size_t kind) {
    kind_ = kind;
    values_.clear();
    for (const fault_field& f : form().fields)
        put(values_.emplace_back(), f.initial);
}

void act_panel::draw_kinds(const theme& look, float width) {
    const float left = ImGui::GetCursorPosX();
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        std::string name = forms_[i].key;
        std::replace(name.begin(), name.end(), '_', ' ');
        const float needed = text_size(look.small(), name).x + look.px(22);
        if (i > 0) {
            ImGui::SameLine(0, look.px(4));
            if (ImGui::GetCursorPosX() + needed > left + width)
                ImGui::NewLine();
        }
        if (text_button(look, ("kind " + forms_[i].key).c_str(), name, forms_[i].meaning.c_str(),
                        "up, down", i == kind_))
            choose_kind(i);
    }
}

void act_panel::draw_field(const theme& look, const std::string& name, const std::string& help,
                           input& value) {
    const palette& c = look.colours();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_text(*ImGui::GetWindowDrawList(), look.small(), at + ImVec2{0, look.px(5)}, c.dim,
              fitted(look.small(), name, look.px(88)));
    ImGui::SetCursorScreenPos(at + ImVec2{look.px(94), 0});
    ImGui::SetNextItemWidth(look.px(160));
    ImGui::InputText(("##" + name).c_str(), value.data(), value.size());
    tell_control("field " + name, "tab");
    const float left = look.px(264), room = ImGui::GetContentRegionAvail().x - left;
    draw_text(*ImGui::GetWindowDrawList(), look.small(), at + ImVec2{left, look.px(5)}, c.dim,
              fitted(look.small(), help, room));
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("%s", help.c_str());
}

void act_panel::draw_fields(const theme& look) {
    if (form().has_target)
        draw_field(look, "on", "A service, service#0, service.endpoint or caller->callee", target_);
    for (std::size_t i = 0; i < form().fields.size(); ++i)
        draw_field(look, form().fields[i].key, form().fields[i].help, values_[i]);
    draw_field(look, "for", "How long; nothing: to the end of the run", length_);
}

void act_panel::draw_value(const theme& look, commands& out) {
    say(look, "Or change a value, for the whole run:", look.colours().text);
    draw_field(look, "path", "workload.readers.arrivals.rate, as of windtunnel run -D", path_);
    draw_field(look, "value", "400/s", value_);
    if (text_button(look, "set value", "set", "Changes the scenario", "tab, space")) {
        command c{command::kind::set_value};
        c.path = path_.data();
        c.text = value_.data();
        out.push_back(c);
        close();
    }
}

command act_panel::wanted(duration now) const {
    command c{command::kind::inject};
    c.fault = {.kind = form().key,
               .target = form().has_target ? target_.data() : "",
               .at = now,
               .length = length_.data(),
               .values = {}};
    for (std::size_t i = 0; i < values_.size(); ++i)
        c.fault.values.emplace_back(form().fields[i].key, values_[i].data());
    return c;
}

void act_panel::read_keys(duration now, commands& out) {
    if (is_pressed(ImGuiKey_DownArrow))
        choose_kind((kind_ + 1) % forms_.size());
    if (is_pressed(ImGuiKey_UpArrow))
        choose_kind((kind_ + forms_.size() - 1) % forms_.size());
    if (!is_pressed(ImGuiKey_Enter))
        return;
    out.push_back(wanted(now));
    close();
}

void act_panel::draw(duration now, const theme& look, const box& room, commands& out) {
    if (!open_)
        return;
    read_keys(now, out);
    const float rows = static_cast<float>(form().fields.size()) + 8;
    const ImVec2 size{std::min(look.px(620), room.width() - look.px(16)),
                      std::min(look.px(110) + rows * look.px(31), room.height() - look.px(16))};
    const box place{room.centre() - size * 0.5F, room.centre() + size * 0.5F};
    ImGui::SetNextWindowPos(place.min);
    ImGui::SetNextWindowSize(size);
    if (ImGui::Begin("act", nullptr,
                     ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                         ImGuiWindowFlags_NoSavedSettings)) {
        const std::string title =
            "At " + format_value(to_seconds(now), axis_unit::clock) + " goes wrong:";
        draw_text(*ImGui::GetWindowDrawList(), look.title(), ImGui::GetCursorScreenPos(),
                  look.colours().text, title);
        ImGui::Dummy({1, look.px(24)});
        draw_kinds(look, size.x - look.px(24));
        say(look, form().meaning, look.colours().text);
        draw_fields(look);
        if (text_button(look, "inject", "inject", "Becomes a line of the scenario", "enter")) {
            out.push_back(wanted(now));
            close();
        }
        ImGui::SameLine();
        if (text_button(look, "cancel", "cancel", "Nothing happens", "esc"))
            close();
        ImGui::Separator();
        draw_value(look, out);
    }
    ImGui::End();
}

} // namespace windtunnel::gui
