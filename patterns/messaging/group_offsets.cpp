// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/group_offsets.hpp"

namespace windtunnel {

bool group_offsets::commit(const topic_partition& p, log_offset offset) {
    const auto [at, is_new] = committed_.try_emplace(p, offset);
    if (offset < at->second)
        return false;
    at->second = offset;
    return true;
}

std::optional<log_offset> group_offsets::committed(const topic_partition& p) const {
    const auto at = committed_.find(p);
    return at == committed_.end() ? std::nullopt : std::optional{at->second};
}

std::optional<log_offset> group_offsets::starting_offset(const topic_partition& p,
                                                         log_offset log_start, log_offset log_end,
                                                         offset_reset policy) const {
    if (const auto at = committed(p); at && *at >= log_start && *at <= log_end)
        return at;
    if (policy == offset_reset::none)
        return std::nullopt;
    return policy == offset_reset::earliest ? log_start : log_end;
}

} // namespace windtunnel
