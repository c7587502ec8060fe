// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/distribution_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "topologies/src/argument_list.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

using sim::distribution;

/// The arguments of a distribution.
struct arguments : argument_list {
    using argument_list::argument_list;
    duration take_duration(const std::string& name) { return parse_duration(take(name)); }
    double take_number(const std::string& name) { return parse_number(take(name)); }
};

/// 0.99 for "p99"; none for anything else.
std::optional<double> quantile_share(const std::string& name) {
    if (!name.starts_with('p') || name.size() < 2 || name[1] < '0' || name[1] > '9')
        return {};
    const double percent = parse_number(std::string_view(name).substr(1));
    if (percent > 100)
        throw bad_quantity(fmt::format("{} is no percentile: write p99 or p99.9", in_quotes(name)));
    return percent / 100;
}

distribution uniform(arguments& given) {
    given.name_in_order({"low", "high"});
    const duration low = given.take_duration("low"), high = given.take_duration("high");
    given.finish();
    return distribution::uniform(low, high);
}

distribution exponential(arguments& given) {
    given.name_in_order({"mean"});
    const duration mean = given.take_duration("mean");
    given.finish();
    return distribution::exponential(mean);
}

distribution erlang(arguments& given) {
    const double k = given.take_number("k");
    const duration mean = given.take_duration("mean");
    given.finish();
    if (k != static_cast<int>(std::clamp(k, 0.0, 1e6)))
        throw bad_quantity("erlang: k must be a whole number");
    return distribution::erlang(static_cast<int>(k), mean);
}

distribution hyperexponential(arguments& given) {
    if (given.weighted()) {
        std::vector<distribution::branch> branches;
        for (const auto& each : given.all())
            branches.push_back({parse_share(each.name), parse_duration(each.value)});
        return distribution::hyperexponential(branches);
    }
    const duration mean = given.take_duration("mean");
    const double scv = given.take_number("scv");
    given.finish();
    return distribution::hyperexponential(mean, scv);
}

distribution lognormal(arguments& given) {
    const duration mean = given.take_duration("mean");
    if (!given.all().empty())
        if (const auto share = quantile_share(given.all().front().name)) {
            const duration value = given.take_duration(std::string(given.all().front().name));
            given.finish();
            return distribution::lognormal(mean, *share, value);
        }
    const double scv = given.take_number("scv");
    given.finish();
    return distribution::lognormal(mean, scv);
}

using of_mean_and_sd = distribution (*)(duration mean, duration sd);

template <of_mean_and_sd make>
distribution by_mean_and_sd(arguments& given) {
    given.name_in_order({"mean", "sd"});
    const duration mean = given.take_duration("mean"), sd = given.take_duration("sd");
    given.finish();
    return make(mean, sd);
}

distribution pareto(arguments& given) {
    const bool by_mean = given.has("mean");
    const duration first = given.take_duration(by_mean ? "mean" : "min");
    const double shape = given.take_number("shape");
    std::optional<duration> cap;
    if (const auto text = given.take_if("cap"))
        cap = parse_duration(*text);
    given.finish();
    return by_mean ? distribution::pareto_of_mean(first, shape, cap)
                   : distribution::pareto(first, shape, cap);
}

distribution empirical(arguments& given) {
    if (!given.all().empty() && !given.weighted() && !given.all().front().name.empty()) {
        std::vector<distribution::quantile_point> points;
        for (const auto& each : given.all()) {
            const auto share = quantile_share(each.name);
            if (!share)
                given.finish();
            points.push_back({share.value_or(0), parse_duration(each.value)});
        }
        return distribution::empirical_quantiles(points);
    }
    std::vector<distribution::weighted_value> values;
    for (const auto& each : given.all()) {
        if (each.weighted != given.weighted() || (!each.weighted && !each.name.empty()))
            throw bad_quantity("empirical takes values, weights with values, or percentiles, "
                               "not a mixture: write empirical(3: 1ms, 1: 2ms)");
        values.push_back({parse_duration(each.value), each.weighted ? parse_number(each.name) : 1});
    }
    return distribution::empirical(std::move(values));
}

struct function {
    std::string_view name;
    distribution (*make)(arguments&);
    std::string_view hint;
};

