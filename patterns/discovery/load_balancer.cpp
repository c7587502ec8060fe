// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/load_balancer.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 4> policy_names = {"round_robin", "random", "least_request",
                                                          "power_of_two"};

std::uint32_t checked(std::size_t hosts) {
    constexpr std::size_t most = 0x80000000;
    if (hosts > most)
        throw std::invalid_argument("hosts: " + std::to_string(hosts) +
                                    "; must be at most 2147483648");
    return static_cast<std::uint32_t>(hosts);
}

} // namespace

std::string_view to_string(balancer_policy policy) {
    return policy_names[static_cast<std::size_t>(policy)];
}

std::optional<balancer_policy> balancer_policy_from(std::string_view name) {
    const auto found = std::find(policy_names.begin(), policy_names.end(), name);
    if (found == policy_names.end())
        return {};
    return static_cast<balancer_policy>(found - policy_names.begin());
}

load_balancer::load_balancer(balancer_policy policy, std::size_t hosts, random_stream random)
    : policy_(policy), random_(random), available_(checked(hosts)), order_(hosts), place_(hosts),
      in_flight_(hosts) {
    for (host h = 0; h < available_; ++h)
        order_[h] = place_[h] = h;
    if (policy_ == balancer_policy::round_robin && hosts > 1)
        turn_ = static_cast<host>(random_.below(hosts));
}

std::optional<load_balancer::host> load_balancer::pick(std::span<const host> avoid) {
    if (available_ == 0)
        return {};
    const std::uint32_t eligible = set_aside(avoid);
    if (eligible == 1)
        return order_[0];
    switch (policy_) {
    case balancer_policy::round_robin:
        return in_turn(eligible);
    case balancer_policy::random:
        return order_[random_.below(eligible)];
    case balancer_policy::least_request:
        return fewest(eligible);
    case balancer_policy::power_of_two:
        return fewer_of_two(eligible);
    }
    WINDTUNNEL_ASSERT(!"a policy");
    return {};
}

void load_balancer::swap_places(std::uint32_t a, std::uint32_t b) {
    std::swap(order_[a], order_[b]);
    place_[order_[a]] = a;
    place_[order_[b]] = b;
}

/// Moves those to avoid behind the other available hosts; returns how many are before them, or all
/// where none is.
std::uint32_t load_balancer::set_aside(std::span<const host> avoid) {
    std::uint32_t eligible = available_;
    for (const host h : avoid) {
        WINDTUNNEL_ASSERT(h < place_.size());
        if (place_[h] < eligible)
            swap_places(place_[h], --eligible);
    }
    return eligible > 0 ? eligible : available_;
}

load_balancer::host load_balancer::in_turn(std::uint32_t eligible) {
    const auto count = static_cast<host>(order_.size());
    while (place_[turn_] >= eligible)
        turn_ = turn_ + 1 < count ? turn_ + 1 : 0;
    const host h = turn_;
    turn_ = h + 1 < count ? h + 1 : 0;
    return h;
}

load_balancer::host load_balancer::fewest(std::uint32_t eligible) {
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t ties = 0;
    for (std::uint32_t i = 0; i < eligible; ++i) {
        const std::uint32_t n = in_flight_[order_[i]];
        ties = n < least ? 1 : ties + (n == least);
        least = std::min(least, n);
    }
    std::uint64_t skip = ties > 1 ? random_.below(ties) : 0;
    for (std::uint32_t i = 0;; ++i)
        if (in_flight_[order_[i]] == least && skip-- == 0)
            return order_[i];
}

/// The first of the two is random already, so that it may win a tie.
load_balancer::host load_balancer::fewer_of_two(std::uint32_t eligible) {
    const std::uint64_t first = random_.below(eligible);
    std::uint64_t second = random_.below(eligible - 1);
    second += second >= first;
    const host a = order_[first];
    const host b = order_[second];
    return in_flight_[b] < in_flight_[a] ? b : a;
}

void load_balancer::on_start(host h) {
    WINDTUNNEL_ASSERT(h < in_flight_.size());
    ++in_flight_[h];
}

void load_balancer::on_end(host h) {
    WINDTUNNEL_ASSERT(h < in_flight_.size() && in_flight_[h] > 0);
    --in_flight_[h];
}

void load_balancer::set_available(host h, bool wanted) {
    WINDTUNNEL_ASSERT(h < place_.size());
    if (available(h) == wanted)
        return;
    if (wanted)
        swap_places(place_[h], available_++);
    else
        swap_places(place_[h], --available_);
}

load_balancer::host load_balancer::add_host() {
    const host h = checked(order_.size() + 1) - 1;
    order_.push_back(h);
    place_.push_back(h);
    in_flight_.push_back(0);
    swap_places(place_[h], available_++);
    return h;
}

} // namespace windtunnel
