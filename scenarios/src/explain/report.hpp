// SPDX-License-Identifier: BSL-1.0
// An explanation as text for people and as JSON (times in seconds, shares as numbers; objects keep
// their order; equal runs give equal bytes).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/src/explain/ablation.hpp"
#include "scenarios/src/explain/explanation.hpp"
#include "scenarios/src/explain/sentences.hpp"

namespace windtunnel::scenario::explain {

struct explained_run {
    std::string file, scenario, variant, reproduce;
    std::vector<std::uint64_t> seeds;
    explanation why;
    std::optional<violation> violated;
    std::vector<ablation_effect> ablations;
    bool was_ablated = false;
};

struct text_style {
    bool colours = false;
    std::size_t width = 100;
};
std::string text_of(const explained_run& run, const text_style& style);

/// All of them: {"explanations": [...]}, with a line's end.
std::string json_of(const std::vector<explained_run>& runs);

} // namespace windtunnel::scenario::explain
