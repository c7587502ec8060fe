// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/http_fields.hpp"

#include <algorithm>

namespace windtunnel {

namespace {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_token_character(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

} // namespace

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string_view> find_field(std::span<const http_field> fields,
                                           std::string_view name) {
    for (const auto& field : fields)
        if (same_name(field.name, name))
            return field.value;
    return std::nullopt;
}

void set_field(http_fields& fields, std::string_view name, std::string_view value) {
    const auto found =
        std::ranges::find_if(fields, [&](const auto& f) { return same_name(f.name, name); });
    if (found == fields.end()) {
        fields.push_back({std::string{name}, std::string{value}});
        return;
    }
    found->value = value;
    fields.erase(std::remove_if(found + 1, fields.end(),
                                [&](const auto& f) { return same_name(f.name, name); }),
                 fields.end());
}

void remove_field(http_fields& fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& f) { return same_name(f.name, name); });
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_field_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace windtunnel
