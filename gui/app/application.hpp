// SPDX-License-Identifier: BSL-1.0
// The program: loads a scenario and shows its run, or writes a picture of it.
// Throws topology::input_error for bad files, no_display, std::runtime_error.
#pragma once

#include "gui/app/arguments.hpp"

namespace windtunnel::gui {

void run_application(const arguments& a);

} // namespace windtunnel::gui
