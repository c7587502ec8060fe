// SPDX-License-Identifier: BSL-1.0
// Single requests: a list of the slowest, the failed or the most retried, and where the time of
// the chosen one went, call by call. Bars are full where the whole request waited for them (its
// critical path) and thin where it did not.
#pragma once

#include <string>

#include "gui/model/session.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class traces_panel {
  public:
    void draw(const snapshot& view, const theme& look, const box& place, commands& out);
    void next_order();
    /// The next of the list, or with -1 the one before.
    void choose(const snapshot& view, int step);

    /// To the moment when the chosen one began; nothing where there is none.
    commands go_there(const snapshot& view) const;

    trace_order order() const { return order_; }
    const std::string& chosen() const { return chosen_; } ///< an id; empty: the first

  private:
    const std::vector<trace_line>& list(const snapshot& view) const;
    std::size_t place_of_chosen(const snapshot& view) const;
    void draw_head(const theme& look, const box& place);
    void draw_list(const snapshot& view, const theme& look, const box& place);
    void draw_chosen(const snapshot& view, const theme& look, const box& place, commands& out);

    trace_order order_ = trace_order::slowest;
    std::string chosen_;
};

} // namespace windtunnel::gui
