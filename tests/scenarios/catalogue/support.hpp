// SPDX-License-Identifier: BSL-1.0
// Helpers of the catalogue's tests: a shipped scenario, run with a seed, and its figures by name.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

inline const std::filesystem::path repository = test::in_repository("");

/// Every claim is tested on the seed that ships and on five others.
inline const std::vector<std::uint64_t> seeds{1, 2, 3, 5, 8, 13};

inline std::filesystem::path shipped_file(const std::string& name) {
    return repository / "scenarios" / (name + ".json");
}

inline scenario_spec shipped(const std::string& name, const load_options& options = {}) {
    return load_scenario(shipped_file(name), options);
}

inline replicated_result run_once(const scenario_spec& spec, std::uint64_t seed) {
    replication_options options;
    options.seed = seed;
    return run_replications(spec, options);
}

/// Runs a shipped scenario, or a variant of it, with each of the seeds: each run ends with this
/// verdict, and `check` sees what it found.
template <class Check>
void on_every_seed(const std::string& name, const std::string& variant, verdict expected,
                   Check&& check) {
    const scenario_spec spec = shipped(name, {.variant = variant});
    for (const std::uint64_t seed : seeds) {
        INFO(name << " / " << variant << ", seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == expected);
        check(run);
    }
}

inline void on_every_seed(const std::string& name, const std::string& variant, verdict expected) {
    on_every_seed(name, variant, expected, [](const replicated_result&) {});
}

/// The names of the files in a folder of the repository that are JSON, sorted, without endings.
inline std::vector<std::string> json_files_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(repository / folder))
        if (entry.path().extension() == ".json")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

/// The index of a phase by its name, such as "overall" or "during 'outage'".
inline std::size_t phase_index(const run_result& result, const std::string& name) {
    for (std::size_t i = 0; i < result.phases.size(); ++i)
        if (result.phases[i].name() == name)
            return i;
    throw std::out_of_range("no phase " + name);
}

inline tally in_phase(const run_result& result, const std::string& subject,
                      const std::string& phase) {
    return result.of(subject).phases[phase_index(result, phase)];
}

inline const service_tally& service_in_phase(const run_result& result, const std::string& service,
                                             const std::string& phase) {
    const service_result* found = result.find_service(service);
    if (found == nullptr)
        throw std::out_of_range("no service " + service);
    return found->phases[phase_index(result, phase)];
}

inline double utilisation(const service_tally& service) {
    return static_cast<double>(service.levels.busy) / static_cast<double>(service.levels.workers);
}

/// Of this kind, as a share of all.
inline double failure_share(const tally& t, failure_kind kind) {
    return static_cast<double>(t.failures[static_cast<std::size_t>(kind)]) /
           static_cast<double>(t.requests);
}

inline double attempts_each(const tally& t) {
    return static_cast<double>(t.attempts) / static_cast<double>(t.requests);
}

inline double per_second(std::uint64_t count, const service_tally& service) {
    return static_cast<double>(count) / to_seconds(service.span);
}

inline double error_share(const tally& t) {
    return static_cast<double>(t.failed()) / static_cast<double>(t.requests);
}

/// What was observed for the expectation that begins with this text.
inline const expectation_result& expectation_of(const replicated_result& result,
                                                const std::string& begin) {
    for (const expectation_result& e : result.expectations)
        if (e.expectation.text.rfind(begin, 0) == 0)
            return e;
    throw std::out_of_range("no expectation " + begin);
}

} // namespace windtunnel::scenario
