// SPDX-License-Identifier: BSL-1.0
// The forms of what a sweep found, of points that are made up.
#include "scenarios/src/sweep/outcome.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scenarios/sweep/support.hpp"
#include "support/files.hpp"
#include "support/json_schema.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

/// What the published schema has against it; empty: nothing.
std::string complaints(const nlohmann::json& sweep) {
    return test::schema_errors(nlohmann::json::parse(sweep_schema()), sweep);
}

/// p99 grows with the load, and from 30/s on the points fail.
sweep_outcome outcome_of(const sweep_plan& plan) {
    sweep_outcome o;
    o.asked = plan.grid_size();
    o.command = "windtunnel sweep counter.json";
    for (std::size_t i = 0; i < plan.grid_size(); ++i) {
        point_result p;
        p.values = plan.grid_point(i);
        const double load = read_quantity(p.values.back())->value;
        p.verdict = load < 30 ? verdict::passed : verdict::failed;
        p.expectations = {{"users: p50 < 20ms",
                           load < 30 ? check_status::passed : check_status::failed, unit_kind::time,
                           load / 1000, "p50"}};
        p.metrics = {{"users: p50", unit_kind::time, load / 1000},
                     {"users: p99", unit_kind::time, load / 100},
                     {"users: errors", unit_kind::share, 0.0},
                     {"users: goodput", unit_kind::rate, std::nullopt}};
        o.points.push_back(p);
    }
    return o;
}

} // namespace

TEST_CASE("the table has a line for each point and says what it comes to") {
    const sweep_folder folder;
    const auto plan = folder.over({"max_attempts=1..2", "load=10/s..40/s:10/s"});
    const std::string text = sweep_text(plan, outcome_of(plan));
    CHECK_THAT(text, Contains("max_attempts  load  verdict   p50 < 20ms      p50     p99  errors  "
                              "goodput"));
    CHECK_THAT(text, Contains("           1  10/s  ✓ passed   10.0 ms ✓"));
    CHECK_THAT(text, Contains("           2  40/s  ✗ failed   40.0 ms ✗"));
    CHECK_THAT(text, Contains("8 points: 4 passed, 4 failed\n  windtunnel sweep counter.json\n"));
}

TEST_CASE("a table of what was stopped says how much is there") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s..40/s:10/s"});
    auto o = outcome_of(plan);
    o.points.resize(2);
    CHECK_THAT(sweep_text(plan, o), Contains("? stopped after 2 of 4 points: 2 passed"));
    CHECK_FALSE(o.complete());
}

TEST_CASE("the CSV has numbers in base units, and texts that are none as they stand") {
    const sweep_folder folder;
    const auto plan = folder.over({"users.timeout=500ms,2s", "load=10/s,30/s"});
    CHECK(sweep_csv(plan, outcome_of(plan)).substr(0, 460) ==
          "users.timeout [s],load [1/s],verdict,replications,seed,passed alone,failed alone,"
          "users: p50 < 20ms [s],status of users: p50 < 20ms,users: p50 [s],users: p99 [s],"
          "users: errors,users: goodput [1/s],error\n"
          "0.5,10,passed,1,1,0,0,0.01,passed,0.01,0.1,0,,\n"
          "0.5,30,failed,1,1,0,0,0.03,failed,0.03,0.3,0,,\n"
          "2,10,passed,1,1,0,0,0.01,passed,0.01,0.1,0,,\n"
          "2,30,failed,1,1,0,0,0.03,failed,0.03,0.3,0,,\n");
    const auto mixed = folder.over({R"j(arrivals=poisson(1/s),"batches(2/s, size=2)")j"});
    sweep_outcome o;
    o.points.resize(2);
    o.points[0].values = mixed.grid_point(0);
    o.points[1].values = mixed.grid_point(1);
    CHECK_THAT(sweep_csv(mixed, o), Contains("\npoisson(1/s),passed,"));
    CHECK_THAT(sweep_csv(mixed, o), Contains("\n\"\"\"batches(2/s, size=2)\"\"\",passed,"));
}

TEST_CASE("the JSON says what was varied, and has every figure of every point") {
    const sweep_folder folder;
    const auto plan = folder.over({"users.timeout=500ms,2s", "load=10/s,30/s"});
    const auto all = nlohmann::json::parse(sweep_json(plan, outcome_of(plan)));
    CHECK(all["format"] == "windtunnel-sweep");
    CHECK(all["complete"] == true);
    CHECK(all["parameters"][1]["path"] == "/workload/0/arrivals/rate");
    CHECK(all["parameters"][1]["unit"] == "1/s");
    CHECK(all["points"].size() == 4);
    CHECK(all["points"][0]["parameters"]["users.timeout"]["value"] == 0.5);
    CHECK(all["points"][3]["parameters"]["load"]["text"] == "30/s");
    CHECK(all["points"][3]["metrics"]["users: p99"]["value"] == 0.3);
    CHECK(all["points"][3]["metrics"]["users: goodput"]["value"].is_null());
    CHECK(all["points"][3]["expectations"][0]["status"] == "failed");
    CHECK_FALSE(all.contains("boundary"));
    CHECK(complaints(all) == "");
}

