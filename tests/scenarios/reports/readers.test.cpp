// SPDX-License-Identifier: BSL-1.0
// Reports as tools that are not ours read them: xmllint, and Python's csv, xml and jsonschema
// (tools/setup installs them).
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "scenarios/reports/documents.hpp"
#include "scenarios/src/reports/characters.hpp"
#include "support/process.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::json;

const std::string here = test::in_repository("tests/scenarios/reports/").string();

/// A file with a document, removed at the end.
class written {
  public:
    explicit written(const std::string& text) {
        std::string name = (std::filesystem::temp_directory_path() / "windtunnel-XXXXXX").string();
        close(mkstemp(name.data()));
        path_ = name;
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~written() { std::filesystem::remove(path_); }
    written(const written&) = delete;
    written& operator=(const written&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// What the tool printed; its complaints are this test's.
std::string read_by(const std::vector<std::string>& words) {
    const auto end = testing::run_process(words);
    INFO("if it is not there, tools/setup installs it: " << words.front() << " exits " << end.code
                                                         << "\n"
                                                         << end.err);
    CHECK(end.code == 0);
    return end.out;
}

json column(const std::string& text, const std::string& name) {
    const written file(text);
    return json::parse(read_by({"/usr/bin/python3", here + "read_csv.py", file.path(), name}));
}

json cases(const std::string& text) {
    const written file(text);
    return json::parse(read_by({"/usr/bin/python3", here + "read_junit.py", file.path()}));
}

const std::vector<std::string (*)(std::string_view)> documents{
    samples::of_one, samples::of_several, samples::of_refusal, samples::of_nasty};

} // namespace

TEST_CASE("xmllint finds JUnit XML valid by the schema, whatever names hold") {
    const std::string schema = test::in_repository("tests/data/reports/junit.xsd").string();
    for (const auto document : documents) {
        const written file(document("junit"));
        read_by({"/usr/bin/xmllint", "--noout", "--schema", schema, file.path()});
    }
}

TEST_CASE("JUnit XML counts what it has, and each status has its element and type") {
    const json one = cases(samples::of_one("junit"));
    REQUIRE(one.size() == 5);
    CHECK(one[0] == json{"windtunnel.slow", "readers: p99 < 50ms before 'slow db'", json::array()});
    CHECK(one[1][2] == json::array({{"failure", "failed"}}));
    CHECK(one[3][2] == json::array({{"failure", "inconclusive"}}));
    CHECK(one[4][2] == json::array({{"failure", "invalid_baseline"}}));
    const json several = cases(samples::of_several("junit"));
    CHECK(several[1][2] == json::array({{"error", "invalid"}}));
    CHECK(several[3][2] == json::array({{"error", "aborted"}}));
    CHECK(several[4][0] == "windtunnel.slow: v1_5");
    const json refused = cases(samples::of_refusal("junit"));
    CHECK(refused[0][1] == "shop/slow.json:9:47: unknown key \"arivals\" in workload");
    CHECK(refused[0][2] == json::array({{"error", "invalid"}}));
    CHECK(cases(samples::of_nasty("junit"))[0][1] == samples::nasty_cleaned);
}

TEST_CASE("Python's csv reads back what was written, in as many columns as the header has") {
    for (const char* format : {"csv", "csv-expectations"}) {
        for (const auto document : documents)
            CHECK(column(document(format), "scenario").size() > 0);
        CHECK(column(samples::of_nasty(format), "variant")[0] == samples::nasty_cleaned);
    }
    CHECK(column(samples::of_nasty("csv-expectations"), "expectation")[0] ==
          samples::nasty_cleaned);
    const std::string figures = samples::of_one("csv");
    const json names = column(figures, "name"), phases = column(figures, "phase");
    CHECK(names.size() == 5 * (1 + 3 + 2)); // phases, and workloads, endpoints, edges
    CHECK(names[0] == "readers");
    CHECK(phases[0] == "whole run");
    CHECK(column(figures, "p99")[0] == "0.01");
    CHECK(column(figures, "errors")[0] == "timed_out=60");
}

TEST_CASE("a validator of JSON Schema finds every JSON report valid") {
    const std::string schema = test::in_repository("scenarios/schema/result.schema.json").string();
    for (const auto document : documents) {
        const written file(document("json"));
        read_by({"/usr/bin/python3", here + "read_json.py", schema, file.path()});
    }
}

} // namespace windtunnel::scenario
