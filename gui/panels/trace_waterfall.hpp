// SPDX-License-Identifier: BSL-1.0
// One request as bars in time: a row a call.
#pragma once

#include "gui/model/traces.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

ImU32 colour_of(time_use use);
/// Rows that find no room are counted at the end.
void draw_waterfall(ImDrawList& to, const theme& look, const box& place, const waterfall& what);
/// What the time went into, with its share, the most first, from the left, as far as
/// there is room.
void draw_uses(ImDrawList& to, const theme& look, const box& place, const waterfall& what);

} // namespace windtunnel::gui
