// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/platform.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace windtunnel::sim {
namespace {

using names = std::set<std::string, std::less<>>;

[[noreturn]] void refuse(const std::string& what, const std::string& found, std::string_view rule) {
    throw std::invalid_argument("platform: " + what + " is " + found + ": " + std::string(rule));
}

std::string quote(std::string_view name) {
    return "'" + std::string(name) + "'";
}

void require_positive(const std::string& what, double value) {
    if (!(value > 0) || !std::isfinite(value))
        refuse(what, std::to_string(value), "must be a finite number above 0");
}

template <class T>
names unique_names(const std::vector<T>& list, const char* kind) {
    names known;
    for (const T& one : list) {
        if (one.name.empty())
            refuse(std::string("a ") + kind + "'s name", "empty", "must be given");
        if (!known.insert(one.name).second)
            refuse(std::string("the ") + kind + " " + quote(one.name), "given twice",
                   "names are unique");
    }
    return known;
}

void require_known(const names& known, const std::string& what, const std::string& name,
                   std::string_view kind) {
    if (known.contains(name))
        return;
    std::string rule = "must be one of the platform's " + std::string(kind) + ":";
    std::size_t shown = 0;
    for (const std::string& each : known)
        rule += ++shown > 12 ? "" : " " + each;
    refuse(what, quote(name), known.size() > 12 ? rule + " ..." : rule);
}

void check_route(const simgrid_platform::route& r, const names& hosts, const names& links) {
    const std::string what = "the route from " + quote(r.from) + " to " + quote(r.to);
    require_known(hosts, what + ": 'from'", r.from, "hosts");
    require_known(hosts, what + ": 'to'", r.to, "hosts");
    if (r.links.empty())
        refuse(what, "without links", "must name at least one");
    for (const std::string& link : r.links)
        require_known(links, what + ": a link", link, "links");
}

void check_routes(const simgrid_platform& p, const names& hosts, const names& links) {
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& r : p.routes) {
        check_route(r, hosts, links);
        if (!known.insert({std::min(r.from, r.to), std::max(r.from, r.to)}).second)
            refuse("the route between " + quote(r.from) + " and " + quote(r.to), "given twice",
                   "a route is used in both directions");
    }
}

void check_inline(const simgrid_platform& p) {
    const names hosts = unique_names(p.hosts, "host");
    const names links = unique_names(p.links, "link");
    for (const auto& h : p.hosts)
        require_positive("the speed of host " + quote(h.name), h.flops);
    for (const auto& l : p.links) {
        require_positive("the bandwidth of link " + quote(l.name), l.bandwidth);
        if (l.latency < duration::zero())
            refuse("the latency of link " + quote(l.name),
                   std::to_string(l.latency.count()) + " ns", "must not be negative");
    }
    check_routes(p, hosts, links);
    for (std::size_t node = 0; node < p.placement.size(); ++node)
        require_known(hosts, "the host of node " + std::to_string(node), p.placement[node],
                      "hosts");
}

void check_file(const simgrid_platform& p) {
    if (!p.hosts.empty() || !p.links.empty() || !p.routes.empty())
        refuse("the platform", "given as the file " + quote(p.file) + " and inline",
               "give one of the two");
    if (!std::filesystem::is_regular_file(p.file))
        refuse("the file", quote(p.file), "must be a SimGrid platform file that exists");
}

} // namespace

void simgrid_platform::validate() const {
    if (model != "LV08" && model != "CM02")
        refuse("the model", quote(model), "must be LV08 or CM02");
    file.empty() ? check_inline(*this) : check_file(*this);
}

} // namespace windtunnel::sim
