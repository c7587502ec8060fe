// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/random_stream.hpp"

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

std::uint64_t split_mix(std::uint64_t& x) {
    std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

} // namespace

random_stream::random_stream(std::uint64_t seed, std::string_view name) {
    std::uint64_t x = seed;
    x = split_mix(x) ^ fnv1a(name);
    for (auto& word : state_)
        word = split_mix(x);
}

std::uint64_t random_stream::below(std::uint64_t n) {
    WINDTUNNEL_ASSERT(n != 0);
    __extension__ using wide = unsigned __int128;
    wide product = static_cast<wide>((*this)()) * n;
    auto low = static_cast<std::uint64_t>(product);
    if (low < n) {
        const std::uint64_t threshold = (0 - n) % n;
        while (low < threshold) {
            product = static_cast<wide>((*this)()) * n;
            low = static_cast<std::uint64_t>(product);
        }
    }
    return static_cast<std::uint64_t>(product >> 64);
}

} // namespace windtunnel
