// SPDX-License-Identifier: BSL-1.0
// Broken files, each answered within a second with exit code 2 and a message that names file, line,
// place and remedy, and never with a crash.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct broken {
    std::string text;
    std::string place;   ///< "line:column", or what stands in place of it
    std::string pointer; ///< empty: the message names none
    std::string reason;
    std::string nearest = {}; ///< empty: no suggestion
};

void check_refused(const process_end& end, const std::string& file, const broken& expected) {
    INFO(end.out << end.err);
    CHECK(end.code == 2);
    CHECK(end.signal == 0);
    CHECK(end.out == "");
    CHECK(end.was_quick());
    CHECK_THAT(end.err, StartsWith("windtunnel: invalid input, nothing was run\n"));
    CHECK_THAT(end.err, Contains(file + ":" + expected.place) && Contains(": error: "));
    CHECK_THAT(end.err, Contains(expected.reason));
    if (!expected.pointer.empty())
        CHECK_THAT(end.err, Contains("(at " + expected.pointer + ")"));
    if (!expected.nearest.empty())
        CHECK_THAT(end.err, Contains("did you mean \"" + expected.nearest + "\"?"));
    CHECK_THAT(end.err, !Contains("what():") && !Contains("bug") && !Contains("terminate"));
}

/// Both verbs that read files must say the same.
void check(const broken& each) {
    const scratch_folder folder;
    folder.write("shop.topology.json", content(data + "shop.topology.json"));
    const std::string file = folder.write("broken.json", each.text);
    INFO(each.text.substr(0, 300));
    check_refused(windtunnel({"validate", file}), file, each);
    if (each.text.find("\"services\"") == std::string::npos ||
        each.text.find("\"workload\"") != std::string::npos)
        check_refused(windtunnel({"run", file}), file, each);
}

void check_all(const std::vector<broken>& table) {
    for (const broken& each : table)
        check(each);
}

/// A sound scenario with these lines in place of its own of that key, or besides them.
std::string scenario(const std::string& line, const std::string& without = "") {
    const std::vector<std::pair<std::string, std::string>> lines{
        {"topology", R"json("topology": "shop.topology.json",)json"},
        {"warmup", R"json("warmup": "5s",)json"},
        {"duration", R"json("duration": "30s",)json"},
        {"workload",
         R"json("workload": [{ "name": "users", "to": "web.GET /",
  "arrivals": "poisson(9/s)" }],)json"},
        {"faults", R"json("faults": [{ "name": "slow db", "at": "10s", "for": "5s",
  "latency": { "on": "db", "add": "1s" } }],)json"}};
    std::string text = "{\n" + line + ",\n";
    for (const auto& [key, own] : lines)
        if (key != without)
            text += own + "\n";
    return text + "\"expect\": []}";
}

std::string expecting(const std::string& expectation) {
    std::string text = scenario(R"json("title": "t")json");
    text.replace(text.rfind("[]"), 2, "[\"" + expectation + "\"]");
    return text;
}

std::string workload(const std::string& fields) {
    return scenario("\"workload\": [{ \"name\": \"users\", " + fields + " }]", "workload");
}

std::string fault(const std::string& fields) {
    return scenario("\"faults\": [{ " + fields + " }]", "faults");
}

std::string topology(const std::string& services) {
    return "{ \"name\": \"t\", \"services\": {\n" + services + "\n} }";
}

} // namespace

