// SPDX-License-Identifier: BSL-1.0
// `windtunnel run --trace`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"
#include "support/json_schema.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string shop = test::in_repository("tests/data/traces/shop.json").string();

} // namespace

TEST_CASE("the trace that is asked for stands below the report, which is the same as without") {
    const auto plain = windtunnel({"run", data + "passes.json"});
    const auto traced = windtunnel({"run", data + "passes.json", "--trace", "slowest"});
    CHECK(traced.code == 0);
    CHECK(traced.err == "");
    CHECK_THAT(traced.out, StartsWith(plain.out + "\ntrace "));
    CHECK_THAT(traced.out, Contains("\ncritical path (*): "));
    CHECK_THAT(traced.out, Contains("more traces are kept; --trace with the id shows one:"));
}

TEST_CASE("an id from an earlier output shows that trace, also where it was not kept before") {
    const auto report = json::parse(windtunnel({"run", shop, "--format", "json"}).out);
    const std::string id = report["traces"]["list"][3]["id"];
    for (const std::string& name : {id, id.substr(0, 10)}) {
        const auto shown =
            windtunnel({"run", shop, "--trace", name, "-D", "tracing.head=0%", "--summary", "off"});
        CHECK(shown.code == 0);
        CHECK_THAT(shown.out, Contains("\ntrace " + id + "\n"));
    }
}

TEST_CASE("the block of traces is valid by the schema") {
    const json schema = json::parse(windtunnel({"schema", "result"}).out);
    const json report =
        json::parse(windtunnel({"run", shop, "--format", "json", "--reps", "2"}).out);
    REQUIRE(report.contains("traces"));
    CHECK(test::schema_errors(schema, report) == "");
    CHECK_FALSE(json::parse(windtunnel({"run", data + "passes.json", "--format", "json"}).out)
                    .contains("traces"));
}

TEST_CASE("of several files each shows its own, and an id is looked for in all") {
    const auto both = windtunnel({"run", shop, data + "passes.json", "--trace", "SLOWEST"});
    CHECK(both.code == 0);
    CHECK_THAT(both.out, Contains("users: web.GET /, at 2.00 s"));
    const json report = json::parse(windtunnel({"run", shop, "--format", "json"}).out);
    const std::string id = report["traces"]["list"][0]["id"];
    const auto one = windtunnel({"run", data + "passes.json", shop, "--trace", id});
    CHECK(one.code == 0);
    CHECK(one.err == "");
    CHECK_THAT(one.out, Contains("trace " + id));
}

TEST_CASE("of several replications the one is named that the trace was in") {
    const auto end = windtunnel({"run", shop, "--reps", "3", "--trace", "slowest"});
    CHECK_THAT(end.out, Contains("of replication 1 of 3, seed 3\n"));
}

TEST_CASE("a trace that is not there is an error after the run, which says why") {
    const auto failed = windtunnel({"run", shop, "--trace", "failed"});
    CHECK(failed.code == 2);
    CHECK(failed.err == "windtunnel: --trace: " + shop +
                            ": no recorded request failed: 500 of 500 traces were recorded\n");
    CHECK_THAT(failed.out, Contains("1 of 1 expectation held"));
    const auto unknown = windtunnel({"run", shop, "--trace", "0123456789"});
    CHECK(unknown.code == 2);
    CHECK_THAT(unknown.err, Contains("no trace that is over has an id that begins with"));
    // What the run found goes before.
    CHECK(windtunnel({"run", data + "fails.json", "--trace", "0123456789"}).code == 1);
}

TEST_CASE("a wish for a trace that makes no sense is refused before anything runs") {
    for (const auto& [words, message] :
         std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"--trace", "slow"}, "--trace: expected SLOWEST, FAILED, or a trace id"},
             {{"--trace", "failled"}, "did you mean FAILED?"},
             {{"--trace", ""}, "--trace: expected SLOWEST"},
             {{"--trace", "slowest", "--format", "json"}, "leave out --format json"},
             {{"--trace", "slowest", "--quiet"}, "leave out --quiet"},
         }) {
        std::vector<std::string> all{"run", shop};
        all.insert(all.end(), words.begin(), words.end());
        const auto end = windtunnel(all);
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains(message));
    }
}

} // namespace windtunnel::cli
