// SPDX-License-Identifier: BSL-1.0
// The table of the kinds of policies against the tables of the format, and against a system that
// has all of them.
#include "topologies/src/system/policy_kinds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "support/repository.hpp"
#include "topologies/src/admission_table.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/system/policy_readings.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

/// "a" calls "b" with every policy that a call can have.
const std::string all_of_a_call = R"-({"call":"b.x","key":"uniform(10)","timeout":"1s",
    "total_timeout":"2s","retry":{},"retry_budget":{},"circuit_breaker":{},"bulkhead":{},
    "rate_limiter":{},"hedge":{},"adaptive_limit":{},"throttle":{},"fallback":{},"cache":{},
    "coalescing":{},"balancer":"round_robin","outlier_detection":{},
    "health_check":{"endpoint":"health"},"protocol":"rest"})-";

std::string topology_with(const std::string& admission) {
    return R"({"name":"t","discovery":{},"services":{
        "a":{"endpoints":{"x":{"steps":[)" +
           all_of_a_call + R"(]}}},"b":{"admission":)" + admission +
           R"(,"endpoints":{"x":{"work":"1ms"},"health":{}}}}})";
}

std::set<std::string> read_kinds(const world& w, const std::string& caller) {
    std::set<std::string> kinds;
    for (const policy_reading& each : policy_readings(*w.running)) {
        if (each.caller != caller)
            continue;
        kinds.emplace(each.kind->name);
        policy_figures told; // asserts that nothing else is told
        each.read(w.simulation.now(), told);
        CHECK(told.machines() > 0);
        CHECK(told.counters().size() == each.kind->figures.counters.size());
        CHECK(told.levels().size() == each.kind->figures.levels.size());
    }
    return kinds;
}

} // namespace

TEST_CASE("whatever a call can have is a kind of policy, by its key in a file") {
    for (const described_field& field : policies_table().describe().fields) {
        CAPTURE(field.key);
        CHECK(find_call_policy_kind(field.key) != nullptr);
    }
}

TEST_CASE("whatever an admission can have is a kind of policy, but for what only tells callers") {
    for (const described_field& field : admission_table().describe().fields) {
        CAPTURE(field.key);
        CHECK((find_admission_policy_kind(field.key) != nullptr || field.key == "tells_callers"));
    }
}

TEST_CASE("each kind that is on in a topology is read of the system that is built from it") {
    for (const std::string admission :
         {R"({"rate_limiter":{},"rate_limiter_by_caller":{},"priority_shedder":{},
              "adaptive_limit":{},"codel":{}})",
          R"({"adaptive_lifo":{}})", R"({"server_admission":{}})"}) {
        world w(topology_with(admission), {R"({"call":"a.x"})"});
        for (int i = 0; i < 50; ++i)
            w.send(1s + i * 1ms);
        w.run(5s);
        const auto& call = std::get<call_step>(w.spec.services[0].endpoints[0].steps[0].what);
        std::set<std::string> calls, doors;
        for (const call_policy_kind& kind : call_policy_kinds())
            if (kind.is_on(call.policies, w.spec))
                calls.emplace(kind.name);
        for (const admission_policy_kind& kind : admission_policy_kinds())
            if (kind.is_on(*w.spec.services[1].admission))
                doors.emplace(kind.name);
        CHECK(calls.size() == call_policy_kinds().size());
        CHECK(read_kinds(w, "a") == calls);
        CHECK(read_kinds(w, "b") == doors);
    }
}

TEST_CASE("what a call does not say is not on, and not read") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{"steps":[
        {"call":"b.x","retry_budget":{}}]}}},"b":{"endpoints":{"x":{}}}}})",
            {R"({"call":"a.x"})"});
    w.send(0ms);
    w.run(1s);
    const auto& call = std::get<call_step>(w.spec.services[0].endpoints[0].steps[0].what);
    for (const call_policy_kind& kind : call_policy_kinds())
        CHECK_FALSE(kind.is_on(call.policies, w.spec)); // nobody asks the budget
    CHECK(policy_readings(*w.running).empty());
}

TEST_CASE("a gateway is told of as a service and as each of its routes") {
    world w(R"({"name":"t","services":{"g":{"replicas":2,"gateway":{"routes":{
        "a":{"path":"/a","to":"s.x"},"b":{"path":"/b","to":"s.x"}}}},"s":{"endpoints":{"x":{}}}}})",
            {R"({"call":"g.a"})", R"({"call":"g.b"})"});
    for (int i = 0; i < 10; ++i)
        w.send(1s, i % 5 == 0 ? 1U : 0U);
    w.run(5s);
    policy_figures whole;
    std::map<std::string, std::uint64_t> routed;
    for (const policy_reading& each : policy_readings(*w.running)) {
        CHECK(each.kind == &gateway_kind());
        policy_figures told;
        each.read(w.simulation.now(), told);
        routed[each.caller] += told.counters().front().second;
        if (each.caller == "g")
            each.read(w.simulation.now(), whole);
    }
    CHECK(routed == std::map<std::string, std::uint64_t>{{"g", 10}, {"g.a", 8}, {"g.b", 2}});
    CHECK(whole.machines() == 1);
    CHECK(find_service_policy_kind("gateway") == find_destination_kind("gateway"));
    CHECK(find_service_policy_kind("codel") == find_admission_policy_kind("codel"));
    CHECK(is_refusal("unauthorized"));
    CHECK_FALSE(is_refusal("routed"));
}

TEST_CASE("the page of results has a row for each kind with all its figures") {
    std::ifstream in(test::in_repository("docs/results.md"));
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    const auto check = [&](const policy_kind& kind) {
        CAPTURE(kind.name);
        CHECK(page.find("`" + std::string(kind.name) + "`") != std::string::npos);
        for (const std::string_view name : kind.figures.counters) {
            CAPTURE(name);
            CHECK(page.find("`" + std::string(name) + "`") != std::string::npos);
        }
        for (const policy_level& level : kind.figures.levels) {
            CAPTURE(level.name);
            CHECK(page.find("`" + std::string(level.name) + "`") != std::string::npos);
        }
    };
    for (const call_policy_kind& kind : call_policy_kinds())
        check(kind);
    for (const admission_policy_kind& kind : admission_policy_kinds())
        check(kind);
    for (const host_limit_kind& kind : host_limit_kinds())
        check(kind);
    for (const destination_kind& kind : destination_kinds())
        check(kind);
}

} // namespace windtunnel::topology
