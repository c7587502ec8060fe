// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/arrivals_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "topologies/src/argument_list.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::bad_quantity;
using topology::in_quotes;
using topology::trimmed;

constexpr double highest_rate = 1e8;
constexpr duration shortest_mean = std::chrono::microseconds{1};

constexpr auto forms = std::to_array<arrivals_form>({
    {"constant", "constant(100/s)", "at equal distances, the first at once"},
    {"poisson", "poisson(200/s)", "independent of each other: a Poisson process"},
    {"batches", "batches(100/s, size=5)",
     "so many at once; the batches are a Poisson process of rate / size"},
    {"on_off", "on_off(on=160/s, off=20/s, on_mean=10s, off_mean=10s)",
     "a Poisson process whose rate switches after exponential times (MMPP-2); begins in its "
     "stationary state"},
    {"ramp", "ramp(from=10/s, to=100/s, over=60s)",
     "a rate that rises or falls in a line, then stays; Poisson, with `regular` at even distances"},
    {"spike", "spike(base=50/s, peak=200/s, at=30s, for=10s)",
     "a rate that is `peak` for a while; times count from the workload's start; Poisson, with "
     "`regular` at even distances"},
});

/// The arguments of one form.
class arguments : public topology::argument_list {
  public:
    arguments(const arrivals_form& form, std::string_view text,
              const std::vector<std::string>& in_order)
        : argument_list(form.name, form.example, text), form_(form) {
        name_in_order(in_order, "regular");
    }

    double rate(const std::string& name) {
        const double value = zero_or_rate(name);
        if (!(value > 0))
            throw bad_quantity(fmt::format("{}: {} must be above 0/s", form_.name, name));
        return value;
    }
    double zero_or_rate(const std::string& name) {
        const double value = read(name, topology::parse_rate);
        if (value > highest_rate)
            throw bad_quantity(fmt::format("{}: {} must be at most {:.0f}/s: time is counted in "
                                           "nanoseconds",
                                           form_.name, name, highest_rate));
        return value;
    }
    duration time(const std::string& name) {
        const auto value = read(name, topology::parse_duration);
        if (value <= duration::zero())
            throw bad_quantity(fmt::format("{}: {} must be above 0s", form_.name, name));
        return value;
    }
    /// The mean of a time that is drawn again and again.
    duration mean(const std::string& name) {
        const duration value = time(name);
        if (value < shortest_mean)
            throw bad_quantity(fmt::format("{}: {} must be at least {}", form_.name, name,
                                           topology::format_duration(shortest_mean)));
        return value;
    }
    duration zero_or_time(const std::string& name) { return read(name, topology::parse_duration); }
    int count(const std::string& name) {
        const double value = read(name, topology::parse_number);
        if (!(value >= 1 && value <= 1e6) || value != std::floor(value))
            throw bad_quantity(
                fmt::format("{}: {} must be a whole number from 1 to 1000000", form_.name, name));
        return static_cast<int>(value);
    }

  private:
    template <class V>
    V read(const std::string& name, V (*parse)(std::string_view)) {
        const std::string_view value = take(name);
        try {
            return parse(value);
        } catch (const bad_quantity& error) {
            throw bad_quantity(fmt::format("{}: {}: {}", form_.name, name, error.what()),
                               error.suggestion());
        }
    }

    const arrivals_form& form_;
};

arrivals_spec constant(arguments& a) {
    return constant_arrivals{a.rate("rate")};
}
arrivals_spec poisson(arguments& a) {
    return poisson_arrivals{a.rate("rate")};
}
arrivals_spec batches(arguments& a) {
    const double rate = a.rate("rate");
    return batch_arrivals{rate, a.count("size")};
}
arrivals_spec on_off(arguments& a) {
    const double on = a.rate("on"), off = a.zero_or_rate("off");
    const duration on_mean = a.mean("on_mean");
    return on_off_arrivals{on, off, on_mean, a.mean("off_mean")};
}
arrivals_spec ramp(arguments& a) {
    const double from = a.zero_or_rate("from"), to = a.zero_or_rate("to");
    if (from <= 0 && to <= 0)
        throw bad_quantity("ramp: from and to are both 0/s, so nothing would ever arrive");
    const duration over = a.time("over");
    return ramp_arrivals{from, to, over, a.take_word("regular")};
}
arrivals_spec spike(arguments& a) {
    const double base = a.zero_or_rate("base"), peak = a.rate("peak");
    const duration at = a.zero_or_time("at"), length = a.time("for");
    return spike_arrivals{base, peak, at, length, a.take_word("regular")};
}

