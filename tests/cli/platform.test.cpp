// SPDX-License-Identifier: BSL-1.0
// Scenarios on a SimGrid platform: what SimGrid cannot use is refused before anything runs, and a
// run can be watched and stopped as any other.
#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string racks = test::in_repository("scenarios/two-racks.json").string();

/// One service on a platform that is in a file of SimGrid's.
std::string scenario_on(const std::string& platform_file) {
    return R"json({ "topology": { "name": "t", "services": {
  "web": { "endpoints": { "GET /": {} } } },
  "platform": { "file": ")json" +
           platform_file + R"json(", "placement": { "web": "a", "users": "b" } } },
  "duration": "10s",
  "workload": [ { "name": "users", "to": "web.GET /", "arrivals": "constant(1/s)" } ] })json";
}

void check_refused(const process_end& end, const std::string& reason) {
    INFO(end.out << end.err);
    CHECK(end.code == 2);
    CHECK(end.signal == 0);
    CHECK(end.out == "");
    CHECK_THAT(end.err, StartsWith("windtunnel: invalid input, nothing was run\n"));
    CHECK_THAT(end.err, Contains(reason) && Contains("(at /topology/platform"));
    CHECK_THAT(end.err, !Contains("bug") && !Contains("aborted"));
}

} // namespace

TEST_CASE("a platform file that is no XML is refused before anything runs, by both verbs") {
    const scratch_folder folder;
    folder.write("broken.xml", "<?xml version='1.0'?>\n<platform version=\"4.1\">\n  <zone\n");
    const std::string file = folder.write("s.json", scenario_on("broken.xml"));
    check_refused(windtunnel({"run", file}), "broken.xml");
    check_refused(windtunnel({"run", data + "passes.json", file}), "broken.xml");
    const auto checked = windtunnel({"validate", file});
    CHECK(checked.code == 2);
    CHECK_THAT(checked.err, Contains("broken.xml"));
}

TEST_CASE("a workload without a route to its callee is refused before anything runs") {
    const scratch_folder folder;
    folder.write("islands.xml", R"xml(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="z" routing="Full"> <host id="a" speed="1Gf"/> <host id="b" speed="1Gf"/> </zone>
</platform>
)xml");
    const std::string file = folder.write("s.json", scenario_on("islands.xml"));
    check_refused(windtunnel({"run", racks, file, "--duration", "2s"}), "\"users\" calls \"web\"");
}

TEST_CASE("of several files the second is invalid: all that is wrong is said and nothing runs") {
    const scratch_folder folder;
    const std::string bad =
        folder.write("bad.json", R"({ "topology": "none.json", "workload": [] })");
    const std::string worse = folder.write("worse.json", "{");
    const auto end = windtunnel({"run", data + "passes.json", bad, worse});
    CHECK(end.code == 2);
    CHECK(end.out == "");
    CHECK_THAT(end.err, Contains("bad.json:1:15") && Contains("worse.json:1:"));
}

TEST_CASE("Ctrl-C stops a run on a platform, which shows its progress, with what it found") {
    process run(words_of({"run", racks, "--duration", "1000h", "-D", "window=10h", "--progress",
                          "plain", "--format", "json"}));
    REQUIRE(run.wait_for("events/s"));
    run.send(SIGINT);
    const auto end = run.finish();
    CHECK(end.code == 130);
    const json report = json::parse(end.out);
    CHECK(report["summary"]["verdict"] == "aborted");
    CHECK(report["run"]["complete"] == false);
    CHECK(report["summary"]["workloads"]["far images"]["requests"] > 0);
}

} // namespace windtunnel::cli
