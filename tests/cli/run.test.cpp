// SPDX-License-Identifier: BSL-1.0
// `windtunnel run`: exit codes, what goes where, and that nothing but the input matters.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"
#include "support/json_schema.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("a run that passes says so on standard output and exits with 0") {
    const auto end = windtunnel({"run", data + "passes.json"});
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK_THAT(end.out, StartsWith("A shop that holds\n"));
    CHECK_THAT(end.out, Contains("✓ users: p99 < 100ms before 'slow db'"));
    CHECK_THAT(end.out, Contains("✓ passed: 3 of 3 expectations held"));
    CHECK_THAT(end.out, Contains("windtunnel run " + data + "passes.json --seed 11\n"));
    CHECK(end.out.find('\x1b') == std::string::npos);
}

TEST_CASE("each verdict has its exit code") {
    struct outcome {
        std::string file;
        int code;
        std::string verdict;
    };
    const auto each = GENERATE(values<outcome>({{"passes.json", 0, "passed"},
                                                {"fails.json", 1, "failed"},
                                                {"broken-before.json", 3, "invalid_baseline"},
                                                {"too-few.json", 4, "inconclusive"}}));
    const auto end = windtunnel({"run", data + each.file, "--format", "json"});
    CHECK(end.code == each.code);
    CHECK(end.err == "");
    CHECK(json::parse(end.out)["summary"]["verdict"] == each.verdict);
}

TEST_CASE("what is written as JSON is valid by the schema that the program prints") {
    const json schema = json::parse(windtunnel({"schema", "result"}).out);
    for (const std::vector<std::string>& words : {std::vector<std::string>{"passes.json"},
                                                  {"passes.json", "--all-variants"},
                                                  {"too-few.json", "--reps", "3"},
                                                  {"none.json"}}) {
        auto all = words;
        all.front() = data + all.front();
        all.insert(all.begin(), "run");
        all.insert(all.end(), {"--format", "json"});
        const json report = json::parse(windtunnel(all).out);
        INFO(words.front());
        CHECK(test::schema_errors(schema, report) == "");
    }
}

TEST_CASE("the README shows what is printed") {
    const std::string readme = content(test::in_repository("README.md"));
    const std::string command = "$ tools/run scenarios/bookinfo-ratings-delay.json\n";
    const auto begin = readme.find(command);
    REQUIRE(begin != std::string::npos);
    const auto end = windtunnel(
        {"run", "scenarios/bookinfo-ratings-delay.json"},
        {.folder = test::in_repository("").string(), .extra = {{"WINDTUNNEL_RUN", "tools/run"}}});
    CHECK(readme.substr(begin + command.size(), end.out.size() + 3) == end.out + "```");
}

TEST_CASE("an expectation that failed is shown with what was observed") {
    const auto end = windtunnel({"run", data + "fails.json"});
    CHECK_THAT(end.out, Contains("✗ users: p99 < 20ms during 'slow db'"));
    CHECK_THAT(end.out, Contains("✗ failed: 1 of 2 expectations did not hold"));
}

TEST_CASE("several scenarios give one verdict, the worst, and keep their order") {
    const auto end = windtunnel({"run", data + "passes.json", data + "fails.json",
                                 data + "passes.json", "--summary", "off"});
    CHECK(end.code == 1);
    CHECK_THAT(end.out, StartsWith("✓ passed: passes"));
    CHECK_THAT(end.out, Contains("✗ failed: fails"));
    CHECK_THAT(end.out, Contains("✗ 3 runs: 2 passed, 1 failed"));
    const auto all =
        windtunnel({"run", data + "passes.json", data + "fails.json", "--format", "json"});
    const json document = json::parse(all.out);
    CHECK(document["verdict"] == "failed");
    CHECK(document["results"][1]["scenario"]["name"] == "fails");
}

TEST_CASE("the same command gives the same bytes, whatever the number of threads") {
    for (const std::string format : {"json", "text"}) {
        const std::vector<std::string> words{
            "run", data + "fails.json", "--format", format, "--reps", "5", "-j", "1"};
        auto more = words;
        more.back() = "2";
        const auto one = windtunnel(words), again = windtunnel(words), two = windtunnel(more);
        CHECK(one.out == again.out);
        CHECK(one.out == two.out);
        CHECK(one.out.size() > 500);
    }
    const std::vector<std::string> files{
        "run", data + "passes.json", data + "fails.json", "--all-variants", "--format", "json",
        "-j"};
    auto one = files, two = files;
    one.push_back("1");
    two.push_back("2");
    CHECK(windtunnel(one).out == windtunnel(two).out);
}

TEST_CASE("the line that a report ends with brings the same figures back") {
    const auto first = windtunnel({"run", data + "passes.json", "--format", "json", "--seed", "5",
                                   "--variant", "too strict", "--duration", "12s", "-D",
                                   "workload.users.arrivals=poisson(90/s)"});
    CHECK(first.code == 1);
    const std::string line = json::parse(first.out)["run"]["reproduce"];
    CHECK_THAT(line, Contains("--variant 'too strict' --seed 5 --duration 12s"));
    const auto again = testing::run_process(
        {"/bin/sh", "-c",
         line.substr(0, 0) + WINDTUNNEL_PROGRAM + line.substr(line.find(' ')) + " --format json"});
    CHECK(again.out == first.out);
}

