// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scenarios/reports/sample.hpp"
#include "support/files.hpp"
#include "support/json_schema.hpp"
#include "support/repository.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::json;

/// What the published schema has against it; empty when it is valid.
std::string complaints(const json& instance) {
    return test::schema_errors(json::parse(result_schema()), instance);
}

json report_of(const replicated_result& result) {
    return json::parse(
        json_report(samples::scenario(), result, {"shop/slow.json", "windtunnel run x"}));
}

json sample_report() {
    return report_of(samples::checked(samples::scenario()));
}

} // namespace

TEST_CASE("a JSON report is valid by the published schema") {
    CHECK(complaints(sample_report()) == "");
    auto stopped = samples::result(samples::scenario());
    stopped.status = run_status::aborted;
    CHECK(complaints(report_of(samples::checked(samples::scenario(), stopped))) == "");
}

TEST_CASE("the report says when a workload was done that had an end") {
    auto result = samples::result(samples::scenario());
    result.workloads[0].done = std::chrono::seconds{12};
    result.workloads[0].runs_done = 1;
    const json report = report_of(samples::checked(samples::scenario(), result));
    CHECK(report["run"]["done"]["readers"] == 12);
    CHECK(complaints(report) == "");
}

TEST_CASE("the schema refuses a report whose stable block has changed") {
    json report = sample_report();
    SECTION("a name is gone") {
        report["summary"]["workloads"]["readers"].erase("requests");
    }
    SECTION("a name is new") {
        report["summary"]["services"]["db"]["idle"] = 1;
    }
    SECTION("a verdict is unknown") {
        report["summary"]["verdict"] = "good";
    }
    SECTION("a percentile is a text") {
        report["summary"]["workloads"]["readers"]["latency"]["good"]["p99"] = "10ms";
    }
    CHECK(complaints(report) != "");
}

TEST_CASE("the summary says the verdict and what each expectation observed") {
    const json summary = sample_report()["summary"];
    CHECK(summary["verdict"] == "failed");
    CHECK(summary["seed"] == 7);
    CHECK(summary["replications"] == 1);
    CHECK(summary["version"] == "0.1.0");
    const json& expectations = summary["expectations"];
    REQUIRE(expectations.size() == 5);
    CHECK(expectations[0]["text"] == "readers: p99 < 50ms before 'slow db'");
    CHECK(expectations[0]["passed"] == true);
    CHECK(expectations[0]["observed"].get<double>() == Approx(0.01).epsilon(0.004));
    CHECK(expectations[1]["passed"] == false);
    CHECK(expectations[1]["status"] == "failed");
    CHECK(expectations[1]["observed"].get<double>() == Approx(60.0 / 110));
    CHECK(expectations[1]["phase"] == "during 'slow db'");
}

TEST_CASE("the summary counts what was sent after the warm-up, and each phase") {
    const json summary = sample_report()["summary"];
    const json& readers = summary["workloads"]["readers"];
    CHECK(readers["requests"] == 600);
    CHECK(readers["errors"] == json{{"timed_out", 60}});
    CHECK(readers["degraded"] == 5);
    CHECK(readers["rate"] == 10);
    CHECK(readers["latency"]["good"]["mean"] == 0.01);
    CHECK(readers["latency"]["good"]["max"] == 0.01);
    CHECK(readers["latency"]["failed"]["max"] == 1);
    CHECK(readers["latency"]["all"]["mean"].get<double>() == Approx((5.4 + 60) / 600));
    CHECK(summary["edges"]["web->db"]["attempts"] == 640);
    CHECK(summary["phases"]["during 'slow db'"]["workloads"]["readers"]["requests"] == 110);
    CHECK(summary["phases"]["before 'slow db'"]["edges"]["web->db"]["rate"] == 10);
    CHECK(summary["phases"]["whole run"]["workloads"]["readers"]["requests"] == 650);
    const json& db = summary["services"]["db"];
    CHECK(db["utilisation"] == 0.5);
    CHECK(db["in_system"] == 3);
    CHECK(db["in_queue"] == 0.5);
    CHECK(db["mean_wait"] == 0.0005);
    CHECK(db["abandoned"] == 1);
}

TEST_CASE("what saw no requests has nulls, not zeros") {
    const json insert = sample_report()["summary"]["endpoints"]["db.insert"];
    CHECK(insert["requests"] == 0);
    CHECK(insert["errors"] == json::object());
    CHECK(insert["latency"]["good"].is_null());
    CHECK(insert["latency"]["all"].is_null());
}

TEST_CASE("an edge is a caller and a service, its endpoints together") {
    auto result = samples::result(samples::scenario());
    result.edges.push_back({"web", "db", "insert", samples::minute(0)});
    const json edges = report_of(samples::checked(samples::scenario(), result))["summary"]["edges"];
    CHECK(edges.size() == 2);
    CHECK(edges["web->db"]["requests"] == 1200);
    CHECK(edges["web->db"]["attempts"] == 1240);
}

