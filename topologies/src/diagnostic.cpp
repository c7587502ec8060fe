// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "topologies/src/printable.hpp"

namespace windtunnel::topology {

namespace {

constexpr std::size_t longest_quote = 60;

bool continues_a_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The length of the longest beginning of at most `limit` bytes that cuts no character in two.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
    if (text.size() <= limit)
        return text.size();
    while (limit > 0 && continues_a_character(text[limit]))
        --limit;
    return limit;
}

std::string text_of(const std::vector<diagnostic>& all, std::size_t omitted) {
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), input_error::limit); ++i)
        text += (i == 0 ? "" : "\n") + all[i].text();
    if (all.size() > input_error::limit)
        omitted += all.size() - input_error::limit;
    if (omitted > 0)
        text += fmt::format("\n{} more errors are not shown", omitted);
    return text;
}

} // namespace

std::string printable(std::string_view text, bool lines) {
    std::string result;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        const bool kept = lines && (c == '\n' || c == '\t');
        if ((code < 0x20 && !kept) || code == 0x7f)
            result += fmt::format("\\u{:04x}", code);
        else
            result += c;
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    const std::size_t shown = whole_characters(text, longest_quote);
    return "\"" + printable(text.substr(0, shown)) + (shown < text.size() ? "...\"" : "\"");
}

std::string location::text() const {
    const std::string name = printable(file);
    return line > 0 ? fmt::format("{}:{}:{}", name, line, column) : name;
}

std::string diagnostic::text() const {
    const std::string place = where.text();
    std::string result = fmt::format("{}error: {}", place.empty() ? "" : place + ": ", message);
    if (!where.pointer.empty())
        result += " (at " + where.pointer + ")";
    if (!suggestion.empty())
        result += "; did you mean " + in_quotes(suggestion) + "?";
    return result;
}

input_error::input_error(diagnostic one) : input_error(std::vector<diagnostic>{std::move(one)}) {}

input_error::input_error(std::vector<diagnostic> all, std::size_t omitted)
    : std::runtime_error(text_of(all, omitted)), diagnostics_(std::move(all)), omitted_(omitted) {
    if (diagnostics_.size() > limit) {
        omitted_ += diagnostics_.size() - limit;
        diagnostics_.resize(limit);
    }
}

void error_collector::add(diagnostic found) {
    const auto same = [&](const diagnostic& d) {
        return d.message == found.message && d.where.file == found.where.file &&
               d.where.line == found.where.line && d.where.column == found.where.column;
    };
    if (std::any_of(found_.begin(), found_.end(), same))
        return;
    if (found_.size() < input_error::limit)
        found_.push_back(std::move(found));
    else
        ++omitted_;
}

void error_collector::add(const input_error& error) {
    for (const diagnostic& each : error.diagnostics())
        add(each);
    omitted_ += error.omitted();
}

void error_collector::finish() {
    if (found_.empty())
        return;
    const auto place = [](const diagnostic& d) {
        return std::tie(d.where.file, d.where.line, d.where.column);
    };
    std::stable_sort(found_.begin(), found_.end(),
                     [&](const diagnostic& a, const diagnostic& b) { return place(a) < place(b); });
    throw input_error(std::exchange(found_, {}), std::exchange(omitted_, 0));
}

} // namespace windtunnel::topology
