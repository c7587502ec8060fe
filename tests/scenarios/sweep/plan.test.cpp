// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/plan.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "scenarios/sweep/support.hpp"

namespace windtunnel::scenario {

namespace {

using Catch::Matchers::Contains;

std::string complaint(const sweep_folder& folder, const sweep_options& options) {
    return message_of([&] { folder.plan(options); });
}

} // namespace

TEST_CASE("the grid is the product of all values, the last parameter fastest") {
    const sweep_folder folder;
    const auto plan = folder.over({"max_attempts=1..2", "load=10/s,20/s,30/s"});
    CHECK(plan.grid_size() == 6);
    CHECK(plan.grid_point(0) == point_values{"1", "10/s"});
    CHECK(plan.grid_point(1) == point_values{"1", "20/s"});
    CHECK(plan.grid_point(5) == point_values{"2", "30/s"});
    const auto spec = plan.scenario_at({"2", "30/s"});
    CHECK(std::get<poisson_arrivals>(spec.workloads[0].arrivals).rate == 30);
    CHECK(plan.parameters()[0].pointer == "/workload/0/retry/max_attempts");
    CHECK(spec.seed == 3);
}

TEST_CASE("a parameter of the topology is read from its file") {
    const sweep_folder folder;
    const auto plan = folder.over({"counter.workers=1..4", "ask.work.mean=1ms,2ms"});
    const auto spec = plan.scenario_at({"4", "2ms"});
    CHECK(spec.topology.services[0].workers == 4);
    CHECK(spec.topology.services[0].endpoints[0].work->describe().find("2ms") != std::string::npos);
    CHECK_THAT(message_of([&] {
                   plan.scenario_at({"0", "2ms"});
               }),
               Contains("-P counter.workers=0: error:"));
}

TEST_CASE("options are those of all points, and change what a sweep is of") {
    const sweep_folder folder;
    sweep_options options{{}, {"load=10/s,20/s"}, {}, false};
    const std::string plain = folder.plan(options).fingerprint();
    CHECK(folder.plan(options).fingerprint() == plain);
    options.base.variant = "busy";
    const std::string busy = folder.plan(options).fingerprint();
    options.base.set = {{"topology.services.counter.workers", "3", ""}};
    const std::string more = folder.plan(options).fingerprint();
    options.base.seed = 9;
    CHECK(folder.plan(options).scenario_at({"10/s"}).seed == 9);
    CHECK(std::set{plain, busy, more, folder.plan(options).fingerprint()}.size() == 4);
}

TEST_CASE("what is in the platform file of any point is a part of what a sweep is of") {
    const sweep_folder folder;
    folder.write("counter.topology.json", R"j({
      "name": "counter", "services": { "counter": { "endpoints": { "ask": { "work": "1ms" } } } },
      "platform": { "file": "a.xml", "placement": { "counter": "here", "users": "there" } } })j");
    folder.write("a.xml", "1");
    folder.write("b.xml", "1");
    const auto of_both = [&] { return folder.over({"platform.file=a.xml,b.xml"}).fingerprint(); };
    const auto of_one = [&] { return folder.over({"load=1/s,2/s"}).fingerprint(); };
    const std::string both = of_both(), one = of_one();
    folder.write("b.xml", "2");
    CHECK(of_both() != both);
    CHECK(of_one() == one);
    folder.write("a.xml", "2");
    CHECK(of_one() != one);
}

TEST_CASE("parameters that contradict each other or the options are refused") {
    const sweep_folder folder;
    const auto with = [](std::vector<std::string> parameters, load_options base = {},
                         bool find = false) {
        return sweep_options{std::move(base), std::move(parameters), {}, find};
    };
    CHECK_THAT(complaint(folder, with({"load=1/s,2/s", "workload.0.arrivals.rate=3/s"})),
               Contains("-P workload.0.arrivals.rate=3/s: error: -P load varies the same value "
                        "already (/workload/0/arrivals/rate)"));
    CHECK_THAT(complaint(folder, with({"load=1/s,2/s", "arrivals=poisson(1/s)"})),
               Contains("one of which holds the other"));
    CHECK_THAT(complaint(folder, with({"seed=1..3"}, {.seed = 4})),
               Contains("--seed sets the same value"));
    CHECK_THAT(complaint(folder, with({"duration=4s,5s"}, {.length = std::chrono::seconds{4}})),
               Contains("--duration sets the same value"));
    CHECK_THAT(complaint(folder, with({"load=1/s"},
                                      {.set = {{"workload.users.arrivals.rate", "5/s", ""}}})),
               Contains("-D workload.users.arrivals.rate sets what this varies"));
    CHECK_THAT(complaint(folder, with({"load"})), Contains("write -P name=values"));
    CHECK_THAT(complaint(folder, with({"load=10/s,20/s"}, {}, true)),
               Contains("--find looks for a boundary within a range: write load=A..B"));
}

TEST_CASE("a parameter may vary within what an option sets") {
    const sweep_folder folder;
    sweep_options options{{}, {"load=1/s,2/s"}, {}, false};
    options.base.set = {{"workload.0.arrivals", "constant(5/s)", ""}};
    CHECK(
        std::get<constant_arrivals>(folder.plan(options).scenario_at({"2/s"}).workloads[0].arrivals)
            .rate == 2);
}

} // namespace windtunnel::scenario