TEST_CASE(
    "policies are told by edge and kind: counts, means of one machine, and who changed when") {
    const json report = sample_report();
    const json& breaker = report["summary"]["policies"]["web->db"]["circuit_breaker"];
    CHECK(breaker["machines"] == 1);
    CHECK(breaker["refused"] == 60);
    CHECK(breaker["counts"]["admitted"] == 580);
    CHECK(breaker["counts"]["breaker_open"] == 60);
    CHECK(breaker["means"]["open"] == 0.1);
    CHECK(breaker["means"]["closed"] == 0.9);
    const json& before = report["summary"]["phases"]["before 'slow db'"]["policies"]["web->db"];
    CHECK(before["circuit_breaker"]["means"]["open"] == 0);
    REQUIRE(report["transitions"].size() == 1);
    CHECK(report["transitions"][0]["edge"] == "web->db");
    CHECK(report["transitions"][0]["policy"] == "circuit_breaker");
    CHECK(report["transitions"][0]["left_out"] == 0);
    CHECK(report["transitions"][0]["changes"][0] == json{{"seed", 7},
                                                         {"at", 22.5},
                                                         {"process", "web#0"},
                                                         {"from", "closed"},
                                                         {"to", "open"},
                                                         {"why", "failure rate 55 % of 20 calls"}});
    const json& series = report["series"]["policies"]["web->db"]["circuit_breaker"];
    CHECK(series["counts"]["breaker_open"] == json{0, 60, 0});
    CHECK(series["means"]["open"] == json{0.0, 0.3, 0.0});
}

TEST_CASE("merged replications give totals, and rates and levels of one run") {
    const auto spec = samples::scenario();
    run_result merged = samples::result(spec, 7);
    merged.merge(samples::result(spec, 8));
    const json report = report_of(samples::checked(spec, merged));
    CHECK(report["summary"]["replications"] == 2);
    CHECK(report["summary"]["seed"] == 7);
    CHECK(report["run"]["seeds"] == json{7, 8});
    CHECK(report["summary"]["workloads"]["readers"]["requests"] == 1200);
    CHECK(report["summary"]["workloads"]["readers"]["rate"] == 10);
    CHECK(report["summary"]["services"]["db"]["in_system"] == 3);
    CHECK(report["series"]["workloads"]["readers"]["sent"] == json{400, 400, 500});
    const json& breaker = report["summary"]["policies"]["web->db"]["circuit_breaker"];
    CHECK(breaker["refused"] == 120);
    CHECK(breaker["means"]["open"] == 0.1);
    CHECK(report["transitions"][0]["changes"].size() == 2);
    CHECK(complaints(report) == "");
}

TEST_CASE("the richer part says what was run, the faults and the course of time") {
    const json report = sample_report();
    CHECK(report["schema_version"] == 1);
    CHECK(report["scenario"]["title"] == "A slow database");
    CHECK(report["scenario"]["file"] == "shop/slow.json");
    CHECK(report["run"]["reproduce"] == "windtunnel run x");
    CHECK(report["run"]["done"] == json::object());
    CHECK(report["run"]["duration"] == 60);
    CHECK(report["faults"][0]["kind"] == "latency");
    CHECK(report["faults"][0]["on"] == "db");
    CHECK(report["faults"][0]["activations"][0]["end"] == 30);
    CHECK(report["series"]["window"] == 20);
    const json& series = report["series"]["workloads"]["readers"];
    CHECK(series["failed"] == json{0, 60, 0});
    CHECK(series["mean_latency"] == json{0.01, 0.01, 0.01});
    CHECK(report["series"]["services"]["db"]["utilisation"] == json{0.5, 0.5, 0.5});
}

TEST_CASE("equal results give equal bytes, and keys keep the order of the files") {
    const auto spec = samples::scenario();
    const auto text = [&] { return json_report(spec, samples::checked(spec), {}); };
    CHECK(text() == text());
    CHECK(text().find("\"web->db\"") > text().find("\"readers->web\""));
    CHECK(text().back() == '\n');
}

TEST_CASE("several reports make one document with the worst verdict") {
    const auto spec = samples::scenario();
    const std::string one = json_report(spec, samples::checked(spec), {});
    const json all = json::parse(json_reports({one, one}, verdict::failed));
    CHECK(all["verdict"] == "failed");
    CHECK(all["results"].size() == 2);
    CHECK(all["results"][1]["summary"]["seed"] == 7);
    CHECK(complaints(all) == "");
}

TEST_CASE("invalid input gives a document that names the places") {
    const topology::input_error error({{"a.json", 3, 4, "/x"}, "unknown key \"x\"", "y"});
    const json refusal = json::parse(json_refusal(error, "a.json"));
    CHECK(refusal["summary"]["verdict"] == "invalid");
    CHECK(refusal["errors"][0]["line"] == 3);
    CHECK(refusal["errors"][0]["suggestion"] == "y");
    CHECK(complaints(refusal) == "");
}

TEST_CASE("the program's schema is the published file") {
    CHECK(test::content(test::in_repository("scenarios/schema/result.schema.json")) ==
          result_schema());
}

} // namespace windtunnel::scenario
