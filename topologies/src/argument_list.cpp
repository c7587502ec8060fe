// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/argument_list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

using argument = argument_list::argument;

argument parse_argument(std::string_view text) {
    const auto mark = text.find_first_of("=:");
    if (mark == std::string_view::npos)
        return {"", trimmed(text)};
    return {std::string(trimmed(text.substr(0, mark))), trimmed(text.substr(mark + 1)),
            text[mark] == ':'};
}

auto named(const std::string& name) {
    return [&name](const argument& a) { return !a.weighted && a.name == name; };
}

} // namespace

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

argument_list::argument_list(std::string_view function, std::string_view example,
                             std::string_view text)
    : function_(function), example_(example) {
    while (!trimmed(text).empty()) {
        const auto comma = std::min(text.find(','), text.size());
        all_.push_back(parse_argument(text.substr(0, comma)));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
}

void argument_list::name_in_order(const std::vector<std::string>& names, std::string_view word) {
    for (std::size_t i = 0; i < std::min(names.size(), all_.size()); ++i)
        if (all_[i].name.empty() && (word.empty() || all_[i].value != word))
            all_[i].name = names[i];
}

bool argument_list::has(const std::string& name) const {
    return std::any_of(all_.begin(), all_.end(), named(name));
}

std::string_view argument_list::take(const std::string& name) {
    const auto value = take_if(name);
    if (!value)
        throw bad_quantity(
            fmt::format("{} lacks the argument {}: write {}", function_, name, example_));
    return *value;
}

std::optional<std::string_view> argument_list::take_if(const std::string& name) {
    known_.push_back(name);
    const auto found = std::find_if(all_.begin(), all_.end(), named(name));
    if (found == all_.end())
        return {};
    const std::string_view value = found->value;
    all_.erase(found);
    return value;
}

bool argument_list::take_word(const std::string& word) {
    known_.push_back(word);
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const argument& a) {
        return a.name.empty() && a.value == word;
    });
    if (found == all_.end())
        return false;
    all_.erase(found);
    return true;
}

void argument_list::finish() const {
    if (all_.empty())
        return;
    const argument& left = all_.front();
    const std::string name = left.name.empty() ? std::string(left.value) : left.name;
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
        throw bad_quantity(fmt::format("{}: {} is given twice", function_, name));
    throw bad_quantity(
        fmt::format("{} has no argument {}: write {}", function_, in_quotes(name), example_),
        nearest(name, known_));
}

} // namespace windtunnel::topology
