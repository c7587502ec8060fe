// SPDX-License-Identifier: BSL-1.0
// What must hold, and whether it does: so far, and in the end.
#pragma once

#include "gui/model/session.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class verdict_panel {
  public:
    static constexpr float row = 39; ///< units

    void draw(const snapshot& view, const theme& look, const box& place);
};

} // namespace windtunnel::gui
