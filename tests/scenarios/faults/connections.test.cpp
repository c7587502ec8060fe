// SPDX-License-Identifier: BSL-1.0
// What happens to connections and to the names of services.
#include <catch2/catch.hpp>

#include "scenarios/faults/fault_support.hpp"

namespace windtunnel::scenario {

namespace {

/// web calls pay over HTTP/1.1.
std::string over_rest(const std::string& more = {}) {
    return R"j({"topology":{"services":{"web":{"endpoints":{"GET /":{"steps":[
        {"call":"pay.POST /charge","timeout":"400ms","protocol":{"kind":"rest")j" +
           more + R"j(}}]}}}}}})j";
}

tally calls(const run_result& r, std::size_t phase) {
    return phase_of(r, "web->pay", phase);
}

} // namespace

TEST_CASE("a reset breaks what is under way at once, and what comes later") {
    const auto r = run_fault(R"j("reset":{"on":"web->pay","share":"0%"})j",
                             R"j({"topology":{"services":{"pay":{"endpoints":{"POST /charge":{
                                 "work":"100ms"}}}}}})j");
    const tally once = calls(r, during_fault);
    CHECK(failed_as(once, failure_kind::connection_lost) == 10); // that were under way
    CHECK(once.failed() == 10);
    try_window tries;
    for (const edge_telemetry& edge : r.telemetry.edges)
        for (const auto& windows : edge.replicas)
            for (const try_window& w : windows)
                tries.merge(w);
    CHECK(tries.sent == tries.answered + tries.gave_up); // none is missing in the telemetry
    CHECK(tries.unreachable == 10);
    const auto all = run_fault(R"j("reset":{"on":"pay","share":"50%"})j");
    CHECK(failed_as(calls(all, during_fault), failure_kind::connection_lost) ==
          Approx(500).margin(60));
    CHECK(calls(all, after_fault).failed() == 0);
    CHECK(calls(all, before_fault).failed() == 0);
}

TEST_CASE("a name that is not resolved stops new connections, not those that are open") {
    CHECK(calls(run_fault(R"j("dns":{"on":"pay"})j"), during_fault).good() <= 2);
    const auto open = run_fault(R"j("dns":{"on":"pay"})j", over_rest());
    CHECK(calls(open, during_fault).failed() == 0);
    const auto fresh = run_fault(R"j("dns":{"on":"pay"})j", over_rest(R"j(,"max_requests":1)j"));
    CHECK(calls(fresh, during_fault).good() <= 4);
    CHECK(failed_as(calls(fresh, during_fault), failure_kind::unavailable) > 990);
    CHECK(calls(fresh, after_fault).failed() == 0);
}

TEST_CASE("an expired certificate stops new connections with TLS") {
    const std::string fault = R"j("expired_certificate":{"on":"pay"})j";
    const auto open = run_fault(fault, over_rest(R"j(,"tls":"TLSv1.3")j"));
    CHECK(calls(open, during_fault).failed() == 0);
    const auto fresh = run_fault(fault, over_rest(R"j(,"tls":"TLSv1.3","max_requests":1)j"));
    CHECK(failed_as(calls(fresh, during_fault), failure_kind::unavailable) > 990);
    CHECK(calls(fresh, after_fault).failed() == 0);
}

TEST_CASE("leaked connections are missing in the pool until they are found") {
    const auto r = run_fault(R"j("connection_leak":{"on":"web->pay","share":"20%"})j", over_rest());
    CHECK(calls(r, during_fault).failed() > 300); // all 24 places are gone after some 120 calls
    CHECK(calls(r, before_fault).failed() == 0);
    CHECK(calls(r, after_fault).failed() == 0);
}

TEST_CASE("connections that close slowly keep their places") {
    const std::string patient = R"j({"topology":{"services":{
        "pay":{"endpoints":{"POST /charge":{"work":"1s"}},"workers":1000},
        "web":{"endpoints":{"GET /":{"steps":[{"call":"pay.POST /charge","timeout":"20ms",
            "protocol":{"kind":"rest","max_connections":3}}]}}}}}})j";
    const auto opened = [&](const std::string& fault) {
        return phase_of(run_fault(fault, patient), "pay.POST /charge", during_fault).requests;
    };
    const auto quick = opened(R"j("slow":{"on":"pay","factor":1})j");
    const auto slow = opened(R"j("slow_close":{"on":"pay","delay":"1s"})j");
    CHECK(slow < quick / 4);
}

TEST_CASE("with stale names callers stay with instances that have gone") {
    const auto lost = [](const std::string& dns) {
        const auto r =
            run_fault(dns + R"j(,{"name":"gone","at":"11s","for":"8s","crash":{"on":"pay#0"})j",
                      R"j({"topology":{"discovery":
                {"lease":"1s","heartbeat_interval":"300ms","watch":true}}})j");
        CHECK(calls(r, after_fault).failed() == 0);
        return calls(r, during_fault).failed();
    };
    const auto known = lost(R"j("latency":{"on":"pay","add":"0s"}})j");
    CHECK(known < 100); // for as long as the lease
    CHECK(lost(R"j("dns":{"on":"pay","stale":true}})j") == Approx(400).margin(20));
}

} // namespace windtunnel::scenario
