// SPDX-License-Identifier: BSL-1.0
// Pictures of the past of a run, so that dragging through time shows something at once. They are
// what was on the screen, not states: to go on from one of them the run is simulated again. Their
// number is bounded: they keep a distance.
#pragma once

#include <algorithm>
#include <vector>

#include "gui/model/topology_view.hpp"

namespace windtunnel::gui {

struct recorded_frame {
    duration at{};
    topology_view topology;
};

class recording {
  public:
    static constexpr int most = 300;

    explicit recording(duration length) : distance_(std::max(duration{1}, length / most)) {}

    /// Keeps it, unless one of about this time is there.
    void add(duration at, const topology_view& topology);
    /// The last at or before `when`; nullptr where there is none.
    const recorded_frame* at(duration when) const;
    std::size_t size() const { return frames_.size(); }

  private:
    duration distance_;
    std::vector<recorded_frame> frames_; ///< by time
};

} // namespace windtunnel::gui
