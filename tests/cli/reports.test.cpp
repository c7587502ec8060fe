// SPDX-License-Identifier: BSL-1.0
// Reports that `windtunnel run` takes out into CI: which files, which formats, what a job on GitHub
// shows, and that the workflow files of the documentation do what they say.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::vector<std::pair<std::string, std::string>> formats{
    {"text", "r.txt"},  {"json", "r.json"}, {"markdown", "r.md"},
    {"junit", "r.xml"}, {"csv", "r.csv"},   {"csv-expectations", "r.expectations.csv"}};

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++found;
    return found;
}

process_options on_github(const scratch_folder& folder) {
    return {.folder = folder.path(),
            .extra = {{"GITHUB_ACTIONS", "true"},
                      {"GITHUB_WORKSPACE", folder.path()},
                      {"GITHUB_STEP_SUMMARY", folder.file("summary.md")}}};
}

/// A repository: scenarios, one of which fails, and their topology.
void fill(const scratch_folder& folder) {
    std::filesystem::create_directories(folder.file("scenarios"));
    std::filesystem::create_directories(folder.file("topologies"));
    folder.write("topologies/shop.topology.json", content(data + "shop.topology.json"));
    for (const char* name : {"passes.json", "fails.json"}) {
        std::string text = content(data + name);
        const std::string topology = "\"shop.topology.json\"";
        text.replace(text.find(topology), topology.size(), "\"../topologies/shop.topology.json\"");
        folder.write(std::string("scenarios/") + name, text);
    }
}

} // namespace

TEST_CASE("what --format prints is what --out writes, in every format") {
    const scratch_folder folder;
    for (const auto& [format, file] : formats) {
        INFO(format);
        const auto named =
            windtunnel({"run", data + "passes.json", data + "fails.json", "--format", format, "-o",
                        folder.file(file), "-o", format + "=" + folder.file("named")});
        CHECK(named.code == 1);
        CHECK(named.err == "");
        CHECK(named.out.size() > 100);
        CHECK(content(folder.file(file)) == named.out);
        CHECK(content(folder.file("named")) == named.out);
    }
}

TEST_CASE("one run writes all formats at once, each with all runs") {
    const scratch_folder folder;
    std::vector<std::string> words{"run", data + "passes.json", "--all-variants", "-q"};
    for (const auto& [format, file] : formats)
        words.insert(words.end(), {"-o", folder.file(file)});
    const auto end = windtunnel(words);
    CHECK(end.out + end.err == "");
    CHECK(json::parse(content(folder.file("r.json")))["results"].size() == 3);
    CHECK(count(content(folder.file("r.xml")), "<testsuite ") == 3);
    CHECK(count(content(folder.file("r.md")), "\n## ") == 3);
    CHECK(count(content(folder.file("r.expectations.csv")), "passes,too strict,") > 0);
    CHECK_THAT(content(folder.file("r.xml")),
               Contains("<property name=\"reproduce\" value=\"windtunnel run " + data +
                        "passes.json --variant 'too strict' --seed 11\" />"));
}

TEST_CASE("invalid input is told of in every format, over what an earlier run wrote") {
    const scratch_folder folder;
    std::vector<std::string> words{"run", folder.write("bad.json", R"({"topology":{},"sede":1})"),
                                   "-q"};
    for (const auto& [format, file] : formats)
        words.insert(words.end(), {"-o", folder.write(file, "old")});
    CHECK(windtunnel(words).code == 2);
    for (const auto& [format, file] : formats) {
        INFO(format);
        const std::string text = content(folder.file(file));
        CHECK_THAT(text, Contains("invalid") && !StartsWith("old"));
        CHECK_THAT(text, Contains(format == "csv" ? "bad.json" : "lacks the key"));
    }
}

