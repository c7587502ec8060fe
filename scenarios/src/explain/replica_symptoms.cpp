// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <limits>
#include <optional>

#include "scenarios/src/explain/symptom_search.hpp"

namespace windtunnel::scenario::explain {

namespace {

using windows = std::vector<replica_window>;

double number(sim::wide_integer n) {
    return static_cast<double>(n);
}

const std::vector<windows>& replicas_of(const instruments& of, std::size_t service) {
    return of.result().telemetry.services[service].replicas;
}

struct found_at {
    std::uint32_t instance = 0;
    window_range when;
    std::size_t over = 0;
    bool goes_on = false;
};

/// Of the instances that show it as early as the first one.
symptom of_instances(const instruments& of, std::size_t service, cause what,
                     const std::vector<found_at>& found) {
    std::size_t first = std::numeric_limits<std::size_t>::max();
    for (const found_at& each : found)
        first = std::min(first, each.when.begin);
    symptom s;
    s.what = what;
    s.where.service = of.result().services[service].name;
    s.when = {first, first + 1};
    for (const found_at& each : found) {
        if (each.when.begin >= first + together)
            continue;
        s.where.instances.push_back(each.instance);
        s.when.end = std::max(s.when.end, each.when.end);
        s.over = std::max(s.over, each.over);
        s.goes_on = s.goes_on || each.goes_on;
    }
    s.before = s.samples = static_cast<double>(of.replicas_of(service));
    s.worst = s.before - static_cast<double>(s.where.instances.size());
    if (s.where.instances.size() == of.replicas_of(service))
        s.where.instances.clear();
    return s;
}

/// The first time in which `is_so` holds, until it has not held for `calm` windows.
std::optional<found_at> first_time(const instruments& of, std::uint32_t instance, auto is_so) {
    constexpr std::size_t calm = 3;
    const window_range all = of.range();
    std::optional<found_at> found;
    for (std::size_t w = all.begin; w < all.end; ++w) {
        if (!is_so(w))
            continue;
        if (!found)
            found = {instance, {w, w + 1}, w + 1, false};
        else if (w < found->when.end + calm)
            found->when.end = w + 1;
        found->over = w + 1;
    }
    if (found)
        found->goes_on = found->over + 1 >= all.end;
    return found;
}

/// The working time for each job; what is measured of one replica.
reading work_of_jobs(const replica_window& w) {
    return {number(w.working), static_cast<double>(w.jobs)};
}

/// It worked in each of the windows just before.
bool was_at_work(const windows& of, std::size_t first, std::size_t w) {
    constexpr std::size_t looked_at = 5;
    if (w < first + looked_at)
        return false;
    for (std::size_t back = 1; back <= looked_at; ++back)
        if (of[w - back].jobs == 0)
            return false;
    return true;
}

class standstill {
  public:
    standstill(const instruments& of, const windows& all)
        : all_(all), first_(of.range().begin), window_(of.window_ns()) {}

    bool operator()(std::size_t w) {
        const replica_window& now = all_[w];
        const double kept = number(now.in_hand - now.in_queue - now.unaccepted);
        const bool waits = number(now.in_queue) > 0.05 * window_;
        const bool stuck = (kept > 0.5 * window_ && (now.over == 0 || waits)) ||
                           (waits && number(now.free) > 0.05 * window_);
        const bool still = now.jobs == 0 && now.working == 0;
        const bool is = still && stuck && number(now.up) >= 0.98 * window_ &&
                        (stood_ || was_at_work(all_, first_, w));
        stood_ = stood_ || is;
        return is;
    }

