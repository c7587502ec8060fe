// SPDX-License-Identifier: BSL-1.0
// The schema and the reference page are generated: with WINDTUNNEL_UPDATE=1 in the environment this
// test writes them, without it compares them. The schema is held against the catalogue and against
// broken files by a validator that is not ours.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/files.hpp"
#include "support/json_schema.hpp"
#include "support/repository.hpp"
#include "topologies/graphql_topology.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

using json = nlohmann::json;

const std::filesystem::path root = test::in_repository("");

/// Compares a generated text with its file, or writes it.
void check_generated(const std::filesystem::path& path, const std::string& expected) {
    INFO("run this test with WINDTUNNEL_UPDATE=1 to write " << path);
    CHECK(test::golden(path, expected) == expected);
}

std::vector<std::filesystem::path> catalogue() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(root / "topologies"))
        if (entry.path().extension() == ".json")
            files.push_back(entry.path());
    return files;
}

} // namespace

TEST_CASE("the schema in the repository is the one that the parser's table makes") {
    check_generated(root / "topologies/schema/topology.schema.json", topology_schema());
}

TEST_CASE("the reference page holds what the parser's table makes") {
    const auto path = root / "docs/topology.md";
    const std::string page = test::content(path);
    const std::string begin = "<!-- reference: generated -->\n", end = "<!-- end of reference -->";
    const auto from = page.find(begin), to = page.find(end);
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    check_generated(path, page.substr(0, from + begin.size()) + "\n" +
                              topology_reference_markdown() + "\n" + page.substr(to));
}

TEST_CASE("every topology of the catalogue is valid by its schema and loads") {
    const json schema = json::parse(topology_schema());
    CHECK(catalogue().size() >= 3);
    for (const auto& file : catalogue()) {
        INFO(file);
        CHECK(test::schema_errors(schema, json::parse(test::content(file))) == "");
        const topology_spec topology = load_topology(file);
        CHECK(topology.name == file.stem());
        CHECK_FALSE(topology.description.empty());
    }
}

TEST_CASE("the schema accepts what the parser accepts") {
    const json schema = json::parse(topology_schema());
    const auto text = GENERATE(
        as<std::string>{}, with_endpoint("{}"),
        with_endpoint(R"json({"work":"2ms + lognormal(mean=4ms, p99=12ms)"})json"),
        with_endpoint(R"({"work":"1m30s","errors":0.05,"//":[1]})"),
        with_endpoint(R"({"work":"PT2M","errors":"5%","description":"d"})"),
        with_steps(R"([{"call":"b.GET /","timeout":"1s","retry":{},
                        "circuit_breaker":{"slow_call_duration_threshold":"off"}}])"),
        with_steps(R"([{"parallel":[{"work":"1ms"},[{"sleep":"1ms"}]]}])"),
        with_steps(R"([{"probability":0.5,"do":[],"else":[]}])"),
        with_endpoint(R"json({"work":"normal(mean=10ms, sd=2ms)"})json"),
        R"({"name":"t","services":{"a":{"records":["r"],"endpoints":{"x":{"steps":[
                     {"read":"r"},{"write":"r","if":"unchanged","conflict":409}]}}}}})",
        graph_topology({.endpoint = query_of("query Q($n: Int) { feed(first: $n) { title } }") +
                                    R"(,"operation":"Q","variables":{"n":5})",
                        .author = R"(,"parallel":false,"options":{"timeout":"1s"},
                        "batch":{"max_batch":5,"distinct":3,"key_size":"9B","item_size":"1kB"})",
                        .graphql = R"("value_cost":"2us","//":"a note",
                        "limits":{"max_cost":100,"max_depth":5,"max_list":50},)"}));
    INFO(text);
    CHECK_NOTHROW(topology_from(text));
    CHECK(test::schema_errors(schema, json::parse(text)) == "");
}

TEST_CASE("the schema refuses what the parser refuses") {
    const json schema = json::parse(topology_schema());
    const auto text =
        GENERATE(as<std::string>{}, "{}", "[]", with_endpoint(R"({"work":5})"),
                 with_endpoint(R"({"work":"fast"})"), with_endpoint(R"({"works":"1ms"})"),
                 with_endpoint(R"({"errors":5})"), with_endpoint(R"({"request_size":"5"})"),
                 with_endpoint(R"({"description":5})"), with_steps(R"([{"call":"b"}])"),
                 with_steps(R"([{"call":"b.GET /","timeout":1}])"),
                 with_steps(R"([{"call":"b.GET /","retry":{"max_attempts":0}}])"),
                 with_steps(R"([{"call":"b.GET /","balancer":"best"}])"), with_steps(R"([{}])"),
                 with_steps(R"([{"parallel":[]}])"), with_steps(R"([{"read":1}])"),
                 with_steps(R"([{"write":"r","if":"changed"}])"),
                 R"({"name":"t","services":{"a.b":{"endpoints":{"x":{}}}}})",
                 R"({"name":"t","services":{"a":{"replicas":0,"endpoints":{"x":{}}}}})");
    INFO(text);
    CHECK(message_of([&] { topology_from(text); }) != "no error");
    CHECK(test::schema_errors(schema, json::parse(text)) != "");
}

} // namespace windtunnel::topology
