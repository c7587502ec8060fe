// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/health_report.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace windtunnel {

namespace {

constexpr std::string_view name_letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

std::string_view in_words(bool up) {
    return up ? "UP" : "DOWN";
}

} // namespace

bool health_report::up() const {
    return std::all_of(checks.begin(), checks.end(), [](const entry& e) { return e.up; });
}

std::uint16_t health_report::status() const {
    constexpr std::uint16_t ok = 200, unavailable = 503;
    return up() ? ok : unavailable;
}

std::string health_report::to_json() const {
    std::string text = R"({"status":")";
    text.append(in_words(up())).append(R"(","checks":[)");
    for (const entry& e : checks) {
        text.append(&e == checks.data() ? "" : ",");
        text.append(R"({"name":")").append(e.name);
        text.append(R"(","status":")").append(in_words(e.up)).append(R"("})");
    }
    return text.append("]}");
}

void health_checks::add(std::string name, check is_up) {
    if (name.empty() || name.find_first_not_of(name_letters) != std::string::npos)
        throw std::invalid_argument("health check: the name '" + name +
                                    "' must be of letters, digits, '-', '_' and '.'");
    for (const named& known : checks_)
        if (known.name == name)
            throw std::invalid_argument("health check: there is a '" + name + "' already");
    checks_.push_back({std::move(name), std::move(is_up)});
}

health_report health_checks::report() const {
    health_report result;
    for (const named& c : checks_)
        result.checks.push_back({c.name, c.is_up()});
    return result;
}

} // namespace windtunnel
