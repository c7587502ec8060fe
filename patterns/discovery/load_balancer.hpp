// SPDX-License-Identifier: BSL-1.0
// Which host gets the next request, from what this client alone sees: its own requests in flight
// and who is available. Hosts are indexes 0 to n-1; their addresses are the caller's. Sans-I/O, not
// thread-safe. Power of two choices: two distinct hosts at random, the one with fewer requests in
// flight (Mitzenmacher, "The power of two choices in randomized load balancing", 2001); O(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/random_stream.hpp"

namespace windtunnel {

enum class balancer_policy : std::uint8_t {
    round_robin,   ///< in turn, from a random host on (so that clients do not march in step)
    random,        ///< each host alike
    least_request, ///< the fewest in flight of all, ties at random; looks at every host
    power_of_two,  ///< the fewer in flight of two
};

/// The name in files and messages: "power_of_two".
std::string_view to_string(balancer_policy policy);
std::optional<balancer_policy> balancer_policy_from(std::string_view name);

class load_balancer {
  public:
    using host = std::uint32_t;

    /// `hosts` hosts, all available. Throws std::invalid_argument for more than 2^31.
    load_balancer(balancer_policy policy, std::size_t hosts, random_stream random);

    /// A host for the next request; none where no host is available. Does not count the request:
    /// `on_start` or `begin` does.
    std::optional<host> pick() { return pick({}); }
    /// Prefers hosts outside of `avoid` (those that a retry has tried), and takes one of them only
    /// where no other is available. O(size of avoid) more.
    std::optional<host> pick(std::span<const host> avoid);

    void on_start(host h);
    void on_end(host h);

    /// Ejected, unhealthy or draining hosts get nothing new; what they have in flight stays
    /// counted.
    void set_available(host h, bool available);
    host add_host();

    balancer_policy policy() const { return policy_; }
    std::size_t hosts() const { return in_flight_.size(); }
    std::size_t available() const { return available_; }
    bool available(host h) const { return place_[h] < available_; }
    std::uint32_t in_flight(host h) const { return in_flight_[h]; }

    /// Counts one request from its beginning to its end. The balancer outlives it.
    class [[nodiscard]] in_flight_token {
      public:
        in_flight_token() = default;
        in_flight_token(load_balancer& balancer, host h) : balancer_(&balancer), host_(h) {
            balancer.on_start(h);
        }
        in_flight_token(in_flight_token&& other) noexcept
            : balancer_(std::exchange(other.balancer_, nullptr)), host_(other.host_) {}
        in_flight_token& operator=(in_flight_token&& other) noexcept {
            if (this != &other) {
                end();
                balancer_ = std::exchange(other.balancer_, nullptr);
                host_ = other.host_;
            }
            return *this;
        }
        ~in_flight_token() { end(); }

        void end() {
            if (balancer_ != nullptr)
                std::exchange(balancer_, nullptr)->on_end(host_);
        }

      private:
        load_balancer* balancer_ = nullptr;
        host host_ = 0;
    };
    in_flight_token begin(host h) { return {*this, h}; }

  private:
    void swap_places(std::uint32_t a, std::uint32_t b);
    std::uint32_t set_aside(std::span<const host> avoid);
    host in_turn(std::uint32_t eligible);
    host fewest(std::uint32_t eligible);
    host fewer_of_two(std::uint32_t eligible);

    balancer_policy policy_;
    random_stream random_;
    std::uint32_t available_;              ///< the first so many of order_ are available
    std::vector<host> order_;              ///< all hosts
    std::vector<std::uint32_t> place_;     ///< order_[place_[h]] == h
    std::vector<std::uint32_t> in_flight_; ///< by host
    host turn_ = 0;
};

} // namespace windtunnel
