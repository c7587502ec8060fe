// SPDX-License-Identifier: BSL-1.0
// The run in time: play and pause, speed, steps, and a line with faults and progress on which a
// click goes to another time.
#pragma once

#include "gui/model/command.hpp"
#include "gui/model/session.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class timeline_panel {
  public:
    static constexpr float height = 124; ///< units

    void draw(const session& of, const theme& look, const box& place, commands& out);
    void toggle_help() { help_ = !help_; }

  private:
    void draw_help(const theme& look);
    void draw_buttons(const session& of, const theme& look, commands& out);
    void draw_head(const session& of, const theme& look, const box& place) const;
    void draw_track(const session& of, const theme& look, const box& track, commands& out);
    bool scrubbing_ = false;
    bool help_ = false; ///< the list of keys stays
};

} // namespace windtunnel::gui
