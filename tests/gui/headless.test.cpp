// SPDX-License-Identifier: BSL-1.0
// The panels on ImGui without a window: what they draw and what keys and clicks ask for.
#include <catch2/catch.hpp>
#include <functional>
#include <imgui.h>

#include "gui/panels/keys.hpp"
#include "gui/panels/workspace.hpp"
#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

/// An ImGui context with fonts and a display and nothing behind it.
class screen {
  public:
    screen(float width, float height) {
        ImGui::CreateContext();
        ImGuiIO& io = ImGui::GetIO();
        io.IniFilename = nullptr;
        io.DisplaySize = {width, height};
        io.DeltaTime = 1 / 60.F;
        look_.emplace(1.F);
        unsigned char* pixels = nullptr;
        int w = 0, h = 0;
        io.Fonts->GetTexDataAsRGBA32(&pixels, &w, &h);
        for (int key = 0; key < ImGuiKey_COUNT; ++key)
            io.KeyMap[key] = key;
    }
    ~screen() { ImGui::DestroyContext(); }
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
        return all;
    }
    key_actions keys(const std::function<void(ImGuiIO&)>& press) {
        press(ImGui::GetIO());
        ImGui::NewFrame();
        key_actions actions = read_keys(1);
        ImGui::Render();
        return actions;
    }
    const theme& look() const { return *look_; }

  private:
    std::optional<theme> look_;
};

int vertices() {
    return ImGui::GetDrawData()->TotalVtxCount;
}

} // namespace

TEST_CASE("the panels draw at the beginning, in the middle and at the end of a run") {
    session s(spec_of(shop), 1);
    workspace panels;
    screen display(1600, 1000);
    display.frame(panels, s);
    display.frame(panels, s);
    const int at_first = vertices();
    CHECK(at_first > 2000);
    s.run_until(6s);
    display.frame(panels, s);
    CHECK(vertices() > at_first);
    s.run_until(1h);
    CHECK(display.frame(panels, s).empty());
}

TEST_CASE("the panels draw in a window that is far too small") {
    session s(spec_of(shop), 1);
    s.run_until(6s);
    workspace panels;
    screen display(200, 120);
    for (int i = 0; i < 3; ++i)
        CHECK(display.frame(panels, s).empty());
}

TEST_CASE("keys ask for what the help says") {
    screen display(800, 600);
    const auto typed = [&](ImWchar c) {
        return display.keys([c](ImGuiIO& io) { io.AddInputCharacter(c); });
    };
    CHECK(typed(' ').session.at(0).what == command::kind::play_or_pause);
    CHECK(typed('.').session.at(0).what == command::kind::step_event);
    CHECK(typed('r').session.at(0).what == command::kind::restart);
    CHECK(typed('+').session.at(0).value == Approx(2));
    CHECK(typed('-').session.at(0).value == Approx(0.5));
    CHECK(typed('f').fit);
    CHECK(typed('q').quit);
    CHECK(typed('x').session.empty());
    const auto right = display.keys([](ImGuiIO& io) { io.KeysDown[ImGuiKey_RightArrow] = true; });
    REQUIRE(right.session.size() == 1);
    CHECK(right.session[0].what == command::kind::step_time);
    CHECK(right.session[0].time == 1s);
}

TEST_CASE("speeds go up and down by the same steps") {
    double speed = session::slowest;
    std::vector<double> up;
    for (int i = 0; i < 12; ++i) {
        up.push_back(speed);
        speed = faster(speed);
    }
    CHECK(speed == Approx(session::fastest));
    CHECK(faster(speed) == Approx(session::fastest));
    for (int i = 0; i < 12; ++i) {
        speed = slower(speed);
        CHECK(speed == Approx(up[up.size() - 1 - static_cast<std::size_t>(i)]));
    }
    CHECK(slower(session::slowest) == Approx(session::slowest));
}

TEST_CASE("a click in the time line goes there") {
    session s(spec_of(shop), 1);
    workspace panels;
    screen display(1600, 1000);
    display.frame(panels, s);
    const commands asked = display.click(panels, s, {800, 90});
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].what == command::kind::seek);
    CHECK(to_seconds(asked[0].time) == Approx(6).margin(0.1)); // half of 12 s
}

} // namespace windtunnel::gui
