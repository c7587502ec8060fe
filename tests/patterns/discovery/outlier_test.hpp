// SPDX-License-Identifier: BSL-1.0
// Outlier detectors to test, and what is reported to them.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/discovery/outlier_detector.hpp"

namespace windtunnel::outlier_test {

using host = outlier_detector::host;

inline time_point at(duration d) {
    return time_point{d};
}

inline outlier_detector made(const outlier_detector_options& options, std::size_t hosts,
                             std::uint64_t seed = 1) {
    return {options, hosts, random_stream(seed, "outliers")};
}

/// Only failures in a row, and everybody may be ejected.
inline outlier_detector_options rows_only(int failures = 5) {
    return {.max_ejection_percent = 100,
            .consecutive_failures = failures,
            .success_rate = {.enforcement = 0},
            .panic_threshold = 0};
}

/// Only the share of failures, of hosts with one request or more.
inline outlier_detector_options shares_only(double threshold = 50) {
    return {.max_ejection_percent = 100,
            .consecutive_failures = 0,
            .success_rate = {.enforcement = 0},
            .failure_percentage = {.threshold = threshold,
                                   .minimum_hosts = 1,
                                   .request_volume = 1,
                                   .enforcement = 100},
            .panic_threshold = 0};
}

inline void fail(outlier_detector& d, host h, int times, duration now, bool local = false) {
    for (int i = 0; i < times; ++i)
        d.on_result(h, verdict::failure, local, at(now));
}
inline void succeed(outlier_detector& d, host h, int times, duration now, bool local = false) {
    for (int i = 0; i < times; ++i)
        d.on_result(h, verdict::success, local, at(now));
}

inline std::vector<host> ejected(const outlier_detector& d) {
    std::vector<host> result;
    for (const ejection& e : d.ejections())
        result.push_back(e.host);
    return result;
}

} // namespace windtunnel::outlier_test
