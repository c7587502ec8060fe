// SPDX-License-Identifier: BSL-1.0
// The words and figures of the text report: numbers with three significant digits, so that columns
// can be compared at a glance, errors by reason, marks of what held and what did not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/figures.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"

namespace windtunnel::scenario {

std::string grouped(std::uint64_t count);                        ///< 1234567 is "1,234,567"
std::string counted(std::uint64_t count, std::string_view what); ///< "1 run", "1,234 runs"
std::string three_digits(double value); ///< "9.60", "42.1", "1,234"; not negative
std::string short_time(double seconds); ///< "9.60 ms"
std::string amount(const std::optional<double>& value, unit_kind unit); ///< "-": there is none
std::string time_of(const std::optional<latency_figures>& l, double latency_figures::*which);
std::string time_of(duration d); ///< exact: "1m5s"

/// 0 of nothing.
double share(std::uint64_t part, std::uint64_t whole);

/// "10 % timed_out", or "10.5 %: 60 timed_out, 3 error" with the most frequent first.
cell errors_cell(const traffic_figures& f);

struct sign {
    std::string_view mark;
    ink style;
};
sign sign_of(check_status status);
sign sign_of(verdict v);

std::string words_of(verdict v);                     ///< "invalid baseline"
std::string name_of(const scenario_spec& scenario);  ///< "slow", "slow: with a timeout"
std::string title_of(const scenario_spec& scenario); ///< "A slow database: with a timeout"
/// "slow on shop, 1m after 5s of warm-up, 20 runs"
std::string setting_of(const scenario_spec& scenario, const replicated_result& r);
std::string seeds_of(const scenario_spec& scenario,
                     const replicated_result& r); ///< "seeds 1 to 20"

/// What an expectation observed, as every report for people shows it:
/// "p99 = 412 ms (400 ms to 424 ms at 95 %)".
std::string observed_words(const expectation_result& r);
/// That and why it is so, without saying it twice.
std::string explained(const expectation_result& r);

/// That figures are gone which an earlier result has.
std::string gone_text(const replicated_result& r);

/// Why a verdict is what it is, for its line.
std::string meaning_of(const replicated_result& r);

} // namespace windtunnel::scenario
