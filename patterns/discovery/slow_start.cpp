// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/slow_start.hpp"

#include <algorithm>
#include <cmath>

namespace windtunnel {

slow_start::slow_start(const load_balancer_options& options)
    : window_(options.slow_start_window), aggression_(options.slow_start_aggression),
      min_share_(options.slow_start_min_weight_percent / 100) {}

void slow_start::start(host h, time_point now) {
    if (window_ == duration{})
        return;
    std::erase_if(starting_, [h](const starting& s) { return s.who == h; });
    starting_.push_back({h, now});
}

std::uint32_t slow_start::spare_some(host_set& hosts, std::uint32_t eligible, time_point now,
                                     random_stream& random) {
    std::erase_if(starting_, [&](const starting& s) { return now - s.since >= window_; });
    std::uint32_t left = eligible;
    for (const starting& s : starting_)
        if (hosts.place(s.who) < left && !random.chance(share_after(now - s.since)))
            hosts.set_aside(s.who, left);
    return left > 0 ? left : eligible;
}

double slow_start::share(host h, time_point now) const {
    for (const starting& s : starting_)
        if (s.who == h && now - s.since < window_)
            return share_after(now - s.since);
    return 1;
}

double slow_start::share_after(duration elapsed) const {
    const double part = static_cast<double>(std::max(elapsed, duration{}).count()) /
                        static_cast<double>(window_.count());
    // No pow where it is the identity: its last bit is not the same on every machine.
    return std::max(aggression_ == 1 ? part : std::pow(part, 1 / aggression_), min_share_);
}

} // namespace windtunnel
