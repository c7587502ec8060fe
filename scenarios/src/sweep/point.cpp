// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/point.hpp"

#include <nlohmann/json.hpp>

namespace windtunnel::scenario {

namespace {

using sorted_json = nlohmann::json;

sorted_json number_json(const std::optional<double>& value) {
    return value ? sorted_json(*value) : sorted_json();
}
std::optional<double> number_from(const sorted_json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

sorted_json interval_json(const point_interval& i) {
    return i ? sorted_json::array({i->first, i->second}) : sorted_json();
}
point_interval interval_from(const sorted_json& value) {
    if (value.is_null())
        return {};
    return std::pair{value.at(0).get<double>(), value.at(1).get<double>()};
}

template <class E>
E one_of(const std::string& name, E last) {
    for (int i = 0; i <= static_cast<int>(last); ++i)
        if (to_string(static_cast<E>(i)) == name)
            return static_cast<E>(i);
    throw sorted_json::other_error::create(501, "no such name: " + name, nullptr);
}

unit_kind unit_from(int number) {
    if (number < 0 || number > static_cast<int>(unit_kind::count))
        throw sorted_json::other_error::create(501, "no such unit", nullptr);
    return static_cast<unit_kind>(number);
}

point_result read(const sorted_json& line) {
    point_result p;
    p.values = line.at("values").get<point_values>();
    p.replications = line.at("replications").get<int>();
    p.seed = line.at("seed").get<std::uint64_t>();
    p.asked = line.at("asked").get<int>();
    p.automatic = line.at("automatic").get<bool>();
    p.verdict = one_of(line.at("verdict").get<std::string>(), verdict::error);
    p.error = line.at("error").get<std::string>();
    p.alone_passed = line.at("alone").at(0).get<int>();
    p.alone_failed = line.at("alone").at(1).get<int>();
    for (const sorted_json& e : line.at("expectations"))
        p.expectations.push_back({e.at(0).get<std::string>(),
                                  one_of(e.at(1).get<std::string>(), check_status::inconclusive),
                                  unit_from(e.at(2).get<int>()), number_from(e.at(3)),
                                  e.at(4).get<std::string>(), interval_from(e.at(5))});
    for (const sorted_json& m : line.at("metrics"))
        p.metrics.push_back({m.at(0).get<std::string>(), unit_from(m.at(1).get<int>()),
                             number_from(m.at(2)), interval_from(m.at(3))});
    return p;
}

} // namespace

std::string to_line(const point_result& p) {
    sorted_json expectations = sorted_json::array(), metrics = sorted_json::array();
    for (const point_expectation& e : p.expectations)
        expectations.push_back({e.text, to_string(e.status), static_cast<int>(e.unit),
                                number_json(e.observed), e.observed_text,
                                interval_json(e.interval)});
    for (const point_metric& m : p.metrics)
        metrics.push_back(sorted_json::array(
            {m.text, static_cast<int>(m.unit), number_json(m.value), interval_json(m.interval)}));
    const sorted_json line{{"values", p.values},
                           {"replications", p.replications},
                           {"seed", p.seed},
                           {"asked", p.asked},
                           {"automatic", p.automatic},
                           {"verdict", to_string(p.verdict)},
                           {"error", p.error},
                           {"alone", {p.alone_passed, p.alone_failed}},
                           {"expectations", expectations},
                           {"metrics", metrics}};
    return line.dump(-1, ' ', false, sorted_json::error_handler_t::replace);
}

std::optional<point_result> point_from_line(const std::string& line) {
    const sorted_json read_line = sorted_json::parse(line, nullptr, false);
    if (!read_line.is_object())
        return {};
    try {
        return read(read_line);
    } catch (const sorted_json::exception&) {
        return {};
    }
}

} // namespace windtunnel::scenario
