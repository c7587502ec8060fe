// SPDX-License-Identifier: BSL-1.0
// The id of a trace as text, and the beginning of one, by which people name it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace windtunnel {

/// 32 hexadecimal digits, lower case.
std::string trace_id_text(std::uint64_t high, std::uint64_t low);
/// 16 digits.
std::string span_id_text(std::uint64_t id);

/// The first digits of a trace id.
struct trace_id_prefix {
    static constexpr std::size_t most_digits = 32;

    std::uint64_t high = 0, low = 0;           ///< zero behind the prefix
    std::uint64_t high_mask = 0, low_mask = 0; ///< ones where the prefix is

    bool matches(std::uint64_t h, std::uint64_t l) const {
        return ((h ^ high) & high_mask) == 0 && ((l ^ low) & low_mask) == 0;
    }
    /// 1 to 32 hexadecimal digits, in either case; else nothing.
    static std::optional<trace_id_prefix> parse(std::string_view text);
};

} // namespace windtunnel
