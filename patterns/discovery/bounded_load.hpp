// SPDX-License-Identifier: BSL-1.0
// Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, SODA 2018): a host may
// take a request when it then has at most ceil(factor% * (total + 1) * weight / total weight) in
// flight. With a factor of 100 or more some host always may, as these bounds add up to more than
// the total. Exact.
#pragma once

#include <cstdint>

namespace windtunnel {

/// `in_flight` of the host and `total` of all, both without the new request; weight above 0.
constexpr bool has_room(std::uint32_t in_flight, std::uint32_t weight, std::uint64_t total,
                        std::uint64_t total_weight, int factor_percent) {
    __extension__ using wide = unsigned __int128;
    // in_flight + 1 <= ceil(x) is the same as in_flight < x
    return wide{in_flight} * 100 * total_weight <
           wide{static_cast<unsigned>(factor_percent)} * (wide{total} + 1) * weight;
}

} // namespace windtunnel
