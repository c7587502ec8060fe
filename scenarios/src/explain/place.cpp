// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace windtunnel::scenario::explain {

namespace {

double mean_inside(const place& where, const std::vector<part>& parts) {
    double sum = 0, weight = 0;
    for (const part& p : parts)
        if (covers(where, p)) {
            sum += p.weight * p.excess;
            weight += p.weight;
        }
    return weight > 0 ? sum / weight : 0;
}

double error_of(const place& where, const std::vector<part>& parts) {
    const double inside = std::max(0.0, mean_inside(where, parts));
    double error = 0;
    for (const part& p : parts) {
        const double off = p.excess - (covers(where, p) ? inside : 0);
        error += p.weight * off * off;
    }
    return error;
}

/// Those whose excess is at least a third of the largest.
std::vector<std::uint32_t> hot_instances(const std::vector<part>& parts,
                                         const std::set<std::uint32_t>& all) {
    std::vector<std::pair<std::uint32_t, double>> means;
    double most = 0;
    for (const std::uint32_t i : all) {
        place one;
        one.instances = {i};
        means.emplace_back(i, mean_inside(one, parts));
        most = std::max(most, means.back().second);
    }
    std::vector<std::uint32_t> hot;
    for (const auto& [instance, mean] : means)
        if (mean > most / 3)
            hot.push_back(instance);
    return hot;
}

/// The larger ones first.
std::vector<place> candidates(const std::string& service, const std::vector<part>& parts) {
    std::set<std::string> callers, endpoints;
    std::set<std::uint32_t> instances;
    for (const part& p : parts) {
        callers.insert(p.caller);
        endpoints.insert(p.endpoint);
        instances.insert(p.instance);
    }
    std::vector<place> all{{service, {}, "", ""}};
    for (const std::string& caller : callers)
        all.push_back({service, {}, "", caller});
    for (const std::string& endpoint : endpoints)
        all.push_back({service, {}, endpoint, ""});
    for (const std::uint32_t instance : instances)
        all.push_back({service, {instance}, "", ""});
    for (const std::string& caller : callers)
        for (const std::string& endpoint : endpoints)
            all.push_back({service, {}, endpoint, caller});
    const auto hot = hot_instances(parts, instances);
    if (hot.size() > 1 && hot.size() < instances.size())
        all.push_back({service, hot, "", ""});
    return all;
}

} // namespace

std::string place::text() const {
    std::string name = service;
    if (instances.size() == 1)
        name += fmt::format("#{}", instances.front());
    else if (!instances.empty())
        name += fmt::format("#{{{}}}", fmt::join(instances, ","));
    if (!endpoint.empty())
        name += "." + endpoint;
    return caller.empty() ? name : caller + "->" + name;
}

bool covers(const place& where, const part& p) {
    return (where.instances.empty() ||
            std::binary_search(where.instances.begin(), where.instances.end(), p.instance)) &&
           (where.endpoint.empty() || where.endpoint == p.endpoint) &&
           (where.caller.empty() || where.caller == p.caller);
}

place smallest_place(const std::string& service, const std::vector<part>& parts) {
    std::vector<part> seen;
    std::copy_if(parts.begin(), parts.end(), std::back_inserter(seen),
                 [](const part& p) { return p.weight > 0; });
    place best{service, {}, "", ""};
    double least = error_of(best, seen);
    for (const place& each : candidates(service, seen)) {
        constexpr double clearly = 0.9;
        if (const double error = error_of(each, seen); error < clearly * least) {
            least = error;
            best = each;
        }
    }
    return best;
}

} // namespace windtunnel::scenario::explain
