// SPDX-License-Identifier: BSL-1.0
// The fleet of ten replicas: which of them gets a request. Balancers, outlier detection, health
// checks and the registry, each where it helps and where it harms.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

/// The share of failed requests of the readers in a phase, on each of the seeds, and the verdict
/// that all of them must end with.
std::vector<double> errors(const std::string& file, const std::string& variant, verdict expected,
                           const std::string& phase) {
    const scenario_spec spec = shipped(file, {.variant = variant});
    std::vector<double> all;
    for (const std::uint64_t seed : seeds) {
        INFO(file << " / " << variant << ", seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == expected);
        all.push_back(error_share(in_phase(run.merged, "readers", phase)));
    }
    return all;
}

double least(const std::vector<double>& all) {
    return *std::min_element(all.begin(), all.end());
}

double most(const std::vector<double>& all) {
    return *std::max_element(all.begin(), all.end());
}

} // namespace

TEST_CASE("least request spares a slow replica, and round robin up to the inverse of the load") {
    const std::string file = "balancer-avoids-slow-replica", during = "during 'slow one'";
    CHECK(most(errors(file, "", verdict::passed, during)) == 0);
    const auto in_turn = errors(file, "round robin", verdict::failed, during);
    CHECK(least(in_turn) > 0.09);
    CHECK(most(in_turn) < 0.11);
    CHECK(most(errors(file, "round robin, 1.4 times slower", verdict::passed, during)) == 0);
    CHECK(least(errors(file, "round robin, 2 times slower", verdict::failed, during)) > 0.05);
    CHECK(most(errors(file, "power of two", verdict::passed, during)) == 0);
    CHECK(most(errors(file, "peak EWMA", verdict::passed, during)) == 0);
    CHECK(least(errors(file, "random", verdict::failed, during)) > 0.09);
}

TEST_CASE("least request feeds a replica that fails at once, while the others are busy") {
    const std::string file = "balancer-feeds-black-hole", during = "during 'black hole'";
    CHECK(least(errors(file, "", verdict::failed, during)) > 0.33);
    const auto in_turn = errors(file, "round robin", verdict::passed, during);
    CHECK(least(in_turn) > 0.095);
    CHECK(most(in_turn) < 0.105);
    CHECK(most(errors(file, "20/s", verdict::passed, during)) < 0.13);
    CHECK(most(errors(file, "peak EWMA", verdict::passed, during)) < 0.001);
    CHECK(least(errors(file, "peak EWMA without a penalty", verdict::failed, during)) > 0.18);
    CHECK(most(errors(file, "outlier detection", verdict::passed, during)) < 0.001);
    CHECK(least(errors(file, "power of two", verdict::failed, during)) > 0.16); // 2 of 10 pairs
    CHECK(most(errors(file, "random", verdict::passed, during)) < 0.11);
}

TEST_CASE("outlier detection ejects as many sick replicas as it may, and no more") {
    const std::string file = "outlier-detection-ejects", during = "during 'sick'";
    CHECK(most(errors(file, "", verdict::passed, during)) < 0.002);
    CHECK(least(errors(file, "no detection", verdict::failed, during)) > 0.29);
    CHECK(least(errors(file, "four sick", verdict::failed, during)) > 0.13);  // one of seven
    CHECK(most(errors(file, "probation", verdict::passed, during)) < 0.0008); // 6 failures each
    CHECK(least(errors(file, "error cost", verdict::failed, during)) > 0.03);
}

TEST_CASE("ejecting the half sick overloads the others, unless they are enough or panic helps") {
    const std::string file = "outlier-detection-overloads", during = "during 'half sick'";
    CHECK(least(errors(file, "", verdict::failed, during)) > 0.6);
    CHECK(most(errors(file, "no detection", verdict::passed, during)) < 0.21);
    CHECK(most(errors(file, "panic", verdict::passed, during)) < 0.21);
    CHECK(most(errors(file, "500/s", verdict::passed, during)) < 0.03);
    CHECK(least(errors(file, "650/s", verdict::failed, during)) > 0.5);
}

TEST_CASE("health checks find a hung replica, the sooner the more often they ask") {
    const std::string file = "health-check-finds-hung", during = "during 'hung'";
    CHECK(most(errors(file, "", verdict::passed, during)) < 0.009);
    CHECK(least(errors(file, "no check", verdict::failed, during)) > 0.095);
    CHECK(least(errors(file, "every 10 s", verdict::failed, during)) > 0.035);
}

TEST_CASE("a health check that asks the database takes all replicas out with it") {
    const std::string file = "health-check-too-deep", during = "during 'database away'";
    CHECK(least(errors(file, "", verdict::failed, during)) > 0.9);
    CHECK(most(errors(file, "shallow", verdict::passed, during)) == 0);
    CHECK(most(errors(file, "panic", verdict::passed, during)) == 0);
    CHECK(most(errors(file, "2 s", verdict::passed, during)) == 0);
}

TEST_CASE("a registry takes the crashed off the lists when their leases are over") {
    const std::string file = "registry-drops-crashed", during = "during 'crash'";
    CHECK(most(errors(file, "", verdict::passed, during)) < 0.0125); // 15 s of 120 s, a tenth
    CHECK(least(errors(file, "no registry", verdict::failed, during)) > 0.095);
    CHECK(most(errors(file, "watched", verdict::passed, during)) < 0.0085); // 10 s
    CHECK(least(errors(file, "lease of 90 s", verdict::failed, during)) > 0.05);
}

TEST_CASE("a registry that was away empties the lists of callers who believe it") {
    const std::string file = "registry-outage-empties-lists", after = "after 'outage'";
    CHECK(least(errors(file, "", verdict::failed, after)) > 0.005);
    CHECK(most(errors(file, "last good list", verdict::passed, after)) == 0);
    CHECK(most(errors(file, "self-preservation", verdict::passed, after)) == 0);
    CHECK(most(errors(file, "5 s", verdict::passed, after)) == 0);
}

} // namespace windtunnel::scenario
