// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/effects.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace windtunnel::scenario::explain {

namespace {

/// Back in time no further than a window before the origin.
bool is_of(const change& c, const symptom& origin) {
    return c.when.begin + 1 >= origin.when.begin;
}

/// What is found from there on, with what was before as usual.
std::optional<change> of_origin(std::optional<change> c, const symptom& origin) {
    if (!c || !is_of(*c, origin))
        return std::nullopt;
    c->when.begin = std::max(c->when.begin, origin.when.begin);
    c->when.end = std::max(c->when.end, c->when.begin + 1);
    return c;
}

void set_times(effect& e) {
    const auto take = [&](const std::optional<change>& c, bool first) {
        if (!c)
            return;
        e.when.begin = first ? c->when.begin : std::min(e.when.begin, c->when.begin);
        e.when.end = std::max(e.when.end, c->last.end);
        e.goes_on = e.goes_on || c->goes_on;
    };
    take(e.failed, true);
    take(e.slow, !e.failed);
}

class search {
  public:
    search(const instruments& of, const symptom& origin) : of_(of), origin_(origin) {}

    void look(effect::subject what, std::string name, std::string caller, std::string service,
              const traffic& requests) {
        effect e{what, std::move(name), std::move(caller), std::move(service), {}, {}, {}, false,
                 false};
        // The last windows hold requests that were not over when the run was.
        const window_range range = of_.range();
        e.failed = of_origin(
            find_share_change(instruments::requests(requests, failed_share), range), origin_);
        e.slow = of_origin(find_change(instruments::requests(requests, good_latency), range,
                                       {.factor = 1.5, .spreads = 6, .floor = 1e6}),
                           origin_);
        if (e.slow) {
            e.slow->before /= 1e9;
            e.slow->worst /= 1e9;
        }
        if (!e.failed && !e.slow)
            return;
        set_times(e);
        found_.push_back(std::move(e));
    }
    std::vector<effect> take() { return std::move(found_); }

  private:
    const instruments& of_;
    const symptom& origin_;
    std::vector<effect> found_;
};

bool is_of_users(const run_result& r, const effect& e) {
    if (e.of != effect::subject::endpoint)
        return e.of == effect::subject::workload;
    return std::any_of(r.edges.begin(), r.edges.end(), [&](const edge_result& edge) {
        const bool by_workload =
            std::any_of(r.workloads.begin(), r.workloads.end(),
                        [&](const workload_result& w) { return w.name == edge.caller; });
        return by_workload && edge.service + "." + edge.endpoint == e.name;
    });
}

/// How many calls lie between a service (or workload) and the origin's.
std::map<std::string, int> distances(const run_result& r, const std::string& origin) {
    std::map<std::string, int> far{{origin, 0}};
    for (bool grown = true; grown;) {
        grown = false;
        for (const edge_result& e : r.edges)
            if (const auto callee = far.find(e.service);
                callee != far.end() && !far.contains(e.caller)) {
                far[e.caller] = callee->second + 1;
                grown = true;
            }
    }
    return far;
}

int distance(const std::map<std::string, int>& far, const effect& e) {
    constexpr int nowhere = 1000;
    const auto at = far.find(e.of == effect::subject::workload ? e.name : e.service);
    return at == far.end() ? nowhere : at->second;
}

std::uint64_t calls_in(const edge_result& e, const window_range& range) {
    std::uint64_t sum = 0;
    for (std::size_t w = range.begin; w < std::min(range.end, e.traffic.windows.size()); ++w)
        sum += e.traffic.windows[w].sent;
    return sum;
}

/// Of an edge's tries.
std::uint64_t sum_of(const edge_telemetry& t, const window_range& range,
                     std::uint64_t try_window::*what) {
    std::uint64_t sum = 0;
    for (const auto& windows : t.replicas)
        for (std::size_t w = range.begin; w < std::min(range.end, windows.size()); ++w)
            sum += windows[w].*what;
    return sum;
}

double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

double tries_for_each(const edge_telemetry& t, const edge_result& e, const window_range& range) {
    return share(static_cast<double>(sum_of(t, range, &try_window::sent)),
                 static_cast<double>(calls_in(e, range)));
}

} // namespace

