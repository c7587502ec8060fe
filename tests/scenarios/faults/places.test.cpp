// SPDX-License-Identifier: BSL-1.0
// Where a fault happens, on how many, and when.
#include <catch2/catch.hpp>

#include "scenarios/faults/fault_support.hpp"

namespace windtunnel::scenario {

namespace {

/// Share of the calls to pay that nobody was there for.
double down(const std::string& fault, const std::string& patch = "{}") {
    const auto r = run_fault(fault, patch);
    CHECK(phase_of(r, "readers", before_fault).failed() == 0);
    CHECK(phase_of(r, "readers", after_fault).failed() == 0);
    const tally t = phase_of(r, "web->pay", during_fault);
    return static_cast<double>(failed_as(t, failure_kind::unavailable)) /
           static_cast<double>(t.requests);
}

const std::string many = R"j({"topology":{"services":{"pay":{"replicas":10,"zones":null,
    "nodes":null}}}})j";

} // namespace

TEST_CASE("a zone or a node goes down with all that is there") {
    const auto zone = run_fault(R"j("crash":{"on":"zone:eu"})j");
    CHECK(phase_of(zone, "readers", before_fault).failed() == 0);
    CHECK(phase_of(zone, "readers", after_fault).failed() == 0);
    CHECK(static_cast<double>(phase_of(zone, "readers", during_fault).good()) ==
          Approx(250).margin(5)); // half of web, and of its calls half
    CHECK(down(R"j("crash":{"on":"pay@zone:us"})j") == Approx(0.5).margin(0.01));
    CHECK(down(R"j("crash":{"on":"node:rack-3"})j") == Approx(0.5).margin(0.01));
    const auto both = run_fault(R"j("crash":{"on":"node:rack-1"})j");
    CHECK(static_cast<double>(phase_of(both, "readers", during_fault).good()) ==
          Approx(250).margin(5));
}

TEST_CASE("so many are picked as is said, others each time") {
    CHECK(down(R"j("crash":{"on":"pay"})j", many) == Approx(1).margin(0.002));
    CHECK(down(R"j("pick":"one","crash":{"on":"pay"})j", many) == Approx(0.1).margin(0.01));
    CHECK(down(R"j("pick":3,"crash":{"on":"pay"})j", many) == Approx(0.3).margin(0.01));
    CHECK(down(R"j("pick":"70%","crash":{"on":"pay"})j", many) == Approx(0.7).margin(0.01));
    CHECK(down(R"j("pick":99,"crash":{"on":"pay"})j", many) == Approx(1).margin(0.002));
    const auto r =
        run_fault(R"j("every":"500ms","lasts":"500ms","pick":"one","crash":{"on":"pay"})j", many);
    std::size_t hit = 0; // a replica that was down has lost its share
    for (const auto& a : r.activations)
        hit += a.fault == "f";
    CHECK(hit == 10);
    CHECK(failed_as(phase_of(r, "web->pay", during_fault), failure_kind::unavailable) ==
          Approx(50).margin(6));
}

TEST_CASE("a version is what runs it when the fault begins") {
    const std::string versions = R"j({"topology":{"services":{"pay":{"runs":["v1","v2"],
        "endpoints":{"POST /charge":{"versions":{"v1":["id"],"v2":["id"]}}}}}}})j";
    CHECK(down(R"j("crash":{"on":"pay@v2"})j", versions) == Approx(0.5).margin(0.01));
}

TEST_CASE("a fault after another begins when that has ended") {
    const auto r = run_fault(
        R"j("crash":{"on":"pay"}},
            {"name":"g","after":"f","at":"1s","for":"2s","crash":{"on":"pay"})j");
    REQUIRE(r.activations.size() == 2);
    CHECK(r.activations[1].fault == "g");
    CHECK(to_seconds(r.activations[1].begin) == 21);
    CHECK(to_seconds(r.activations[1].end) == 23);
}

} // namespace windtunnel::scenario
