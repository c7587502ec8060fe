// SPDX-License-Identifier: BSL-1.0
// base64url of RFC 4648 section 5 as RFC 7515 uses it: no padding, no white space, no line ends.
// Strict: one text for one value, so stray bits in the last character are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace windtunnel {

std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

} // namespace windtunnel
