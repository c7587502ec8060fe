// SPDX-License-Identifier: BSL-1.0
// What happens to processes and to what they have in memory.
#include <catch2/catch.hpp>

#include "scenarios/faults/fault_support.hpp"

namespace windtunnel::scenario {

namespace {

tally calls(const run_result& r, std::size_t phase) {
    return phase_of(r, "web->pay", phase);
}

} // namespace

TEST_CASE("a crash refuses, a pause keeps waiting, slowness takes its factor") {
    const auto crashed = run_fault(R"j("crash":{"on":"pay#0"})j");
    CHECK(failed_as(calls(crashed, during_fault), failure_kind::unavailable) ==
          Approx(500).margin(3));
    CHECK(unharmed(crashed, before_fault));
    CHECK(unharmed(crashed, after_fault));
    const auto paused = run_fault(R"j("pause":{"on":"pay#0"})j");
    CHECK(failed_as(phase_of(paused, "readers", during_fault), failure_kind::timed_out) > 450);
    const auto slow = run_fault(R"j("slow":{"on":"pay","factor":3})j");
    CHECK(mean_of(phase_of(slow, "readers", during_fault)) == Approx(0.034).margin(1e-4));
    CHECK(unharmed(slow, before_fault));
    const auto grown = run_fault(R"j("ramp":"10s","slow":{"on":"pay","factor":3})j");
    CHECK(mean_of(phase_of(grown, "readers", during_fault)) == Approx(0.024).margin(5e-4));
}

TEST_CASE("a crash loop is down for twice as long each time") {
    // Down for 1, 2 and 4 s, with 500 ms up between: 8 s of the 10, the last cut off.
    const auto r = run_fault(R"j("crash_loop":{"on":"pay","up":"500ms","back_off":"1s"})j");
    CHECK(failed_as(calls(r, during_fault), failure_kind::unavailable) == Approx(850).margin(5));
    CHECK(calls(r, after_fault).failed() == 0);
    CHECK(calls(r, before_fault).failed() == 0);
    const auto bounded =
        run_fault(R"j("crash_loop":{"on":"pay","up":"1s","back_off":"1s","max_back_off":"1s"})j");
    CHECK(failed_as(calls(bounded, during_fault), failure_kind::unavailable) ==
          Approx(500).margin(5));
}

TEST_CASE("caches that are flushed are cold once") {
    const auto r =
        run_fault(R"j("cache_flush":{"on":"readers->web"})j",
                  R"j({"workload":[{"name":"readers","to":"web.GET /","arrivals":"constant(100/s)",
            "key":"uniform(10)","cache":{"ttl":"1h"}}]})j");
    const auto missed = [&](std::size_t phase) { return phase_of(r, "readers", phase).attempts; };
    CHECK(missed(before_fault) >= 10);
    CHECK(missed(before_fault) < 25);
    CHECK(missed(during_fault) >= 10); // each of the keys again
    CHECK(missed(during_fault) < 25);
    CHECK(missed(after_fault) == 0);
}

TEST_CASE("a wrong clock takes good tokens for expired ones") {
    const std::string secret = "a secret of 32 bytes for HS256 ...";
    const std::string guarded = R"j({"topology":{"services":{"web":{"endpoints":{"GET /":{"steps":[
        {"authenticate":{"keys":[")j" +
                                secret + R"j("],"leeway":"0s"}},
        {"call":"pay.POST /charge"}]}}}}},
        "workload":[{"name":"readers","to":"web.GET /","arrivals":"constant(100/s)",
            "token":{"key":")j" +
                                secret + R"j(","lifetime":"60s"}}]})j";
    const auto refused = [&](const std::string& clock) {
        const auto r = run_fault(R"j("clock":{"on":"web",)j" + clock + "}", guarded);
        CHECK(phase_of(r, "readers", before_fault).failed() == 0);
        CHECK(phase_of(r, "readers", after_fault).failed() == 0);
        return phase_of(r, "readers", during_fault).failed();
    };
    CHECK(refused(R"j("ahead":"2h")j") > 990);
    CHECK(refused(R"j("ahead":"1s")j") < 200);
}

TEST_CASE("a broker's slow disk delays what it accepts") {
    const auto mean = [](const std::string& fault) {
        return mean_of(phase_of(run_fault(fault, R"j({"topology":{"services":{
            "mq":{"queues":{"q":{"work":"1ms"}}},
            "web":{"endpoints":{"GET /":{"steps":[{"publish":"mq.q"}]}}},
            "pay":{"endpoints":{"POST /charge":{"consumes":{"from":"mq.q"}}}}}}})j"),
                                "readers", during_fault));
    };
    CHECK(mean(R"j("disk_slow":{"on":"mq","factor":6})j") >
          mean(R"j("slow":{"on":"pay","factor":1})j") + 0.004);
}

} // namespace windtunnel::scenario
