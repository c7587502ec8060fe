// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/ablation.hpp"

#include <catch2/catch.hpp>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/run.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario::explain {

namespace {

run_result run_of(const scenario_spec& spec) {
    scenario_run run(spec, spec.seed);
    run.run_to_end();
    return run.result();
}

ablation_effect effect_of(const std::string& variant, const std::string& kind) {
    const scenario_spec spec =
        load_scenario(test::in_repository("scenarios/retry-storm.json"), {.variant = variant});
    const run_result with = run_of(spec);
    for (const ablated& off : ablations(spec, with))
        if (off.kind == kind)
            return compare_ablated(off, with, run_of(off.spec), std::chrono::seconds{30});
    FAIL("no such policy: " << kind);
    return {};
}

} // namespace

TEST_CASE("without the retry of a retry storm the run lives: the retry killed it") {
    const ablation_effect e = effect_of("", "retry");
    CHECK(e.what == ablation_effect::verdict::killed);
    CHECK(e.good_with < 0.1);
    CHECK(e.good_without > 0.5);
}

TEST_CASE("without the breaker that ends a retry storm the run dies: the breaker saved it") {
    const ablation_effect e = effect_of("breaker", "circuit_breaker");
    CHECK(e.what == ablation_effect::verdict::saved);
    CHECK(e.good_without < 0.1);
}

} // namespace windtunnel::scenario::explain
