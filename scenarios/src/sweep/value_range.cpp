// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/value_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "topologies/src/argument_list.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

using topology::bad_quantity;
using topology::in_quotes;
using topology::trimmed;

/// A step that misses the last value by rounding only still reaches it.
constexpr double slack = 1e-9;

template <class V>
std::optional<double> tried(V (*parse)(std::string_view), std::string_view text) {
    try {
        return static_cast<double>(parse(text));
    } catch (const bad_quantity&) {
        return {};
    }
}

double seconds(std::string_view text) {
    return to_seconds(topology::parse_duration(text));
}

std::size_t number_length(std::string_view text) {
    std::size_t length = text.starts_with('-') ? 1 : 0;
    while (length < text.size() &&
           ((text[length] >= '0' && text[length] <= '9') ||
            (text[length] == '.' && !text.substr(length).starts_with(".."))))
        ++length;
    return length;
}

std::string example_of(const quantity& q, double value) {
    return quantity_text(value, q);
}

/// The commas and dots within brackets or quotes are the value's own.
class top_level {
  public:
    bool next(char c) {
        if (quoted_) {
            quoted_ = c != '"' || escaped_;
            escaped_ = c == '\\' && !escaped_;
            return false;
        }
        quoted_ = c == '"';
        if (c == '(' || c == '[' || c == '{')
            ++depth_;
        if ((c == ')' || c == ']' || c == '}') && depth_ > 0)
            --depth_;
        return depth_ == 0 && !quoted_;
    }

  private:
    int depth_ = 0;
    bool quoted_ = false, escaped_ = false;
};

std::size_t find_dots(std::string_view text) {
    top_level level;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (level.next(text[i]) && text.substr(i).starts_with(".."))
            return i;
    return std::string_view::npos;
}

std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> parts;
    top_level level;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (level.next(text[i]) && text[i] == ',') {
            parts.push_back(trimmed(text.substr(begin, i - begin)));
            begin = i + 1;
        }
    parts.push_back(trimmed(text.substr(begin)));
    return parts;
}

quantity end_of(std::string_view range, std::string_view text, const char* which) {
    if (const auto found = read_quantity(text))
        return *found;
    throw bad_values(fmt::format("the range {} {} with {}, which is no number or quantity: write "
                                 "it like 1..5, 100/s..800/s:50/s or 1ms..1s:x2",
                                 in_quotes(range), which, in_quotes(text)));
}

void check_direction(std::string_view text, const value_range& r, double step) {
    const double from = r.from.value, to = r.to.value;
    if (from == to)
        throw bad_values(fmt::format("the range {} is empty: both ends are the same; write one "
                                     "value, or another end",
                                     in_quotes(text)));
    const std::string both =
        fmt::format("{}..{}", quantity_text(from, r.from), quantity_text(to, r.from));
    if (step == 0)
        throw bad_values(
            fmt::format("the range {} does not get on with a step of 0", in_quotes(text)));
    if ((step > 0) != (to > from))
        throw bad_values(fmt::format(
            "the range {} is empty: from {} a step {} never comes to {}; write it the other way "
            "round, or a step that goes {}",
            in_quotes(text), quantity_text(from, r.from), step > 0 ? "upwards" : "downwards",
            quantity_text(to, r.from), step > 0 ? "downwards" : "upwards"));
}

void read_factor(std::string_view text, std::string_view factor, value_range& r) {
    const auto value = tried<double>(topology::parse_number, factor);
    if (!value || !(*value > 0) || *value == 1)
        throw bad_values(fmt::format("the range {} has the factor {}: write one such as x2",
                                     in_quotes(text), in_quotes(factor)));
    if (!(r.from.value > 0 && r.to.value > 0))
        throw bad_values(fmt::format("the range {} goes by a factor, so both ends must be above "
                                     "zero: write a step, or other ends",
                                     in_quotes(text)));
    check_direction(text, r, *value - 1);
    r.factor = *value;
}

void read_step(std::string_view text, std::string_view step, value_range& r) {
    if (step.starts_with('x'))
        return read_factor(text, step.substr(1), r);
    const bool down = step.starts_with('-') && step.size() > 1;
    const auto q = read_quantity(down ? step.substr(1) : step);
    if (!q || q->kind != r.from.kind)
        throw bad_values(fmt::format("the step {} of the range {} must be {} as its ends are: "
                                     "write one such as {}",
                                     in_quotes(step), in_quotes(text),
                                     r.from.kind == quantity_kind::plain ? "a number without a unit"
                                                                         : "with a unit,",
                                     example_of(r.from, std::abs(r.to.value - r.from.value) / 10)));
    r.step = down ? -q->value : q->value;
    check_direction(text, r, *r.step);
}