TEST_CASE("no report takes the place of what is read, or of another report") {
    const scratch_folder folder;
    const std::string topology = folder.write(
        "t.json",
        R"({"name":"t","services":{"s":{"workers":1,"endpoints":{"e":{"work":"1ms"}}}}})");
    const std::string scenario = folder.write("s.json", R"j({"topology":"t.json","duration":"1s",
                       "workload":[{"name":"u","to":"s.e","arrivals":"poisson(50/s)"}]})j");
    const std::string green = folder.file("green.json"), text = content(scenario);
    REQUIRE(windtunnel({"run", scenario, "--reps", "5", "-q", "-o", green}).code == 0);
    const std::string kept = content(green);
    std::filesystem::create_symlink(scenario, folder.file("link.json"));
    const auto refused = [&](std::vector<std::string> words, const std::string& says) {
        words.insert(words.end(), {"-D", "duration=2s"});
        CAPTURE(words);
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        CHECK_THAT(end.err, Contains(says));
        CHECK(content(scenario) == text);
        CHECK(content(green) == kept);
    };
    refused({"run", scenario, "-o", scenario}, "is read by this command");
    refused({"run", scenario, "-o", folder.file("link.json")}, "is read by this command");
    refused({"run", scenario, "-o", "csv=" + folder.path() + "/./s.json"}, "is read by");
    refused({"run", scenario, "-o", topology}, "is read by this command");
    refused({"run", scenario, "--against", green, "-o", green}, "is read by this command");
    refused({"run", scenario, "-o", folder.file("x.json"), "-o", "junit=" + folder.file("x.json")},
            "is written there already");
    refused({"sweep", scenario, "-P", "load=1/s,2/s", "-o", scenario}, "is read by this command");
    refused({"compare", green, scenario, "-o", green}, "is read by this command");
    refused({"run", scenario, "--against", green, "--tolerance", "1"}, "write a share such as 1%");
}

TEST_CASE("a report that cannot be written leaves the one before as it was") {
    // The limit is of the child alone, and its messages are shorter.
    const scratch_folder folder;
    const std::string old = folder.write("r.json", "old"), link = folder.file("link.json");
    std::filesystem::create_symlink(old, link);
    const auto end =
        testing::run_process({"/bin/sh", "-c", "ulimit -f 1; trap '' XFSZ; exec \"$@\"", "sh",
                              WINDTUNNEL_PROGRAM, "run", data + "passes.json", "-q", "-o", link});
    CHECK(end.code == 74);
    CHECK_THAT(end.err, Contains("cannot write " + link));
    CHECK(content(old) == "old");
    CHECK(windtunnel({"run", data + "passes.json", "-q", "-o", link}).code == 0);
    CHECK_THAT(content(old), StartsWith("{"));
    CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("what cannot be written to its file is printed, once, in every format") {
    for (const auto& [format, file] : formats) {
        INFO(format);
        const auto end = windtunnel({"run", data + "passes.json", "-q", "-o", format + "=/dev/full",
                                     "-o", format + "=/dev/full"});
        CHECK(end.code == 74);
        CHECK(end.out == windtunnel({"run", data + "passes.json", "--format", format}).out);
    }
}

TEST_CASE("a kind of report that there is not is refused, with the nearest or all that there are") {
    const auto typo = windtunnel({"run", data + "endless.json", "-o", "jnuit=r.xml"});
    CHECK(typo.code == 2);
    CHECK_THAT(typo.err, Contains("there is no report of the kind \"jnuit\"; did you mean junit?"));
    const auto none = windtunnel({"run", data + "endless.json", "-o", "r.xls"});
    CHECK(none.code == 2);
    CHECK_THAT(none.err, Contains("FILE.txt, FILE.json, FILE.md, FILE.xml, FILE.csv"));
    const auto format = windtunnel({"run", data + "endless.json", "--format", "markdwon"});
    CHECK(format.code == 2);
    CHECK_THAT(format.err, Contains("did you mean markdown?"));
    CHECK_THAT(windtunnel({"completion", "bash"}).out,
               Contains("text json markdown junit csv csv-expectations archive"));
}

TEST_CASE("a file whose name has an equals sign in it is a file") {
    const scratch_folder folder;
    const auto end = windtunnel({"run", data + "passes.json", "-q", "-o", "seed=7.xml"},
                                {.folder = folder.path()});
    CHECK(end.code == 0);
    CHECK_THAT(content(folder.file("seed=7.xml")), StartsWith("<?xml"));
}

TEST_CASE("a run that was stopped is an error in JUnit, and what had not begun is named") {
    const scratch_folder folder;
    process run(words_of({"run", data + "endless.json", data + "passes.json", "-j", "1",
                          "--progress", "plain", "-o", folder.file("r.xml")}));
    REQUIRE(run.wait_for("events/s"));
    run.send(SIGTERM);
    CHECK(run.finish().code == 143);
    const std::string text = content(folder.file("r.xml"));
    CHECK(count(text, "<testsuite ") == 2);
    CHECK(count(text, "type=\"aborted\"") == 2);
    CHECK_THAT(text, Contains("left out: the program was stopped before it began"));
}

// ---- GitHub -----------------------------------------------------------------------------------

TEST_CASE("on GitHub what failed is annotated on standard error, and the summary is appended to") {
    const scratch_folder folder;
    fill(folder);
    folder.write("summary.md", "before\n");
    const auto end =
        windtunnel({"run", "scenarios/fails.json", "--format", "json"}, on_github(folder));
    CHECK(end.code == 1);
    CHECK(json::parse(end.out)["summary"]["verdict"] == "failed");
    CHECK_THAT(end.err, StartsWith("::error file=scenarios/fails.json,line="));
    CHECK(count(end.err, "\n") == 1);
    const std::string summary = content(folder.file("summary.md"));
    CHECK_THAT(summary, StartsWith("before\n# ✗ ") && Contains("| ✗ | users: p99 \\< 20ms"));
}

TEST_CASE(
    "elsewhere, with --ci none and when quiet nothing is annotated; --ci github asks for it") {
    const scratch_folder folder;
    fill(folder);
    const auto run = [&](const std::vector<std::string>& more, const process_options& options) {
        std::vector<std::string> words{"run", "scenarios/fails.json"};
        words.insert(words.end(), more.begin(), more.end());
        return windtunnel(words, options).err;
    };
    const process_options elsewhere{.folder = folder.path()};
    CHECK(run({}, elsewhere) == "");
    CHECK(run({"--ci", "none"}, on_github(folder)) == "");
    CHECK(run({"-q"}, on_github(folder)) == "");
    CHECK(!std::filesystem::exists(folder.file("summary.md")));
    CHECK_THAT(run({"--ci", "github"}, elsewhere), StartsWith("::error file="));
    CHECK_THAT(run({"--ci", "github", "-q"}, elsewhere), StartsWith("::error file="));
}

TEST_CASE("invalid input is annotated on GitHub, besides the message") {
    const scratch_folder folder;
    folder.write("bad.json", R"({"topology":{},"sede":1})");
    const auto end = windtunnel({"run", "bad.json"}, on_github(folder));
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains("::error file=bad.json,line=1,col=") &&
                            Contains("windtunnel: invalid input, nothing was run\n"));
    CHECK_THAT(content(folder.file("summary.md")), StartsWith("# ✗ invalid input"));
}

