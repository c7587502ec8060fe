// SPDX-License-Identifier: BSL-1.0
// Which level of hosts gets a request, where some are there for when the first are not enough
// (Envoy's priority levels). With w the share of a level's hosts that are well, in per cent:
//   health = min(100, factor * w), and total = min(100, the sum of all levels);
//   a level gets health / total of the traffic, to what the levels before it left.
// Only where the total is below 100 a level of which fewer than (<) the panic threshold are well is
// in panic: all its hosts are used, the ill ones too. Where nobody is well at all, all traffic goes
// to the first level that may panic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/discovery/host_set.hpp"

namespace windtunnel {

struct level_health {
    std::uint32_t hosts = 0, well = 0;
};

struct level_load {
    double share = 0; ///< of the traffic
    bool panic = false;
};

struct priority_loads {
    std::vector<level_load> levels;
    double total_health = 0; ///< per cent, normalised: 100 at most
};

/// `factor` is at least 1, `panic_threshold` in per cent, 0: no panic. Shares add up to 1, or are
/// all 0 where nobody may be used.
void load_by_priority(std::span<const level_health> levels, double factor, double panic_threshold,
                      priority_loads& to);

/// The hosts of a balancer by priority.
class priority_router {
  public:
    using host = host_set::host;
    priority_router(double factor, double panic_threshold)
        : factor_(factor), panic_threshold_(panic_threshold) {}

    /// The next host of the balancer, present and available.
    void append(int priority);
    void set_available(host h, bool wanted);
    /// Who is not present is no host at all, neither well nor ill.
    void set_present(host h, bool wanted);
    void start_turn(host first);

    /// The hosts of the level that gets the next request: those available, or in panic those
    /// present. Null where there is nobody. Draws where more than one level has traffic.
    struct routed {
        host_set* hosts;
        bool panic;
    };
    routed route(random_stream& random);
    const priority_loads& loads();

  private:
    struct level {
        host_set well, present; ///< in the places of `available`
    };
    void refresh();

    double factor_, panic_threshold_;
    std::vector<std::uint32_t> level_of_; ///< by host
    std::vector<bool> well_;              ///< by host, present or not
    std::vector<level> levels_;
    std::vector<level_health> health_; ///< by level
    priority_loads loads_;
    bool stale_ = true;
};

} // namespace windtunnel
