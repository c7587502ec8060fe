// SPDX-License-Identifier: BSL-1.0
// ImGui with fonts and a display and nothing behind it, and a hand that presses what the registry
// of items knows by name.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <imgui.h>
#include <optional>
#include <string>

#include "gui/model/items.hpp"
#include "gui/panels/workspace.hpp"

namespace windtunnel::gui {

class screen {
  public:
    screen(float width, float height, const palette& colours = dark_palette) {
        ImGui::CreateContext();
        ImGuiIO& io = ImGui::GetIO();
        io.IniFilename = nullptr;
        io.DisplaySize = {width, height};
        io.DeltaTime = 1 / 60.F;
        look_.emplace(1.F, colours);
        unsigned char* pixels = nullptr;
        int w = 0, h = 0;
        io.Fonts->GetTexDataAsRGBA32(&pixels, &w, &h);
        for (int key = 0; key < ImGuiKey_COUNT; ++key)
            io.KeyMap[key] = key;
    }
    ~screen() {
        look_.reset();
        ImGui::DestroyContext();
    }
    screen(const screen&) = delete;
    screen& operator=(const screen&) = delete;

    commands frame(workspace& panels, const session& s) {
        ImGui::NewFrame();
        commands asked = panels.draw(s, *look_);
        ImGui::Render();
        return asked;
    }
    commands click(workspace& panels, const session& s, ImVec2 at) {
        ImGuiIO& io = ImGui::GetIO();
        commands all;
        io.MousePos = at;
        for (const bool down : {false, true, true, false, false}) {
            io.MouseDown[0] = down;
            for (const command& c : frame(panels, s))
                all.push_back(c);
        }
        io.MousePos = {-1e6F, -1e6F};
        return all;
    }
    /// Presses the middle of the control; there must be one.
    commands click(workspace& panels, const session& s, const std::string& control) {
        frame(panels, s);
        const item* found = items().find(control);
        INFO(control);
        REQUIRE(found != nullptr);
        const ImVec2 at{found->place.middle_x(), found->place.middle_y()};
        return click(panels, s, at);
    }
    key_actions keys(const std::function<void(ImGuiIO&)>& press) {
        press(ImGui::GetIO());
        ImGui::NewFrame();
        key_actions actions = read_keys(1, std::chrono::seconds{5});
        ImGui::Render();
        return actions;
    }
    /// Types the character, and does what it asks of the views.
    commands type(workspace& panels, const session& s, char c) {
        const key_actions actions =
            keys([c](ImGuiIO& io) { io.AddInputCharacter(static_cast<unsigned char>(c)); });
        commands all = actions.session;
        for (const view_act act : actions.view)
            for (const command& asked : panels.act(act, s.view()))
                all.push_back(asked);
        return all;
    }
    const theme& look() const { return *look_; }
    const item_registry& items() const { return look_->items(); }
    std::vector<std::string> complaints() const {
        const ImVec2 size = ImGui::GetIO().DisplaySize;
        return gui::complaints(items(), {0, 0, size.x, size.y});
    }

  private:
    std::optional<theme> look_;
};

} // namespace windtunnel::gui
