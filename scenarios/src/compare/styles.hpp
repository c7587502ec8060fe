// SPDX-License-Identifier: BSL-1.0
// Which style for an edge: the same scenario, once for each way in which the edge's caller and
// callee can talk, and what each costs and gives. Expectations are left out: they are about one of
// the ways.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/result.hpp"
#include "topologies/src/styles.hpp"

namespace windtunnel::scenario {

/// What one phase of a run shows of one style; of all workloads together. Times in seconds.
struct style_phase {
    std::string name;                     ///< "overall", "during 'outage'"
    std::optional<double> p50, p99;       ///< of good answers: of what is handed on, its acceptance
    std::optional<double> done50, done99; ///< until all that was left to do was done
    double errors = 0;                    ///< share of the requests
    double lost = 0;   ///< share of the requests whose work is never done, though answered well
    double undone = 0; ///< share of those whose work, or in the whole answer, was yet to come
    double cores = 0;  ///< workers that are busy on average, of all services
};

struct style_result {
    topology::style style{};
    std::string impossible; ///< why it cannot be; else what follows is there
    std::vector<style_phase> phases;
    bool waits = false; ///< the caller has no answer while the callee is down
};

/// The same at other loads: `factor` times the scenario's arrivals, or users.
struct styles_at_load {
    double factor = 1;
    std::vector<style_result> results; ///< with one phase, "overall"
};

struct styles_request {
    std::string caller, callee;
    load_options how; ///< without swaps
    std::uint64_t seed = 1;
    int replications = 3;
    unsigned threads = 1;
    const std::atomic<bool>* stop = nullptr;
    std::function<void(double share)> progress = {};
    double load = 1; ///< times the arrivals, or users
};

/// "a->b" apart. Throws topology::bad_quantity for what is no edge.
topology::edge_swap parse_edge_swap(const std::string& edge, topology::style to);

/// In the order of the styles. Stopped, those that were not run are left out. Throws
/// topology::input_error where the scenario cannot be read, or no style is possible.
std::vector<style_result> compare_styles(const topology::document& file,
                                         const std::filesystem::path& folder,
                                         const std::string& name, const styles_request& request);

/// From a quarter to four times the load, the first seed alone, so that it shows where the answer
/// changes. `load` of the request is not used.
std::vector<styles_at_load> compare_styles_by_load(const topology::document& file,
                                                   const std::filesystem::path& folder,
                                                   const std::string& name,
                                                   const styles_request& request);

/// What is asked of styles: "soonest answers (p99)", ...
std::vector<std::string> style_questions();
/// The styles that are best at each of those, "" where all are alike. Who left work undone is not
/// compared by when work was done, nor by what it took.
std::vector<std::string> best_styles(const std::vector<style_result>& results, std::size_t phase);
/// Where the best changes with the load, in sentences: "work done soonest (p99): grpc up to 2 times
/// the load, queue from 3 times on"; questions with one answer are left out.
std::vector<std::string> style_crossovers(const std::vector<styles_at_load>& loads);

/// The best of each and what it is best at, in sentences: "overall: fewest failures: queue,
/// stream".
std::vector<std::string> style_findings(const std::vector<style_result>& results);

} // namespace windtunnel::scenario
