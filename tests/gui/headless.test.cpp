// SPDX-License-Identifier: BSL-1.0
// The panels on ImGui without a window: what they draw and what keys and clicks ask for.
#include <catch2/catch.hpp>
#include <imgui.h>

#include "gui/panels/keys.hpp"
#include "gui/screen.hpp"
#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

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
    CHECK(typed('f').view == std::vector{view_act::fit});
    CHECK(typed('5').view == std::vector{view_act::show_traces});
    CHECK(typed('q').quit);
    CHECK(typed('x').session.empty());
    CHECK(typed('x').view.empty());
    const auto right = display.keys([](ImGuiIO& io) { io.KeysDown[ImGuiKey_RightArrow] = true; });
    REQUIRE(right.session.size() == 1);
    CHECK(right.session[0].what == command::kind::step_time);
    CHECK(right.session[0].time == 1s);
    const auto left = display.keys([](ImGuiIO& io) {
        io.KeysDown[ImGuiKey_RightArrow] = false;
        io.KeysDown[ImGuiKey_LeftArrow] = true;
    });
    REQUIRE(left.session.size() == 1);
    CHECK(left.session[0].what == command::kind::seek);
    CHECK(left.session[0].time == 4s); // it is 5 s
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
    const commands asked = display.click(panels, s, "time line");
    REQUIRE(asked.size() >= 2);
    CHECK(asked[0].what == command::kind::peek); // while the mouse is down
    CHECK(asked.back().what == command::kind::seek);
    CHECK(to_seconds(asked.back().time) == Approx(6).margin(0.1)); // half of 12 s
}

TEST_CASE("buttons ask for the same as their keys") {
    session s(spec_of(shop), 1);
    s.run_until(1s);
    workspace panels;
    screen display(1600, 1000);
    const auto [control, key] = GENERATE(table<std::string, char>(
        {{"play", ' '}, {"step an event", '.'}, {"step back", ','}, {"restart", 'r'}}));
    const commands clicked = display.click(panels, s, control);
    const commands typed = display.type(panels, s, key);
    INFO(control);
    REQUIRE(clicked.size() == 1);
    REQUIRE(typed.size() == 1);
    CHECK(clicked[0].what == typed[0].what);
    CHECK(clicked[0].time == typed[0].time);
    REQUIRE(display.items().find(control) != nullptr);
    CHECK_FALSE(display.items().find(control)->key.empty());
}

TEST_CASE("services are chosen by key and by click, and tell their figures") {
    session s(spec_of(shop), 1);
    s.run_until(6s);
    workspace panels;
    screen display(1600, 1000);
    display.frame(panels, s);
    CHECK_FALSE(display.items().says("utilisation"));
    CHECK(panels.topology().chosen() == -1);
    for (int i = 0; i < 3; ++i) // the workloads are first
        display.type(panels, s, 'n');
    CHECK(panels.topology().chosen() == 2);
    display.frame(panels, s); // a tooltip finds its size first
    display.frame(panels, s);
    CHECK(display.items().says("utilisation"));
    display.type(panels, s, 'p');
    CHECK(panels.topology().chosen() == 1);
}

TEST_CASE("what is well can be hidden from the map") {
    session s(spec_of(shop), 1);
    s.run_until(6s); // pay is down
    workspace panels;
    screen display(1600, 1000);
    display.frame(panels, s);
    CHECK(display.items().says("cart"));
    display.click(panels, s, "unhealthy only");
    display.frame(panels, s);
    CHECK_FALSE(display.items().says("cart"));
    CHECK(display.items().says("pay"));
    display.type(panels, s, 'u');
    display.frame(panels, s);
    CHECK(display.items().says("cart"));
}

TEST_CASE("services are found by a part of their name, and the rest is hidden") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    workspace panels;
    screen display(1600, 1000);
    panels.show(panel_choice::topology);
    display.frame(panels, s);
    CHECK(display.items().says("cart"));
    display.type(panels, s, '/');
    for (int i = 0; i < 3; ++i) // the box takes the keyboard
        display.frame(panels, s);
    CHECK(ImGui::GetIO().WantTextInput);
    ImGui::GetIO().AddInputCharacter('w');
    display.frame(panels, s);
    display.frame(panels, s);
    CHECK(panels.topology().filter().find == "w");
    CHECK(display.items().says("web"));
    CHECK_FALSE(display.items().says("cart"));
    CHECK(display.type(panels, s, ' ').empty()); // typed into the box, not a key of the run
}

TEST_CASE("each panel can be shown alone") {
    session s(spec_of(shop), 1);
    s.run_until(6s);
    workspace panels;
    screen display(1600, 1000);
    const auto [key, title] = GENERATE(table<char, std::string>(
        {{'2', "Expectations"}, {'3', "Latency"}, {'4', "Requests"}, {'5', "Traces"}}));
    display.type(panels, s, key);
    display.frame(panels, s);
    for (const char* other : {"Expectations", "Latency", "Requests", "Traces"})
        CHECK(display.items().says(other) == (title == other));
}

TEST_CASE("nothing on the screen overlaps, is cut off, is hard to read or without a key") {
    const auto [width, height] =
        GENERATE(table<float, float>({{1280.F, 720.F}, {1600.F, 1000.F}, {2560.F, 1440.F}}));
    const bool light = GENERATE(false, true);
    const duration at = GENERATE(duration{0}, duration{3s}, duration{6s}, duration{12s});
    const auto panel = GENERATE(panel_choice::all, panel_choice::traces);
    session s(spec_of(shop), 1);
    s.run_until(at);
    workspace panels;
    panels.show(panel);
    screen display(width, height, light ? light_palette : dark_palette);
    for (int i = 0; i < 3; ++i)
        display.frame(panels, s);
    INFO(width << "x" << height << (light ? " light" : " dark") << " at " << to_seconds(at));
    CHECK(display.complaints() == std::vector<std::string>{});
}

TEST_CASE("the figures on the screen are those of the result") {
    session s(spec_of(shop), 1);
    s.run_until(1h);
    workspace panels;
    panels.show(panel_choice::expectations);
    screen display(1600, 1000);
    display.frame(panels, s);
    for (const auto& e : scenario::check_expectations(s.spec(), s.run().result()))
        CHECK(display.items().says(e.observed_text));
    CHECK(display.items().says(std::to_string(s.run().requests_over()) + " requests"));
    CHECK(display.items().says(std::to_string(s.run().events()) + " events"));
}

} // namespace windtunnel::gui
