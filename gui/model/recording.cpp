// SPDX-License-Identifier: BSL-1.0
#include "gui/model/recording.hpp"

#include <iterator>

namespace windtunnel::gui {

namespace {

bool is_later(duration when, const recorded_frame& f) {
    return when < f.at;
}

} // namespace

void recording::add(duration at, const topology_view& topology) {
    const auto after = std::upper_bound(frames_.begin(), frames_.end(), at, is_later);
    if (after != frames_.begin() && at - std::prev(after)->at < distance_)
        return;
    if (after != frames_.end() && after->at - at < distance_)
        return;
    frames_.insert(after, {at, topology});
}

const recorded_frame* recording::at(duration when) const {
    const auto after = std::upper_bound(frames_.begin(), frames_.end(), when, is_later);
    return after == frames_.begin() ? nullptr : &*std::prev(after);
}

} // namespace windtunnel::gui
