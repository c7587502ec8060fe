// SPDX-License-Identifier: BSL-1.0
// Names and messages as formats can hold them: whatever a scenario's text holds, a report stays
// valid and says the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace windtunnel::scenario {

/// Valid UTF-8 of characters that XML 1.0 may hold: what is neither becomes U+FFFD. Tabs and ends
/// of lines stay.
std::string clean_text(std::string_view text);

/// In one line of Markdown (GitHub's), also in a table's cell, where it reads as it is written
/// here.
std::string markdown_text(std::string_view text);

/// RFC 4180: in quotes where it needs them.
std::string csv_field(std::string_view text);
/// As many digits as it takes to read the same number again; empty where there is none.
std::string csv_number(const std::optional<double>& value);

} // namespace windtunnel::scenario
