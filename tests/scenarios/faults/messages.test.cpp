// SPDX-License-Identifier: BSL-1.0
// What happens to messages between processes.
#include <catch2/catch.hpp>

#include "scenarios/faults/fault_support.hpp"

namespace windtunnel::scenario {

namespace {

tally only_during(const run_result& r, const std::string& subject = "readers") {
    CHECK(unharmed(r, before_fault));
    CHECK(phase_of(r, "readers", after_fault).failed() == 0);
    return phase_of(r, subject, during_fault);
}

double share_lost(const tally& t) {
    CHECK(failed_as(t, failure_kind::timed_out) == t.failed());
    return static_cast<double>(t.failed()) / static_cast<double>(t.requests);
}

} // namespace

TEST_CASE("lost messages are missed by whoever waits, in the direction that is meant") {
    // A request and its answer: 1 - .9^2.
    CHECK(share_lost(only_during(run_fault(R"j("loss":{"on":"web->pay","share":"10%"})j"))) ==
          Approx(0.19).margin(0.04));
    CHECK(share_lost(only_during(
              run_fault(R"j("loss":{"on":"web->pay","share":"10%","direction":"to"})j"))) ==
          Approx(0.1).margin(0.03));
    const auto back = run_fault(R"j("loss":{"on":"pay","share":"100%","direction":"from"})j");
    CHECK(share_lost(only_during(back)) == Approx(1).margin(0.002));
    CHECK(phase_of(back, "pay.POST /charge", during_fault).good() > 990); // in vain
}

TEST_CASE("a partition cuts both ways, or one, and between two sides alone") {
    CHECK(share_lost(only_during(run_fault(R"j("partition":{"on":"pay"})j"))) ==
          Approx(1).margin(0.002));
    CHECK(share_lost(only_during(run_fault(R"j("partition":{"on":"pay#1"})j"))) ==
          Approx(0.5).margin(0.002));
    const auto one_way = run_fault(R"j("partition":{"on":"pay","direction":"from"})j");
    CHECK(share_lost(only_during(one_way)) == Approx(1).margin(0.002));
    CHECK(phase_of(one_way, "pay.POST /charge", during_fault).good() > 990);
    const auto between = run_fault(R"j("partition":{"on":"zone:eu","from":"zone:us"})j");
    CHECK(phase_of(between, "readers", during_fault).failed() > 0);
    CHECK(phase_of(between, "readers", during_fault).good() > 0);
}

TEST_CASE("a black hole takes what is sent to it, a closed port says so") {
    const auto hole = run_fault(R"j("blackhole":{"on":"pay"})j");
    CHECK(share_lost(only_during(hole)) == Approx(1).margin(0.002));
    CHECK(phase_of(hole, "pay.POST /charge", during_fault).requests < 5);
    const tally refused = only_during(run_fault(R"j("refuse":{"on":"pay"})j"), "web->pay");
    CHECK(failed_as(refused, failure_kind::unavailable) == refused.failed());
    CHECK(refused.failed() > 990);
    CHECK(to_seconds(refused.failed_latency.max()) == Approx(0.002));
}

TEST_CASE("messages that are held back are late, not lost") {
    const tally t = only_during(
        run_fault(R"j("reorder":{"on":"web->pay","share":"50%","by":"40ms","direction":"to"})j"));
    CHECK(t.failed() == 0);
    CHECK(mean_of(t) == Approx(0.034).margin(0.003));
}

TEST_CASE("a narrow line is shared by all, and what finds its buffer full is lost") {
    const std::string sizes = R"j({"topology":{"services":{"pay":{"endpoints":{"POST /charge":{
        "request_size":"1kB"}}}}}})j";
    // 1 kB takes 5 ms: 100 a second leave room.
    const tally slow = phase_of(
        run_fault(R"j("bandwidth":{"on":"pay","limit":"200kB/s","direction":"to"})j", sizes),
        "readers", during_fault);
    CHECK(slow.failed() == 0);
    CHECK(mean_of(slow) == Approx(0.019).margin(0.001));
    // Half of them fit; ten wait at most, which take 200 ms.
    const tally full = phase_of(run_fault(R"j("bandwidth":{"on":"pay","limit":"50kB/s",
        "buffer":"10kB","direction":"to"})j",
                                          sizes),
                                "readers", during_fault);
    CHECK(share_lost(full) == Approx(0.5).margin(0.03));
    CHECK(to_seconds(full.good_latency.max()) == Approx(0.234).margin(0.022));
}

} // namespace windtunnel::scenario
