// SPDX-License-Identifier: BSL-1.0
// Quantities as a user writes them, always with their unit: durations "250ms", "1m30s", "PT2M";
// rates "200/s"; sizes "16KiB"; bandwidths "10Mbit/s"; shares "5%" or 0.05, never a bare 5.
// No spaces inside. Errors: bad_quantity, whose text says what was found and how to write it; a
// reader of a file turns it into an input_error at the value's place.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "patterns/base/time.hpp"

namespace windtunnel::topology {

class bad_quantity : public std::invalid_argument {
  public:
    explicit bad_quantity(const std::string& message, std::string suggestion = {})
        : std::invalid_argument(message), suggestion_(std::move(suggestion)) {}
    const std::string& suggestion() const { return suggestion_; }

  private:
    std::string suggestion_;
};

/// Parts of ns, us, ms, s, m (or min), h, d, largest first ("1m30s"), or ISO 8601 ("PT1M30S").
/// Never negative; "0s" is zero, a bare "0" is refused. Rounded to the nearest nanosecond; what is
/// positive and rounds to none is refused, as is more than about 292 years.
duration parse_duration(std::string_view text);

/// Per second, from "N/s", "N/ms", "N/min" (or m), "N/h", "N/d".
double parse_rate(std::string_view text);

/// Bytes, from B, kB (or KB), MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB.
std::uint64_t parse_size(std::string_view text);

/// Bytes a second, from bit/s, kbit/s, Mbit/s, Gbit/s or a size followed by "/s".
double parse_bandwidth(std::string_view text);

/// 0 to 1, from "0%" to "100%" or a decimal fraction such as "0.05".
double parse_share(std::string_view text);

/// A decimal number and nothing else: no sign but '-', no "inf", no "nan", no hexadecimal.
double parse_number(std::string_view text);

/// For messages and reports: the shortest exact form, "1.5ms", "90s" as "1m30s".
std::string format_duration(duration value);

} // namespace windtunnel::topology
