// SPDX-License-Identifier: BSL-1.0
// The limit: the chain as a hand-written event loop, with no more than the work itself: a binary
// heap of 24-byte events, pooled requests, one switch. No policies, no timeouts, no statistics but
// the mean. What a general simulator costs on top is its price.
#pragma once

#include <cstdint>

namespace windtunnel::bench {

struct chain_shape {
    int services = 5;
    int workers = 4;
    double work = 1e-3;    ///< mean, s, exponential
    double link = 0.25e-3; ///< s, each way
    double rate = 2800;    ///< requests a second: 70 % load
};

struct chain_limit_result {
    std::uint64_t requests = 0, events = 0;
    double mean_latency = 0; ///< s
};

chain_limit_result run_chain_limit(const chain_shape& shape, std::uint64_t requests,
                                   std::uint64_t seed);

} // namespace windtunnel::bench
