// SPDX-License-Identifier: BSL-1.0
// `windtunnel compare`, and `run --against`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"
#include "support/json_schema.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A shop whose payment takes `pay`, with a variant in which it takes half as long.
std::string shop(const std::string& pay = "exponential(mean=10ms)") {
    return R"j({
  "topology": { "name": "shop", "services": {
    "web": { "workers": 4, "endpoints": { "GET /": { "work": "1ms", "steps": [
      { "call": "pay.POST /charge", "timeout": "200ms" } ] } } },
    "pay": { "workers": 4, "endpoints": { "POST /charge": { "work": ")j" +
           pay + R"j(" } } } } },
  "warmup": "1s", "duration": "10s", "seed": 1,
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)" } ],
  "expect": [ "readers: p99 < 500ms" ],
  "variants": {
    "quick": { "topology": { "services": { "pay": { "endpoints": {
      "POST /charge": { "work": "exponential(mean=5ms)" } } } } } },
    "the same": { "title": "nothing else" } }
})j";
}

std::string result_errors(const json& report) {
    return test::schema_errors(json::parse(windtunnel({"schema", "result"}).out), report);
}

/// Runs a scenario and keeps its result.
std::string saved(const scratch_folder& folder, const std::string& scenario,
                  const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
        "run", folder.write("shop.json", scenario), "--reps", "10", "-q", "-o", folder.file(name)};
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(windtunnel(words).code == 0);
    return folder.file(name);
}

} // namespace

TEST_CASE("the variants of a scenario are compared with it as it stands") {
    const scratch_folder folder;
    const auto end = windtunnel({"compare", folder.write("shop.json", shop())});
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK_THAT(end.out, StartsWith("quick against as it stands\n"));
    CHECK_THAT(end.out, Contains("\nthe same against as it stands\n"));
    CHECK_THAT(end.out, Contains("readers: mean") && Contains("better"));
    CHECK_THAT(end.out, Contains("no difference shown in any of"));
    CHECK_THAT(end.out, Contains("10 runs each, of the same seeds, compared one by one"));
    CHECK_THAT(end.out, Contains("the runs of seed 1 are the same, event by event"));
}

TEST_CASE("the first event that differs is told, of both runs") {
    const scratch_folder folder;
    const auto end =
        windtunnel({"compare", folder.write("shop.json", shop()), "--variant", "quick"});
    CHECK_THAT(end.out, Contains("the runs of seed 1 are the same for") && Contains("; then\n") &&
                            Contains("quick: at ") &&
                            Contains("a request at pay.POST /charge is over: well, after "));
    CHECK_THAT(windtunnel({"compare", folder.file("shop.json"), "--no-events"}).out,
               !Contains("the runs of seed"));
}

TEST_CASE("the comparison does not depend on the number of threads") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop());
    CHECK(windtunnel({"compare", file, "--format", "json", "-j", "1"}).out ==
          windtunnel({"compare", file, "--format", "json", "-j", "3"}).out);
}

TEST_CASE("saved results are compared as the scenarios are") {
    const scratch_folder folder;
    const std::string a = saved(folder, shop(), "a.json");
    const std::string b = saved(folder, shop("exponential(mean=12ms)"), "b.json");
    const auto end = windtunnel({"compare", a, b});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("worse") && Contains("readers: mean"));
    CHECK_THAT(windtunnel({"compare", a, b, "--base", b}).out,
               StartsWith(a + " against " + b) && Contains("better"));
    // A scenario and the result of an earlier state of it.
    CHECK_THAT(windtunnel({"compare", b, folder.write("shop.json", shop())}).out,
               Contains("better"));
}

TEST_CASE("a comparison is written in each of its formats") {
    const scratch_folder folder;
    const auto end = windtunnel({"compare", folder.write("shop.json", shop()), "-q", "-o",
                                 folder.file("c.json"), "-o", folder.file("c.csv"), "-o",
                                 folder.file("c.md"), "-o", folder.file("c.txt")});
    CHECK(end.code == 0);
    CHECK(end.out == "");
    const json document = json::parse(content(folder.file("c.json")));
    CHECK(document["comparisons"].size() == 2);
    CHECK(result_errors(document) == "");
    CHECK_THAT(content(folder.file("c.csv")),
               StartsWith("before,after,figure,unit,value_before,value_after,") &&
                   Contains("\nas it stands,quick,readers: mean,time,"));
    CHECK_THAT(content(folder.file("c.md")),
               StartsWith("### quick against as it stands\n\n| figure | as it stands | quick |"));
    CHECK_THAT(content(folder.file("c.txt")), StartsWith("quick against as it stands\n"));
}