TEST_CASE("the options change what is run") {
    const auto words = [](std::vector<std::string> options) {
        options.insert(options.begin(), {"run", data + "passes.json", "--format", "json"});
        return json::parse(windtunnel(options).out);
    };
    CHECK(words({"--seed", "5"})["summary"]["seed"] == 5);
    CHECK(words({"--reps", "3"})["run"]["seeds"] == json{11, 12, 13});
    CHECK(words({"--replications", "2"})["summary"]["replications"] == 2);
    CHECK(words({"--variant", "idle"})["scenario"]["variant"] == "idle");
    CHECK(words({"--warmup", "4s"})["run"]["warmup"] == 4);
    CHECK(words({"-D", "duration=16s"})["run"]["duration"] == 16);
    CHECK(words({"--all-variants"})["results"].size() == 3);
    CHECK(words({"--variant", "idle", "--variant", "too strict"})["results"].size() == 2);
    CHECK(words({"-D", "workload.users.arrivals=constant(10/s)"})["summary"]["workloads"]["users"]
                                                                 ["rate"] == 10);
}

TEST_CASE("a report is also written to a file, in the kind that its name says") {
    const scratch_folder folder;
    const auto end = windtunnel({"run", data + "passes.json", "--summary", "off", "-o",
                                 folder.file("r.json"), "--out", "text=" + folder.file("r")});
    CHECK(end.code == 0);
    CHECK(json::parse(content(folder.file("r.json")))["summary"]["verdict"] == "passed");
    CHECK(content(folder.file("r")) == end.out);
}

TEST_CASE("a report of an earlier run does not outlive an input that is invalid") {
    const scratch_folder folder;
    const std::vector<std::string> reports{"-o", folder.file("r.json"), "-o", folder.file("r.txt")};
    const auto run = [&](const std::string& file) {
        std::vector<std::string> words{"run", file, "-q"};
        words.insert(words.end(), reports.begin(), reports.end());
        return windtunnel(words);
    };
    REQUIRE(run(data + "passes.json").code == 0);
    CHECK(run(data + "none.json").code == 2);
    const json report = json::parse(content(folder.file("r.json")));
    CHECK(report["summary"]["verdict"] == "invalid");
    CHECK_THAT(content(folder.file("r.txt")), StartsWith("invalid input, nothing was run\n"));
}

TEST_CASE("a file that cannot be written is noticed before anything runs") {
    const scratch_folder folder;
    const auto end = windtunnel({"run", data + "endless.json", "-o", folder.file("none/r.json")});
    CHECK(end.code == 2);
    CHECK(end.was_quick());
    CHECK_THAT(end.err, Contains("cannot write " + folder.file("none/r.json") +
                                 ": No such file or directory"));
    const auto kind = windtunnel({"run", data + "endless.json", "-o", folder.file("r.xls")});
    CHECK(kind.code == 2);
    CHECK_THAT(kind.err, Contains("which kind of report?"));
}

TEST_CASE("a full disk is no success: what was computed is printed, and the exit code is 74") {
    const auto file = windtunnel({"run", data + "passes.json", "-q", "-o", "json=/dev/full"});
    CHECK(file.code == 74);
    CHECK_THAT(file.err, Contains("cannot write /dev/full: No space left on device"));
    CHECK(json::parse(file.out)["summary"]["verdict"] == "passed");

    const auto out = windtunnel({"run", data + "passes.json"}, {.out_file = "/dev/full"});
    CHECK(out.code == 74);
    CHECK_THAT(out.err, Contains("cannot write to standard output: No space left on device"));
    CHECK(windtunnel({"list", "faults"}, {.out_file = "/dev/full"}).code == 74);
    CHECK(windtunnel({"--help"}, {.out_file = "/dev/full"}).code == 74);
}

TEST_CASE("a reader that has seen enough is no failure") {
    process run(words_of({"run", data + "fails.json", "--reps", "3"}));
    run.close_output();
    const auto end = run.finish();
    CHECK(end.code == 1);
    CHECK(end.signal == 0);
    CHECK(end.err == "");
}

TEST_CASE("quiet prints nothing, summary off only the verdict, full everything") {
    const auto quiet = windtunnel({"run", data + "fails.json", "-q"});
    CHECK(quiet.code == 1);
    CHECK(quiet.out + quiet.err == "");
    const auto off = windtunnel({"run", data + "passes.json", "--summary", "off"});
    CHECK(off.out == "✓ passed: passes, 3 of 3 expectations held (seed 11)\n");
    const auto full = windtunnel({"run", data + "passes.json", "--summary", "full"});
    CHECK_THAT(full.out, Contains("users->web") && Contains("db.query"));
}

TEST_CASE("all invalid files are reported before anything runs") {
    const scratch_folder folder;
    const std::string a = folder.write("a.json", "{"), b = folder.write("b.json", "[]");
    const auto end = windtunnel({"run", data + "endless.json", a, data + "passes.json", b});
    CHECK(end.code == 2);
    CHECK(end.out == "");
    CHECK(end.was_quick());
    CHECK_THAT(end.err, Contains(a + ":1:2: error:") && Contains(b + ":1:1: error:"));
}

TEST_CASE("in JSON a refusal is a document too") {
    const scratch_folder folder;
    const std::string bad = folder.write("bad.json", R"({"topology":{},"sede":1})");
    const auto end = windtunnel({"run", bad, "--format", "json"});
    CHECK(end.code == 2);
    const json document = json::parse(end.out);
    CHECK(document["summary"]["verdict"] == "invalid");
    CHECK(document["errors"][0]["file"] == bad);
}

} // namespace windtunnel::cli