TEST_CASE("the JSON of every kind of point and of search is as the published schema says") {
    const sweep_folder folder;
    const auto texts =
        folder.over({R"j(arrivals=poisson(1/s),"batches(2/s, size=2)")j", "max_attempts=1,2"});
    auto o = outcome_of(texts);
    o.points[0].error = "it could not be run";
    o.points[0].verdict = verdict::error;
    o.points[1].metrics[0].interval = std::pair{0.1, 0.2};
    o.points[1].expectations[0].interval = std::pair{0.1, 0.2};
    CHECK(complaints(nlohmann::json::parse(sweep_json(texts, o))) == "");
    const auto range = folder.plan(sweep_options{{}, {"load=10/s..40/s"}, {}, true});
    for (const auto status :
         {boundary_status::both_passed, boundary_status::both_failed, boundary_status::undecided,
          boundary_status::stopped, boundary_status::broken}) {
        boundary b;
        b.status = status;
        if (status == boundary_status::undecided)
            b.zone = std::pair{std::string("28.25/s"), std::string("28.3/s")};
        sweep_outcome of_search;
        of_search.found = b;
        CHECK(complaints(nlohmann::json::parse(sweep_json(range, of_search))) == "");
    }
    auto other = nlohmann::json::parse(sweep_json(texts, o));
    other["points"][0]["verdict"] = "fine";
    CHECK(complaints(other) != "");
}

TEST_CASE("the sweep's schema that the program prints is the published file") {
    CHECK(test::content(test::in_repository("scenarios/schema/sweep.schema.json")) ==
          sweep_schema());
}

TEST_CASE("a map has a cell for each point and metric, and parts what passes from what fails") {
    const sweep_folder folder;
    const auto plan = folder.over({"max_attempts=1..2", "load=10/s..40/s:10/s"});
    const std::string svg = sweep_picture(plan, outcome_of(plan));
    CHECK_THAT(svg, StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(count_of(svg, "<title>load = ") == 4 * 8);
    CHECK(count_of(svg, ">400 ms</text>") >= 2);
    CHECK_THAT(svg, Contains(">users: p99</text>"));
    CHECK_THAT(svg, Contains(">max_attempts</text>"));
    CHECK_THAT(svg, Contains("#440154"));           // the lowest of viridis
    CHECK(count_of(svg, "stroke=\"#10151a\"") > 0); // the border
    CHECK(count_of(svg, "href") == 0);              // nothing from outside
    CHECK(count_of(svg, "<g>") == count_of(svg, "</g>"));
}

TEST_CASE("a line has a point for each value, and what was not run is left out") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s..40/s:10/s"});
    auto o = outcome_of(plan);
    o.points.pop_back();
    const std::string svg = sweep_picture(plan, o);
    CHECK(count_of(svg, "<title>load = ") == 3 * 3); // goodput has no values
    CHECK(count_of(svg, "<circle") == 2 * 3);        // those that pass
    CHECK_THAT(svg, Contains(">load</text>"));
}

TEST_CASE("a picture of three parameters is refused") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=1/s,2/s", "max_attempts=1,2", "counter.workers=1,2"});
    CHECK_THAT(message_of([&] { check_picture(plan); }),
               Contains("a picture shows one or two parameters, and there are 3"));
}

TEST_CASE("texts in a picture are escaped") {
    const sweep_folder folder;
    sweep_options options{{}, {"load=1/s,2/s"}, {}, false};
    options.base.set = {{"title", "a < b & \"c\"", ""}};
    CHECK_THAT(sweep_picture(folder.plan(options), {}),
               Contains("a &lt; b &amp; &quot;c&quot;</text>"));
}

TEST_CASE("what a search found is said in one sentence, with how sure it is") {
    const sweep_folder folder;
    const auto plan = folder.plan(sweep_options{{}, {"load=10/s..40/s"}, {}, true});
    sweep_outcome o;
    boundary b;
    b.status = boundary_status::found;
    b.passes_below = true;
    b.passing = made_point({"28.2/s"}, 10, verdict::passed, 10, 0);
    b.failing = made_point({"28.4/s"}, 10, verdict::failed, 1, 9);
    b.points = {*b.passing, *b.failing};
    o.points = b.points;
    o.asked = 2;
    o.found = b;
    CHECK_THAT(sweep_text(plan, o),
               Contains("load passes up to 28.2/s, and no longer at 28.4/s\n"
                        "  28.2/s passes (10 of 10 runs alone: 99.9 % sure)\n"
                        "  28.4/s does not pass (9 of 10 runs alone: 98.9 % sure)\n"));
    const auto json = nlohmann::json::parse(sweep_json(plan, o));
    CHECK(json["boundary"]["passing"]["value"] == 28.2);
    CHECK(json["boundary"]["passes"] == "below");
    CHECK(complaints(json) == "");
    o.found->failing = made_point({"28.4/s"}, 5, verdict::failed, 4, 1);
    CHECK_THAT(sweep_text(plan, o), Contains("the boundary may well be elsewhere"));
    b.status = boundary_status::both_failed;
    o.found = b;
    CHECK_THAT(sweep_text(plan, o), Contains("✗ no boundary in 10/s..40/s: it does not pass at "
                                             "both ends"));
    b.status = boundary_status::undecided;
    b.zone = std::pair{std::string("28.25/s"), std::string("28.3/s")};
    o.found = b;
    CHECK_THAT(sweep_text(plan, o),
               Contains("? load cannot tell at 28.25/s to 28.3/s: the boundary "
                        "lies between 28.2/s and 28.4/s"));
}

} // namespace windtunnel::scenario