TEST_CASE("the summary of a step never goes over 1 MiB, with what was there before") {
    const scratch_folder folder;
    fill(folder);
    const std::size_t limit = 1024 * 1024;
    folder.write("summary.md", std::string(limit - 1000, '\n'));
    const std::vector<std::string> words{"run", "scenarios/fails.json", "scenarios/passes.json"};
    CHECK(windtunnel(words, on_github(folder)).code == 1);
    const std::string summary = content(folder.file("summary.md"));
    CHECK(summary.size() <= limit);
    CHECK_THAT(summary, Contains("# ✗ 2 runs") && Contains("*Cut here: 0 of 2 runs shown whole"));
    const auto full = windtunnel(words, on_github(folder));
    CHECK(full.code == 1);
    CHECK_THAT(full.err, Contains("the summary of this step has no room left"));
    CHECK(content(folder.file("summary.md")) == summary);
}

TEST_CASE("a summary that cannot be written is told of and fails nothing") {
    const scratch_folder folder;
    auto options = on_github(folder);
    options.extra["GITHUB_STEP_SUMMARY"] = folder.file("none/summary.md");
    const auto end = windtunnel({"run", data + "passes.json"}, options);
    CHECK(end.code == 0);
    CHECK_THAT(end.err, Contains("cannot write the summary of this step to " +
                                 folder.file("none/summary.md") + ": No such file"));
}

// ---- the workflow files -----------------------------------------------------------------------

TEST_CASE("the workflow files of the documentation are read by a YAML parser, and their command "
          "writes the reports that they upload") {
    const auto file = GENERATE(values<std::string>(
        {"docs/ci/github-actions.yml", "docs/ci/gitlab-ci.yml", "docs/ci/Jenkinsfile"}));
    const scratch_folder folder;
    fill(folder);
    const std::string path = test::in_repository(file).string();
    const auto read = testing::run_process(
        {"/usr/bin/python3", test::in_repository("tests/cli/read_ci_file.py").string(), path});
    INFO(file << ": " << read.err);
    REQUIRE(read.code == 0);
    const auto begin = read.out.find("windtunnel run ");
    REQUIRE(begin != std::string::npos);
    const std::string command = read.out.substr(begin, read.out.find('\n', begin) - begin);
    CHECK_THAT(content(test::in_repository("docs/ci.md")), Contains("\n" + command + "\n"));
    auto options = on_github(folder);
    const auto programs = std::filesystem::path(WINDTUNNEL_PROGRAM).parent_path().string();
    options.extra["PATH"] = programs + ":" + std::getenv("PATH");
    CHECK(testing::run_process({"/bin/sh", "-c", command}, options).code == 1);
    for (const char* report : {"junit.xml", "result.json", "report.md"}) {
        CHECK_THAT(content(path), Contains(report));
        CHECK(std::filesystem::file_size(folder.file(report)) > 100);
    }
}

} // namespace windtunnel::cli
