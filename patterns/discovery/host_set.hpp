// SPDX-License-Identifier: BSL-1.0
// Some of a balancer's hosts, ordered so that the available ones come first: a host by its place,
// or its place by the host, in O(1). Invariant: order()[place(h)] == h for each member, and the
// members available are those with a place below available().
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace windtunnel {

class host_set {
  public:
    using host = std::uint32_t;

    /// Hosts 0 to count-1, all available.
    explicit host_set(host count = 0);

    /// The next index of the balancer; a member here or not. Members are available.
    void append(bool member);
    /// h must be a member.
    void set_available(host h, bool wanted);

    std::uint32_t size() const { return static_cast<std::uint32_t>(order_.size()); }
    std::uint32_t available() const { return available_; }
    bool available(host h) const { return place_[h] < available_; }
    host operator[](std::uint64_t place) const { return order_[place]; }
    /// Of a host that is no member: beyond every place.
    std::uint32_t place(host h) const { return place_[h]; }

    /// Moves those to avoid behind the other available hosts; returns how many are before them,
    /// which may be none.
    std::uint32_t set_aside(std::span<const host> avoid);
    /// One of the first `eligible` goes to their end, and they become one fewer.
    void set_aside(host h, std::uint32_t& eligible) { swap_places(place_[h], --eligible); }
    void swap_places(std::uint32_t a, std::uint32_t b);

    /// The next host in turn with a place below `eligible`, which must not be 0.
    host in_turn(std::uint32_t eligible);
    void start_turn(host first) { turn_ = first; }

  private:
    static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
    std::vector<host> order_;          ///< the members
    std::vector<std::uint32_t> place_; ///< of every host of the balancer
    std::uint32_t available_ = 0;
    host turn_ = 0;
};

} // namespace windtunnel
