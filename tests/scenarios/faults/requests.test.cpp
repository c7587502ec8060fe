// SPDX-License-Identifier: BSL-1.0
// What happens to requests, at the right place and time, and is gone afterwards.
#include <catch2/catch.hpp>

#include "scenarios/faults/fault_support.hpp"

namespace windtunnel::scenario {

namespace {

/// All is well before and after; what is during is returned.
tally only_during(const run_result& r, const std::string& subject = "readers") {
    CHECK(unharmed(r, before_fault));
    CHECK(unharmed(r, after_fault));
    return phase_of(r, subject, during_fault);
}

} // namespace

TEST_CASE("latency is added with its jitter, to a share, and grows over a ramp") {
    const auto plain = run_fault(R"j("latency":{"on":"pay","add":"100ms"})j");
    CHECK(mean_of(only_during(plain)) == Approx(0.114).margin(2e-4));
    const auto wide = run_fault(R"j("latency":{"on":"web->pay","add":"100ms","jitter":"50ms"})j");
    const tally jittered = only_during(wide);
    CHECK(mean_of(jittered) == Approx(0.114).margin(0.004));
    CHECK(to_seconds(jittered.good_latency.max()) < 0.165);
    CHECK(to_seconds(jittered.good_latency.max()) > 0.155);
    const auto some = run_fault(R"j("latency":{"on":"pay#0","add":"100ms"})j");
    CHECK(mean_of(only_during(some)) == Approx(0.064).margin(0.001));
    // Grown for the whole of its time: half of it in the mean.
    const auto grown = run_fault(R"j("ramp":"10s","latency":{"on":"pay","add":"100ms"})j");
    CHECK(mean_of(phase_of(grown, "readers", during_fault)) == Approx(0.0635).margin(0.001));
}

TEST_CASE("a correlated jitter changes slowly") {
    const auto of = [](const std::string& correlation) {
        const auto r = run_fault(R"j("latency":{"on":"web->pay","add":"100ms","jitter":"50ms",
            "correlation":")j" + correlation +
                                 R"j("})j");
        const tally t = phase_of(r, "readers", during_fault);
        return 1e3 * to_seconds(t.good_latency.max()) - 14;
    };
    CHECK(of("0%") > 147);
    CHECK(of("90%") < 140); // netem's sum of draws is narrower
}

TEST_CASE("errors are answered by status or by gRPC's code, without work") {
    const auto r = run_fault(R"j("errors":{"on":"pay","share":"30%","grpc":"UNAVAILABLE"})j");
    const tally t = only_during(r);
    CHECK(static_cast<double>(failed_as(t, failure_kind::error)) == Approx(300).margin(50));
    CHECK(to_seconds(t.failed_latency.max()) == Approx(0.004));
}

TEST_CASE("a quota lets so many through each period and answers 429 at once to others") {
    const auto r = run_fault(R"j("quota":{"on":"pay","permits":20})j");
    const tally t = only_during(r, "web->pay");
    CHECK(failed_as(t, failure_kind::overloaded) == t.failed());
    CHECK(t.good() >= 200);
    CHECK(t.good() <= 221); // 20 a second, and those of the first
}

TEST_CASE("a duplicate request is worked on twice and answered once") {
    const auto r = run_fault(R"j("duplicate":{"on":"web->pay"})j");
    CHECK(unharmed(r, during_fault));
    for (const edge_telemetry& edge : r.telemetry.edges)
        for (const auto& windows : edge.replicas)
            for (const try_window& w : windows) // both were as long on the way
                CHECK(static_cast<std::uint64_t>(w.way_sum) == 1'000'000 * w.arrived);
    const auto arrived = [&](std::size_t phase) {
        return phase_of(r, "pay.POST /charge", phase).requests;
    };
    CHECK(arrived(before_fault) == Approx(1000).margin(2));
    CHECK(arrived(during_fault) == Approx(2000).margin(4));
    CHECK(arrived(after_fault) == Approx(1000).margin(2));
}

TEST_CASE("a corrupt request is answered 400, a corrupt answer breaks the contract") {
    const auto there = run_fault(R"j("corrupt":{"on":"web->pay","direction":"to","share":"20%"})j");
    const tally requests = only_during(there, "web->pay");
    CHECK(failed_as(requests, failure_kind::error) == requests.failed());
    CHECK(static_cast<double>(requests.failed()) == Approx(200).margin(40));
    const auto back = run_fault(R"j("corrupt":{"on":"pay","direction":"from","share":"20%"})j");
    const tally answers = only_during(back, "web->pay");
    CHECK(failed_as(answers, failure_kind::contract_broken) == answers.failed());
    CHECK(static_cast<double>(answers.failed()) == Approx(200).margin(40));
}

TEST_CASE("a poisoned message fails whoever consumes it, however often it is delivered") {
    const auto r = run_fault(R"j("poison":{"on":"pay.POST /charge","share":"10%"})j",
                             R"j({"topology":{"services":{
            "mq":{"queues":{"q":{"max_deliveries":5}}},
            "web":{"endpoints":{"GET /":{"steps":[{"publish":"mq.q"}]}}},
            "pay":{"endpoints":{"POST /charge":{"consumes":{"from":"mq.q"}}}}}}})j");
    const tally t = phase_of(r, "pay.POST /charge", during_fault);
    const double messages = static_cast<double>(t.good()) + static_cast<double>(t.failed()) / 5;
    CHECK(messages == Approx(1000).margin(10)); // each of the poisoned five times
    CHECK(static_cast<double>(t.failed()) / 5 == Approx(100).margin(30));
}

