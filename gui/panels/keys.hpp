// SPDX-License-Identifier: BSL-1.0
// What the keys of this frame ask for; call it between ImGui::NewFrame and ImGui::Render. Whatever
// the mouse can do, a key can: one table has them, for the reader, the help and the tests.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <span>

#include "gui/model/command.hpp"

namespace windtunnel::gui {

/// In this frame, with its repetitions while it is held.
bool is_pressed(ImGuiKey key);

/// What changes the views and not the run.
enum class view_act : std::uint8_t {
    none,
    fit,
    zoom_in,
    zoom_out,
    next_node,
    previous_node,
    unhealthy_only,
    find,
    next_workload,
    scale,
    trace_order,
    next_trace,
    previous_trace,
    go_to_trace,
    next_moment,
    previous_moment,
    act,
    help,
    show_all,
    show_topology,
    show_expectations,
    show_latency,
    show_requests,
    show_traces,
};

struct key_row {
    const char* key;  ///< as it is shown: "space", "f"
    const char* does; ///<
    char character;   ///< 0: a key without one, or the run's
    view_act act = view_act::none;
};
std::span<const key_row> key_table();
/// As it is shown; "" where the act has none.
const char* key_of(view_act act);

struct key_actions {
    commands session;
    std::vector<view_act> view;
    bool quit = false;
};

/// `speed` is the session's now: + and - go to the next of 0.1, 0.2, 0.5, 1, 2, 5 and so on. `now`
/// is its time.
key_actions read_keys(double speed, duration now = {});

double faster(double speed);
double slower(double speed);

} // namespace windtunnel::gui
