// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <imgui.h>

#include "gui/model/axis.hpp"
#include "gui/model/session.hpp"

namespace windtunnel::gui {

namespace {

constexpr duration a_second = std::chrono::seconds{1};

constexpr std::array<key_row, 33> table{{
    {"space", "play, pause", 0},
    {"+ -", "faster, slower", 0},
    {"right, left", "one second further, back", 0},
    {".", "one event further", 0},
    {",", "one event back", 0},
    {">", "to the next fault or change of a breaker", '>', view_act::next_moment},
    {"<", "to the one before", '<', view_act::previous_moment},
    {"r", "from the beginning", 0},
    {"home, end", "to the beginning, to the end", 0},
    {"f", "show the whole map", 'f', view_act::fit},
    {"]", "zoom in", ']', view_act::zoom_in},
    {"[", "zoom out", '[', view_act::zoom_out},
    {"n", "next service", 'n', view_act::next_node},
    {"p", "previous service", 'p', view_act::previous_node},
    {"u", "only what is not healthy", 'u', view_act::unhealthy_only},
    {"/", "find services by a part of their name; the rest is hidden", '/', view_act::find},
    {"w", "charts of the next workload", 'w', view_act::next_workload},
    {"l", "logarithmic or linear", 'l', view_act::scale},
    {"o", "traces in another order", 'o', view_act::trace_order},
    {"j", "next trace", 'j', view_act::next_trace},
    {"k", "previous trace", 'k', view_act::previous_trace},
    {"g", "to the moment when the trace began", 'g', view_act::go_to_trace},
    {"i", "make something go wrong now, or change a value", 'i', view_act::act},
    {"z", "undo that", 0},
    {"y", "redo it", 0},
    {"s", "save the scenario with what was done", 0},
    {"h", "this list", 'h', view_act::help},
    {"0", "all panels", '0', view_act::show_all},
    {"1", "the map alone", '1', view_act::show_topology},
    {"2", "expectations alone", '2', view_act::show_expectations},
    {"3", "latency alone", '3', view_act::show_latency},
    {"4", "requests alone", '4', view_act::show_requests},
    {"5", "traces alone", '5', view_act::show_traces},
}};

void read_view_act(ImWchar c, key_actions& actions) {
    for (const key_row& row : table)
        if (row.character != 0 && static_cast<ImWchar>(row.character) == c)
            actions.view.push_back(row.act);
}

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
    case 'z':
        actions.session.push_back({command::kind::undo});
        break;
    case 'y':
        actions.session.push_back({command::kind::redo});
        break;
    case 's':
        actions.session.push_back({command::kind::save});
        break;
    case ',':
        actions.session.push_back({command::kind::step_back});
        break;
    case 'r':
        actions.session.push_back({command::kind::restart});
        break;
    case 'q':
        actions.quit = true;
        break;
    default:
        read_view_act(c, actions);
    }
}

} // namespace

bool is_pressed(ImGuiKey key) {
    const int index = ImGui::GetKeyIndex(key);
    return index >= 0 && ImGui::IsKeyPressed(index);
}

std::span<const key_row> key_table() {
    return table;
}

const char* key_of(view_act act) {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [act](const key_row& row) { return row.act == act; });
    return found == table.end() || act == view_act::none ? "" : found->key;
}

double faster(double speed) {
    return std::min(round_up(speed * 1.01), session::fastest);
}

double slower(double speed) {
    // 1, 2 and 5 again, from the other side: the largest of them below.
    return std::max(1 / round_up(1.01 / speed), session::slowest);
}

key_actions read_keys(double speed, duration now) {
    key_actions actions;
    const ImGuiIO& io = ImGui::GetIO();
    if (io.WantTextInput)
        return actions;
    for (const ImWchar c : io.InputQueueCharacters)
        read_character(c, speed, actions);
    if (is_pressed(ImGuiKey_RightArrow))
        actions.session.push_back({command::kind::step_time, 0, a_second});
    if (is_pressed(ImGuiKey_LeftArrow))
        actions.session.push_back({command::kind::seek, 0, std::max(now - a_second, duration{})});
    if (is_pressed(ImGuiKey_Home))
        actions.session.push_back({command::kind::seek, 0, duration{}});
    if (is_pressed(ImGuiKey_End))
        actions.session.push_back({command::kind::seek, 0, duration::max()});
    actions.quit = actions.quit || is_pressed(ImGuiKey_Escape);
    return actions;
}

} // namespace windtunnel::gui
