// SPDX-License-Identifier: BSL-1.0
// The values of a parameter as a user writes them: "1..5", "100/s..800/s:50/s" (a step, after a
// colon), "1ms..1s:x2" (a factor), "a,b,c", and lists of all of these. Both ends belong to a range;
// a step that does not end on the last one stops before it. Quantities have the units of
// topologies/src/quantity.hpp; a range is written in that of its beginning.
// Errors: bad_values, which says what was found and what to write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::scenario {

class bad_values : public std::invalid_argument {
  public:
    using invalid_argument::invalid_argument;
};

/// What a quantity counts; plain is a number without a unit.
enum class quantity_kind : std::uint8_t { plain, share, time, rate, size, bandwidth };

/// "1/s", "s", "B": what `quantity::value` is in; empty for numbers and shares.
std::string_view base_unit(quantity_kind kind);

struct quantity {
    quantity_kind kind{};
    double value = 0;   ///< in the base unit (shares from 0 to 1)
    std::string unit;   ///< as it was written: "ms", "/s", "%"
    bool whole = false; ///< a plain number without a fraction
};
/// Nothing where the text is no quantity.
std::optional<quantity> read_quantity(std::string_view text);
/// A value in the unit of `like`, with at most 12 significant digits, so that 0.1 + 0.2 is 0.3.
std::string quantity_text(double value, const quantity& like);

struct value_range {
    quantity from, to;
    std::optional<double> step;   ///< in the base unit; negative: downwards
    std::optional<double> factor; ///< below 1: downwards
};
/// Whether the text is to be a range: "..", outside of brackets and quotes.
bool is_range(std::string_view text);
/// Whole numbers have the step 1 of their own; others may have none here.
value_range parse_range(std::string_view text);

inline constexpr std::size_t most_values = 100'000;
/// Every value, as the scenario's file would have it; none twice.
std::vector<std::string> parse_values(std::string_view text);

} // namespace windtunnel::scenario
