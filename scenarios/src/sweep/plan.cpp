// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "scenarios/src/sweep/parameter_path.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using topology::document;
using topology::in_quotes;

[[noreturn]] void fail_option(const std::string& origin, std::string message) {
    throw topology::input_error({{origin, 0, 0, ""}, std::move(message), ""});
}

/// Whether one is the other, or lies within it.
bool lies_within(const std::string& inner, const std::string& outer) {
    return inner == outer || inner.starts_with(outer + "/");
}

/// The options that change a value of their own, by its pointer.
std::vector<std::pair<std::string, std::string>> named_options(const load_options& base) {
    std::vector<std::pair<std::string, std::string>> all;
    if (base.seed)
        all.emplace_back("/seed", "--seed");
    if (base.replications || base.auto_replications)
        all.emplace_back("/replications", "--replications");
    if (base.confidence)
        all.emplace_back("/confidence", "--confidence");
    if (base.warmup || base.auto_warmup)
        all.emplace_back("/warmup", "--warmup");
    if (base.length)
        all.emplace_back("/duration", "--duration");
    return all;
}

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

/// Nothing of a file that is not there: SimGrid will say so.
std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

} // namespace

sweep_plan::sweep_plan(const std::filesystem::path& path, const sweep_options& options)
    : file_(path.string()), folder_(path.parent_path()), name_(path.stem().string()),
      options_(options), document_(document::load(path)),
      whole_(effective_scenario(document_, folder_, options.base)) {
    topology::error_collector errors;
    for (const std::string& each : options.parameters)
        errors.run([&] { parameters_.push_back(read_parameter(each)); });
    errors.finish();
    check_conflicts();
    point_values first;
    for (const parameter& each : parameters_)
        first.push_back(each.range ? quantity_text(each.range->from.value, each.range->from)
                                   : each.values.front());
    first_ = scenario_at(first);
    metrics_ = options.metrics.empty() ? usual_metrics(first_) : options.metrics;
    for (const std::string& each : metrics_)
        errors.run([&] { parse_metric(each, first_); });
    errors.finish();
    std::uint64_t hash = fnv1a(whole_.root().text(), 0xcbf29ce484222325);
    for (const std::string& each : platform_files(first))
        hash = fnv1a(content_of(each), hash);
    fingerprint_ = fmt::format("{:016x}", hash);
}

parameter sweep_plan::read_parameter(const std::string& text) const {
    const auto mark = text.find('=');
    if (mark == std::string::npos || mark == 0 || mark + 1 == text.size())
        fail_option("-P " + text, "write -P name=values, such as -P load=100/s..800/s:50/s or -P "
                                  "retry.max_attempts=1..5");
    parameter p{text.substr(0, mark), text.substr(mark + 1), "", {}, {}};
    const std::string origin = "-P " + text;
    p.pointer = resolve_parameter(whole_, p.name, origin);
    try {
        if (!options_.find)
            p.values = parse_values(p.written);
        else if (!is_range(p.written))
            fail_option(
                origin,
                fmt::format("--find looks for a boundary within a range: write {}=A..B", p.name));
        else
            p.range = parse_range(p.written);
    } catch (const bad_values& error) {
        fail_option(origin, error.what());
    }
    return p;
}

std::set<std::string> sweep_plan::platform_files(const point_values& first) const {
    std::set<std::string> files;
    if (first_.topology.platform)
        files.insert(first_.topology.platform->file);
    constexpr const char* platform_at = "/topology/platform";
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const std::string& varied = parameters_[i].pointer;
        if (!lies_within(varied, platform_at) && !lies_within(platform_at, varied))
            continue;
        for (const std::string& value : parameters_[i].values) {
            point_values values = first;
            values[i] = value;
            try {
                if (const auto platform = scenario_at(values).topology.platform)
                    files.insert(platform->file);
            } catch (const topology::input_error&) { // the point will say so
            }
        }
    }
    return files;
}

void sweep_plan::check_conflicts() const {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const parameter& p = parameters_[i];
        const std::string origin = p.origin(p.written);
        for (std::size_t j = 0; j < i; ++j)
            if (const parameter& other = parameters_[j]; other.pointer == p.pointer)
                fail_option(origin,
                            fmt::format("-P {} varies the same value already ({}): write all "
                                        "values in one list",
                                        other.name, p.pointer));
            else if (lies_within(p.pointer, other.pointer) || lies_within(other.pointer, p.pointer))
                fail_option(origin,
                            fmt::format("-P {} varies {}, and this {}, one of which holds the "
                                        "other: vary one of them",
                                        other.name, other.pointer, p.pointer));
        for (const auto& [pointer, option] : named_options(options_.base))
            if (pointer == p.pointer)
                fail_option(origin, fmt::format("{} sets the same value: leave one of the two out",
                                                option));
        for (const value_override& each : options_.base.set)
            if (lies_within(resolve_parameter(whole_, each.path, "-D " + each.path), p.pointer))
                fail_option(origin,
                            fmt::format("-D {} sets what this varies: leave one of the two out",
                                        each.path));
    }
}

std::size_t sweep_plan::grid_size() const {
    std::size_t size = 1;
    for (const parameter& each : parameters_) {
        const std::size_t count = std::max<std::size_t>(each.values.size(), 1);
        if (size > std::numeric_limits<std::size_t>::max() / count)
            return std::numeric_limits<std::size_t>::max();
        size *= count;
    }
    return size;
}

point_values sweep_plan::grid_point(std::size_t index) const {
    point_values values(parameters_.size());
    for (std::size_t i = parameters_.size(); i-- > 0;) {
        const auto& all = parameters_[i].values;
        values[i] = all[index % all.size()];
        index /= all.size();
    }
    return values;
}

scenario_spec sweep_plan::scenario_at(const point_values& values) const {
    load_options options = options_.base;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        options.set.push_back(
            {parameters_[i].pointer, values[i], parameters_[i].origin(values[i])});
    return parse_scenario(document_, folder_, name_, options);
}

} // namespace windtunnel::scenario
