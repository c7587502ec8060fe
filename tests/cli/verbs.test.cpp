// SPDX-License-Identifier: BSL-1.0
// The other verbs, and the command line itself.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("help leads with examples and is no error") {
    const auto all = windtunnel({"--help"});
    CHECK(all.code == 0);
    CHECK(all.out.find("Examples:") < all.out.find("Usage:"));
    CHECK_THAT(all.out, Contains("\n  gui "));
    for (const std::string verb :
         {"run", "explain", "validate", "list", "new", "import-policies", "schema", "completion"}) {
        const auto end = windtunnel({verb, "--help"});
        INFO(verb);
        CHECK(end.code == 0);
        CHECK_THAT(end.out, Contains("Examples:\n  ") && Contains("Usage: windtunnel " + verb));
        CHECK_THAT(all.out, Contains("\n  " + verb + " "));
    }
}

#ifdef WINDTUNNEL_HAS_GUI
TEST_CASE("the help of the window is the window's own") {
    const auto end = windtunnel({"gui", "--help"});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("--screenshot") && Contains("Usage: windtunnel-gui"));
}
#endif

TEST_CASE("the version is one line") {
    const auto end = windtunnel({"--version"});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Catch::Matchers::Matches("windtunnel [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("wrong use gets a message with the nearest word, and exit code 2") {
    struct wrong {
        std::vector<std::string> words;
        std::string message;
    };
    const auto each = GENERATE(values<wrong>({
        {{}, "windtunnel run shop.json"},
        {{"rnu", "x.json"}, "unknown verb \"rnu\""},
        {{"rnu", "x.json"}, "did you mean run?"},
        {{"shop.json"}, "did you mean windtunnel run shop.json?"},
        {{"run"}, "run: FILE is required"},
        {{"run", "x.json", "--sede", "1"}, "unknown option \"--sede\"; did you mean --seed?"},
        {{"run", "x.json", "--seed", "one"}, "--seed: expected a whole number from 0"},
        {{"run", "x.json", "--seed", "1.5"}, "found \"1.5\""},
        {{"run", "x.json", "--seed=-1"}, "found \"-1\""},
        {{"run", "x.json", "--reps", "0"}, "--replications: expected a whole number from 1"},
        {{"run", "x.json", "-j", "0"}, "--jobs: expected a whole number from 1 to 1024"},
        {{"run", "x.json", "--duration", "60"}, "--duration: "},
        {{"run", "x.json", "--format", "jsn"},
         "or archive, found \"jsn\"; did you mean "
         "json?"},
        {{"run", "x.json", "--summary", "ful"}, "did you mean full?"},
        {{"run", "x.json", "-D", "seed"}, "write -D path=value"},
        {{"run", "x.json", "--seed", "1", "--seed", "2"}, "--seed is given more than once"},
        {{"run", "x.json", "--seed", "-1"}, "--seed: expected a whole number from 0"},
        {{"run", "x.json", "-j", "-1"}, "--jobs: expected a whole number from 1 to 1024"},
        {{"run", "x.json", "-o", "a\x1b[31m.pdf"}, "a\\u001b[31m.pdf"},
        {{"run", "x.json", "-x"}, "unknown option \"-x\""},
        {{"list", "fault"}, "did you mean faults?"},
        {{"list", "faults", "--in", "."}, "--in is a folder of scenarios or topologies"},
        {{"schema", "topologie"}, "did you mean topology?"},
        {{"new", "a/b"}, "\"a/b\" is no name"},
        {{"completion", "fish"}, "there is one for bash"},
        {{"list", "scenarios", "--in", "/no/such/folder"}, "cannot read the folder"},
    }));
    const auto end = windtunnel(each.words);
    CHECK(end.code == 2);
    CHECK(end.out == "");
    CHECK_THAT(end.err, StartsWith("windtunnel: ") && Contains(each.message));
    CHECK(end.was_quick());
}

TEST_CASE("a new scenario runs and passes, with its variants, and is valid") {
    const scratch_folder folder;
    const auto made = windtunnel({"new", "shop", "--in", folder.file("here")});
    CHECK(made.code == 0);
    CHECK_THAT(made.out, Contains("windtunnel run " + folder.file("here/shop.json")));
    const auto valid = windtunnel(
        {"validate", folder.file("here/shop.json"), folder.file("here/shop.topology.json")});
    CHECK(valid.code == 0);
    CHECK_THAT(valid.out, Contains("valid, scenario shop: 1 workload, 1 fault, 4 expectations, "
                                   "variants: twice the load") &&
                              Contains("valid, topology shop: 3 services, 3 endpoints"));
    const auto end = windtunnel({"run", folder.file("here/shop.json"), "--all-variants"});
    INFO(end.out);
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("\n  as it stands    ✓ passed  4 of 4") &&
                            Contains("\n  twice the load  ✓ passed  4 of 4"));
}

