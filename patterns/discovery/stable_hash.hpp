// SPDX-License-Identifier: BSL-1.0
// A hash that is the same on every machine, compiler and day: std::hash promises none of these, and
// clients that hash alike must choose alike. One step adds an odd constant and runs the finaliser
// of SplitMix64 (Steele, Lea, Flood 2014), a bijection in which each input bit flips each output
// bit with a chance of about one half. Text is taken 8 bytes at a time, the first byte lowest, then
// its length. Not cryptographic: who can choose the keys can choose the host.
#pragma once

#include <cstdint>
#include <string_view>

namespace windtunnel {

constexpr std::uint64_t stable_hash(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// Of two numbers, in that order.
constexpr std::uint64_t stable_hash(std::uint64_t first, std::uint64_t second) {
    return stable_hash(stable_hash(first) ^ second);
}

constexpr std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t hash = 0;
    std::uint64_t word = 0;
    int filled = 0;
    for (const char c : text) {
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << (8 * filled);
        if (++filled == 8) {
            hash = stable_hash(hash, word);
            word = 0;
            filled = 0;
        }
    }
    if (filled > 0)
        hash = stable_hash(hash, word);
    return stable_hash(hash, text.size());
}

} // namespace windtunnel
