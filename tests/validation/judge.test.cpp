// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/judge.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "validation/engine/laws.hpp"
#include "validation/engine/observation.hpp"

namespace windtunnel::validation {

namespace {

using Catch::Matchers::Contains;

/// M/M/1 at load .5, with that claim.
row queue_with(const std::string& text, claim::kind what = claim::kind::random) {
    row r = load_table("single_server").rows.at(0);
    r.sample.reset();
    r.claims = {{what, text, 0.02, 64}};
    return r;
}

finding judged(const row& r) {
    return judge("single_server", r).findings.at(0);
}

} // namespace

TEST_CASE("A claim about a mean that is 4 % off is found to be wrong") {
    CHECK(judged(queue_with("asks: mean = 2ms")).wrong == "");
    CHECK_THAT(judged(queue_with("asks: mean = 2.08ms")).wrong, Contains("off by more than"));
    CHECK_THAT(judged(queue_with("asks: mean = 1.92ms")).wrong, Contains("off by more than"));
}

TEST_CASE("A claim that too short a run cannot refute is no success") {
    row r = queue_with("asks: mean = 2ms");
    r.set.push_back({"duration", "5s"});
    CHECK_THAT(judged(r).wrong, Contains("run longer"));
    r.seeds = 7;
    CHECK_THAT(judged(r).wrong, Contains("at least 8"));
}

TEST_CASE("An exact claim fails on one part in a hundred million") {
    row r = queue_with("asks: mean = 100ms", claim::kind::exact);
    r.seeds = 2;
    r.set = {{"topology.services.s.endpoints.go.work", "100ms"},
             {"workload.asks.arrivals", "constant(1/s)"}};
    CHECK(judged(r).wrong == "");
    r.claims[0].text = "asks: mean = 100000001ns";
    CHECK_THAT(judged(r).wrong, Contains("on seed"));
}

TEST_CASE("A claim with a stated tolerance fails beyond it") {
    CHECK(judged(queue_with("asks: mean = 2.03ms", claim::kind::stated)).wrong == "");
    CHECK_THAT(judged(queue_with("asks: mean = 2.1ms", claim::kind::stated)).wrong,
               Contains("off by more than 2 %"));
}

TEST_CASE("A published mean is allowed its own error, and no more") {
    const auto published = claim::kind::published;
    const double error = judged(queue_with("asks: mean = 2ms", published)).standard_error;
    const auto off_by = [&](double errors) { // of both means together
        const double mean = 1e6 * (judged(queue_with("asks: mean = 2ms")).observed +
                                   errors * std::sqrt(2.0) * error);
        return queue_with("asks: mean = " + std::to_string(mean) + "us", published);
    };
    CHECK(judged(off_by(2.9)).wrong == "");
    CHECK_THAT(judged(off_by(3.1)).wrong, Contains("off by more than"));
    row r = off_by(0);
    r.seeds = 7;
    CHECK_THAT(judged(r).wrong, Contains("at least 8"));
    r.seeds = 8;
    r.set.push_back({"duration", "5s"});
    CHECK_THAT(judged(r).wrong, Contains("more seeds"));
}

TEST_CASE("An expectation that does not hold on a seed is a violation") {
    row r = queue_with("asks: mean = 2ms");
    r.seeds = 2;
    r.set.push_back({"expect", R"(["asks: mean < 1ms"])"});
    CHECK(judge("single_server", r).violations.size() == 2);
}

TEST_CASE("Books that do not add up are a violation") {
    const row r = queue_with("asks: mean = 2ms");
    const auto spec = spec_of(r);
    observation o = observe(r, spec, 1);
    REQUIRE(o.violations.empty());
    o.result.services[0].phases[scenario::whole_phase].arrivals += 1;
    o.result.workloads[0].sent -= 1;
    check_books(o.result, o.violations);
    CHECK(o.violations.size() == 2);
}

} // namespace windtunnel::validation