TEST_CASE("load is multiplied, by arrivals of its kind, and left out below one") {
    const auto sent = [](const std::string& factor, const std::string& arrivals) {
        const auto r =
            run_fault(R"j("load":{"on":"readers","factor":)j" + factor + "}",
                      R"j({"workload":[{"name":"readers","to":"web.GET /","arrivals":")j" +
                          arrivals + "\"}]}");
        CHECK(static_cast<double>(phase_of(r, "readers", before_fault).requests) ==
              Approx(1000).margin(100));
        CHECK(static_cast<double>(phase_of(r, "readers", after_fault).requests) ==
              Approx(1000).margin(100));
        return static_cast<double>(phase_of(r, "readers", during_fault).requests);
    };
    CHECK(sent("3", "constant(100/s)") == Approx(3000).margin(3));
    CHECK(sent("3", "poisson(100/s)") == Approx(3000).margin(170));
    CHECK(sent("0.25", "poisson(100/s)") == Approx(250).margin(50));
    CHECK(sent("0", "constant(100/s)") <= 3);
}

TEST_CASE("of closed users there are more for a while, or fewer") {
    const auto asked = [](const std::string& factor) {
        const auto r = run_fault(R"j("load":{"on":"readers","factor":)j" + factor + "}",
                                 R"j({"workload":[{"name":"readers","to":"web.GET /",
                "users":{"count":10,"think":"86ms"}}]})j");
        CHECK(phase_of(r, "readers", after_fault).requests == Approx(1000).margin(40));
        return phase_of(r, "readers", during_fault).requests;
    };
    CHECK(asked("3") == Approx(3000).margin(40));
    CHECK(asked("0.5") == Approx(500).margin(20));
}

TEST_CASE("a hot key takes its share of the requests") {
    const auto r =
        run_fault(R"j("hot_key":{"on":"readers","key":7,"share":"60%"})j",
                  R"j({"topology":{"services":{"pay":{"replicas":20,"zones":null,"nodes":null}}},
            "workload":[{"name":"readers","to":"pay.POST /charge","arrivals":"constant(100/s)",
                "key":"uniform(1000000)","cache":{"ttl":"1h"}}]})j");
    const tally cache = phase_of(r, "readers", during_fault);
    CHECK(static_cast<double>(cache.attempts) == Approx(400).margin(50)); // the rest are hits
    CHECK(phase_of(r, "readers", after_fault).attempts == Approx(1000).margin(5));
}

} // namespace windtunnel::scenario
