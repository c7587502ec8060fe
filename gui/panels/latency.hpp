// SPDX-License-Identifier: BSL-1.0
// Percentiles of the good answers' latency over time, with the faults.
#pragma once

#include <cstddef>

#include "gui/model/session.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class latency_panel {
  public:
    /// `line` is which of the snapshot's lines to show; the head is taken up to the x `left_free`.
    void draw(const snapshot& view, std::size_t line, const theme& look, const box& place,
              float left_free);

    void toggle_scale() { logarithmic_ = !logarithmic_; }

  private:
    bool logarithmic_ = true;
};

} // namespace windtunnel::gui
