// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/keys.hpp"

#include <algorithm>
#include <cmath>
#include <imgui.h>

#include "gui/model/axis.hpp"
#include "gui/model/session.hpp"

namespace windtunnel::gui {

namespace {

void read_character(ImWchar c, double speed, key_actions& actions) {
    switch (c) {
    case ' ':
        actions.session.push_back({command::kind::play_or_pause});
        break;
    case '+':
    case '=':
        actions.session.push_back({command::kind::set_speed, faster(speed)});
        break;
    case '-':
        actions.session.push_back({command::kind::set_speed, slower(speed)});
        break;
    case '.':
        actions.session.push_back({command::kind::step_event});
        break;
    case 'r':
        actions.session.push_back({command::kind::restart});
        break;
    case 'f':
        actions.fit = true;
        break;
    case 'q':
        actions.quit = true;
        break;
    default:
        break;
    }
}

bool pressed(ImGuiKey key) {
    const int index = ImGui::GetKeyIndex(key);
    return index >= 0 && ImGui::IsKeyPressed(index);
}

} // namespace

double faster(double speed) {
    return std::min(round_up(speed * 1.01), session::fastest);
}

double slower(double speed) {
    // 1, 2 and 5 again, from the other side: the largest of them below.
    return std::max(1 / round_up(1.01 / speed), session::slowest);
}

key_actions read_keys(double speed) {
    key_actions actions;
    const ImGuiIO& io = ImGui::GetIO();
    if (io.WantTextInput)
        return actions;
    for (const ImWchar c : io.InputQueueCharacters)
        read_character(c, speed, actions);
    if (pressed(ImGuiKey_RightArrow))
        actions.session.push_back({command::kind::step_time, 0, std::chrono::seconds{1}});
    actions.quit = actions.quit || pressed(ImGuiKey_Escape);
    return actions;
}

} // namespace windtunnel::gui
