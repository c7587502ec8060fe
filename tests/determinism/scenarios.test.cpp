// SPDX-License-Identifier: BSL-1.0
// Same seed, same bytes: every shipped scenario twice, on one thread and on two, at once and in
// slices of any length, in this process and in another.
#include <catch2/catch.hpp>
#include <random>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/reports/json.hpp"
#include "scenarios/src/run.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::uint64_t seed = 7;

std::string report_of(const scenario_spec& spec, const replicated_result& result) {
    return json_report(spec, result, {.file = spec.name + ".json", .reproduce = "windtunnel run"});
}

replicated_result replicated(const scenario_spec& spec, unsigned threads) {
    replication_options options;
    options.seed = seed;
    options.replications = 8;
    options.threads = threads;
    return run_replications(spec, options);
}

/// What a run finds that goes on whenever `next_slice` says until when.
template <class NextSlice>
std::string archive_of_run(const scenario_spec& spec, NextSlice&& next_slice) {
    scenario_run run(spec, seed);
    while (run.advance_to(next_slice(run.now())))
        ;
    return to_archive(run.result());
}

std::string at_once(const scenario_spec& spec) {
    return archive_of_run(spec, [](duration) { return duration::max(); });
}

/// Slices of 1 ns to 3 s, most of them short; the draws choose how it is run, not what happens.
std::string in_slices(const scenario_spec& spec, unsigned draws) {
    std::mt19937 random(draws);
    return archive_of_run(spec, [&](duration now) {
        const std::int64_t longest = std::int64_t{1} << (15 + random() % 17);
        return now + duration{1 + random() % longest};
    });
}

/// Equal, without printing archives where they are not.
bool same(const std::string& a, const std::string& b) {
    return a == b;
}

std::string by_single_events(const scenario_spec& spec) {
    scenario_run run(spec, seed);
    while (run.step())
        ;
    return to_archive(run.result());
}

} // namespace

TEST_CASE("a shipped scenario, run twice with one seed, gives the same bytes") {
    const std::string name = GENERATE(from_range(json_files_in("scenarios")));
    INFO(name);
    const scenario_spec spec = shipped(name);
    const auto first = run_once(spec, seed), second = run_once(shipped(name), seed);
    CHECK(same(to_archive(first.merged), to_archive(second.merged)));
    CHECK(same(report_of(spec, first), report_of(spec, second)));
}

TEST_CASE("each variant of a shipped scenario, run twice with one seed, gives the same bytes") {
    const std::string name = GENERATE(from_range(json_files_in("scenarios")));
    for (const std::string& variant : variant_names(topology::document::load(shipped_file(name)))) {
        INFO(name << " / " << variant);
        const scenario_spec spec = shipped(name, {.variant = variant});
        const auto first = run_once(spec, seed), second = run_once(spec, seed);
        CHECK(same(report_of(spec, first), report_of(spec, second)));
        CHECK(same(to_archive(first.merged), to_archive(second.merged)));
    }
}

TEST_CASE("another seed gives another run, where there is chance in it") {
    const std::string name = GENERATE(from_range(json_files_in("scenarios")));
    const scenario_spec spec = shipped(name);
    auto first = run_once(spec, seed).merged, second = run_once(spec, seed + 1).merged;
    REQUIRE(first.seeds != second.seeds);
    second.seeds = first.seeds;
    for (auto& activation : second.activations)
        activation.seed = seed;
    INFO(name);
    const bool has_no_chance = name == "two-racks" || name == "rest-waits-in-line";
    CHECK((to_archive(first) == to_archive(second)) == has_no_chance);
}

TEST_CASE("eight replications of a shipped scenario are the same bytes on one thread and on two") {
    const std::string name = GENERATE(from_range(json_files_in("scenarios")));
    INFO(name);
    const scenario_spec spec = shipped(name);
    const auto one = replicated(spec, 1), two = replicated(spec, 2);
    CHECK(one.merged.seeds.size() == 8);
    CHECK(same(to_archive(one.merged), to_archive(two.merged)));
    CHECK(same(report_of(spec, one), report_of(spec, two)));
}

TEST_CASE("a shipped scenario run in slices of any length is the same run as at once") {
    const std::string name = GENERATE(from_range(json_files_in("scenarios")));
    INFO(name);
    const scenario_spec spec = shipped(name);
    if (spec.topology.platform) { // one SimGrid engine to a process
        const auto apart = [&](auto&& how) { return sim::run_isolated(how); };
        const std::string whole = apart([&] { return at_once(spec); });
        CHECK(same(apart([&] { return in_slices(spec, 1); }), whole));
        CHECK(same(apart([&] { return in_slices(spec, 2); }), whole));
        return;
    }
    const std::string whole = at_once(spec);
    CHECK(same(whole, to_archive(run_once(spec, seed).merged)));
    CHECK(same(in_slices(spec, 1), whole));
    CHECK(same(in_slices(spec, 2), whole));
    CHECK(same(by_single_events(spec), whole));
}

TEST_CASE("a run in a process of its own is the same run") {
    const scenario_spec spec = shipped("payment-slow-with-breaker");
    CHECK(same(sim::run_isolated([&] { return at_once(spec); }), at_once(spec)));
}

} // namespace windtunnel::scenario
