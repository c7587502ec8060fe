// SPDX-License-Identifier: BSL-1.0
// Records for the tests of logs: the word tells them apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "patterns/messaging/event_log.hpp"

namespace windtunnel::test {

/// So many of `size` bytes each, with words from `first_word` on.
inline std::vector<log_record> records(int count, std::uint64_t first_word = 0,
                                       time_point at = time_point{}, std::uint64_t size = 100) {
    std::vector<log_record> result;
    for (int i = 0; i < count; ++i)
        result.push_back({.key = {},
                          .body = {.size = size, .bytes = nullptr},
                          .timestamp = at,
                          .word = first_word + static_cast<std::uint64_t>(i)});
    return result;
}

inline std::vector<std::uint64_t> words(const fetch_result& found) {
    std::vector<std::uint64_t> result;
    for (const auto& r : found.records)
        result.push_back(r.word);
    return result;
}

/// All that is committed from `from` on.
inline std::vector<std::uint64_t> committed_words(const event_log& log, int partition,
                                                  log_offset from) {
    std::vector<std::uint64_t> result;
    for (;;) {
        const auto found = log.fetch(partition, {.offset = from});
        if (found.records.empty())
            return result;
        for (const auto& r : found.records)
            result.push_back(r.word);
        from = found.next_offset();
    }
}

} // namespace windtunnel::test
