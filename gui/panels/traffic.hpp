// SPDX-License-Identifier: BSL-1.0
// Requests a second over time: sent, answered well, failed, with the faults.
#pragma once

#include <cstddef>

#include "gui/model/session.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class traffic_panel {
  public:
    void draw(const snapshot& view, std::size_t line, const theme& look, const box& place);
};

} // namespace windtunnel::gui
