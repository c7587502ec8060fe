// SPDX-License-Identifier: BSL-1.0
// What requests ask for: a distribution over keys 1 to n, as a value that is cheap to copy.
//   uniform: each key alike. zipf: key k with a probability in proportion to 1 / k^exponent, so
//   that 1 is the most popular. Source: Breslau et al., "Web caching and Zipf-like distributions"
//   (INFOCOM 1999), which finds exponents of 0.64 to 0.83 in the requests of web users.
// One draw a sample, by inversion: the same bits on every processor. The table of a zipf takes 8
// bytes a key, shared by all copies. Errors: std::invalid_argument naming parameter and rule.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "patterns/base/random_stream.hpp"

namespace windtunnel::sim {

class key_distribution {
  public:
    static constexpr std::uint64_t most_keys = 1'000'000'000'000; ///< of uniform
    static constexpr std::uint64_t most_zipf_keys = 10'000'000;
    static constexpr double largest_exponent = 10;

    static key_distribution uniform(std::uint64_t keys);
    static key_distribution zipf(double exponent, std::uint64_t keys);

    /// From 1 to keys().
    std::uint64_t sample(random_stream& random) const;

    std::uint64_t keys() const { return keys_; }
    /// The probability of a key, 1 to keys().
    double share(std::uint64_t key) const;

    /// "uniform(keys=10000)", "zipf(exponent=0.8, keys=10000)". Equal texts, equal distributions.
    std::string describe() const;

    friend bool operator==(const key_distribution& a, const key_distribution& b) {
        return a.keys_ == b.keys_ && a.exponent_ == b.exponent_;
    }

  private:
    using table = std::vector<double>; ///< of key k at k - 1: the sum of the shares up to it

    key_distribution(std::uint64_t keys, double exponent, std::shared_ptr<const table> up_to)
        : keys_(keys), exponent_(exponent), up_to_(std::move(up_to)) {}

    std::uint64_t keys_;
    double exponent_; ///< 0: uniform
    std::shared_ptr<const table> up_to_;
};

} // namespace windtunnel::sim
