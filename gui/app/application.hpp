// SPDX-License-Identifier: BSL-1.0
// The program: loads a scenario and shows its run, or writes a picture of it.
// Throws topology::input_error for bad files, no_display, hard_to_read, std::runtime_error.
#pragma once

#include <stdexcept>

#include "gui/app/arguments.hpp"

namespace windtunnel::gui {

/// A picture was checked, and something in it overlaps, is cut off or has too little contrast.
class hard_to_read : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

void run_application(const arguments& a);

} // namespace windtunnel::gui