  private:
    const windows& all_;
    std::size_t first_;
    double window_;
    bool stood_ = false;
};

bool is_saturated(const std::vector<windows>& replicas, std::size_t w) {
    double working = 0, free = 0;
    for (const windows& each : replicas) {
        working += number(each[w].working);
        free += number(each[w].free);
    }
    return working > 0 && working >= 0.97 * (working + free);
}

double queue_of(const std::vector<windows>& replicas, std::size_t w, double window) {
    double sum = 0;
    for (const windows& each : replicas)
        sum += number(each[w].in_queue) / window;
    return sum;
}

double short_queue(const std::vector<windows>& replicas, const window_range& range, double window) {
    std::vector<double> lengths;
    for (std::size_t w = range.begin; w < range.end; ++w)
        lengths.push_back(queue_of(replicas, w, window));
    std::sort(lengths.begin(), lengths.end());
    return lengths.empty() ? 0 : lengths[lengths.size() / 4];
}

} // namespace

void find_down(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    std::vector<found_at> found;
    const auto& replicas = replicas_of(of, service);
    const double whole = of.window_ns() * of.runs();
    for (std::uint32_t i = 0; i < replicas.size(); ++i) {
        if (number(replicas[i][of.range().begin].up) < 0.98 * whole)
            continue;
        if (const auto at = first_time(
                of, i, [&](std::size_t w) { return number(replicas[i][w].up) < 0.98 * whole; }))
            found.push_back(*at);
    }
    if (!found.empty())
        into.push_back(of_instances(of, service, cause::crash, found));
}

void find_standstill(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    std::vector<found_at> found;
    const auto& replicas = replicas_of(of, service);
    for (std::uint32_t i = 0; i < replicas.size(); ++i)
        if (const auto at = first_time(of, i, standstill(of, replicas[i])))
            found.push_back(*at);
    if (!found.empty())
        into.push_back(of_instances(of, service, cause::pause, found));
}

void find_slow_work(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    const change_rules rules{.factor = 1.3, .spreads = 6, .floor = 1000, .samples = 3};
    series all;
    std::optional<change> first;
    std::vector<series> each;
    const auto look = [&](const series& s) {
        const auto c = find_change(s, of.range(), rules);
        if (c && (!first || c->when.begin < first->when.begin))
            first = c;
    };
    for (std::uint32_t i = 0; i < of.replicas_of(service); ++i) {
        each.push_back(of.replica(service, i, work_of_jobs));
        for (std::size_t w = 0; w < each.back().size(); ++w)
            all.add(w, each.back().sum[w], each.back().samples[w]);
        look(each.back());
    }
    look(all);
    if (!first)
        return;
    std::vector<part> parts;
    for (std::uint32_t i = 0; i < each.size(); ++i) {
        const double before = each[i].mean({of.range().begin, first->when.begin});
        parts.push_back({"", "", i, 0, each[i].mean(first->when) - before});
        for (std::size_t w = first->when.begin; w < first->when.end; ++w)
            parts.back().weight += each[i].samples[w];
    }
    into.push_back({.what = cause::slow_work,
                    .where = smallest_place(of.result().services[service].name, parts),
                    .when = first->when,
                    .over = first->last.end,
                    .goes_on = first->goes_on,
                    .before = first->before / 1e9,
                    .worst = first->worst / 1e9,
                    .samples = first->samples});
}

void find_blocked(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    series all;
    const double window = of.window_ns();
    for (std::uint32_t i = 0; i < of.replicas_of(service); ++i) {
        const series one = of.replica(service, i, [&](const replica_window& w) {
            return reading{number(w.unaccepted) / window, 0};
        });
        for (std::size_t w = 0; w < one.size(); ++w)
            all.add(w, one.sum[w], 0);
    }
    std::fill(all.samples.begin(), all.samples.end(), 1.0);
    const auto c = find_change(all, of.range(), {.factor = 3, .floor = 1, .samples = 1});
    if (c)
        into.push_back({.what = cause::blocked,
                        .where = {of.result().services[service].name, {}, "", ""},
                        .when = c->when,
                        .over = c->last.end,
                        .goes_on = c->goes_on,
                        .before = c->before,
                        .worst = c->worst,
                        .samples = c->samples});
}

void find_saturation(const instruments& of, std::size_t service, std::vector<symptom>& into) {
    constexpr std::size_t on_end = 5;
    const auto& replicas = replicas_of(of, service);
    const double usual = short_queue(replicas, of.range(), of.window_ns());
    std::size_t run = 0;
    for (std::size_t w = of.range().begin; w < of.range().end; ++w) {
        const double length = queue_of(replicas, w, of.window_ns());
        const bool full = is_saturated(replicas, w) && length > 5 * usual &&
                          length > static_cast<double>(replicas.size());
        run = full ? run + 1 : 0;
        if (run < on_end)
            continue;
        into.push_back({.what = cause::saturation,
                        .where = {of.result().services[service].name, {}, "", ""},
                        .when = {w + 1 - on_end, w + 1},
                        .over = w + 1,
                        .before = usual,
                        .worst = length,
                        .samples = static_cast<double>(on_end)});
        return;
    }
}

std::optional<symptom> find_lasting_saturation(const instruments& of) {
    std::optional<symptom> worst;
    const window_range all = of.range();
    for (std::size_t service = 0; service < of.result().services.size(); ++service) {
        const auto& replicas = replicas_of(of, service);
        std::size_t full = 0;
        double waiting = 0;
        for (std::size_t w = all.begin; w < all.end; ++w) {
            full += is_saturated(replicas, w) ? 1 : 0;
            waiting += queue_of(replicas, w, of.window_ns()) / static_cast<double>(all.length());
        }
        const bool lasts = full * 10 >= all.length() * 9 && waiting >= 1;
        if (!lasts || (worst && worst->worst >= waiting))
            continue;
        worst.emplace();
        worst->what = cause::saturation;
        worst->where.service = of.result().services[service].name;
        worst->when = all;
        worst->over = all.end;
        worst->goes_on = true;
        worst->before = worst->worst = waiting;
        worst->samples = static_cast<double>(full);
    }
    return worst;
}

} // namespace windtunnel::scenario::explain
