// SPDX-License-Identifier: BSL-1.0
// A named stream of random numbers, derived from (seed, name) alone: adding a consumer never shifts
// another's draws, and two variants of a scenario that name a stream alike draw the same numbers.
// Generator: xoshiro256++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number
// generators", 2021), seeded by SplitMix64 over the seed and the FNV-1a hash of the name.
// A stream is a value of 32 bytes; it is not thread-safe and needs not be.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace windtunnel {

class random_stream {
  public:
    using result_type = std::uint64_t;

    random_stream() : random_stream(0, {}) {}
    random_stream(std::uint64_t seed, std::string_view name);

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()() {
        const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

    /// Uniform in (0, 1): safe under a logarithm.
    double uniform_open() { return (static_cast<double>((*this)() >> 12) + 0.5) * 0x1.0p-52; }

    /// Uniform in [0, n), without bias (Lemire 2019). n must not be 0.
    std::uint64_t below(std::uint64_t n);

    /// True with probability p; p <= 0 never draws, p >= 1 never draws.
    bool chance(double p) { return p > 0 && (p >= 1 || uniform() < p); }

  private:
    static constexpr std::uint64_t rotate(std::uint64_t x, int k) {
        return (x << k) | (x >> (64 - k));
    }
    std::array<std::uint64_t, 4> state_;
};

} // namespace windtunnel
