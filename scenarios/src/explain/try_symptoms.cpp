// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <optional>
#include <set>

#include "scenarios/src/explain/symptom_search.hpp"

namespace windtunnel::scenario::explain {

namespace {

using search = std::function<std::optional<change>(const series&, const window_range&)>;

/// All of a service's tries, each caller's, each endpoint's and each instance's.
std::vector<place> views_of(const instruments& of, const std::string& service) {
    std::set<std::string> callers, endpoints;
    std::set<std::uint32_t> instances;
    for (const leg& l : of.legs_into(service)) {
        const part p = of.part_of(l);
        callers.insert(p.caller);
        endpoints.insert(p.endpoint);
        instances.insert(p.instance);
    }
    std::vector<place> views{{service, {}, "", ""}};
    if (callers.size() > 1)
        for (const std::string& each : callers)
            views.push_back({service, {}, "", each});
    if (endpoints.size() > 1)
        for (const std::string& each : endpoints)
            views.push_back({service, {}, each, ""});
    if (instances.size() > 1)
        for (const std::uint32_t each : instances)
            views.push_back({service, {each}, "", ""});
    return views;
}

std::optional<change> earliest(const instruments& of, const std::string& service,
                               const read_tries& read, const search& find) {
    std::optional<change> first;
    for (const place& view : views_of(of, service)) {
        const auto c = find(of.tries(of.legs_of(view), read), of.range());
        if (c && (!first || c->when.begin < first->when.begin))
            first = c;
    }
    return first;
}

std::vector<part> excesses(const instruments& of, const std::string& service, const change& c,
                           const read_tries& read) {
    std::vector<part> parts;
    const window_range before{of.range().begin, c.when.begin};
    for (const leg& l : of.legs_into(service)) {
        const series one = of.tries({l}, read);
        part p = of.part_of(l);
        p.excess = one.mean(c.when) - one.mean(before);
        for (std::size_t w = c.when.begin; w < c.when.end; ++w)
            p.weight += one.samples[w];
        parts.push_back(std::move(p));
    }
    return parts;
}

/// An answer lacks something for who reads it: of a version of the callee, whoever else calls.
std::vector<part> of_readers(std::vector<part> parts) {
    std::set<std::string> readers;
    for (const part& p : parts)
        if (p.weight > 0 && p.excess > 0)
            readers.insert(p.caller + "->" + p.endpoint);
    std::erase_if(parts,
                  [&](const part& p) { return !readers.contains(p.caller + "->" + p.endpoint); });
    for (part& p : parts)
        p.caller = p.endpoint = "";
    return parts;
}

std::optional<symptom> symptom_of(const instruments& of, std::size_t service, cause what,
                                  const read_tries& read, const search& find, double unit) {
    const std::string& name = of.result().services[service].name;
    const auto c = earliest(of, name, read, find);
    if (!c)
        return std::nullopt;
    return symptom{.what = what,
                   .where = smallest_place(name, excesses(of, name, *c, read)),
                   .when = c->when,
                   .over = c->last.end,
                   .goes_on = c->goes_on,
                   .before = c->before / unit,
                   .worst = c->worst / unit,
                   .samples = c->samples};
}

std::optional<change> find_share(const series& s, const window_range& range) {
    return find_share_change(s, range);
}

void append(std::optional<symptom>&& found, std::vector<symptom>& into) {
    if (found)
        into.push_back(std::move(*found));
}

double number(auto n) {
    return static_cast<double>(n);
}

reading lost_on_the_way(const try_window& w) {
    return {number(w.sent) - number(std::min(w.sent, w.arrived)), number(w.sent)};
}

std::optional<change> find_lost(const series& s, const window_range& range) {
    return find_share_change(s, range, {.least_share = 0.2});
}

std::optional<change> find_slow_way(const series& s, const window_range& range) {
    return find_change(s, range, {.factor = 1.3, .spreads = 6, .floor = 1e5, .samples = 1});
}

reading way(const try_window& w) {
    return {number(w.way_sum), number(w.arrived)};
}

} // namespace

void find_own_errors(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    const auto read = [](const try_window& w) {
        return reading{number(w.own_errors), number(std::max(w.arrived, w.own_errors))};
    };
    append(symptom_of(of, service, cause::errors, read, find_share, 1), into);
}

void find_unreadable(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    const auto read = [](const try_window& w) {
        return reading{number(w.unreadable), number(w.answered)};
    };
    const std::string& name = of.result().services[service].name;
    auto found = symptom_of(of, service, cause::unreadable, read, find_share, 1);
    if (!found)
        return;
    change c;
    c.when = found->when;
    found->where = smallest_place(name, of_readers(excesses(of, name, c, read)));
    into.push_back(std::move(*found));
}

/// What is held up for long arrives late or never: that it does not arrive is the earlier sign.
void find_slow_ways(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    auto slow = symptom_of(of, service, cause::network, way, find_slow_way, 1e9);
    if (!slow)
        return;
    const auto lost = symptom_of(of, service, cause::loss, lost_on_the_way, find_lost, 1);
    if (lost && lost->when.begin < slow->when.begin && lost->where.service == slow->where.service)
        slow->when.begin = lost->when.begin;
    into.push_back(std::move(*slow));
}

void find_lost_ways(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    auto lost = symptom_of(of, service, cause::loss, lost_on_the_way, find_lost, 1);
    if (!lost)
        return;
    const series ways = of.tries(of.legs_of(lost->where), way);
    if (!find_slow_way(ways, of.range()))
        into.push_back(std::move(*lost));
}

} // namespace windtunnel::scenario::explain
