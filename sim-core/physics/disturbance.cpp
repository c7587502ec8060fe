// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/disturbance.hpp"

#include <algorithm>

#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::sim {

verdict loss::judge_one(const message& m) {
    const double share = share_ * strength;
    if (burst_ <= 1)
        return random().chance(share) ? verdict::drop() : verdict::pass();
    bool& lost = in_burst_[{m.from, m.to}];
    const double next = lost         ? 1 - 1 / burst_
                        : share >= 1 ? 1
                                     : std::min(1.0, share / (burst_ * (1 - share)));
    lost = share >= 1 || random().chance(next);
    return lost ? verdict::drop() : verdict::pass();
}

verdict reordering::judge_one(const message&) {
    return random().chance(share_ * strength) ? verdict::delay(by_.sample(random()))
                                              : verdict::pass();
}

verdict narrow_line::judge_one(const message& m) {
    time_point& free_at = free_at_[where.is_inside(m.to)];
    const time_point now = clock_.now(), begins = std::max(now, free_at);
    if (to_seconds(begins - now) * limit_ > buffer_)
        return verdict::drop();
    free_at = saturating_add(begins, from_seconds(static_cast<double>(m.size) / limit_));
    return verdict::delay(free_at - now);
}

} // namespace windtunnel::sim