TEST_CASE("what cannot be compared is refused with a remedy") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop());
    const std::string result = saved(folder, shop(), "r.json");
    const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
        CAPTURE(words);
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains(message));
    };
    refused({"compare", data + "fails.json"},
            "there is only as it stands to compare: name another");
    refused({"compare", file, file}, "is named twice");
    refused({"compare", file, "--base", "quik"}, "did you mean quick?");
    refused({"compare", file, "--replications", "auto"}, "as many replications each");
    refused({"compare", file, "--format", "xml"}, "--format: expected text, json, markdown or csv");
    refused({"compare", file, "-o", "c.pdf"}, "which kind of report?");
    refused({"compare", file, "--tolerance", "lots"}, "--tolerance: ");
    refused({"compare", file, "--variant", "quik"}, "did you mean \"quick\"?");
    refused({"compare", result}, "there is only");
    json other = json::parse(content(result));
    other["schema_version"] = 99;
    refused({"compare", result, folder.write("v.json", other.dump())},
            "a result in version 99 of the format");
    other["schema_version"] = 1;
    other["summary"]["version"] = "0.0.1";
    refused({"compare", result, folder.write("v.json", other.dump())},
            "the result was made by windtunnel 0.0.1");
    other = json::parse(content(result));
    other["run"]["complete"] = false;
    refused({"compare", result, folder.write("v.json", other.dump())},
            "was stopped before its end");
    other = json::parse(content(result));
    other.erase("figures");
    refused({"compare", result, folder.write("v.json", other.dump())}, "no \"figures\" to compare");
    other = json::parse(content(result));
    other["figures"]["list"][0].erase("value");
    refused({"compare", result, folder.write("v.json", other.dump())}, "the result is damaged");
    refused({"compare", result, folder.write("v.json", content(result).substr(0, 3000))},
            "this is no JSON");
}

TEST_CASE("a run that is worse than an earlier one fails, and says what is worse") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.write("shop.json", shop("exponential(mean=12ms)"));
    const auto end = windtunnel(
        {"run", file, "--reps", "10", "--against", before, "-o", folder.file("now.json")});
    CHECK(end.code == 1);
    CHECK_THAT(end.out, Contains("worse than before") && Contains("now against " + before) &&
                            Contains("readers: mean") && Contains("worse"));
    const json report = json::parse(content(folder.file("now.json")));
    CHECK(report["summary"]["verdict"] == "failed");
    CHECK(report["against"]["figures"][0]["difference"] == "worse");
    CHECK(result_errors(report) == "");
}

TEST_CASE("a run that is as good as an earlier one, or better, passes, of whatever seed") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.write("shop.json", shop());
    for (const char* seed : {"1", "101", "201", "301"}) {
        const auto end =
            windtunnel({"run", file, "--reps", "10", "--seed", seed, "--against", before});
        CAPTURE(seed, end.out);
        CHECK(end.code == 0);
    }
    const auto better = windtunnel({"run", folder.write("shop.json", shop("exponential(mean=5ms)")),
                                    "--reps", "10", "--against", before});
    CHECK(better.code == 0);
    CHECK_THAT(better.out, Contains("better"));
}

TEST_CASE("a baseline that says nothing about the run is refused before anything runs") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.file("shop.json");
    const auto refused = [&](std::vector<std::string> words, const std::string& message) {
        words.insert(words.begin(), "run");
        CAPTURE(words);
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        CHECK_THAT(end.err, Contains(message));
    };
    refused({file, "--reps", "10", "--against", folder.file("none.json")}, "cannot be read");
    refused({file, "--reps", "10", "--against", file}, "this is no result of windtunnel");
    refused({file, "--against", before}, "this run has 1 replication, too few");
    refused({file, "--reps", "10", "--variant", "quick", "--against", before},
            "there is no result of \"shop\" (quick) to compare with, only of \"shop\"");
    refused({data + "passes.json", "--reps", "10", "--against", before}, "there is no result of");
    refused({file, "--reps", "10", "--tolerance", "1%"}, "--tolerance belongs to --against");
}

} // namespace windtunnel::cli
