// SPDX-License-Identifier: BSL-1.0
// Who gets the next request: by hash, by zone, by weight, by old loads, and spared at first; each
// where it helps and where it harms.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

/// The share of failed requests of a workload in a phase, the least and the most of all seeds, each
/// of which ends with this verdict.
struct spread {
    double least = 1, most = 0;
};

spread errors(const std::string& file, const std::string& variant, verdict expected,
              const std::string& workload, const std::string& phase) {
    spread all;
    on_every_seed(file, variant, expected, [&](const replicated_result& run) {
        const double share = error_share(in_phase(run.merged, workload, phase));
        all = {std::min(all.least, share), std::max(all.most, share)};
    });
    return all;
}

} // namespace

TEST_CASE("least request by old loads herds, the better of two at random does not") {
    const std::string file = "stale-loads-herd", always = "overall";
    CHECK(errors(file, "", verdict::failed, "readers", always).least > 0.4);
    CHECK(errors(file, "100 ms", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "power of two", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "5 s, power of two", verdict::failed, "readers", always).least > 0.08);
    CHECK(errors(file, "random", verdict::passed, "readers", always).most < 0.001);
}

TEST_CASE("weights fit replicas that are not alike, which turns overload above a third of all") {
    const std::string file = "weights-fit-unequal-replicas", always = "overall";
    CHECK(errors(file, "", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "round robin", verdict::failed, "readers", always).least > 0.45);
    CHECK(errors(file, "280/s, round robin", verdict::passed, "readers", always).most < 0.01);
    CHECK(errors(file, "600/s", verdict::passed, "readers", always).most < 0.02);
}

TEST_CASE("weights that outlived the machines overload those with the larger, to 5/6 of the load") {
    const std::string file = "weights-outlive-the-machines", always = "overall";
    CHECK(errors(file, "", verdict::failed, "readers", always).least > 0.7);
    CHECK(errors(file, "600/s", verdict::passed, "readers", always).most < 0.005);
    CHECK(errors(file, "round robin", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "least request", verdict::passed, "readers", always).most == 0);
}

TEST_CASE("by hash each cache knows its own tenth, as long as all keys fit into all caches") {
    const std::string file = "hashing-keeps-caches-warm";
    const auto database = [](const replicated_result& run) {
        return utilisation(service_in_phase(run.merged, "database", "overall"));
    };
    for (const std::string variant : {"", "maglev"})
        on_every_seed(file, variant, verdict::passed,
                      [&](const auto& run) { CHECK(database(run) < 0.01); });
    on_every_seed(file, "round robin", verdict::failed,
                  [&](const auto& run) { CHECK(database(run) > 0.99); });
    on_every_seed(file, "15,000 products", verdict::passed, [&](const auto& run) {
        CHECK(database(run) == Approx(1 / 1.8).margin(0.03)); // 333 of 600, and unevenly
    });
    on_every_seed(file, "40,000 products", verdict::failed,
                  [&](const auto& run) { CHECK(database(run) > 0.99); });
    on_every_seed(file, "2,000 products, round robin", verdict::passed, [&](const auto& run) {
        CHECK(database(run) == Approx(500.0 / 600).margin(0.03));
    });
}

TEST_CASE("by hash a hot key takes its replica beyond what it can do, unless loads are bounded") {
    const std::string file = "hashing-feeds-a-hot-key", always = "overall";
    CHECK(errors(file, "", verdict::failed, "readers", always).least > 0.2);
    CHECK(errors(file, "bounded loads", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "round robin", verdict::passed, "readers", always).most < 0.03);
    CHECK(errors(file, "2,000/s", verdict::passed, "readers", always).most < 0.001);
    CHECK(errors(file, "less popular", verdict::passed, "readers", always).most < 0.001);
}

TEST_CASE("a slow start lets a cold cache fill, when its window is long enough") {
    const std::string file = "slow-start-warms-a-replica", after = "after 'crash'";
    CHECK(errors(file, "", verdict::passed, "readers", after).most < 0.0001);
    CHECK(errors(file, "no slow start", verdict::failed, "readers", after).least > 0.005);
    CHECK(errors(file, "15 s", verdict::failed, "readers", after).least > 0.0012);
}

TEST_CASE("a slow start of many prolongs the overload of the few, while they are too few") {
    const std::string file = "slow-start-prolongs-an-outage", after = "after 'half away'";
    CHECK(errors(file, "", verdict::failed, "readers", after).least > 0.05);
    CHECK(errors(file, "no slow start", verdict::passed, "readers", after).most < 0.02);
    CHECK(errors(file, "10 s", verdict::passed, "readers", after).most < 0.05);
    CHECK(errors(file, "450/s", verdict::passed, "readers", after).most < 0.01);
}

TEST_CASE(
    "zone-aware routing keeps a sick zone's trouble at home, as far as a zone can do its own") {
    const std::string file = "zone-aware-contains-a-sick-zone", during = "during 'west is slow'";
    CHECK(errors(file, "", verdict::passed, "east", during).most == 0);
    CHECK(errors(file, "", verdict::passed, "west", during).least > 0.8);
    CHECK(errors(file, "all replicas alike", verdict::failed, "east", during).least > 0.4);
    CHECK(errors(file, "east 450/s", verdict::passed, "east", during).most < 0.005);
    CHECK(errors(file, "east 600/s", verdict::failed, "east", during).least > 0.2);
}

TEST_CASE("zone-aware routing overloads the zone that is asked most, and knows nothing of it") {
    const std::string file = "zone-aware-overloads-the-busy-zone", always = "overall";
    CHECK(errors(file, "", verdict::failed, "west", always).least > 0.5);
    CHECK(errors(file, "", verdict::failed, "east", always).most == 0);
    CHECK(errors(file, "all replicas alike", verdict::passed, "west", always).most < 0.001);
    CHECK(errors(file, "west 450/s", verdict::passed, "west", always).most < 0.005);
    CHECK(errors(file, "a fifth by zone", verdict::passed, "west", always).most < 0.01);
}

TEST_CASE("the own zone first fails over as far as its factor has room, and nobody else notices") {
    const std::string file = "own-zone-first-fails-over", during = "during 'three away'";
    CHECK(errors(file, "", verdict::passed, "west", during).most < 0.04);
    CHECK(errors(file, "", verdict::passed, "east", during).most == 0);
    CHECK(errors(file, "420/s", verdict::failed, "west", during).least > 0.06);
    CHECK(errors(file, "all replicas alike", verdict::failed, "east", during).least > 0.01);
}

TEST_CASE("a factor of 1.4 overloads what is left of a zone that was more than 71 % busy") {
    const std::string file = "own-zone-first-overloads-the-rest", during = "during 'three away'";
    CHECK(errors(file, "", verdict::failed, "west", during).least > 0.06);
    CHECK(errors(file, "factor of 1", verdict::passed, "west", during).most < 0.04);
    CHECK(errors(file, "320/s", verdict::passed, "west", during).most < 0.05);
}

} // namespace windtunnel::scenario
