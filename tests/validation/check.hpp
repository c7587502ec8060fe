// SPDX-License-Identifier: BSL-1.0
// Judges the rows of a table and tells Catch2. With WINDTUNNEL_VALIDATION_REPORT=file in the
// environment, what was observed is appended to that file, in the form of docs/validation.md.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "validation/engine/judge.hpp"

namespace windtunnel::validation {

enum class half { quick, takes_long };

inline void append_to_report(const row_report& report) {
    if (const char* path = std::getenv("WINDTUNNEL_VALIDATION_REPORT"))
        std::ofstream(path, std::ios::app) << markdown(report);
}

inline void check_row(const std::string& table, const row& r) {
    INFO(table << ": " << r.name);
    const row_report report = judge(table, r);
    append_to_report(report);
    CHECK(report.violations == std::vector<std::string>{});
    for (const finding& f : report.findings) {
        INFO(f.claim << ", observed " << f.observed << ", standard error " << f.standard_error
                     << ", seeds from " << report.first_seed << " on: " << report.seeds);
        CHECK(f.wrong == "");
    }
}

inline void check_table(const std::string& name, half which) {
    for (const row& r : load_table(name).rows)
        if (r.takes_long == (which == half::takes_long))
            check_row(name, r);
}

} // namespace windtunnel::validation
