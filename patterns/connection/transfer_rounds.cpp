// SPDX-License-Identifier: BSL-1.0
#include "patterns/connection/transfer_rounds.hpp"

#include <algorithm>

namespace windtunnel {

int transfer_window::send(std::uint64_t bytes, time_point now) {
    constexpr std::uint64_t widest = std::uint64_t{1} << 40;
    const std::uint64_t initial =
        options_.segment * static_cast<std::uint64_t>(options_.initial_segments);
    if (window_ == 0 || now - used_ > options_.idle_restart)
        window_ = initial;
    used_ = now;
    int rounds = 1;
    std::uint64_t sent = window_;
    while (sent < bytes) {
        window_ = std::min(window_ * 2, widest);
        sent += window_;
        ++rounds;
    }
    if (options_.stream_window == 0)
        return rounds;
    const std::uint64_t grants = (bytes + options_.stream_window - 1) / options_.stream_window;
    return std::max(rounds, static_cast<int>(std::min<std::uint64_t>(grants, 1'000'000)));
}

} // namespace windtunnel
