// SPDX-License-Identifier: BSL-1.0
#include "bench/benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace windtunnel::bench {

const std::vector<benchmark>& benchmarks() {
    static const std::vector<benchmark> all{
        {"chain", "five services in a row at 70 % load, with and without policies", &chain},
        {"chain-memory", "bytes for each request in flight at a hop, with 200,000 in flight",
         &chain_memory},
        {"protocols", "the chain with each protocol on every hop, against plain messages",
         &protocols},
        {"messaging", "a message of 1 KiB through a broker, against a std::deque", &messaging},
        {"policies", "each policy alone and each preset on an operation that completes at once",
         &policies},
#ifdef WINDTUNNEL_BENCH_GUI
        {"gui", "CPU of a frame of the window at 500 services while the simulation runs", &window},
#endif
    };
    return all;
}

std::vector<measurement> time_interleaved(const std::vector<subject>& subjects, int rounds,
                                          const std::string& unit) {
    using clock = std::chrono::steady_clock;
    std::vector<double> best(subjects.size(), std::numeric_limits<double>::infinity());
    for (int round = 0; round <= rounds; ++round)
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            const auto begin = clock::now();
            const double units = subjects[i].work();
            const std::chrono::duration<double, std::nano> time = clock::now() - begin;
            if (round > 0)
                best[i] = std::min(best[i], time.count() / units);
        }
    std::vector<measurement> found;
    for (std::size_t i = 0; i < subjects.size(); ++i)
        found.push_back({subjects[i].name, best[i], unit, best[i] / best[0]});
    return found;
}

} // namespace windtunnel::bench
