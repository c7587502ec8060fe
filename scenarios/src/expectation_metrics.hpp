// SPDX-License-Identifier: BSL-1.0
// What an expectation may speak of: one table of the metrics, with the name each has in a file, its
// unit and the subjects that have it. The parser, the checker and the documentation read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/spec.hpp"

namespace windtunnel::scenario {

enum class unit_kind : std::uint8_t { time, share, rate, count };

struct metric_row {
    scenario::metric metric;
    std::string_view name; ///< as written in a file: "p99"
    unit_kind unit;
    bool of_workload, of_service, of_endpoint, of_edge; ///< which subjects have it
    double quantile;                                    ///< of a latency percentile: 0.99; else 0
    std::string_view meaning;                           ///< for the documentation
    /// Kinds of policies, as a file names them: measured where the calls of an edge have one of
    /// them, where a service's admission has one of them.
    std::span<const std::string_view> policies = {}, admission = {};
};

std::span<const metric_row> metric_table();
const metric_row& row_of(metric m);

/// Whether the metric is one of policies.
bool is_of_policies(const metric_row& row);
/// The kinds of policies that count toward it, one of which must be there.
std::vector<std::string_view> kinds_of(const expectation_spec& expectation);
/// "bulkhead_full": what a kind of policy of an edge refuses for.
std::vector<std::string_view> refusal_reasons();
unit_kind unit_of(const expectation_spec& expectation);

/// True for mean, percentiles and maximum of the latency: those may be "of failed" or "of all".
bool is_latency(metric m);
bool has_metric(const metric_row& row, expectation_spec::subject_kind subject);

/// "a workload", "a service", ...
std::string_view with_article(expectation_spec::subject_kind subject);
/// "<", "<=", ...
std::string_view to_string(comparison op);
std::string_view to_string(latency_of outcome);
std::string_view to_string(unit_kind unit); ///< "time", "share", "rate", "count"

/// "412 ms", "1.25 %", "99.7/s", "2": for people, three to four significant digits.
std::string value_text(double value, unit_kind unit);
/// "p99", "p99 of failed", "errors(timed_out)", "calls per readers", "mean codel.dropping": as it
/// is written in a file.
std::string metric_text(const expectation_spec& expectation);
/// "always", "before 'slow ratings'"; empty for overall.
std::string phase_text(const phase_ref& phase);

} // namespace windtunnel::scenario
