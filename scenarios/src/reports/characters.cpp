// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/characters.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>

namespace windtunnel::scenario {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// Bytes of the character that begins here; 0: there is none.
std::size_t length_of(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size())
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U)
            return 0;
    return length;
}

std::uint32_t code_point(std::string_view bytes) {
    constexpr unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t code = static_cast<unsigned char>(bytes[0]) & first_bits[bytes.size()];
    for (const char byte : bytes.substr(1))
        code = (code << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
    return code;
}

/// XML 1.0, production 2 [Char]; a length that a shorter one would do for is no UTF-8.
bool may_stand(std::string_view bytes) {
    const std::uint32_t c = code_point(bytes);
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    const bool overlong = (bytes.size() == 3 && c < 0x800) || (bytes.size() == 4 && c < 0x10000);
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    return !overlong && !surrogate && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF;
}

bool is_word(std::string_view text, std::size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 ||
                                static_cast<unsigned char>(text[at]) >= 0x80);
}

/// An underscore inside of a word is none of Markdown's.
bool means_something(std::string_view text, std::size_t at) {
    if (text[at] == '_')
        return at == 0 || !is_word(text, at - 1) || !is_word(text, at + 1);
    return std::string_view("\\`*[]<|&~").find(text[at]) != std::string_view::npos;
}

} // namespace

std::string clean_text(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = length_of(text);
        const bool good = length > 0 && may_stand(text.substr(0, length));
        clean += good ? text.substr(0, length) : replacement;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

std::string markdown_text(std::string_view text) {
    const std::string clean = clean_text(text);
    std::string out;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        if (means_something(clean, i))
            out += '\\';
        out += std::isspace(static_cast<unsigned char>(clean[i])) != 0 ? ' ' : clean[i];
    }
    return out;
}

std::string csv_field(std::string_view text) {
    const std::string clean = clean_text(text);
    if (clean.find_first_of(",\"\r\n") == std::string::npos)
        return clean;
    std::string quoted = "\"";
    for (const char c : clean)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string csv_number(const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "";
}

} // namespace windtunnel::scenario
