// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

struct unit {
    std::string_view name;
    double factor;
};

constexpr std::array time_units{
    unit{"ns", 1},   unit{"us", 1e3},   unit{"ms", 1e6},   unit{"s", 1e9},
    unit{"m", 60e9}, unit{"min", 60e9}, unit{"h", 3600e9}, unit{"d", 86400e9},
};

constexpr std::array rate_units{
    unit{"/ms", 1e3},       unit{"/s", 1},          unit{"/m", 1.0 / 60},
    unit{"/min", 1.0 / 60}, unit{"/h", 1.0 / 3600}, unit{"/d", 1.0 / 86400},
};

constexpr std::array size_units{
    unit{"B", 1},        unit{"kB", 1e3},     unit{"KB", 1e3},   unit{"MB", 1e6},
    unit{"GB", 1e9},     unit{"TB", 1e12},    unit{"KiB", 1024}, unit{"MiB", 1048576},
    unit{"GiB", 0x1p30}, unit{"TiB", 0x1p40},
};

constexpr std::array bandwidth_units{
    unit{"bit/s", 0.125}, unit{"kbit/s", 125}, unit{"Mbit/s", 125e3},  unit{"Gbit/s", 125e6},
    unit{"B/s", 1},       unit{"kB/s", 1e3},   unit{"KB/s", 1e3},      unit{"MB/s", 1e6},
    unit{"GB/s", 1e9},    unit{"KiB/s", 1024}, unit{"MiB/s", 1048576}, unit{"GiB/s", 0x1p30},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes a decimal number (digits, a point, digits) off the front of `text`.
std::optional<double> take_number(std::string_view& text) {
    if (text.empty() || !is_digit(text.front()))
        return {};
    std::size_t length = 0;
    bool point = false;
    while (length < text.size() && (is_digit(text[length]) || (text[length] == '.' && !point)))
        point |= text[length++] == '.';
    if (!is_digit(text[length - 1]))
        return {};
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + length, value);
    if (error != std::errc{} || end != text.data() + length)
        return {};
    text.remove_prefix(length);
    return value;
}

std::string_view take_letters(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && !is_digit(text[length]))
        ++length;
    const std::string_view letters = text.substr(0, length);
    text.remove_prefix(length);
    return letters;
}

std::vector<std::string> names_of(std::span<const unit> units) {
    std::vector<std::string> names;
    for (const unit& each : units)
        names.emplace_back(each.name);
    return names;
}

const unit* find_unit(std::span<const unit> units, std::string_view name) {
    const auto found = std::find_if(units.begin(), units.end(),
                                    [&](const unit& each) { return each.name == name; });
    return found == units.end() ? nullptr : &*found;
}

/// What a quantity is called, its units, and an example of how it is written.
struct family {
    std::string_view name;
    std::span<const unit> units;
    std::string_view example;
};

[[noreturn]] void refuse(const family& kind, std::string_view text, const std::string& remedy = {},
                         std::string suggestion = {}) {
    throw bad_quantity(fmt::format("expected a {} such as \"{}\", found {}{}{}", kind.name,
                                   kind.example, in_quotes(text), remedy.empty() ? "" : ": ",
                                   remedy),
                       std::move(suggestion));
}

[[noreturn]] void refuse_unit(const family& kind, std::string_view text, std::string_view number,
                              std::string_view name) {
    if (name.empty())
        refuse(kind, text, "it has no unit");
    const std::string near = nearest(name, names_of(kind.units));
    refuse(kind, text,
           fmt::format("no unit {}; units are {}", in_quotes(name),
                       fmt::join(names_of(kind.units), ", ")),
           near.empty() ? near : std::string(number) + near);
}

/// One number with one unit.
double parse_single(const family& kind, std::string_view text) {
    std::string_view rest = text;
    const auto value = take_number(rest);
    if (!value)
        refuse(kind, text, text.starts_with('-') ? "it must not be negative" : "");
    const unit* found = find_unit(kind.units, rest);
    if (found == nullptr)
        refuse_unit(kind, text, text.substr(0, text.size() - rest.size()), rest);
    return *value * found->factor;
}

constexpr family durations{"duration", time_units, "250ms"};
constexpr family rates{"rate", rate_units, "200/s"};
constexpr family sizes{"size", size_units, "16KiB"};
constexpr family bandwidths{"bandwidth", bandwidth_units, "10Mbit/s"};
constexpr family shares{"share", {}, "5%"};

duration to_duration(double nanoseconds, std::string_view text) {
    if (nanoseconds >= 0x1p63)
        refuse(durations, text, "it is longer than 292 years");
    const duration result{static_cast<std::int64_t>(std::nearbyint(nanoseconds))};
    if (nanoseconds > 0 && result == duration::zero())
        refuse(durations, text, "it is less than a nanosecond");
    return result;
}

