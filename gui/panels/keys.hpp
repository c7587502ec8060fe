// SPDX-License-Identifier: BSL-1.0
// What the keys of this frame ask for; call it between ImGui::NewFrame and ImGui::Render.
#pragma once

#include "gui/model/command.hpp"

namespace windtunnel::gui {

struct key_actions {
    commands session;
    bool fit = false, quit = false;
};

/// `speed` is the session's now: + and - go to the next of 0.1, 0.2, 0.5, 1, 2, 5 and so on.
key_actions read_keys(double speed);

double faster(double speed);
double slower(double speed);

} // namespace windtunnel::gui
