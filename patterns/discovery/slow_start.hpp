// SPDX-License-Identifier: BSL-1.0
// Spares hosts that have just come: t after its start a host of n is a candidate for a request with
// probability max((t / window)^(1 / aggression), min share), so that its share of the traffic grows
// from the minimum to 1/n (Envoy's slow start, whose factor scales the weight). At t >= window it
// is a host as any other. Where all candidates would be spared, none is.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/discovery/host_set.hpp"
#include "patterns/discovery/load_balancer_options.hpp"

namespace windtunnel {

class slow_start {
  public:
    using host = host_set::host;
    explicit slow_start(const load_balancer_options& options);

    /// Or starts again. Does nothing where the window is 0.
    void start(host h, time_point now);
    /// Sets some of the first `eligible` of `hosts` aside; returns how many are left, at least one
    /// where there was one. Draws once for each starting host among them.
    std::uint32_t spare(host_set& hosts, std::uint32_t eligible, time_point now,
                        random_stream& random) {
        return starting_.empty() ? eligible : spare_some(hosts, eligible, now, random);
    }
    /// The probability that h is a candidate.
    double share(host h, time_point now) const;

  private:
    struct starting {
        host who;
        time_point since;
    };
    std::uint32_t spare_some(host_set& hosts, std::uint32_t eligible, time_point now,
                             random_stream& random);
    double share_after(duration elapsed) const;

    std::vector<starting> starting_; ///< in order of their start
    duration window_;
    double aggression_;
    double min_share_;
};

} // namespace windtunnel
