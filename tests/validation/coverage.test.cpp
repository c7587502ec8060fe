// SPDX-License-Identifier: BSL-1.0
// Whether the intervals hold what they say they hold: as often, and through the whole path, warm-up
// and number of replications found automatically. An M/M/1 queue is where the truth is known: mean
// sojourn time 1 / (mu - lambda), and its quantiles those of an exponential of that mean.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "scenarios/src/compare/comparison.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "support/repository.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

namespace {

constexpr double mu = 1000;
constexpr int runs = 1000;

/// At that load, for so long, with bounds of twice the truth.
scenario_spec queue(double load, const std::string& duration, const load_options& options) {
    const double mean = 1 / (mu * (1 - load)), p99 = std::log(100.0) * mean;
    const std::string text = R"j({
      "topology": { "name": "queue", "services": {
        "server": { "workers": 1,
                    "endpoints": { "GET /": { "work": "exponential(mean=1ms)" } } } } },
      "duration": ")j" + duration +
                             R"j(",
      "workload": [ { "name": "readers", "to": "server.GET /",
                      "arrivals": "poisson()j" +
                             std::to_string(mu * load) + R"j(/s)" } ],
      "expect": [ "readers: mean < )j" +
                             std::to_string(2 * mean) + R"j(s",
                  "readers: p99 < )j" +
                             std::to_string(2 * p99) + R"j(s" ] })j";
    return parse_scenario(topology::document::parse(text, "queue"), ".", "queue", options);
}

/// f(i) for each i below `count`, on all cores; how often each of the results was true.
template <std::size_t N, class F>
std::array<int, N> count_over(int count, F&& f) {
    std::array<std::atomic<int>, N> held{};
    std::atomic<int> next{0};
    {
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t)
            threads.emplace_back([&] {
                for (int i = next++; i < count; i = next++) {
                    const std::array<bool, N> found = f(i);
                    for (std::size_t n = 0; n < N; ++n)
                        held[n] += found[n];
                }
            });
    }
    std::array<int, N> result{};
    for (std::size_t n = 0; n < N; ++n)
        result[n] = held[n];
    return result;
}

void check_coverage(double load, const std::string& duration) {
    load_options options;
    options.auto_warmup = options.auto_replications = true;
    const scenario_spec spec = queue(load, duration, options);
    const double mean = 1 / (mu * (1 - load)), p99 = std::log(100.0) * mean;
    const auto held = count_over<2>(runs, [&](int i) {
        replication_options how;
        how.seed = 1 + 1000 * static_cast<std::uint64_t>(i); // no two share a replication
        const auto run = run_replications(spec, how);
        const auto& checked = run.expectations;
        return std::array{checked[0].interval.value().contains(mean),
                          checked[1].interval.value().contains(p99)};
    });
    CAPTURE(load, held[0], held[1]);
    for (const int each : held) {
        CHECK(each >= 0.93 * runs);
        CHECK(each <= 0.97 * runs);
    }
}

} // namespace

TEST_CASE(
    "95 % intervals of the mean and p99 at 80 % load hold the truth in 93 to 97 % of the runs") {
    check_coverage(0.8, "30s");
}

TEST_CASE(
    "95 % intervals of the mean and p99 at 90 % load hold the truth in 93 to 97 % of the runs") {
    check_coverage(0.9, "60s");
}

TEST_CASE("a difference of nothing is called one in at most 7 % of the comparisons") {
    const scenario_spec spec = queue(0.8, "5s", {.warmup = std::chrono::seconds{1}});
    const auto found = count_over<2>(runs, [&](int i) {
        const auto figures = [&](std::uint64_t seed) {
            replication_options how;
            how.seed = seed;
            how.replications = 10;
            how.figures = compared_figures(spec);
            return figure_set_of(spec, run_replications(spec, how));
        };
        const auto seed = 1 + 100 * static_cast<std::uint64_t>(i);
        const auto changes = compare(figures(seed), figures(seed + 50));
        const auto open = changes.count(difference::not_to_judge);
        return std::array{changes.count(difference::none_shown) +
                          open<changes.figures.size(), open> 0};
    });
    CAPTURE(found[0], found[1]);
    CHECK(found[0] <= 0.07 * runs);
    CHECK(found[1] <= 0.01 * runs);
}

TEST_CASE("the same random numbers make intervals of differences at least three times narrower") {
    const auto figures = [](const std::string& variant, std::uint64_t seed) {
        const scenario_spec spec =
            load_scenario(test::in_repository("scenarios/balancer-avoids-slow-replica.json"),
                          {.variant = variant});
        replication_options how;
        how.seed = seed;
        how.replications = 10;
        how.threads = std::max(1U, std::thread::hardware_concurrency());
        how.figures = compared_figures(spec);
        return figure_set_of(spec, run_replications(spec, how));
    };
    const auto before = figures("", 1);
    const auto paired = compare(before, figures("round robin", 1));
    const auto independent = compare(before, figures("round robin", 1001));
    REQUIRE(paired.paired);
    REQUIRE_FALSE(independent.paired);
    for (const std::string name : {"readers: p50 during 'slow one'", "readers: goodput"}) {
        const auto width = [&](const result_comparison& of) {
            for (const compared_figure& each : of.figures)
                if (each.name == name)
                    return each.change.value().half_width();
            throw std::logic_error(name);
        };
        CAPTURE(name, width(paired), width(independent));
        CHECK(width(independent) >= 3 * width(paired));
    }
}

} // namespace windtunnel::scenario
