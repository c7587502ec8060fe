// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/figure.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/expectation_text.hpp"
#include "sim-core/stats/confidence.hpp"

namespace windtunnel::validation {

namespace {

using scenario::run_result;
using scenario::scenario_spec;

struct asked {
    const scenario_spec& spec;
    const observation& seen;
    const std::string& subject;
    double argument; ///< of "failures in window 3"

    const scenario::tally& requests() const {
        for (const auto& w : seen.result.workloads)
            if (w.name == subject)
                return w.traffic.phases[scenario::overall_phase];
        throw std::invalid_argument("no workload " + subject);
    }
    template <class Looks>
    const Looks& of_service(const std::vector<Looks>& all) const {
        for (std::size_t i = 0; i < all.size(); ++i)
            if (seen.result.services[i].name == subject)
                return all[i];
        throw std::invalid_argument("nobody looked at " + subject);
    }
    const std::vector<std::int64_t>& looks() const { return of_service(seen.looks); }
    double measured_seconds() const { return to_seconds(seen.result.length); }
};

double variance_in_system(const asked& a) {
    sim::moments m;
    for (const std::int64_t level : a.looks())
        m.add(static_cast<double>(level));
    return *m.variance();
}

/// By PASTA what a Poisson arrival sees.
double share_with_at_least(const asked& a) {
    const auto& looks = a.looks();
    const auto many = std::count_if(looks.begin(), looks.end(), [&](std::int64_t level) {
        return static_cast<double>(level) >= a.argument;
    });
    return static_cast<double>(many) / static_cast<double>(looks.size());
}

double peak_in_system(const asked& a) {
    return static_cast<double>(*std::max_element(a.looks().begin(), a.looks().end()));
}

/// At so many seconds from the beginning of the run.
double in_system_at(const asked& a) {
    const double share = (a.argument - to_seconds(a.seen.result.warmup)) / a.measured_seconds();
    const auto place = static_cast<std::size_t>(share * static_cast<double>(a.looks().size()));
    return static_cast<double>(a.looks().at(place));
}

/// From the beginning of the run to the last look that found more than one.
double backlog_gone(const asked& a) {
    const auto& looks = a.looks();
    const auto last =
        std::find_if(looks.rbegin(), looks.rend(), [](auto level) { return level > 1; });
    return to_seconds(a.seen.result.warmup) + a.measured_seconds() *
                                                  static_cast<double>(looks.rend() - last) /
                                                  static_cast<double>(looks.size());
}

double third_quartile(const asked& a) {
    return to_seconds(a.requests().good_latency.quantile(0.75));
}

/// N / X - R, which is the mean time that a user thinks.
double think_time(const asked& a) {
    const auto& t = a.requests();
    const double users = a.argument;
    return users * a.measured_seconds() / static_cast<double>(t.requests) -
           t.good_latency.mean_seconds();
}

/// Those at any service that work or wait for a worker, the mean number.
double at_stations(const asked& a) {
    double sum = 0;
    for (const auto& s : a.seen.result.services) {
        const auto& levels = s.phases[scenario::overall_phase].levels;
        sum += static_cast<double>(levels.busy + levels.in_queue) * 1e-9;
    }
    return sum / a.measured_seconds();
}

double failures_in_window(const asked& a) {
    return static_cast<double>(
        a.seen.result.of(a.subject).windows.at(static_cast<std::size_t>(a.argument)).failed);
}

/// In seconds, to the time between two looks.
double time_after_first_drop(const asked& a) {
    const auto& drops = a.of_service(a.seen.drops);
    const auto seen_at = [&](double count) {
        const auto enough = static_cast<std::uint64_t>(count);
        return std::find_if(drops.begin(), drops.end(), [&](auto d) { return d >= enough; });
    };
    return a.measured_seconds() * static_cast<double>(seen_at(a.argument + 1) - seen_at(1)) /
           static_cast<double>(drops.size());
}

struct own_figure {
    std::string name; ///< an argument may follow
    double (*of)(const asked&);
};
const std::vector<own_figure>& own_figures() {
    static const std::vector<own_figure> all{
        {"variance in system", &variance_in_system},
        {"share of time with at least", &share_with_at_least},
        {"peak in system", &peak_in_system},
        {"in system at", &in_system_at},
        {"backlog gone after", &backlog_gone},
        {"p75", &third_quartile},
        {"think time by the interactive law with users", &think_time},
        {"at the stations", &at_stations},
        {"failures in window", &failures_in_window},
        {"time from the first drop to drop", &time_after_first_drop},
    };
    return all;
}

std::optional<figure> own_figure_of(const std::string& text, const scenario_spec& spec) {
    const auto colon = text.find(": "), equals = text.rfind(" = ");
    if (colon == std::string::npos || equals == std::string::npos)
        return {};
    const std::string subject = text.substr(0, colon);
    const std::string what = text.substr(colon + 2, equals - colon - 2);
    const double expected = std::stod(text.substr(equals + 3));
    for (const own_figure& own : own_figures())
        if (what.starts_with(own.name)) {
            const std::string rest = what.substr(own.name.size());
            const double argument = rest.empty() ? 0 : std::stod(rest);
            return figure{expected, [&spec, &own, subject, argument](const observation& o) {
                              return own.of({spec, o, subject, argument});
                          }};
        }
    return {};
}

} // namespace

figure figure_of(const claim& c, const scenario_spec& spec) {
    if (auto own = own_figure_of(c.text, spec))
        return *own;
    const auto expectation = scenario::parse_expectation(c.text, spec);
    return {expectation.bound, [expectation](const observation& o) {
                return scenario::check_expectation(expectation, o.result).observed;
            }};
}

} // namespace windtunnel::validation
