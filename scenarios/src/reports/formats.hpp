// SPDX-License-Identifier: BSL-1.0
// The formats of reports, each once: its name, the ending of its files, what it is for, and its
// writer. The command line, its help and its completion know formats from here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/src/reports/report_writer.hpp"

namespace windtunnel::scenario {

struct report_format {
    std::string_view name;       ///< "markdown"
    std::string_view short_name; ///< "md"; may be empty
    std::string_view ending;     ///< of its files: ".md"
    std::string_view meaning;
    std::unique_ptr<report_writer> (*writer)(const report_options&);
};

/// Text first.
std::span<const report_format> report_formats();
/// By name or short name; nullptr: there is none.
const report_format* find_report_format(std::string_view name);
/// By the longest ending that fits; nullptr: none does.
const report_format* report_format_of_file(std::string_view path);

} // namespace windtunnel::scenario
