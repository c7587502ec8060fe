// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/run_points.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "scenarios/src/replications.hpp"
#include "scenarios/sweep/support.hpp"

namespace windtunnel::scenario {

namespace {

std::vector<point_job> grid_of(const sweep_plan& plan) {
    std::vector<point_job> jobs(plan.grid_size());
    for (std::size_t i = 0; i < jobs.size(); ++i)
        jobs[i].values = plan.grid_point(i);
    check_points(plan, jobs, 2);
    return jobs;
}

std::vector<std::string> lines_of(const sweep_plan& plan, unsigned threads) {
    const auto jobs = grid_of(plan);
    std::vector<std::string> lines(jobs.size());
    run_points(plan, jobs, {threads, {}, nullptr},
               [&](std::size_t i, point_result&& p) { lines[i] = to_line(p); });
    return lines;
}

} // namespace

TEST_CASE("a point is what a run of the scenario with its values finds") {
    const sweep_folder folder;
    sweep_options options{{.replications = 3}, {"load=20/s,60/s"}, {}, false};
    const auto plan = folder.plan(options);
    std::vector<point_result> points(2);
    run_points(plan, grid_of(plan), {2, {}, nullptr},
               [&](std::size_t i, point_result&& p) { points[i] = std::move(p); });
    const auto spec =
        load_scenario(folder.file("counter.json"),
                      {.set = {{"workload.0.arrivals", "poisson(60/s)", ""}}, .replications = 3});
    const auto run = run_replications(
        spec, {.seed = 3, .replications = 3, .threads = 1, .progress = {}, .stop = nullptr});
    CHECK(points[1].verdict == run.verdict);
    CHECK(points[1].expectations[0].observed == run.expectations[0].observed);
    CHECK(points[1].replications == 3);
    CHECK(points[1].seed == 3);
    CHECK(points[1].metrics.size() == 4);
    CHECK(points[1].metrics[0].value == run.expectations[0].observed); // both are the p50
    CHECK(points[0].metrics[3].value < points[1].metrics[3].value);    // goodput
}

TEST_CASE("the points do not depend on the number of threads") {
    const sweep_folder folder;
    const auto plan = folder.plan(sweep_options{
        {.replications = 4}, {"load=20/s..60/s:20/s", "max_attempts=1..2"}, {}, false});
    const auto alone = lines_of(plan, 1);
    CHECK(lines_of(plan, 2) == alone);
    CHECK(lines_of(plan, 5) == alone);
    CHECK(std::count(alone.begin(), alone.end(), "") == 0);
}

TEST_CASE("every point meets the same chance") {
    const sweep_folder folder;
    const auto plan =
        folder.plan(sweep_options{{}, {"counter.workers=20,30,40"}, {"users: requests"}, false});
    std::vector<std::optional<double>> requests(3);
    run_points(plan, grid_of(plan), {2, {}, nullptr},
               [&](std::size_t i, point_result&& p) { requests[i] = p.metrics[0].value; });
    CHECK(requests[0] == requests[1]);
    CHECK(requests[1] == requests[2]);
}

TEST_CASE("all that is wrong with the points is said before one runs, each complaint once") {
    const sweep_folder folder;
    const auto plan = folder.over({"counter.workers=1,0,-1", "load=10/s,20/s"});
    const std::string message = message_of([&] { grid_of(plan); });
    CHECK_THAT(message, Catch::Matchers::Contains("-P counter.workers=0: error: "));
    CHECK_THAT(message, Catch::Matchers::Contains("-P counter.workers=-1: error: "));
    CHECK(std::count(message.begin(), message.end(), '\n') == 1);
}

TEST_CASE("a point that cannot be run to its end is invalid, and the others are run") {
    const sweep_folder folder;
    sweep_options options{{}, {"load=20/s,2000/s"}, {}, false};
    options.base.length = std::chrono::seconds{100};
    options.base.auto_warmup = true; // at 2000/s it never settles
    options.base.set = {{"faults", "[]", ""}};
    const auto plan = folder.plan(options);
    const auto jobs = grid_of(plan);
    std::vector<point_result> points(2);
    run_points(plan, jobs, {2, {}, nullptr},
               [&](std::size_t i, point_result&& p) { points[i] = std::move(p); });
    CHECK(points[0].error == "");
    CHECK(points[0].metrics.size() == 4);
    CHECK(points[1].verdict == verdict::invalid);
    CHECK_FALSE(points[1].error.empty());
    CHECK(points[1].metrics.empty());
}

TEST_CASE("a point finds how many replications it needs") {
    const sweep_folder folder;
    sweep_options options{{}, {"load=20/s,60/s"}, {}, false};
    options.base.auto_replications = true;
    options.base.max_replications = 12;
    const auto plan = folder.plan(options);
    const auto one = lines_of(plan, 1);
    CHECK(lines_of(plan, 2) == one);
    const auto point = point_from_line(one[0]);
    REQUIRE(point);
    CHECK(point->automatic);
    CHECK(point->asked == 12);
    CHECK(point->replications >= 2);
    CHECK(point->replications <= 12);
    CHECK(point->metrics[0].interval);
}

TEST_CASE("what is under way when it is told to stop is given up") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=20/s,30/s,40/s"});
    const auto jobs = grid_of(plan);
    std::atomic<bool> stop{false};
    std::size_t done = 0;
    run_points(plan, jobs, {1, {}, &stop}, [&](std::size_t, point_result&&) {
        ++done;
        stop = true;
    });
    CHECK(done == 1);
}

} // namespace windtunnel::scenario