constexpr std::array functions{
    function{"uniform", uniform, "uniform(1ms, 3ms)"},
    function{"exponential", exponential, "exponential(mean=5ms)"},
    function{"erlang", erlang, "erlang(k=4, mean=5ms)"},
    function{"hyperexponential", hyperexponential,
             "hyperexponential(mean=4ms, scv=10) or hyperexponential(0.95: 5ms, 0.05: 100ms)"},
    function{"lognormal", lognormal, "lognormal(mean=4ms, p99=12ms) or lognormal(mean=4ms, scv=2)"},
    function{"normal", by_mean_and_sd<&distribution::normal>, "normal(mean=10ms, sd=2ms)"},
    function{"folded_normal", by_mean_and_sd<&distribution::folded_normal>,
             "folded_normal(mean=10ms, sd=2ms)"},
    function{"pareto", pareto, "pareto(min=1ms, shape=1.5) or pareto(mean=3ms, shape=1.5)"},
    function{"empirical", empirical, "empirical(1ms, 2ms, 5ms)"},
};

std::vector<std::string> function_names() {
    std::vector<std::string> names;
    for (const function& each : functions)
        names.emplace_back(each.name);
    return names;
}

distribution call_function(std::string_view text) {
    const auto open = text.find('(');
    const std::string name(trimmed(text.substr(0, open)));
    const auto found = std::find_if(functions.begin(), functions.end(),
                                    [&](const function& each) { return each.name == name; });
    if (found == functions.end())
        throw bad_quantity(fmt::format("no distribution is called {}; there are {}",
                                       in_quotes(name), fmt::join(function_names(), ", ")),
                           nearest(name, function_names()));
    if (!text.ends_with(')'))
        throw bad_quantity(fmt::format("{} lacks its closing parenthesis: write {}",
                                       in_quotes(text), found->hint));
    arguments given(name, found->hint, text.substr(open + 1, text.size() - open - 2));
    return found->make(given);
}

} // namespace

sim::distribution parse_distribution(std::string_view text) {
    text = trimmed(text);
    if (const auto plus = text.find(" + "); plus != std::string_view::npos)
        return parse_distribution(text.substr(plus + 3))
            .shifted(parse_duration(trimmed(text.substr(0, plus))));
    if (text.find('(') != std::string_view::npos)
        return call_function(text);
    const auto names = function_names();
    if (std::find(names.begin(), names.end(), text) != names.end())
        return call_function(std::string(text) + "()");
    if (!text.empty() && (text.front() < '0' || text.front() > '9') && text.front() != 'P')
        throw bad_quantity(fmt::format("expected a duration such as \"4ms\" or a distribution such "
                                       "as \"exponential(mean=4ms)\", found {}",
                                       in_quotes(text)),
                           nearest(text, names));
    return sim::distribution::constant(parse_duration(text));
}

value_kind<sim::distribution> distribution_kind() {
    return {"distribution", schema_reference("distribution"), [](const node& at) {
                if (at.is_number())
                    fail(at,
                         fmt::format("expected a distribution, found {}: write it as text, with "
                                     "its unit, such as \"4ms\"",
                                     at.describe()));
                if (!at.is_string())
                    fail_expected(at, "distribution");
                return located(at, [&] { return parse_distribution(at.string()); });
            }};
}

definition distribution_definition() {
    const std::string help =
        "Text: a duration (always the same), or `exponential(mean=5ms)`, `uniform(1ms, 3ms)`, "
        "`erlang(k=4, mean=5ms)`, `hyperexponential(mean=4ms, scv=10)`, "
        "`hyperexponential(0.95: 5ms, 0.05: 100ms)`, `lognormal(mean=4ms, p99=12ms)`, "
        "`lognormal(mean=4ms, scv=2)`, `normal(mean=10ms, sd=2ms)` (given that it is not "
        "negative), "
        "`folded_normal(mean=10ms, sd=2ms)` (what is negative is folded over), "
        "`pareto(min=1ms, shape=1.5, cap=10s)`, "
        "`pareto(mean=3ms, shape=1.5)`, `empirical(1ms, 2ms, 5ms)`, `empirical(3: 1ms, 1: 2ms)`, "
        "`empirical(p0=1ms, p50=2ms, p100=9ms)`. `2ms + exponential(mean=4ms)` adds a constant. "
        "scv is the squared coefficient of variation.";
    const std::string time = R"((([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|min|h|d))+|P[0-9.DTHMS]+))";
    const nlohmann::json schema{{"type", "string"},
                                {"pattern", fmt::format("^ *({} \\+ )*({}|({})\\(.+\\)) *$", time,
                                                        time, fmt::join(function_names(), "|"))}};
    return {"distribution", help, {}, schema.dump()};
}

} // namespace windtunnel::topology
