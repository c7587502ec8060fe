// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/warm_up.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// One worker of 1 ms in the mean at 80 % load, which is steady after a fraction of a second; or
/// with a patch.
scenario_spec queue(const std::string& patch = "{}", const std::string& warmup = "auto") {
    const auto base = topology::document::parse(R"j({
      "topology": { "name": "queue", "services": {
        "server": { "workers": 1,
                    "endpoints": { "GET /": { "work": "exponential(mean=1ms)" } } } } },
      "duration": "20s",
      "workload": [ { "name": "readers", "to": "server.GET /", "arrivals": "poisson(800/s)" } ],
      "expect": [ "readers: mean < 20ms" ]
    })j",
                                                "queue.json");
    const auto change = topology::document::parse(patch, "patch");
    load_options options;
    options.auto_warmup = warmup == "auto";
    return parse_scenario(topology::document::merge(base.root(), change.root()), ".", "queue",
                          options);
}

warm_up found(const scenario_spec& spec, std::uint64_t seed = 1) {
    replication_options how;
    how.seed = seed;
    how.threads = 2;
    return find_warm_up(spec, how);
}

} // namespace

TEST_CASE("a queue at 80 % load is steady soon") {
    const warm_up w = found(queue());
    CHECK(w.pilots == 5);
    CHECK(w.pilot_length == 20s);
    CHECK(w.length < 8s);
}

TEST_CASE("a system that fills up slowly has a warm-up of that length") {
    // Users who come one by one make the load grow for five seconds.
    const warm_up w = found(queue(
        R"j({"workload":[{"name":"readers","to":"server.GET /",
            "arrivals":"ramp(from=10/s, to=800/s, over=5s)"}]
})j"));
    CHECK(w.length >= 3s);
    CHECK(w.length <= 9s);
    CHECK_FALSE(w.decided_by.empty());
}

TEST_CASE("chance that looks like a change at the middle is looked at for longer, not refused") {
    const scenario_spec spec = queue(R"({"duration": "3s"})");
    int longer = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const warm_up w = found(spec, seed);
        CHECK(w.length <= w.pilot_length / 2);
        longer += w.pilot_length > 3s ? 1 : 0;
    }
    CHECK(longer > 0);
    CHECK(longer < 20);
}

TEST_CASE("the same seed finds the same warm-up, whatever the number of threads") {
    const scenario_spec spec = queue();
    replication_options one, two;
    one.seed = two.seed = 9;
    two.threads = 2;
    CHECK(find_warm_up(spec, one).length == find_warm_up(spec, two).length);
}

TEST_CASE("an overloaded system never settles, and is refused with what to do") {
    const auto spec = queue(R"j({"workload":[{"name":"readers","to":"server.GET /",
                                             "arrivals":"poisson(1500/s)"}]
})j");
    CHECK_THAT(message_of([&] { found(spec); }), Contains("no warm-up can be found") &&
                                                     Contains("still change at the middle") &&
                                                     Contains("--warmup"));
}

TEST_CASE("a fault within the warm-up that was found is refused at its place") {
    const auto spec = queue(R"({"faults":[{"name":"early","at":"1s","for":"1s",
                                           "errors":{"on":"server"}}]})");
    CHECK_THAT(message_of([&] { with_warm_up(spec, {.length = 2s}); }),
               Contains("the fault begins at 1s, but the warm-up that was found takes 2s"));
    CHECK(with_warm_up(spec, {.length = 1s}).warmup == 1s);
}

TEST_CASE("what was found is the run's warm-up, and is told") {
    const scenario_spec spec = queue();
    const auto run = run_replications(spec, {.seed = spec.seed, .threads = 2});
    REQUIRE(run.settled);
    CHECK(run.merged.warmup == run.settled->length);
    CHECK(run.merged.length == 20s);
}

TEST_CASE("replications go on until the expectation is clear of its bound, and say so") {
    const scenario_spec spec = queue(R"({"replications":"auto","duration":"2s"})", "0s");
    const auto run = run_replications(spec, {.seed = 1, .threads = 2});
    CHECK(run.clear == true);
    CHECK(run.seeds.size() == 20); // clear at the first look
    REQUIRE(run.expectations.front().interval);
    CHECK(run.verdict == verdict::passed);
}

TEST_CASE("where it is never clear there are as many replications as there may be") {
    // The mean of an M/M/1 queue at 80 % load is 5 ms.
    const scenario_spec spec = queue(
        R"({"replications":"auto","max_replications":24,"duration":"2s",
            "expect":["readers: mean < 5ms"]})",
        "0s");
    const auto run = run_replications(spec, {.seed = 1, .threads = 2});
    CHECK(run.clear == false);
    CHECK(run.seeds.size() == 24);
    CHECK(run.verdict == verdict::inconclusive);
    CHECK_THAT(meaning_of(run), Contains("in 24 replications, the most that --max-replications"));
}

TEST_CASE("the number of threads changes neither the number of replications nor a byte of them") {
    const scenario_spec spec = queue(R"({"replications":"auto","duration":"2s",
                                         "expect":["readers: p99 < 25ms"]})",
                                     "0s");
    const auto one = run_replications(spec, {.seed = 3, .threads = 1});
    const auto three = run_replications(spec, {.seed = 3, .threads = 3});
    CHECK(one.seeds == three.seeds);
    REQUIRE(one.expectations.front().interval);
    REQUIRE(three.expectations.front().interval);
    CHECK(one.expectations.front().interval->low == three.expectations.front().interval->low);
    CHECK(one.expectations.front().explanation == three.expectations.front().explanation);
}

} // namespace windtunnel::scenario