/// "P1DT2H3M4.5S" without its P.
duration parse_iso_duration(std::string_view text) {
    constexpr std::array days{unit{"D", 86400e9}};
    constexpr std::array times{unit{"H", 3600e9}, unit{"M", 60e9}, unit{"S", 1e9}};
    std::string_view rest = text.substr(1);
    std::span<const unit> allowed = days;
    double total = 0;
    bool any = false, in_time = false;
    while (!rest.empty()) {
        if (rest.front() == 'T' && !in_time) {
            in_time = true;
            allowed = times;
            rest.remove_prefix(1);
            any = false;
        }
        const auto value = take_number(rest);
        const unit* found = rest.empty() ? nullptr : find_unit(allowed, rest.substr(0, 1));
        if (!value || found == nullptr)
            refuse(durations, text, "not of the ISO 8601 form PnDTnHnMnS");
        total += *value * found->factor;
        rest.remove_prefix(1);
        allowed = allowed.subspan(static_cast<std::size_t>(found - allowed.data()) + 1);
        any = true;
    }
    if (!any)
        refuse(durations, text, "not of the ISO 8601 form PnDTnHnMnS");
    return to_duration(total, text);
}

} // namespace

duration parse_duration(std::string_view text) {
    if (text.starts_with('P'))
        return parse_iso_duration(text);
    std::string_view rest = text;
    double total = 0, last_factor = HUGE_VAL;
    do {
        const std::string_view part = rest;
        const auto value = take_number(rest);
        if (!value)
            refuse(durations, text, text.starts_with('-') ? "it must not be negative" : "");
        const std::string_view number = part.substr(0, part.size() - rest.size());
        const std::string_view name = take_letters(rest);
        const unit* found = find_unit(time_units, name);
        if (found == nullptr)
            refuse_unit(
                durations, text,
                text.substr(0, static_cast<std::size_t>(part.data() - text.data()) + number.size()),
                name);
        if (found->factor >= last_factor)
            refuse(durations, text, "its parts must go from the largest unit to the smallest");
        last_factor = found->factor;
        total += *value * found->factor;
    } while (!rest.empty());
    return to_duration(total, text);
}

double parse_rate(std::string_view text) {
    return parse_single(rates, text);
}

std::uint64_t parse_size(std::string_view text) {
    const double bytes = parse_single(sizes, text);
    if (bytes > 0x1p53)
        refuse(sizes, text, "it is larger than 8 PiB");
    if (bytes != std::floor(bytes))
        refuse(sizes, text, "it is no whole number of bytes");
    return static_cast<std::uint64_t>(bytes);
}

double parse_bandwidth(std::string_view text) {
    return parse_single(bandwidths, text);
}

double parse_share(std::string_view text) {
    std::string_view rest = text;
    const auto value = take_number(rest);
    if (!value)
        refuse(shares, text, text.starts_with('-') ? "it must not be negative" : "");
    if (rest == "%") {
        if (*value > 100)
            refuse(shares, text, "it is more than 100%");
        return *value / 100;
    }
    if (!rest.empty() || *value > 1)
        refuse(shares, text, "write \"5%\" or 0.05");
    return *value;
}

double parse_number(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    rest.remove_prefix(negative ? 1 : 0);
    const auto value = take_number(rest);
    if (!value || !rest.empty())
        throw bad_quantity("expected a number, found " + in_quotes(text));
    return negative ? -*value : *value;
}

std::string format_duration(duration value) {
    std::int64_t rest = value.count();
    if (rest == 0)
        return "0s";
    if (rest < 0)
        return "-" + format_duration(-value);
    std::string text;
    const auto whole = [&](std::int64_t factor, const char* name) {
        if (rest >= factor)
            text += fmt::format("{}{}", rest / factor, name);
        rest %= factor;
    };
    whole(3'600'000'000'000, "h");
    whole(60'000'000'000, "m");
    if (rest == 0)
        return text;
    const auto decimal = [&](std::int64_t factor, const char* name) {
        std::string digits = fmt::format("{}.{:0{}}", rest / factor, rest % factor,
                                         fmt::formatted_size("{}", factor) - 1);
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.back() == '.')
            digits.pop_back();
        return text + digits + name;
    };
    if (rest >= 1'000'000'000 || !text.empty())
        return decimal(1'000'000'000, "s");
    if (rest >= 1'000'000)
        return decimal(1'000'000, "ms");
    if (rest >= 1'000)
        return decimal(1'000, "us");
    return text + fmt::format("{}ns", rest);
}

} // namespace windtunnel::topology