TEST_CASE("new does not overwrite what is there, unless it is told to") {
    const scratch_folder folder;
    folder.write("shop.json", "precious");
    const auto end = windtunnel({"new", "shop"}, {.folder = folder.path()});
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains("shop.json is there already; --force overwrites it"));
    CHECK(content(folder.file("shop.json")) == "precious");
    CHECK_FALSE(std::filesystem::exists(folder.file("shop.topology.json")));
    CHECK(windtunnel({"new", "shop", "--force"}, {.folder = folder.path()}).code == 0);
    CHECK(windtunnel({"run", "shop.json", "-q"}, {.folder = folder.path()}).code == 0);
}

TEST_CASE("validate reports what is wrong with every file and every variant") {
    const scratch_folder folder;
    const std::string bad = folder.write("bad.json", content(data + "passes.json"));
    std::string text = content(bad);
    text.replace(text.find("users: p50 < 1us"), 16, "user: p50 < 1us");
    folder.write("bad.json", text);
    folder.write("shop.topology.json", content(data + "shop.topology.json"));
    const auto end = windtunnel({"validate", bad, folder.file("none.json")});
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains("at /variants/too strict/expect/0") &&
                            Contains("did you mean \"users\"?") && Contains("none.json"));
    CHECK(windtunnel({"validate", "-q", data + "passes.json"}).out == "");
}

TEST_CASE("validate notes what has no effect, and finds it valid") {
    const scratch_folder folder;
    std::string text = content(data + "passes.json");
    text.insert(text.find('{') + 1, R"("policies": { "*->*": { "cache": {} } }, )");
    folder.write("shop.topology.json", content(data + "shop.topology.json"));
    const auto end = windtunnel({"validate", folder.write("cached.json", text)});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("cached.json: valid, ") && Contains(": note: all calls from ") &&
                            Contains("have a cache and no key"));
}

TEST_CASE("the lists come from the tables that the parsers read") {
    const auto list = [](const std::string& what) {
        const auto end = windtunnel({"list", what});
        CHECK(end.code == 0);
        return end.out;
    };
    CHECK_THAT(list("faults"), Contains("latency") && Contains("crash"));
    CHECK_THAT(list("metrics"), Contains("p99.9") && Contains("recovers within"));
    CHECK_THAT(list("policies"), Contains("circuit_breaker") && Contains("retry_budget") &&
                                     Contains("admission.server_admission") &&
                                     Contains("discovery") && Contains("\nkey "));
    CHECK_THAT(list("policies"),
               Contains("Refuses calls while too many fail") && !Contains("Absent"));
    CHECK_THAT(list("distributions"), Contains("lognormal(mean=4ms, p99=12ms)"));
    CHECK_THAT(list("arrivals"), Contains("poisson(200/s)"));
    CHECK_THAT(list("topologies"), Contains("bookinfo.json"));
    const auto mine = windtunnel({"list", "scenarios", "--in", data});
    CHECK_THAT(mine.out, Contains("passes.json") && Contains("A shop that holds") &&
                             Contains("shop.topology.json  ") &&
                             Contains("  no scenario: it has no \"topology\"\n"));
}

TEST_CASE("the schemas are printed as JSON") {
    for (const std::string name : {"topology", "scenario", "result", "sweep"})
        CHECK(json::parse(windtunnel({"schema", name}).out).contains("$schema"));
}

TEST_CASE("gui starts the program beside this one, or says that it is not there") {
    const scratch_folder folder;
    std::filesystem::copy(WINDTUNNEL_PROGRAM, folder.file("windtunnel"));
    const auto missing = testing::run_process({folder.file("windtunnel"), "gui", "a.json"});
    CHECK(missing.code == 2);
    CHECK_THAT(missing.err, Contains("the graphical program is not here"));
    folder.write("windtunnel-gui", "#!/bin/sh\necho \"gui: $*\"\nexit 5\n");
    std::filesystem::permissions(folder.file("windtunnel-gui"), std::filesystem::perms{0755});
    const auto end =
        testing::run_process({folder.file("windtunnel"), "gui", "a.json", "--shot", "x.png"});
    CHECK(end.code == 5);
    CHECK(end.out == "gui: a.json --shot x.png\n");
}

TEST_CASE("the completion is a script that bash reads") {
    const scratch_folder folder;
    const std::string script = folder.write("c", windtunnel({"completion", "bash"}).out);
    const auto end = testing::run_process({"/bin/bash", "-c",
                                           "source " + script +
                                               "; COMP_WORDS=(windtunnel run --se); COMP_CWORD=2; "
                                               "_windtunnel; echo ${COMPREPLY[@]}"});
    CHECK(end.out == "--set --seed\n");
}

} // namespace windtunnel::cli
