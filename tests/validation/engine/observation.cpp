// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/observation.hpp"

#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/run.hpp"
#include "validation/engine/laws.hpp"

namespace windtunnel::validation {

namespace {

void look(const scenario::scenario_run& run, observation& o) {
    const auto& services = run.system().services();
    o.looks.resize(services.size());
    o.drops.resize(services.size());
    for (std::size_t i = 0; i < services.size(); ++i) {
        o.looks[i].push_back(services[i]->in_flight.level());
        std::uint64_t dropped = 0;
        for (const auto& replica : services[i]->replicas)
            dropped += replica->workers().totals().dropped;
        o.drops[i].push_back(dropped);
    }
}

void run_with_looks(scenario::scenario_run& run, duration every, observation& o) {
    for (duration t = run.spec().warmup; t < run.planned_end(); t += every) {
        run.advance_to(t);
        look(run, o);
    }
    run.run_to_end();
}

void check_expectations(const scenario::scenario_spec& spec, observation& o) {
    for (const auto& checked : scenario::check_expectations(spec, o.result))
        if (checked.status != scenario::check_status::passed)
            o.violations.push_back(checked.expectation.text + ": " + checked.explanation);
}

} // namespace

scenario::scenario_spec spec_of(const row& r) {
    return scenario::parse_scenario(r.scenario, ".", r.name, {.set = r.set});
}

observation observe(const row& r, const scenario::scenario_spec& spec, std::uint64_t seed) {
    observation o;
    o.seed = seed;
    if (spec.topology.platform) {
        scenario::replication_options one;
        one.seed = seed;
        o.result = scenario::run_replications(spec, one).merged;
    } else {
        scenario::scenario_run run(spec, seed);
        if (r.sample)
            run_with_looks(run, *r.sample, o);
        run.run_to_end();
        o.result = run.result();
        check_sample_path(run, o.violations);
    }
    check_books(o.result, o.violations);
    check_expectations(spec, o);
    return o;
}

} // namespace windtunnel::validation