/// Every one of them is a step away from the one before.
std::vector<std::string> values_of(std::string_view text, const value_range& r) {
    if (!r.step && !r.factor) {
        const double span = r.to.value - r.from.value;
        throw bad_values(fmt::format(
            "the range {} needs a step: write {}:{}{} for a step, or {}:x2 for a factor",
            in_quotes(text), text, span < 0 ? "-" : "", example_of(r.from, std::abs(span) / 10),
            text));
    }
    const double from = r.from.value, to = r.to.value;
    const double steps = r.step ? (to - from) / *r.step : std::log(to / from) / std::log(*r.factor);
    if (!(steps < static_cast<double>(most_values)))
        throw bad_values(fmt::format("the range {} has {:.0f} values; at most {} are possible: "
                                     "write a longer step",
                                     in_quotes(text), steps + 1, most_values));
    std::vector<std::string> all;
    const auto last = static_cast<std::size_t>(std::floor(steps + slack));
    for (std::size_t i = 0; i <= last; ++i) {
        const double n = static_cast<double>(i);
        all.push_back(
            quantity_text(r.step ? from + n * *r.step : from * std::pow(*r.factor, n), r.from));
    }
    return all;
}

} // namespace

std::string_view base_unit(quantity_kind kind) {
    switch (kind) {
    case quantity_kind::time:
        return "s";
    case quantity_kind::rate:
        return "1/s";
    case quantity_kind::size:
        return "B";
    case quantity_kind::bandwidth:
        return "B/s";
    case quantity_kind::plain:
    case quantity_kind::share:
        return "";
    }
    return "";
}

std::optional<quantity> read_quantity(std::string_view text) {
    const std::size_t length = number_length(text);
    if (length == 0)
        return {};
    const std::string unit{text.substr(length)};
    if (unit.empty()) {
        const auto value = tried<double>(topology::parse_number, text);
        if (!value)
            return {};
        return quantity{quantity_kind::plain, *value, "", text.find('.') == std::string_view::npos};
    }
    struct reader {
        quantity_kind kind;
        std::optional<double> value;
    };
    if (unit == "%")
        if (const auto value = tried<double>(topology::parse_number, text.substr(0, length)))
            return quantity{quantity_kind::share, *value / 100, unit};
    for (const reader& each :
         {reader{quantity_kind::time, tried<double>(seconds, text)},
          reader{quantity_kind::rate, tried<double>(topology::parse_rate, text)},
          reader{quantity_kind::size, tried<std::uint64_t>(topology::parse_size, text)},
          reader{quantity_kind::bandwidth, tried<double>(topology::parse_bandwidth, text)}})
        if (each.value)
            return quantity{each.kind, *each.value, unit};
    return {};
}

std::string quantity_text(double value, const quantity& like) {
    if (like.kind == quantity_kind::time)
        return topology::format_duration(from_seconds(value));
    const auto one = like.unit.empty() ? std::nullopt : read_quantity("1" + like.unit);
    const double units = value / (one ? one->value : 1);
    std::string text = fmt::format("{:.12g}", units);
    if (text.find('e') != std::string::npos) { // quantities are written without an exponent
        text = fmt::format("{:.15f}", units);
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return text + like.unit;
}

bool is_range(std::string_view text) {
    return find_dots(text) != std::string_view::npos;
}

value_range parse_range(std::string_view text) {
    const auto dots = find_dots(text);
    const auto colon = std::min(text.find(':', dots), text.size());
    value_range r;
    r.from = end_of(text, trimmed(text.substr(0, dots)), "begins");
    r.to = end_of(text, trimmed(text.substr(dots + 2, colon - dots - 2)), "ends");
    if (r.from.kind != r.to.kind)
        throw bad_values(fmt::format("the ends of the range {} have units that do not go together: "
                                     "write both like {}",
                                     in_quotes(text), example_of(r.from, r.from.value)));
    r.from.whole = r.from.whole && r.to.whole;
    if (colon < text.size()) {
        read_step(text, trimmed(text.substr(colon + 1)), r);
        r.from.whole = r.from.whole && r.step && *r.step == std::floor(*r.step);
    } else if (r.from.whole) {
        if (r.to.value < r.from.value)
            throw bad_values(fmt::format("the range {} is empty: write {}..{}, or {}:-1 to go "
                                         "downwards",
                                         in_quotes(text), quantity_text(r.to.value, r.to),
                                         quantity_text(r.from.value, r.from), text));
        check_direction(text, r, 1);
        r.step = 1;
    } else if (r.from.value == r.to.value) {
        check_direction(text, r, 1);
    }
    return r;
}

std::vector<std::string> parse_values(std::string_view text) {
    std::vector<std::string> all;
    for (const std::string_view each : split_list(text)) {
        if (each.empty())
            throw bad_values(fmt::format("{} has an empty value: write values such as 1..5 or "
                                         "a,b,c",
                                         in_quotes(text)));
        const auto more = is_range(each) ? values_of(each, parse_range(each))
                                         : std::vector<std::string>{std::string(each)};
        all.insert(all.end(), more.begin(), more.end());
    }
    auto sorted = all;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        throw bad_values(
            fmt::format("the value {} is there twice: leave one out", in_quotes(*twice)));
    return all;
}

} // namespace windtunnel::scenario
