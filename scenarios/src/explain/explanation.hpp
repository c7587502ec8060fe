// SPDX-License-Identifier: BSL-1.0
// Why a run went as it did, from its telemetry alone: where a failure began, how it spread, how far
// it went, which policies fed or stopped it, when it was noticed and over, and whether it outlived
// its trigger. What the scenario did to the system (run_result::activations, the phases named after
// faults) is not looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/explain/effects.hpp"
#include "scenarios/src/explain/policy_acts.hpp"
#include "scenarios/src/explain/symptom.hpp"

namespace windtunnel::scenario::explain {

enum class finding : std::uint8_t {
    no_telemetry, ///< the result holds none
    too_short,    ///< fewer windows than are needed to know what is usual
    quiet,        ///< nothing left its usual range
    no_effect,    ///< something did, and no workload noticed
    failure,      ///< a workload failed more or was slower, and this is why
    overload,     ///< the same; more was asked for than the system could do
};
std::string_view to_string(finding f); ///< "no_effect"

enum class aftermath : std::uint8_t {
    none,       ///< nobody noticed anything
    trigger_on, ///< the first symptom lasts to the end of the run
    recovered,
    recovering, ///< not as before by the end of the run, and getting better, or too short to tell
    metastable, ///< the trigger is gone, and what is answered well does not come back
};
std::string_view to_string(aftermath a);

/// Metastable: for `least` windows after the trigger at least the share of good answers was lower
/// by a fifth than before, and no better by a twentieth in the second half of them.
struct explanation {
    finding found = finding::quiet;
    duration window{};
    std::vector<symptom> symptoms;    ///< the origin first
    std::optional<symptom> saturated; ///< of overload: whose workers had no time left
    std::vector<effect> effects;      ///< in the order of time
    window_range during;              ///< from the first symptom to the last effect
    blast_radius radius;
    std::vector<amplification> amplified;
    std::vector<policy_act> acts;
    std::optional<detection> detected;
    aftermath after = aftermath::none;
    std::optional<duration> recovered_after; ///< from the end of the first symptom
    double good_before = 0, good_after = 0;  ///< share of requests; after: of the last windows

    const symptom* origin() const { return symptoms.empty() ? nullptr : &symptoms.front(); }
    duration at(std::size_t w) const { return window * static_cast<std::int64_t>(w); }
};

explanation explain_run(const run_result& result);

} // namespace windtunnel::scenario::explain
