// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/deadline.hpp"

#include <algorithm>
#include <charconv>

namespace windtunnel {

namespace {

struct header_unit {
    char name;
    std::int64_t nanoseconds;
};
constexpr std::array<header_unit, 6> header_units{{{'n', 1},
                                                   {'u', 1'000},
                                                   {'m', 1'000'000},
                                                   {'S', 1'000'000'000},
                                                   {'M', 60'000'000'000},
                                                   {'H', 3'600'000'000'000}}};
constexpr std::int64_t largest_value = 99'999'999;
constexpr std::size_t most_digits = 8;

} // namespace

timeout_text encode_timeout(duration left) {
    const auto count = std::max(left, duration::zero()).count();
    const auto* const finest =
        std::find_if(header_units.begin(), header_units.end(), [count](const header_unit& u) {
            return count / u.nanoseconds <= largest_value;
        });
    timeout_text result;
    auto& text = result.text_;
    auto* end =
        std::to_chars(text.data(), text.data() + text.size(), count / finest->nanoseconds).ptr;
    *end++ = finest->name;
    result.size_ = static_cast<std::size_t>(end - text.data());
    return result;
}

std::optional<duration> parse_timeout(std::string_view text) {
    if (text.size() < 2 || text.size() > most_digits + 1)
        return std::nullopt;
    const auto* const end = text.data() + text.size() - 1;
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(text.data(), end, value);
    const auto* const named = std::find_if(header_units.begin(), header_units.end(),
                                           [end](const header_unit& u) { return u.name == *end; });
    if (parsed.ec != std::errc{} || parsed.ptr != end || named == header_units.end())
        return std::nullopt;
    if (value > duration::max().count() / named->nanoseconds)
        return duration::max();
    return duration{static_cast<std::int64_t>(value) * named->nanoseconds};
}

} // namespace windtunnel
