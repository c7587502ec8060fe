// SPDX-License-Identifier: BSL-1.0
// A signed integer of 128 bits: sums of as many durations, and products of times and rates, as a
// program can come to, exactly. Products of three of them may be too large: they end at the
// largest.
#pragma once

namespace windtunnel {

__extension__ typedef __int128 wide_integer;

constexpr wide_integer widest = (((wide_integer{1} << 126) - 1) << 1) + 1;

/// Of what is not negative.
constexpr wide_integer saturating_multiply(wide_integer a, wide_integer b) {
    wide_integer product = 0;
    return __builtin_mul_overflow(a, b, &product) ? widest : product;
}

constexpr wide_integer saturating_add(wide_integer a, wide_integer b) {
    wide_integer sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? widest : sum;
}

} // namespace windtunnel
