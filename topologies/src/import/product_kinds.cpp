// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/product_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <span>

namespace windtunnel::topology {

namespace {

/// What a product's durations look like.
struct duration_form {
    std::string_view example;
    std::span<const std::string_view> units;
    std::size_t most_parts;    ///< "1m30s" has two
    std::size_t most_decimals; ///< of a part
};

std::size_t digits(std::string_view text) {
    const auto end = std::find_if(text.begin(), text.end(),
                                  [](unsigned char c) { return std::isdigit(c) == 0; });
    return static_cast<std::size_t>(end - text.begin());
}

/// Takes "12.5ms" off the front; false when it does not begin with a part of that form.
bool take_part(std::string_view& text, const duration_form& form) {
    const std::size_t whole = digits(text);
    if (whole == 0)
        return false;
    text.remove_prefix(whole);
    if (text.starts_with('.')) {
        const std::size_t decimals = digits(text.substr(1));
        if (decimals == 0 || decimals > form.most_decimals)
            return false;
        text.remove_prefix(1 + decimals);
    }
    const auto end = std::find_if(text.begin(), text.end(),
                                  [](unsigned char c) { return std::isalpha(c) == 0; });
    const auto unit = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(unit.size());
    return std::find(form.units.begin(), form.units.end(), unit) != form.units.end();
}

bool has_form(std::string_view text, const duration_form& form) {
    std::size_t parts = 0;
    while (!text.empty() && parts < form.most_parts && take_part(text, form))
        ++parts;
    return parts > 0 && text.empty();
}

duration read_text(const node& at, const duration_form& form) {
    if (at.is_string() && at.string().starts_with('-') &&
        has_form(std::string_view(at.string()).substr(1), form))
        fail(at, fmt::format("a duration must not be negative, found {}", in_quotes(at.string())));
    if (!at.is_string() || !has_form(at.string(), form))
        fail(at, fmt::format("expected a duration such as \"{}\", found {}", form.example,
                             at.describe()));
    return located(at, [&] { return parse_duration(at.string()); });
}

duration checked(const node& at, duration value, zero z) {
    if (value == duration::zero() && z == zero::refused)
        fail(at, fmt::format("expected a duration above zero, found {}", at.describe()));
    return value;
}

duration read_spring(const node& at) {
    static constexpr std::array<std::string_view, 7> units{"ns", "us", "ms", "s", "m", "h", "d"};
    static constexpr duration_form form{"500ms", units, 1, 0};
    if (at.is_string() && at.string().starts_with('P'))
        return located(at, [&] { return parse_duration(at.string()); });
    if (!at.is_number())
        return read_text(at, form);
    if (!at.integer() || *at.integer() < 0 || *at.integer() > std::int64_t{1} << 42)
        fail(at, fmt::format("expected a duration such as \"500ms\" or an integer of milliseconds, "
                             "found {}",
                             at.describe()));
    return std::chrono::milliseconds{*at.integer()};
}

value_kind<duration> kind_of(duration (*read)(const node&), zero z) {
    return {"duration", {}, [read, z](const node& at) { return checked(at, read(at), z); }};
}

double read_percentage(const node& at) {
    if (!at.is_number() || at.number() < 0 || at.number() > 100)
        fail(at, fmt::format("expected a percentage from 0 to 100, found {}", at.describe()));
    return at.number();
}

} // namespace

value_kind<duration> spring_duration_kind(zero z) {
    return kind_of(read_spring, z);
}

value_kind<duration> proto_duration_kind(zero z) {
    static constexpr std::array<std::string_view, 1> units{"s"};
    static constexpr duration_form form{"1.5s", units, 1, 9};
    return kind_of([](const node& at) { return read_text(at, form); }, z);
}

value_kind<duration> go_duration_kind(zero z) {
    static constexpr std::array<std::string_view, 6> units{"ns", "us", "ms", "s", "m", "h"};
    static constexpr duration_form form{"1.5s", units, 6, 9};
    return kind_of([](const node& at) { return read_text(at, form); }, z);
}

value_kind<double> percentage_kind() {
    return {"percentage", {}, read_percentage};
}

value_kind<double> positive_percentage_kind() {
    return {"percentage", {}, [](const node& at) {
                const double value = read_percentage(at);
                if (value == 0)
                    fail(at, "expected a percentage above 0, found the number 0");
                return value / 100;
            }};
}

value_kind<int> uint32_kind() {
    const auto whole = integer_kind(0, 4'294'967'295);
    return {whole.name, {}, [read = whole.read](const node& at) {
                constexpr std::int64_t most = std::numeric_limits<int>::max();
                return static_cast<int>(std::min(read(at), most));
            }};
}

} // namespace windtunnel::topology
