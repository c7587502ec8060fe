// SPDX-License-Identifier: BSL-1.0
// What a benchmark reports, and how several subjects are timed fairly: interleaved, so that what
// disturbs the machine disturbs all of them, and compared by their minima.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::bench {

struct measurement {
    std::string name; ///< "chain.full"
    double value = 0;
    std::string unit; ///< "ns/request"
    double ratio = 1; ///< to the baseline of the same run
};

struct benchmark {
    std::string_view name;
    std::string_view what; ///< one line for people
    std::vector<measurement> (*run)();
};

/// All there are, in one table.
const std::vector<benchmark>& benchmarks();

/// A subject does its work once and returns how many units (requests) that was.
struct subject {
    std::string name;
    std::function<double()> work;
};

/// Nanoseconds a unit, the minimum of `rounds` interleaved runs after one that is not counted; the
/// first subject is the baseline of the ratios.
std::vector<measurement> time_interleaved(const std::vector<subject>& subjects, int rounds,
                                          const std::string& unit);

std::vector<measurement> chain();
std::vector<measurement> chain_memory();
std::vector<measurement> messaging();
std::vector<measurement> protocols();
std::vector<measurement> policies();
/// Where the window is built.
std::vector<measurement> window();

} // namespace windtunnel::bench
