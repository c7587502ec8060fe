// SPDX-License-Identifier: BSL-1.0
// The schema and the reference page are generated: with WINDTUNNEL_UPDATE=1 in the environment this
// test writes them, without it compares them. A validator that is not ours holds the schema against
// good and bad scenarios.
#include "scenarios/src/schema.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "scenarios/format_support.hpp"
#include "support/files.hpp"
#include "support/json_schema.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::json;

const std::filesystem::path root = test::in_repository("");

void check_generated(const std::filesystem::path& path, const std::string& expected) {
    INFO("run this test with WINDTUNNEL_UPDATE=1 to write " << path);
    CHECK(test::golden(path, expected) == expected);
}

std::string errors_of(const json& instance) {
    static const json schema = json::parse(scenario_schema());
    return test::schema_errors(schema, instance);
}

json patched(const std::string& patch) {
    json whole = json::parse(shop);
    whole.merge_patch(json::parse(patch));
    return whole;
}

/// The page with what stands between the markers replaced by the reference.
std::string page_with(const std::string& page, const std::string& reference) {
    const std::string open = "<!-- generated: reference -->\n", close = "<!-- end of generated -->";
    const auto begin = page.find(open);
    const auto end = page.find(close);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    return page.substr(0, begin) + open + "\n" + reference + "\n" + page.substr(end);
}

} // namespace

TEST_CASE("the scenario schema in the repository is the one that the parser's table makes") {
    check_generated(root / "scenarios/schema/scenario.schema.json", scenario_schema());
}

TEST_CASE("the reference in docs/scenario.md is the one that the parser's table makes") {
    const auto page = root / "docs/scenario.md";
    check_generated(page, page_with(test::content(page), scenario_reference_markdown()));
}

TEST_CASE("the schema accepts what the parser accepts") {
    CHECK(errors_of(patched("{}")) == "");
    for (const char* good : {
             R"({"$schema":"x","title":"t","description":"d","seed":7,"drain":"5s","window":"1s"})",
             R"({"topology":"shop.json","topology_patch":{"services":null},"replications":3})",
             R"j({"workload":[{"name":"w","mix":[{"to":"web.GET /","weight":3}],
                 "users":{"count":2,"think":"exponential(mean=1s)"},"timeout":"3s",
                 "retry":{"max_attempts":2},"on_give_up":"cancelled","limit":5}]})j",
             R"({"faults":[{"at":"1s","errors":{"on":"pay","share":"5%","status":503}}]})",
             R"({"policies":{"*->pay":{"timeout":"1s"},"//":"note"}})",
             R"({"expect":["readers: p99 < 1s always"],"variants":{"v":{"seed":2}}})",
         }) {
        INFO(good);
        CHECK(errors_of(patched(good)) == "");
    }
}

TEST_CASE("the schema refuses what has the wrong shape") {
    for (const char* bad : {
             R"({"warm_up":"5s"})",
             R"({"duration":null})",
             R"({"duration":100})",
             R"({"seed":-1})",
             R"({"workload":null})",
             R"({"workload":[{"name":"w","to":"web"}]})",
             R"j({"workload":[{"name":"w","to":"web.GET /","arrivals":"poison(1/s)"}]})j",
             R"({"workload":[{"name":"w","to":"web.GET /","timout":"1s"}]})",
             R"({"workload":[{"name":"w","to":"web.GET /","on_error":"ignore"}]})",
             R"({"faults":[{"at":"1s","errors":{"on":"pay","share":5}}]})",
             R"({"faults":[{"at":"1s","pause":{}}]})",
             R"({"faults":[{"at":5,"pause":{"on":"pay"}}]})",
             R"({"expect":["p99 < 1s"]})",
             R"({"expect":"readers: p99 < 1s"})",
             R"({"policies":{"*->pay":{"timeouts":"1s"}}})",
             R"({"variants":{"v":5}})",
         }) {
        INFO(bad);
        CHECK(errors_of(patched(bad)) != "");
    }
}

} // namespace windtunnel::scenario
