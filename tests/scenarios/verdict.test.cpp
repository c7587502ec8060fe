// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/verdict.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::scenario {

namespace {

verdict of(const std::vector<check_status>& all, run_status status = run_status::complete) {
    std::vector<expectation_result> checked(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        checked[i].status = all[i];
    return verdict_of(checked, status);
}

using s = check_status;

} // namespace

TEST_CASE("every verdict has its name and its exit code") {
    CHECK(exit_code(verdict::passed) == 0);
    CHECK(exit_code(verdict::failed) == 1);
    CHECK(exit_code(verdict::invalid) == 2);
    CHECK(exit_code(verdict::invalid_baseline) == 3);
    CHECK(exit_code(verdict::inconclusive) == 4);
    CHECK(exit_code(verdict::error) == 70);
    CHECK(exit_code(verdict::aborted) == 130);
    CHECK(exit_code(verdict::aborted, 15) == 143);
    CHECK(to_string(verdict::invalid_baseline) == "invalid_baseline");
    CHECK(to_string(verdict::passed) == "passed");
}

TEST_CASE("the worst expectation decides") {
    CHECK(of({}) == verdict::passed);
    CHECK(of({s::passed, s::passed}) == verdict::passed);
    CHECK(of({s::passed, s::inconclusive}) == verdict::inconclusive);
    CHECK(of({s::failed, s::inconclusive}) == verdict::failed);
    CHECK(of({s::failed, s::invalid_baseline, s::passed}) == verdict::invalid_baseline);
}

TEST_CASE("a run that was stopped has no other verdict, and a bug outweighs it") {
    CHECK(of({s::failed}, run_status::aborted) == verdict::aborted);
    CHECK(of({}, run_status::aborted) == verdict::aborted);
    CHECK(worse(verdict::error, verdict::aborted) == verdict::error);
    CHECK(worse(verdict::invalid, verdict::invalid_baseline) == verdict::invalid);
}

} // namespace windtunnel::scenario
