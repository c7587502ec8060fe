// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/adaptive_lifo.hpp"

#include <array>

namespace windtunnel {

namespace {
constexpr std::array<std::string_view, 3> pick_names{"oldest", "newest", "drop_oldest"};
} // namespace

std::string_view to_string(queue_pick pick) {
    return pick_names.at(static_cast<std::size_t>(pick));
}

queue_pick adaptive_lifo::next(time_point now, duration oldest_wait, bool last) {
    if (codel_.on_dequeue(now, oldest_wait, last) == queue_verdict::drop)
        return queue_pick::drop_oldest;
    return codel_.overloaded() ? queue_pick::newest : queue_pick::oldest;
}

} // namespace windtunnel
