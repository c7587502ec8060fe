// SPDX-License-Identifier: BSL-1.0
// Documents of every format, of the sample's results: of one run, of several, of a refusal, and of
// runs whose names are made to break formats.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "scenarios/reports/sample.hpp"
#include "scenarios/src/reports/formats.hpp"
#include "support/files.hpp"
#include "support/repository.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario::samples {

inline const run_account account{"shop/slow.json", "windtunnel run shop/slow.json --seed 7"};

inline std::unique_ptr<report_writer> writer(std::string_view format,
                                             const report_options& options = {}) {
    return find_report_format(format)->writer(options);
}

/// With an expectation of each status.
inline replicated_result of_all_statuses(const scenario_spec& spec) {
    replicated_result result = checked(spec);
    result.expectations[3].status = check_status::inconclusive;
    result.expectations[4].status = check_status::invalid_baseline;
    result.verdict = verdict::invalid_baseline;
    return result;
}

inline std::string of_one(std::string_view format) {
    const auto spec = scenario();
    const auto out = writer(format);
    out->add(spec, of_all_statuses(spec), account);
    return out->document(verdict::invalid_baseline);
}

/// One that passed, one that broke off, one that was stopped, one that was left out.
inline void add_several(report_writer& out) {
    auto spec = scenario();
    spec.expectations.resize(1);
    out.add(spec, checked(spec), account);
    spec.variant = "with a timeout";
    out.add_missing(spec, verdict::invalid, "slow.json:7:3: error: it goes round\nwithout end",
                    account);
    auto stopped = result(spec);
    stopped.status = run_status::aborted;
    stopped.ended = 40s;
    out.add(spec, checked(spec, stopped), account);
    spec.variant = "v1.5";
    out.add_missing(spec, verdict::aborted, "left out", account);
}

inline std::string of_several(std::string_view format) {
    const auto out = writer(format, {.several = true, .compares = true});
    add_several(*out);
    return out->document(verdict::aborted);
}

inline topology::input_error bad_input() {
    return topology::input_error({{{"shop/slow.json", 9, 47, "/workload/0/arivals"},
                                   "unknown key \"arivals\" in workload",
                                   "arrivals"},
                                  {{"shop/db.json", 2, 1, ""}, "found [, expected {", ""}},
                                 3);
}

inline std::string of_refusal(std::string_view format) {
    const auto out = writer(format, {.several = true});
    out->refuse(bad_input(), "shop/slow.json");
    return out->document(verdict::invalid);
}

inline const std::string nasty =
    "a|b, \"c\" <d> & 'e'\n]]> *f* `g` \\ \x01\xFF\xED\xA0\x80 ü%20::,";
inline const std::string nasty_cleaned =
    "a|b, \"c\" <d> & 'e'\n]]> *f* `g` \\ \uFFFD\uFFFD\uFFFD ü%20::,";

inline void add_nasty(report_writer& out) {
    auto spec = scenario();
    spec.name = spec.title = spec.variant = spec.topology.name = nasty;
    for (auto& each : spec.expectations) {
        each.text = nasty;
        each.where.file = nasty;
    }
    out.add(spec, of_all_statuses(spec), {nasty, nasty});
    out.add_missing(spec, verdict::error, nasty, {nasty, nasty});
}

inline std::string of_nasty(std::string_view format) {
    const auto out = writer(format, {.several = true});
    add_nasty(*out);
    return out->document(verdict::error);
}

/// Against a file that is written anew with WINDTUNNEL_UPDATE=1 in the environment.
inline void check_golden(const std::string& name, const std::string& text) {
    INFO("run this test with WINDTUNNEL_UPDATE=1 to write " << name);
    CHECK(test::golden(test::in_repository("tests/data/reports/" + name), text) == text);
}

} // namespace windtunnel::scenario::samples
