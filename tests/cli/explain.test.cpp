// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string storm = test::in_repository("scenarios/retry-storm.json").string();

} // namespace

TEST_CASE("a scenario is run and explained, and exits 0 although its expectations do not hold") {
    const auto end = windtunnel({"explain", storm});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, StartsWith("retry-storm (seed 1)\n") &&
                            Contains("database failed first, from 30s to 40s") &&
                            Contains("Metastable"));
    CHECK(end.err.empty());
}

TEST_CASE("a saved run is explained as its scenario is") {
    const scratch_folder folder;
    const auto run =
        windtunnel({"run", storm, "-q", "-o", "storm.wtrun"}, {.folder = folder.path()});
    CHECK(run.code == 1);
    const auto of_saved =
        windtunnel({"explain", "storm.wtrun", "--format", "json"}, {.folder = folder.path()});
    CHECK(of_saved.code == 0);
    const auto of_scenario = windtunnel({"explain", storm, "--format", "json"});
    const json a = json::parse(of_saved.out), b = json::parse(of_scenario.out);
    const auto& first = a.at("explanations").at(0);
    const auto& second = b.at("explanations").at(0);
    for (const char* part : {"finding", "symptoms", "spread", "blast_radius", "amplification",
                             "policies", "aftermath", "good_share_at_end"})
        CHECK(first.at(part) == second.at(part));
    CHECK(first.at("violated").at("expectation") == "clients: recovers within 240s after 'outage'");
}

TEST_CASE("explaining twice gives the same bytes, to a file as well") {
    const scratch_folder folder;
    const auto shown = windtunnel({"explain", storm, "--format", "json"});
    const auto written = windtunnel({"explain", storm, "--format", "json", "-o", "why.json"},
                                    {.folder = folder.path()});
    CHECK(written.code == 0);
    CHECK(written.out.empty());
    CHECK(content(folder.file("why.json")) == shown.out);
}

TEST_CASE("ablation says which policy saved a run and which killed it") {
    const auto end = windtunnel({"explain", storm, "--variant", "breaker", "--ablate"});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("The circuit_breaker of\n  clients->database saved it") ||
                            Contains("The circuit_breaker of clients->database saved it"));
    const auto killed = windtunnel({"explain", storm, "--ablate", "--format", "json"});
    const json document = json::parse(killed.out);
    bool found = false;
    for (const json& each : document.at("explanations").at(0).at("ablations"))
        if (each.at("kind") == "retry") {
            CHECK(each.at("verdict") == "killed");
            found = true;
        }
    CHECK(found);
}

TEST_CASE("what cannot be explained is refused, with what to do instead") {
    const scratch_folder folder;
    windtunnel({"run", storm, "-q", "-o", "r.json", "-o", "r.wtrun"}, {.folder = folder.path()});
    const auto report = windtunnel({"explain", "r.json"}, {.folder = folder.path()});
    CHECK(report.code == 2);
    CHECK_THAT(report.err, Contains("holds no telemetry") && Contains("-o FILE.wtrun"));
    const auto ablated = windtunnel({"explain", "r.wtrun", "--ablate"}, {.folder = folder.path()});
    CHECK(ablated.code == 2);
    CHECK_THAT(ablated.err, Contains("name the scenario"));
    const auto missing = windtunnel({"explain", "nothing.json"}, {.folder = folder.path()});
    CHECK(missing.code == 2);
    CHECK_THAT(missing.err, Contains("nothing.json"));
    const auto word = windtunnel({"explain", storm, "--format", "xml"});
    CHECK(word.code == 2);
    CHECK_THAT(word.err, Contains("--format: expected text or json"));
}

} // namespace windtunnel::cli
