// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/health_report.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace windtunnel;

TEST_CASE("A process without checks is up") {
    const health_report report = health_checks{}.report();
    CHECK(report.status() == 200);
    CHECK(report.to_json() == R"({"status":"UP","checks":[]})");
}

TEST_CASE("One check that is down takes the whole down, and the report says which") {
    health_checks checks;
    bool disk = true;
    checks.add("loop", [] { return true; });
    checks.add("disk", [&] { return disk; });
    CHECK(checks.report().status() == 200);
    disk = false;
    const health_report report = checks.report();
    CHECK(!report.up());
    CHECK(report.status() == 503);
    CHECK(report.checks == std::vector<health_report::entry>{{"loop", true}, {"disk", false}});
    CHECK(report.to_json() == R"({"status":"DOWN","checks":[{"name":"loop","status":"UP"},)"
                              R"({"name":"disk","status":"DOWN"}]})");
}

TEST_CASE("A check's name is one that needs no quoting, and its own") {
    health_checks checks;
    checks.add("disk", [] { return true; });
    for (const char* bad : {"", "a b", "a\"b", "disk"}) {
        INFO(bad);
        CHECK_THROWS_AS(checks.add(bad, [] { return true; }), std::invalid_argument);
    }
}
