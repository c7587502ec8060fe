// SPDX-License-Identifier: BSL-1.0
// Header fields of HTTP as the gateway reads and changes them. Names compare without case (RFC
// 9110 5.1), ASCII only; the order of fields is kept.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel {

struct http_field {
    std::string name;
    std::string value;
    friend bool operator==(const http_field&, const http_field&) = default;
};
using http_fields = std::vector<http_field>;

bool same_name(std::string_view a, std::string_view b);

/// The first of that name; a repeated field is not joined.
std::optional<std::string_view> find_field(std::span<const http_field> fields,
                                           std::string_view name);
void set_field(http_fields& fields, std::string_view name, std::string_view value);
void remove_field(http_fields& fields, std::string_view name);

/// A token of RFC 9110 5.6.2, which the name of a field is.
bool is_token(std::string_view text);
/// No control character but the tab: nothing that could end the field early.
bool is_field_value(std::string_view text);
/// Without spaces and tabs at its ends.
std::string_view trimmed(std::string_view text);

} // namespace windtunnel
