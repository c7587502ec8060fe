// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/host_set.hpp"

#include <numeric>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel {

host_set::host_set(host count) : order_(count), place_(count), available_(count) {
    std::iota(order_.begin(), order_.end(), host{0});
    std::iota(place_.begin(), place_.end(), std::uint32_t{0});
}

void host_set::append(bool member) {
    const auto h = static_cast<host>(place_.size());
    place_.push_back(member ? size() : nowhere);
    if (!member)
        return;
    order_.push_back(h);
    swap_places(place_[h], available_++);
}

void host_set::set_available(host h, bool wanted) {
    WINDTUNNEL_ASSERT(place_[h] < size());
    if (available(h) == wanted)
        return;
    if (wanted)
        swap_places(place_[h], available_++);
    else
        swap_places(place_[h], --available_);
}

void host_set::swap_places(std::uint32_t a, std::uint32_t b) {
    std::swap(order_[a], order_[b]);
    place_[order_[a]] = a;
    place_[order_[b]] = b;
}

std::uint32_t host_set::set_aside(std::span<const host> avoid) {
    std::uint32_t eligible = available_;
    for (const host h : avoid) {
        WINDTUNNEL_ASSERT(h < place_.size());
        if (place_[h] < eligible)
            set_aside(h, eligible);
    }
    return eligible;
}

host_set::host host_set::in_turn(std::uint32_t eligible) {
    const auto count = static_cast<host>(place_.size());
    while (place_[turn_] >= eligible)
        turn_ = turn_ + 1 < count ? turn_ + 1 : 0;
    const host h = turn_;
    turn_ = h + 1 < count ? h + 1 : 0;
    return h;
}

} // namespace windtunnel
