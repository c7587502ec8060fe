// SPDX-License-Identifier: BSL-1.0
// windtunnel import-policies: what goes where, and what it refuses.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string files = test::in_repository("tests/data/import/").string();

/// A configuration of which everything can be expressed.
constexpr const char* whole = R"({"methodConfig":[{"name":[{"service":"shop.orders"}],
    "timeout":"1.5s"}]})";

} // namespace

TEST_CASE("imported policies go to standard output, what is not taken over to standard error") {
    const auto end = windtunnel({"import-policies", files + "resilience4j-relaxed.yml"});
    CHECK(end.code == 0);
    const json policies = json::parse(end.out).at("policies").at("web->payment");
    CHECK(policies.at("circuit_breaker").at("failure_rate_threshold") == "33.3%");
    CHECK_THAT(end.err, Contains("resilience4j-relaxed.yml:29:1: note: the document of the profile "
                                 "test is not read; nearest: import it from a file of its own"));
}

TEST_CASE("policies are imported into a scenario, which then has them and runs") {
    const scratch_folder folder;
    REQUIRE(windtunnel({"new", "shop", "--in", folder.path()}).code == 0);
    const std::string config = folder.write("service_config.json", whole);
    const std::string scenario = folder.file("shop.json"), result = folder.file("imported.json");
    const auto end = windtunnel(
        {"import-policies", config, "--caller", "web", "--into", scenario, "-o", result});
    INFO(end.err);
    CHECK(end.code == 0);
    CHECK(end.out.empty());
    const json merged = json::parse(content(result));
    CHECK(merged.at("policies").at("web->orders").at("total_timeout") == "1.5s");
    CHECK(merged.at("title") == "A slow store");
    CHECK(windtunnel({"validate", result}).code == 0);
}

TEST_CASE("an edge that the scenario does not have is said where it was imported from") {
    const scratch_folder folder;
    REQUIRE(windtunnel({"new", "shop", "--in", folder.path()}).code == 0);
    const std::string config = folder.write(
        "config.json", R"({"methodConfig":[{"name":[{"service":"shop.Order"}],"timeout":"1s"}]})");
    const auto end = windtunnel({"import-policies", config, "--into", folder.file("shop.json")});
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK_THAT(end.err,
               Contains("config.json:1:18: error: \"*->Order\" is no edge of the scenario") &&
                   Contains("say with --caller and --as what they are called there") &&
                   Contains("did you mean \"orders\"?"));
    const auto named = windtunnel({"import-policies", config, "--as", "shop.Order=orders", "--into",
                                   folder.file("shop.json")});
    CHECK(named.code == 0);
}

TEST_CASE("with --strict nothing is written when something cannot be expressed") {
    const auto loose = windtunnel({"import-policies", files + "istio-mesh.yaml", "--strict"});
    CHECK(loose.code == 2);
    CHECK(loose.out.empty());
    CHECK_THAT(loose.err, Contains("things are not taken over as they stand"));
    const scratch_folder folder;
    const auto sound =
        windtunnel({"import-policies", folder.write("config.json", whole), "--strict"});
    CHECK(sound.code == 0);
    CHECK(sound.err.empty());
}

TEST_CASE("files without any policy, and files that are wrong, write nothing and say so") {
    const scratch_folder folder;
    const std::string result = folder.file("result.json");
    const auto none = windtunnel({"import-policies", folder.write("empty.yaml", "node: {id: a}\n"),
                                  "--from", "envoy", "-o", result});
    CHECK(none.code == 2);
    CHECK(none.out == "");
    CHECK_THAT(none.err, Contains("there is no policy in these files: nothing was written"));
    CHECK_FALSE(std::filesystem::exists(result));
    const auto wrong = windtunnel({"import-policies", folder.file("none.yaml")});
    CHECK_THAT(wrong.err, StartsWith("windtunnel: invalid input, nothing was written\n"));
}

TEST_CASE("wrong use of import-policies gets a message that says what to do") {
    const scratch_folder folder;
    const std::string config = folder.write("config.json", whole);
    const auto message = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"import-policies", config});
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        return end.err;
    };
    CHECK_THAT(message({"--from", "envoi"}),
               Contains("--from: expected resilience4j, grpc, envoy or istio, found \"envoi\"; did "
                        "you mean envoy?"));
    CHECK_THAT(message({"--as", "payment"}),
               Contains("--as: write NAME=SERVICE or NAME=SERVICE.ENDPOINT, found \"payment\""));
    CHECK_THAT(message({"--into", folder.file("none.json")}),
               Contains("none.json: error: no such"));
    CHECK_THAT(message({"-o", folder.file("no/such/folder.json")}), Contains("folder.json"));
    CHECK_THAT(windtunnel({"import-policies", folder.file("none.yaml")}).err,
               Contains("none.yaml: error: no such file"));
}

} // namespace windtunnel::cli
