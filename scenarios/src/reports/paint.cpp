// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/paint.hpp"

#include <algorithm>

namespace windtunnel::scenario {

namespace {

std::string_view escape_of(ink style) {
    switch (style) {
    case ink::plain:
        return "";
    case ink::strong:
        return "\x1b[1m";
    case ink::dim:
        return "\x1b[2m";
    case ink::good:
        return "\x1b[32m";
    case ink::bad:
        return "\x1b[1;31m";
    case ink::doubtful:
        return "\x1b[33m";
    }
    return "";
}

bool begins_a_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

} // namespace

std::string painter::operator()(ink style, std::string_view text) const {
    if (!colours_ || style == ink::plain || text.empty())
        return std::string(text);
    return std::string(escape_of(style)) + std::string(text) + "\x1b[0m";
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_a_character));
}

std::string cut_to(std::string_view text, std::size_t columns) {
    if (columns_of(text) <= columns)
        return std::string(text);
    std::size_t end = 0, shown = 0;
    for (; end < text.size(); ++end)
        if (begins_a_character(text[end]) && shown++ + 1 >= columns)
            break;
    return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
    const std::string margin(indent, ' ');
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        const std::size_t width = columns_of(word);
        if (used > 0 && used + 1 + width > columns) {
            out += "\n";
            used = 0;
        }
        out += used == 0 ? margin : " ";
        used += (used == 0 ? indent : 1) + width;
        out += word;
    }
    return out + "\n";
}

} // namespace windtunnel::scenario
