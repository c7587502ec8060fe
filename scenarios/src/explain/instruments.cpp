// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/instruments.hpp"

#include <algorithm>

namespace windtunnel::scenario::explain {

namespace {

std::size_t windows_kept(const telemetry& t) {
    std::size_t most = 0;
    for (const service_telemetry& s : t.services)
        for (const auto& windows : s.replicas)
            most = std::max(most, windows.size());
    return most;
}

template <class Window, class Read>
void add_all(series& into, const std::vector<Window>& windows, const Read& read) {
    for (std::size_t w = 0; w < windows.size(); ++w) {
        const reading r = read(windows[w]);
        into.add(w, r.value, r.samples);
    }
}

} // namespace

instruments::instruments(const run_result& result) : result_(result) {
    const duration window = std::max(result.window, duration{1});
    const duration end = std::min(result.ended, result.warmup + result.length);
    range_.begin = static_cast<std::size_t>((result.warmup + window - duration{1}) / window);
    range_.end = std::min(static_cast<std::size_t>(end / window), windows_kept(result.telemetry));
    range_.begin = std::min(range_.begin, range_.end);
}

std::vector<leg> instruments::legs_into(const std::string& service) const {
    return legs_of({service, {}, "", ""});
}

std::vector<leg> instruments::legs_of(const place& where) const {
    std::vector<leg> legs;
    for (std::size_t e = 0; e < result_.telemetry.edges.size(); ++e) {
        if (result_.edges[e].service != where.service)
            continue;
        const auto replicas = result_.telemetry.edges[e].replicas.size();
        for (std::uint32_t i = 0; i < replicas; ++i)
            if (covers(where, part_of({e, i})))
                legs.push_back({e, i});
    }
    return legs;
}

part instruments::part_of(const leg& l) const {
    const edge_result& edge = result_.edges[l.edge];
    return {edge.caller, edge.endpoint, l.instance, 0, 0};
}

series instruments::tries(const std::vector<leg>& of, const read_tries& read) const {
    series all;
    for (const leg& l : of)
        add_all(all, result_.telemetry.edges[l.edge].replicas[l.instance], read);
    return all;
}

series instruments::replica(std::size_t service, std::uint32_t instance,
                            const read_replica& read) const {
    series all;
    add_all(all, result_.telemetry.services[service].replicas[instance], read);
    return all;
}

series instruments::requests(const traffic& of, const read_requests& read) {
    series all;
    add_all(all, of.windows, read);
    return all;
}

series instruments::counter(std::string_view kind, std::string_view name,
                            const std::function<bool(const policy_result&)>& wanted) const {
    series all;
    for (const policy_result& p : result_.policies)
        if (p.kind == kind && wanted(p))
            for (std::size_t w = 0; w < p.windows.size(); ++w)
                all.add(w, static_cast<double>(p.counter(p.windows[w], name).value_or(0)), 0);
    for (double& samples : all.samples)
        samples = 1;
    return all;
}

reading failed_share(const window& w) {
    return {static_cast<double>(w.failed), static_cast<double>(w.good + w.failed)};
}

reading good_latency(const window& w) {
    return {static_cast<double>(w.good_latency_sum), static_cast<double>(w.good)};
}

} // namespace windtunnel::scenario::explain
