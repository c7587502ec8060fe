// SPDX-License-Identifier: BSL-1.0
// `run --against`: which earlier result is meant, what is gone, and how to come back to a failure.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;

namespace {

/// One service that works for `work`, with a fault that does little.
std::string shop(const std::string& work = "10ms") {
    return R"j({
  "topology": { "name": "shop", "services": { "web": { "workers": 4, "endpoints": {
    "GET /": { "work": "exponential(mean=)j" +
           work + R"j()" } } } } },
  "warmup": "1s", "duration": "8s",
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(100/s)" } ],
  "faults": [ { "name": "lag", "at": "4s", "for": "2s",
                "latency": { "on": "web", "add": "1ms" } } ],
  "expect": [ "readers: mean < 1s" ]
})j";
}

std::vector<std::string> run_words(std::vector<std::string> more) {
    more.insert(more.begin(), "run");
    more.insert(more.end(), {"--reps", "6"});
    return more;
}

} // namespace

TEST_CASE("figures that the baseline has and a run has not cannot be told: inconclusive") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop()), green = folder.file("green.json");
    REQUIRE(windtunnel(run_words({file, "-q", "-o", green})).code == 0);
    const auto end = windtunnel(run_words({file, "--against", green, "-D", "faults=[]", "-o",
                                           folder.file("r.json"), "-o", folder.file("r.xml"), "-o",
                                           folder.file("r.expectations.csv"), "--ci", "github"}));
    CHECK(end.code == 4);
    CHECK_THAT(end.out, Contains("of the baseline are not in this run") &&
                            Contains("only in " + green + ": "));
    CHECK(json::parse(content(folder.file("r.json")))["summary"]["verdict"] == "inconclusive");
    CHECK_THAT(content(folder.file("r.xml")), Contains("of the baseline are not in this run"));
    CHECK_THAT(content(folder.file("r.expectations.csv")), Contains(",inconclusive,"));
    CHECK_THAT(end.err, Contains("of the baseline are not in this run"));
}

TEST_CASE("scenarios of one name in two folders each have their own baseline") {
    const scratch_folder a, b;
    const std::string quick = a.write("s.json", shop()), quicker = b.write("s.json", shop("5ms"));
    const std::string green = a.file("green.json");
    REQUIRE(windtunnel(run_words({quick, quicker, "-q", "-o", green})).code == 0);
    const auto same = windtunnel(run_words({quicker, quick, "--against", green}));
    CHECK(same.code == 0);
    CHECK_THAT(same.out, Contains("all intervals together hold at 99.5 %")); // half of 1 % each
    b.write("s.json", shop("8ms"));
    CHECK(windtunnel(run_words({quick, quicker, "--against", green})).code == 1);
    const scratch_folder elsewhere;
    const auto end = windtunnel(run_words({elsewhere.write("s.json", shop()), "--against", green}));
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains("there is no result of \"s\""));
}

TEST_CASE("the line that brings a failure back compares, too") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop()), green = folder.file("green.json");
    REQUIRE(windtunnel(run_words({file, "-q", "-o", green})).code == 0);
    folder.write("shop.json", shop("30ms"));
    const auto end = windtunnel(run_words({file, "--against", green, "--tolerance", "1%"}));
    CHECK(end.code == 1);
    CHECK_THAT(end.out, Contains(" --replications 6 --against " + green + " --tolerance 1%"));
}

TEST_CASE("too few replications are refused, however their number is given") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop()), green = folder.file("green.json");
    REQUIRE(windtunnel(run_words({file, "-q", "-o", green})).code == 0);
    const auto end = windtunnel(
        {"run", file, "--replications", "auto", "--max-replications", "3", "--against", green});
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains(file + ": error: this run has 3 replications, too few"));
}

} // namespace windtunnel::cli
