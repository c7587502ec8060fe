// SPDX-License-Identifier: BSL-1.0
// `--swap`, which lets an edge talk in another way, and `compare --styles`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;

namespace {

std::string shop_file(const scratch_folder& folder) {
    return folder.write("shop.json", R"j({
  "topology": { "name": "shop", "services": {
    "web": { "workers": 8, "endpoints": { "GET /": { "work": "1ms", "steps": [
      { "call": "pay.POST /charge", "timeout": "200ms" } ] } } },
    "pay": { "workers": 4, "endpoints": { "POST /charge": { "work": "5ms" } } } },
    "network": { "latency": "1ms" } },
  "warmup": "1s", "duration": "10s", "drain": "5s", "seed": 1,
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(50/s)" } ],
  "faults": [ { "name": "down", "at": "4s", "for": "2s", "crash": { "on": "pay" } } ],
  "expect": [ "readers: errors < 100%" ]
})j");
}

} // namespace

TEST_CASE("an edge is swapped for a queue, and the line that reproduces the run says so") {
    const scratch_folder folder;
    const std::string file = shop_file(folder);
    const auto run = windtunnel({"run", file, "--swap", "web->pay=queue"});
    CHECK(run.code == 0);
    CHECK_THAT(run.out, Contains("pay-queue"));
    CHECK_THAT(run.out, Contains("the work of"));
    CHECK_THAT(run.out, Contains("--swap 'web->pay=queue'"));
}

TEST_CASE("each way of talking can be swapped in, and gives the same bytes each time") {
    const scratch_folder folder;
    const std::string file = shop_file(folder);
    for (const std::string style : {"in_process", "rest", "grpc", "graphql", "queue", "stream"}) {
        INFO(style);
        const auto once =
            windtunnel({"run", file, "--swap", "web->pay=" + style, "--format", "json"});
        const auto twice =
            windtunnel({"run", file, "--swap", "web->pay=" + style, "--format", "json"});
        CHECK(once.code == 0);
        CHECK(once.out == twice.out);
    }
}

TEST_CASE("a swap that cannot be is refused with what can") {
    const scratch_folder folder;
    const std::string file = shop_file(folder);
    for (const auto& [swap, says] : std::vector<std::pair<std::string, std::string>>{
             {"web->pay=gprc", "did you mean \"grpc\"?"},
             {"web->pay", "expected EDGE=STYLE"},
             {"web=queue", "expected an edge such as"},
             {"web->stock=queue", "web does not call \"stock\""},
             {"wbe->pay=stream", "did you mean \"web\"?"},
             {"readers->web=in_process", "who calls must be a service of the topology"}}) {
        const auto run = windtunnel({"run", file, "--swap", swap});
        INFO(swap);
        CHECK(run.code == 2);
        CHECK_THAT(run.err, Contains(says));
    }
}

TEST_CASE("styles of an edge are compared in words and as JSON") {
    const scratch_folder folder;
    const std::string file = shop_file(folder);
    const auto text = windtunnel({"compare", file, "--styles", "web->pay", "--replications", "1"});
    CHECK(text.code == 0);
    CHECK_THAT(text.out, Contains("during 'down'"));
    CHECK_THAT(text.out, Contains("fewest failures: "));
    const auto run = windtunnel(
        {"compare", file, "--styles", "web->pay", "--replications", "1", "--format", "json"});
    const json report = json::parse(run.out);
    CHECK(report.at("edge") == "web->pay");
    CHECK(report.at("styles").size() == 6);
    CHECK(report.at("loads").size() == 9);
    CHECK(report.at("loads").at(3).at("load") == 1);
    CHECK(report.at("loads").at(3).at("styles").at("queue").at("phases").size() == 1);
    const auto during = [&](const char* style) {
        for (const json& phase : report.at("styles").at(style).at("phases"))
            if (phase.at("phase") == "during 'down'")
                return phase;
        return json{};
    };
    CHECK(during("rest").at("errors") > 0.9);
    CHECK(during("queue").at("errors") == 0);
    CHECK(during("stream").at("lost") == 0);
}

TEST_CASE("work that was undone at the end is told, and whoever left it is not the soonest") {
    const scratch_folder folder;
    const std::string file = folder.write("slow.json", R"j({
  "topology": { "name": "slow", "services": {
    "a": { "endpoints": { "go": { "steps": [ { "call": "b.work" } ] } } },
    "b": { "endpoints": { "work": { "work": "100ms" } } } } },
  "duration": "10s", "drain": "0s", "seed": 1,
  "workload": [ { "name": "w", "to": "a.go", "arrivals": "constant(50/s)" } ]
})j");
    const auto run = windtunnel({"run", file, "--swap", "a->b=queue", "--format", "json"});
    const json work = json::parse(run.out).at("summary").at("workloads").at("w").at("work");
    CHECK(work.at("completed") == 100);
    CHECK(work.at("undone") == 400);
    CHECK_THAT(windtunnel({"run", file, "--swap", "a->b=queue"}).out,
               Contains("that of 400 was not done by the end"));
    const auto styles = windtunnel({"compare", file, "--styles", "a->b", "--format", "json"});
    const json report = json::parse(styles.out);
    CHECK(report.at("styles").at("queue").at("phases").at(0).at("undone") > 0.7);
    CHECK(report.at("styles").at("rest").at("phases").at(0).at("undone") > 0.7);
    for (const json& finding : report.at("findings"))
        CHECK_THAT(finding.get<std::string>(), !Contains("done soonest") && !Contains("cores"));
}

TEST_CASE("what does not fit --styles is refused") {
    const scratch_folder folder;
    const std::string file = shop_file(folder);
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"--base", "x"}, {"--swap", "web->pay=rest"}, {"--format", "csv"}, {"-o", "x.json"}}) {
        std::vector<std::string> words{"compare", file, "--styles", "web->pay"};
        words.insert(words.end(), more.begin(), more.end());
        CHECK(windtunnel(words).code == 2);
    }
    CHECK(windtunnel({"compare", file, "--styles", "web"}).code == 2);
    CHECK_THAT(windtunnel({"compare", file, "--styles", "web->stock"}).err,
               Contains("web does not call"));
}

} // namespace windtunnel::cli
