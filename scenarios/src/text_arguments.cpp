// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/text_arguments.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "topologies/src/argument_list.hpp"

namespace windtunnel::scenario {

namespace {

using topology::trimmed;

/// The names of arguments by their places, of the functions that allow to leave them out.
struct places {
    std::string_view function;
    std::array<std::string_view, 3> names;
};
constexpr auto by_place = std::to_array<places>({
    {"constant", {"rate"}},
    {"poisson", {"rate"}},
    {"batches", {"rate", "size"}},
    {"ramp", {"from", "to", "over"}},
    {"spike", {"base", "peak"}},
    {"uniform", {"low", "high"}},
    {"exponential", {"mean"}},
});

std::string_view name_by_place(std::string_view function, std::size_t place) {
    for (const places& each : by_place)
        if (each.function == function && place < each.names.size())
            return each.names[place];
    return {};
}

struct argument {
    std::string_view name;
    std::size_t begin = 0, end = 0; ///< of its value in the text, without blanks around it
};

/// From `begin` to the comma at `end`.
argument read_argument(std::string_view text, std::size_t begin, std::size_t end,
                       std::string_view usual_name) {
    const auto mark = text.substr(begin, end - begin).find('=');
    argument one{usual_name, begin, end};
    if (mark != std::string_view::npos) {
        one.name = trimmed(text.substr(begin, mark));
        one.begin += mark + 1;
    }
    const std::string_view value = text.substr(one.begin, one.end - one.begin);
    const std::string_view bare = trimmed(value);
    one.begin += static_cast<std::size_t>(bare.data() - value.data());
    one.end = one.begin + bare.size();
    return one;
}

std::vector<argument> arguments_of(std::string_view text) {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        !trimmed(text.substr(close + 1)).empty())
        return {};
    std::string_view function = trimmed(text.substr(0, open));
    function.remove_prefix(std::min(function.size(), function.rfind(' ') + 1)); // "2ms + uniform"
    std::vector<argument> all;
    for (std::size_t at = open + 1, place = 0; at < close; ++place) {
        const std::size_t end = std::min(text.find(',', at), close);
        all.push_back(read_argument(text, at, end, name_by_place(function, place)));
        at = end + 1;
    }
    // Weights ("0.9: 5ms") and words ("regular") have no names.
    std::erase_if(all, [](const argument& a) { return a.name.empty(); });
    return all;
}

std::optional<argument> find(std::string_view text, std::string_view name) {
    for (const argument& each : arguments_of(text))
        if (each.name == name)
            return each;
    return {};
}

} // namespace

std::vector<std::string> argument_names(std::string_view text) {
    std::vector<std::string> names;
    for (const argument& each : arguments_of(text))
        names.emplace_back(each.name);
    return names;
}

std::optional<std::string> argument_of(std::string_view text, std::string_view name) {
    const auto found = find(text, name);
    if (!found)
        return {};
    return std::string(text.substr(found->begin, found->end - found->begin));
}

std::optional<std::string> with_argument(std::string_view text, std::string_view name,
                                         std::string_view value) {
    const auto found = find(text, name);
    if (!found)
        return {};
    return std::string(text.substr(0, found->begin)).append(value).append(text.substr(found->end));
}

} // namespace windtunnel::scenario
