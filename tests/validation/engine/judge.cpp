// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/judge.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <thread>

#include "sim-core/stats/confidence.hpp"
#include "validation/engine/figure.hpp"
#include "validation/engine/observation.hpp"

namespace windtunnel::validation {

namespace {

constexpr double exactness = 1e-9;
constexpr double family_wise_error = 0.001;
constexpr double largest_standard_error = 0.01;
constexpr int fewest_seeds = 8;

std::uint64_t first_seed() {
    const char* base = std::getenv("WINDTUNNEL_SEED_BASE");
    return base != nullptr ? std::stoull(base) : 1;
}

/// One seed after the other on each core; in their order afterwards.
std::vector<observation> observe_all(const row& r, const scenario::scenario_spec& spec) {
    std::vector<observation> seen(static_cast<std::size_t>(r.seeds));
    std::vector<std::exception_ptr> failures(seen.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < seen.size(); i = next++) {
            try {
                seen[i] = observe(r, spec, first_seed() + i);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        }
    };
    std::vector<std::thread> others;
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    while (others.size() + 1 < std::min(cores, seen.size()))
        others.emplace_back(work);
    work();
    for (std::thread& t : others)
        t.join();
    for (const auto& failure : failures)
        if (failure)
            std::rethrow_exception(failure);
    return seen;
}

bool near(double value, double expected, double relative) {
    return std::abs(value - expected) <= relative * std::abs(expected);
}

std::string not_exact(const std::vector<double>& values, double expected) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != expected && !near(values[i], expected, exactness))
            return fmt::format("{:.12g} on seed {}", values[i], first_seed() + i);
    return "";
}

std::string not_as_expected(const finding& f, const row& r) {
    const int seeds = r.seeds;
    if (seeds < fewest_seeds)
        return fmt::format("{} seeds say nothing: at least {}", seeds, fewest_seeds);
    const double p = 1 - family_wise_error / random_claims() / 2;
    const double half_width = sim::student_t_quantile(p, seeds - 1) * f.standard_error;
    if (std::abs(f.observed - f.expected) > half_width)
        return fmt::format("off by more than {:.3g}", half_width);
    if (f.standard_error > largest_standard_error * std::abs(f.expected))
        return "the standard error is above 1 %: run longer";
    if (half_width > r.half_width * std::abs(f.expected))
        return fmt::format("{:.2g} % would be accepted: run longer",
                           100 * half_width / std::abs(f.expected));
    return "";
}

/// As a mean over `runs` runs of an author's own has an error, too.
std::string not_as_published(const finding& f, int seeds, int runs) {
    if (seeds < fewest_seeds)
        return fmt::format("{} seeds say nothing: at least {}", seeds, fewest_seeds);
    if (f.standard_error > largest_standard_error * std::abs(f.expected))
        return "the standard error is above 1 %: more seeds";
    const double error = f.standard_error * std::sqrt(1 + static_cast<double>(seeds) / runs);
    if (std::abs(f.observed - f.expected) > 3 * error)
        return fmt::format("off by more than {:.3g}", 3 * error);
    return "";
}

finding judge_claim(const claim& c, const row& r, const scenario::scenario_spec& spec,
                    const std::vector<observation>& seen) {
    const figure wanted = figure_of(c, spec);
    finding f{c.text, c.what, wanted.expected, 0, 0, ""};
    std::vector<double> values;
    for (const observation& o : seen) {
        const auto value = wanted.of(o);
        if (!value) {
            f.wrong = fmt::format("nothing was measured on seed {}", o.seed);
            return f;
        }
        values.push_back(*value);
    }
    const sim::moments m = sim::moments_of(values);
    f.observed = m.mean();
    f.standard_error = m.standard_error().value_or(0);
    if (c.what == claim::kind::exact)
        f.wrong = not_exact(values, f.expected);
    else if (c.what == claim::kind::random)
        f.wrong = not_as_expected(f, r);
    else if (c.what == claim::kind::published)
        f.wrong = not_as_published(f, r.seeds, c.runs);
    else if (!near(f.observed, f.expected, c.tolerance))
        f.wrong = fmt::format("off by more than {:.3g} %", 100 * c.tolerance);
    return f;
}

int count_random_claims() {
    int count = 0;
    for (const table& t : load_tables())
        for (const row& r : t.rows)
            for (const claim& c : r.claims)
                count += c.what == claim::kind::random ? 1 : 0;
    return count;
}

} // namespace

int random_claims() {
    static const int count = count_random_claims();
    return count;
}

row_report judge(const std::string& table, const row& r) {
    const auto begin = std::chrono::steady_clock::now();
    row_report report{table, r.name, first_seed(), r.seeds, 0, {}, {}};
    const scenario::scenario_spec spec = spec_of(r);
    const auto seen = observe_all(r, spec);
    for (const observation& o : seen)
        for (const std::string& v : o.violations)
            report.violations.push_back(fmt::format("seed {}: {}", o.seed, v));
    for (const claim& c : r.claims)
        report.findings.push_back(judge_claim(c, r, spec, seen));
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return report;
}

std::string markdown(const row_report& report) {
    std::string text;
    const std::string seeds =
        report.seeds == 1
            ? fmt::format("{}", report.first_seed)
            : fmt::format("{}–{}", report.first_seed,
                          report.first_seed + static_cast<std::uint64_t>(report.seeds) - 1);
    for (const finding& f : report.findings) {
        const bool mean = f.what == claim::kind::random || f.what == claim::kind::published;
        const std::string error =
            mean ? fmt::format("{:.2f} %", 100 * f.standard_error / f.expected) : "";
        text += fmt::format("| {} | {} | {:.8g} | {} | {} |{}\n", report.row, f.claim, f.observed,
                            error, seeds, f.wrong.empty() ? "" : " **" + f.wrong + "**");
    }
    return text;
}

} // namespace windtunnel::validation