struct reader {
    arrivals_spec (*read)(arguments&);
    std::vector<std::string> in_order;
};

/// In the order of `forms`.
const std::vector<reader>& readers() {
    static const std::vector<reader> all{
        {constant, {"rate"}},           {poisson, {"rate"}},
        {batches, {"rate", "size"}},    {on_off, {}},
        {ramp, {"from", "to", "over"}}, {spike, {"base", "peak"}},
    };
    return all;
}

std::string known_forms() {
    std::string text;
    for (const arrivals_form& form : forms)
        text += (text.empty() ? "" : ", ") + std::string(form.example);
    return text;
}

std::string regular_text(bool regular) {
    return regular ? ", regular" : "";
}

std::string time_text(duration d) {
    return topology::format_duration(d);
}

struct writer {
    std::string operator()(const constant_arrivals& a) const {
        return fmt::format("constant({}/s)", a.rate);
    }
    std::string operator()(const poisson_arrivals& a) const {
        return fmt::format("poisson({}/s)", a.rate);
    }
    std::string operator()(const batch_arrivals& a) const {
        return fmt::format("batches({}/s, size={})", a.rate, a.size);
    }
    std::string operator()(const on_off_arrivals& a) const {
        return fmt::format("on_off(on={}/s, off={}/s, on_mean={}, off_mean={})", a.on_rate,
                           a.off_rate, time_text(a.on_mean), time_text(a.off_mean));
    }
    std::string operator()(const ramp_arrivals& a) const {
        return fmt::format("ramp(from={}/s, to={}/s, over={}{})", a.from, a.to, time_text(a.over),
                           regular_text(a.regular));
    }
    std::string operator()(const spike_arrivals& a) const {
        return fmt::format("spike(base={}/s, peak={}/s, at={}, for={}{})", a.base, a.peak,
                           time_text(a.at), time_text(a.length), regular_text(a.regular));
    }
    std::string operator()(const closed_users& a) const {
        return fmt::format("{} users, think {}", a.count, a.think.describe());
    }
};

} // namespace

std::span<const arrivals_form> arrivals_forms() {
    return forms;
}

arrivals_spec parse_arrivals(std::string_view text) {
    const std::string_view all = trimmed(text);
    const auto open = all.find('(');
    const std::string name{trimmed(all.substr(0, open))};
    const auto form = std::find_if(forms.begin(), forms.end(),
                                   [&](const arrivals_form& f) { return f.name == name; });
    if (form == forms.end()) {
        std::vector<std::string> names;
        for (const arrivals_form& f : forms)
            names.emplace_back(f.name);
        throw bad_quantity(
            fmt::format("{} says no way to arrive; there is {}", in_quotes(all), known_forms()),
            topology::nearest(name, names));
    }
    if (open == std::string_view::npos || !all.ends_with(')'))
        throw bad_quantity(fmt::format("{}: its arguments stand in brackets: write {}",
                                       in_quotes(all), form->example));
    const reader& chosen = readers()[static_cast<std::size_t>(form - forms.begin())];
    arguments given(*form, all.substr(open + 1, all.size() - open - 2), chosen.in_order);
    auto result = chosen.read(given);
    given.finish();
    return result;
}

std::string arrivals_text(const arrivals_spec& arrivals) {
    return std::visit(writer{}, arrivals);
}

topology::value_kind<arrivals_spec> arrivals_kind() {
    return {"arrivals", topology::schema_reference("arrivals"), [](const topology::node& at) {
                if (!at.is_string())
                    topology::fail(at, fmt::format("expected arrivals such as \"poisson(200/s)\", "
                                                   "found {}",
                                                   at.describe()));
                return topology::located(at, [&] { return parse_arrivals(at.string()); });
            }};
}

topology::definition arrivals_definition() {
    std::string help = fmt::format("Text that says how requests arrive; rates are of the whole "
                                   "workload, at most {:.0f}/s, and `on_mean` and `off_mean` are "
                                   "at least {}.\n",
                                   highest_rate, topology::format_duration(shortest_mean));
    std::string names;
    for (const arrivals_form& form : forms) {
        help += fmt::format("\n- `{}`: {}.", form.example, form.meaning);
        names += (names.empty() ? "" : "|") + std::string(form.name);
    }
    return {
        "arrivals", help, {}, R"({"type":"string","pattern":"^ *()" + names + R"()\\(.*\\) *$"})"};
}

} // namespace windtunnel::scenario