TEST_CASE("what is not JSON is refused with its place") {
    check_all({
        {"", "1:1:", "", "the file is empty"},
        {"{", "1:2:", "", ""},
        {"{ \"topology\": \"x\", }", "1:20:", "", ""},
        {"{\n  \"topology\": 'x'\n}", "2:15:", "", ""},
        {"{ \"topology\": \"\xff\xfe\" }", "1:", "", "UTF-8"},
        {"{ \"warmup\": \"1s\",\n  \"warmup\": \"2s\" }", "2:3:", "", "a second time"},
        {std::string(10'000, '['), "1:65:", "", "64"},
        {"{\"topology\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}", "1:", "",
         "64"},
        {"\"just a text\"", "1:1:", "", "neither a scenario"},
        {"{ \"hello\": 1 }", "1:1:", "", "neither a scenario"},
        {std::string("{ \"workload\": 1 }\0 x", 19), "1:", "", ""},
    });
}

TEST_CASE("a broken scenario gets a message that says what to do") {
    check_all({
        {scenario(R"json("sede": 1)json"), "2:1:", "/sede", "unknown key \"sede\" in scenario",
         "seed"},
        {scenario(R"json("title": "t")json", "topology"), "1:1:", "", "lacks the key \"topology\""},
        {scenario(R"json("topology": "shop.topolgy.json")json", "topology"), "2:13:", "/topology",
         "there is no topology file"},
        {scenario(R"json("duration": "30")json", "duration"), "2:13:", "/duration",
         "it has no unit"},
        {scenario(R"json("duration": 30)json", "duration"), "2:13:", "/duration",
         "write it as text, with its unit"},
        {scenario(R"json("duration": "30 sec")json", "duration"), "2:13:", "/duration", "30 sec"},
        {scenario(R"json("warmup": "-5s")json", "warmup"), "2:11:", "/warmup", "-5s"},
        {scenario(R"json("seed": -1)json"), "2:9:", "/seed", "found the number -1"},
        {scenario(R"json("replications": 1e9)json"), "2:17:", "/replications", "1e9"},
        {scenario(R"json("window": "1h")json"), "2:11:", "/window", "longer than the duration"},
        {scenario(R"json("policies": { "web->dbb": {} })json"), "2:15:", "/policies/web->dbb",
         "called \"dbb\"", "db"},
        {workload(R"json("to": "web.GET /", "arrivals": "poisson(-5/s)")json"),
         "2:", "/workload/0/arrivals", "-5/s"},
        {workload(R"json("to": "web.GET /", "arrivals": "poison(5/s)")json"),
         "2:", "/workload/0/arrivals", "says no way to arrive", "poisson"},
        {workload(R"json("to": "wbe.GET /", "arrivals": "poisson(5/s)")json"),
         "2:", "/workload/0/to", "no service is called \"wbe\"", "web"},
        {workload(R"json("to": "web.GET", "arrivals": "poisson(5/s)")json"), "2:", "/workload/0/to",
         "\"web\" has no endpoint \"GET\""},
        {workload(R"json("to": "web.GET /")json"), "2:", "/workload/0",
         "a workload needs \"arrivals\" or \"users\""},
        {workload(R"json("to": "web.GET /", "users": { "count": 2 })json"),
         "2:", "/workload/0/users", "lacks the key \"think\""},
        {workload(R"json("to": "web.GET /", "users": { "count": 2, "think": "0s" })json"),
         "2:", "/workload/0/users/think", "at least 1us in the mean"},
        {workload(R"json("to": "web.GET /", "arrivals": "poisson(1000000000000/s)")json"),
         "2:", "/workload/0/arrivals", "at most 100000000/s"},
        {workload(R"json("to": "web.GET /",
  "arrivals": "on_off(on=1/s, off=0/s, on_mean=1ns, off_mean=1ns)")json"),
         "3:", "/workload/0/arrivals", "on_mean must be at least 1us"},
        {scenario(R"json("window": "1us")json"), "2:11:", "/window", "\"window\": \"100us\""},
        {workload(R"json("to": "web.GET /", "users": { "count": 0, "think": "1s" })json"),
         "2:", "/workload/0/users/count", "found the number 0"},
        {fault(R"json("at": "90s", "latency": { "on": "db", "add": "1s" })json"),
         "2:", "/faults/0/at", "the run ends at 35s"},
        {fault(R"json("at": "9s", "latency": { "on": "db#7", "add": "1s" })json"),
         "2:", "/faults/0/latency/on", "instances 0 to 0"},
        {fault(R"json("at": "9s", "latncy": { "on": "db", "add": "1s" })json"),
         "2:", "/faults/0/latncy", "unknown key \"latncy\"", "latency"},
        {fault(R"json("at": "9s", "errors": { "on": "db", "share": 30 })json"),
         "2:", "/faults/0/errors/share", "write \"5%\" or 0.05"},
    });
}

TEST_CASE("a broken expectation gets a message that says what to do") {
    check_all({
        {expecting("users: p98 < 1s"), "10:", "/expect/0", "\"p98\" is no metric", "p90"},
        {expecting("user: p99 < 1s"), "10:", "/expect/0", "user", "users"},
        {expecting("users: p99 < 1s during 'slow bd'"), "10:", "/expect/0",
         "no fault is called \"slow bd\"", "slow db"},
        {expecting("users: p99 < 100"), "10:", "/expect/0", "p99 is a time"},
        {expecting("users: errors < 5s"), "10:", "/expect/0", "errors is a share"},
        {expecting("users: errors(timeout) < 5%"), "10:", "/expect/0", "timeout", "timed_out"},
        {expecting("users p99 < 1s"), "10:", "/expect/0", "there is no \": \" in it"},
        {expecting("db: attempts < 2"), "10:", "/expect/0", "attempts"},
    });
}

TEST_CASE("a broken topology gets a message that says what to do") {
    check_all({
        {topology(R"json("a": { "workrs": 2, "endpoints": { "x": {} } })json"),
         "2:8:", "/services/a/workrs", "unknown key \"workrs\" in service", "workers"},
        {topology(R"json("a": { "endpoints": { "x": { "work": "5" } } })json"),
         "2:", "/services/a/endpoints/x/work", "it has no unit"},
        {topology(R"json("a": { "endpoints": { "x": { "work": "lognorml(mean=5ms, scv=1)"
    } } })json"),
         "2:", "/services/a/endpoints/x/work", "no distribution is called \"lognorml\"",
         "lognormal"},
        {topology(R"json("a": { "endpoints": { "x": { "steps": [{ "call": "b.x" }] } } })json"),
         "2:", "/services/a/endpoints/x/steps/0/call", "no service is called \"b\"", ""},
        {topology(R"json("a": { "endpoints": { "x": { "steps": [{ "call": "b.x" }] } } },
"b": { "endpoints": { "x": { "steps": [{ "call": "a.x" }] } } })json"),
         "3:", "/services/b/endpoints/x/steps/0/call", "this call never ends: a.x -> b.x -> a.x"},
        {topology(R"json("a": { "replicas": 0, "endpoints": { "x": {} } })json"),
         "2:", "/services/a/replicas", "found the number 0"},
        {topology(""), "1:", "/services", "at least one service"},
        {topology(R"json("a": { "endpoints": { "x": { "steps": [{ "repeat": 1000000, "do": [
{ "repeat": 1000000, "do": [{ "work": "1ms" }] }] }] } } })json"),
         "2:", "/services/a/endpoints/x", "at most 1000000 are allowed"},
    });
}

