// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/figures.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/version.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using fields = std::vector<std::string>;

const fields run_columns{"scenario", "variant", "seed", "replications", "version", "verdict"};
const fields figure_columns{"phase",    "kind",     "name", "requests", "failed", "failed_share",
                            "attempts", "degraded", "rate", "mean",     "p50",    "p90",
                            "p95",      "p99",      "p999", "max",      "errors"};
const fields expectation_columns{"expectation", "status",        "observed", "low",     "high",
                                 "level",       "observed_text", "phase",    "samples", "file",
                                 "line",        "explanation",   "reproduce"};

std::string row(const fields& run, const fields& rest) {
    std::vector<std::string> all;
    for (const fields* part : {&run, &rest})
        std::transform(part->begin(), part->end(), std::back_inserter(all), csv_field);
    return fmt::format("{}\n", fmt::join(all, ","));
}

fields run_fields(const scenario_spec& scenario, const replicated_result& result) {
    return {scenario.name,
            scenario.variant,
            result.seeds.empty() ? "" : std::to_string(result.seeds.front()),
            std::to_string(result.seeds.size()),
            result.merged.version,
            std::string(to_string(result.verdict))};
}

fields missing_fields(const std::string& scenario, const std::string& variant, verdict what) {
    return {scenario, variant, "", "", version, std::string(to_string(what))};
}

/// As many empty fields as there are names.
fields nothing_of(const fields& columns) {
    return fields(columns.size());
}

// ---- figures ----------------------------------------------------------------------------------

/// "timed_out=60 error=3": in the order of the reasons.
std::string errors_field(const traffic_figures& f) {
    std::string text;
    for (const auto& [kind, count] : f.errors)
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", windtunnel::to_string(kind), count);
    return text;
}

fields figure_fields(const std::string& phase, const char* kind, const traffic_figures& f) {
    const auto latency = [&](double latency_figures::*which) {
        return f.good_latency ? csv_number((*f.good_latency).*which) : "";
    };
    using l = latency_figures;
    return {phase,
            kind,
            f.name,
            std::to_string(f.requests),
            std::to_string(f.failed),
            f.requests == 0 ? "" : csv_number(share(f.failed, f.requests)),
            std::to_string(f.attempts),
            std::to_string(f.degraded),
            csv_number(f.rate),
            latency(&l::mean),
            latency(&l::p50),
            latency(&l::p90),
            latency(&l::p95),
            latency(&l::p99),
            latency(&l::p999),
            latency(&l::max),
            errors_field(f)};
}

// ---- expectations -----------------------------------------------------------------------------

fields expectation_fields(const expectation_result& r, const std::string& reproduce) {
    const topology::location& where = r.expectation.where;
    return {r.expectation.text,
            std::string(to_string(r.status)),
            csv_number(r.observed),
            r.interval ? csv_number(r.interval->low) : "",
            r.interval ? csv_number(r.interval->high) : "",
            r.interval ? csv_number(r.interval->level) : "",
            observed_words(r),
            r.phase,
            std::to_string(r.samples),
            where.file,
            where.line > 0 ? std::to_string(where.line) : "",
            r.explanation,
            reproduce};
}

fields message_fields(std::string status, std::string file, int line, std::string message,
                      std::string reproduce) {
    fields all = nothing_of(expectation_columns);
    all[1] = std::move(status);
    all[9] = std::move(file);
    all[10] = line > 0 ? std::to_string(line) : "";
    all[11] = std::move(message);
    all[12] = std::move(reproduce);
    return all;
}

} // namespace

csv_figures_writer::csv_figures_writer(const report_options&)
    : csv_writer(row(run_columns, figure_columns)) {}

void csv_figures_writer::add(const scenario_spec& scenario, const replicated_result& result,
                             const run_account&) {
    const fields run = run_fields(scenario, result);
    for (std::size_t p = 0; p < result.merged.phases.size(); ++p) {
        const std::string phase = result.merged.phases[p].name();
        const phase_figures all = figures_of(result.merged, p);
        for (const auto& [kind, list] : {std::pair{"workload", &all.workloads},
                                         {"endpoint", &all.endpoints},
                                         {"edge", &all.edges}})
            for (const traffic_figures& each : *list)
                rows_ += row(run, figure_fields(phase, kind, each));
    }
}

void csv_figures_writer::add_missing(const scenario_spec& scenario, verdict what,
                                     const std::string&, const run_account&) {
    rows_ += row(missing_fields(scenario.name, scenario.variant, what), nothing_of(figure_columns));
}

void csv_figures_writer::refuse(const topology::input_error&, const std::string& file) {
    rows_ += row(missing_fields(file, "", verdict::invalid), nothing_of(figure_columns));
}

csv_expectations_writer::csv_expectations_writer(const report_options&)
    : csv_writer(row(run_columns, expectation_columns)) {}

void csv_expectations_writer::add(const scenario_spec& scenario, const replicated_result& result,
                                  const run_account& account) {
    const fields run = run_fields(scenario, result);
    for (const expectation_result& each : result.expectations)
        rows_ += row(run, expectation_fields(each, account.reproduce));
    if (account.against == nullptr)
        return;
    const bool worse = result.worse_than_before.value_or(0) > 0, gone = result.gone_since > 0;
    fields compared = message_fields(
        worse  ? "failed"
        : gone ? "inconclusive"
               : "passed",
        account.file, 0, !worse && gone ? gone_text(result) : worse_text(*account.against),
        account.reproduce);
    compared.front() = "no figure is worse than in " + account.against->before;
    rows_ += row(run, compared);
}

void csv_expectations_writer::add_missing(const scenario_spec& scenario, verdict what,
                                          const std::string& why, const run_account& account) {
    rows_ +=
        row(missing_fields(scenario.name, scenario.variant, what),
            message_fields(std::string(to_string(what)), account.file, 0, why, account.reproduce));
}

void csv_expectations_writer::refuse(const topology::input_error& error, const std::string& file) {
    for (const topology::diagnostic& each : error.diagnostics())
        rows_ += row(missing_fields(file.empty() ? each.where.file : file, "", verdict::invalid),
                     message_fields("invalid", each.where.file, each.where.line, each.text(), ""));
    if (error.omitted() > 0)
        rows_ +=
            row(missing_fields(file, "", verdict::invalid),
                message_fields("invalid", "", 0, fmt::format("and {} more", error.omitted()), ""));
}

} // namespace windtunnel::scenario
