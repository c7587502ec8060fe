// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/work_queue_results.hpp"

#include <numeric>

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> publish_status_names{"accepted", "duplicate", "rejected"};
constexpr std::array<std::string_view, 3> extend_result_names{"extended", "stale", "refused"};

std::uint64_t sum_of_reasons(const work_queue_metrics::by_reason& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

} // namespace

std::string_view to_string(publish_status status) {
    return publish_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(extend_result result) {
    return extend_result_names.at(static_cast<std::size_t>(result));
}

std::uint64_t work_queue_metrics::expired() const {
    constexpr auto at = static_cast<std::size_t>(dead_letter_reason::expired);
    return dead_lettered[at] + dropped[at];
}

std::uint64_t work_queue_metrics::all_dead_lettered() const {
    return sum_of_reasons(dead_lettered);
}

std::uint64_t work_queue_metrics::all_dropped() const {
    return sum_of_reasons(dropped);
}

} // namespace windtunnel