std::vector<effect> find_effects(const instruments& of, const symptom& origin) {
    const run_result& r = of.result();
    search all(of, origin);
    for (const edge_result& e : r.edges)
        all.look(effect::subject::edge, e.caller + "->" + e.service + "." + e.endpoint, e.caller,
                 e.service, e.traffic);
    for (const endpoint_result& e : r.endpoints)
        all.look(effect::subject::endpoint, e.service + "." + e.endpoint, "", e.service, e.traffic);
    for (const workload_result& w : r.workloads)
        all.look(effect::subject::workload, w.name, "", "", w.traffic);
    std::vector<effect> effects = all.take();
    for (effect& e : effects)
        e.of_users = is_of_users(r, e);
    const auto far = distances(r, origin.where.service);
    std::stable_sort(effects.begin(), effects.end(), [&](const effect& a, const effect& b) {
        return std::tuple(a.when.begin, distance(far, a)) <
               std::tuple(b.when.begin, distance(far, b));
    });
    return effects;
}

std::vector<amplification> find_amplification(const instruments& of, const window_range& during) {
    const run_result& r = of.result();
    const window_range before{of.range().begin, during.begin};
    std::vector<amplification> found;
    for (std::size_t i = 0; i < r.telemetry.edges.size(); ++i) {
        const edge_telemetry& t = r.telemetry.edges[i];
        const edge_result& e = r.edges[i];
        amplification a{e.caller + "->" + e.service + "." + e.endpoint,
                        tries_for_each(t, e, before), tries_for_each(t, e, during),
                        sum_of(t, during, &try_window::answered) +
                            sum_of(t, during, &try_window::in_vain),
                        sum_of(t, during, &try_window::in_vain)};
        const bool more = a.tries_during > 1.1 * std::max(1.0, a.tries_before);
        if (more || share(static_cast<double>(a.in_vain), static_cast<double>(a.answered)) > 0.1)
            found.push_back(std::move(a));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.tries_during > b.tries_during; });
    return found;
}

blast_radius find_blast_radius(const instruments& of, const std::vector<effect>& effects,
                               const window_range& during) {
    blast_radius b;
    for (const endpoint_result& e : of.result().endpoints) {
        const bool used = std::any_of(e.traffic.windows.begin(), e.traffic.windows.end(),
                                      [](const window& w) { return w.sent > 0; });
        b.endpoints += used ? 1 : 0;
    }
    for (const effect& e : effects)
        b.endpoints_hit += e.of == effect::subject::endpoint ? 1 : 0;
    std::uint64_t failed = 0, over = 0;
    for (const workload_result& w : of.result().workloads)
        for (std::size_t i = of.range().begin; i < std::min(during.end, w.traffic.windows.size());
             ++i) {
            const window& each = w.traffic.windows[i];
            if (i + 1 == during.begin)
                continue; // what was sent in it could meet the failure
            if (i < during.begin) {
                failed += each.failed;
                over += each.failed + each.good;
                continue;
            }
            b.requests += each.sent;
            b.requests_failed += each.failed;
        }
    b.failed_before = share(static_cast<double>(failed), static_cast<double>(over));
    return b;
}

double good_share(const instruments& of, const window_range& range) {
    double good = 0, sent = 0;
    for (const workload_result& w : of.result().workloads)
        for (std::size_t i = range.begin; i < std::min(range.end, w.traffic.windows.size()); ++i) {
            good += static_cast<double>(w.traffic.windows[i].good);
            sent += static_cast<double>(w.traffic.windows[i].sent);
        }
    return share(good, sent);
}

} // namespace windtunnel::scenario::explain