TEST_CASE("what is no file of ours is refused") {
    const scratch_folder folder;
    const auto refused = [&](const std::string& path, const std::string& reason,
                             const process_options& options = {}) {
        const auto end = windtunnel({"run", path}, options);
        INFO(path << "\n" << end.out << end.err);
        CHECK(end.code == 2);
        CHECK(end.was_quick());
        CHECK_THAT(end.err, Contains(path) && Contains(reason));
    };
    refused(folder.file("none.json"), "no such file");
    refused(folder.path(), "this is a folder");
    refused("/dev/zero", "");
    const std::string secret = folder.write("secret.json", content(data + "passes.json"));
    std::filesystem::permissions(secret, std::filesystem::perms{0});
    refused(secret, "Permission denied", {.drop_root = true});
    refused(data + "shop.topology.json", "this is a topology");
    std::string large(17 << 20, ' ');
    large.replace(0, 2, "{}");
    refused(folder.write("large.json", large), "16");
    std::string many = "{\"workload\":[0";
    for (int i = 0; i < 1'000'000; ++i)
        many += ",0";
    refused(folder.write("many.json", many + "]}"), "1000000");
}

TEST_CASE("a wrong -D is named in place of a file") {
    const auto message = [](const std::string& change) {
        const auto end = windtunnel({"run", data + "passes.json", "-D", change});
        CHECK(end.code == 2);
        return end.err;
    };
    CHECK_THAT(message("sede=1"), Contains("-D sede=1") && Contains("did you mean \"seed\"?"));
    CHECK_THAT(message("workload.user.arrivals=x"), Contains("it has 0, users"));
    CHECK_THAT(message("duration=soon"), Contains("-D duration=soon") && Contains("soon"));
}

} // namespace windtunnel::cli
