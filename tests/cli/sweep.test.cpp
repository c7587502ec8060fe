// SPDX-License-Identifier: BSL-1.0
// `windtunnel sweep`: what comes out, what is kept, and that nothing but the input matters.
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A counter with two workers that serve 200 requests a second, for `length`.
std::string counter(const std::string& length = "4s") {
    return R"j({
  "topology": { "name": "t", "services": { "counter": { "workers": 2, "endpoints": {
    "ask": { "work": "exponential(mean=10ms)" } } } } },
  "warmup": "1s", "duration": ")j" +
           length + R"j(",
  "workload": [ { "name": "users", "to": "counter.ask", "arrivals": "poisson(50/s)",
                  "timeout": "1s", "retry": { "max_attempts": 2 } } ],
  "faults": [ { "name": "slow", "at": "2s", "for": "1s",
                "latency": { "on": "counter", "add": "1ms" } } ],
  "expect": [ "users: p50 < 20ms" ],
  "variants": { "a": {}, "b": {} }
})j";
}

std::vector<std::string> sweep_words(const std::string& file, std::vector<std::string> words) {
    words.insert(words.begin(), {"sweep", file});
    return words;
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// What the files of `a.csv`, `a.json`, `a.svg` and `a.txt` hold, and what was printed.
struct everything {
    std::string csv, json, svg, text, out;
    bool operator==(const everything&) const = default;
};
std::vector<std::string> all_outputs(const scratch_folder& folder, const std::string& name) {
    std::vector<std::string> words;
    for (const char* ending : {".csv", ".json", ".svg", ".txt"}) {
        words.emplace_back("-o");
        words.push_back(folder.file(name + ending));
    }
    return words;
}
everything outputs_of(const scratch_folder& folder, const std::string& name,
                      const process_end& end) {
    const auto of = [&](const char* ending) { return content(folder.file(name + ending)); };
    return {of(".csv"), of(".json"), of(".svg"), of(".txt"), end.out};
}

} // namespace

TEST_CASE("a sweep has a line for each point, whatever their verdicts, and exits with 0") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter());
    const auto end = windtunnel(sweep_words(file, {"-P", "load=50/s..300/s:125/s"}));
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK_THAT(end.out, Contains("50/s  ✓ passed"));
    CHECK_THAT(end.out, Contains("300/s  ✗ failed"));
    CHECK_THAT(end.out, Contains("3 points: 1 passed, 2 failed\n  windtunnel sweep " + file +
                                 " -P load=50/s..300/s:125/s\n"));
    CHECK(end.out.find('\x1b') == std::string::npos);
}

TEST_CASE("a point is what run says of the same scenario") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter());
    const auto swept = windtunnel(sweep_words(
        file, {"-P", "load=120/s,150/s", "--seed", "9", "--reps", "2", "--format", "json"}));
    const auto run = windtunnel({"run", file, "-D", "workload.0.arrivals=poisson(150/s)", "--seed",
                                 "9", "--reps", "2", "--format", "json"});
    const json point = json::parse(swept.out)["points"][1];
    const json latency = json::parse(run.out)["summary"]["workloads"]["users"]["latency"]["good"];
    CHECK(point["metrics"]["users: p99"]["value"] == latency["p99"]);
    CHECK(point["metrics"]["users: p50"]["value"] == latency["p50"]);
    CHECK(point["seed"] == 9);
}

TEST_CASE("all outputs are the same bytes whatever the threads, and no journal is left") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("2s"));
    const auto with = [&](const std::string& name, const std::string& threads) {
        auto words = sweep_words(
            file, {"-P", "max_attempts=1..3", "-P", "load=50/s..250/s:50/s", "--reps", "3", "-j"});
        words.push_back(threads);
        const auto outputs = all_outputs(folder, name);
        words.insert(words.end(), outputs.begin(), outputs.end());
        const auto end = windtunnel(words);
        CHECK(end.code == 0);
        return outputs_of(folder, name, end);
    };
    const everything alone = with("a", "1");
    CHECK(with("b", "2") == alone);
    CHECK(with("c", "7") == alone);
    CHECK(lines_in(alone.csv) == 16);
    CHECK(json::parse(alone.json)["points"].size() == 15);
    CHECK_THAT(alone.svg, StartsWith("<svg "));
    CHECK_FALSE(std::filesystem::exists(folder.file("a.csv.journal")));
}

TEST_CASE("a sweep goes on where its journal ends, and ends with the same bytes") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("2s"));
    auto words = sweep_words(
        file, {"-P", "load=50/s..250/s:20/s", "--resume", folder.file("sweep.journal")});
    const auto outputs = all_outputs(folder, "a");
    words.insert(words.end(), outputs.begin(), outputs.end());
    const auto first = windtunnel(words);
    REQUIRE(first.code == 0);
    const everything whole = outputs_of(folder, "a", first);
    const std::string journal = content(folder.file("sweep.journal"));
    CHECK(lines_in(journal) == 12);
    folder.write("sweep.journal", journal.substr(0, journal.size() * 2 / 5));
    const auto second = windtunnel(words);
    CHECK(second.code == 0);
    CHECK_THAT(second.err, Contains("going on with " + folder.file("sweep.journal") + ": "));
    CHECK_THAT(second.err, Contains("points are done"));
    CHECK(outputs_of(folder, "a", second) == whole);
    CHECK(lines_in(content(folder.file("sweep.journal"))) == 12);
}

TEST_CASE("a damaged line of a journal is said, and what it held is run again") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("2s"));
    const auto words = sweep_words(
        file, {"-P", "load=50/s..250/s:100/s", "--resume", folder.file("sweep.journal")});
    const auto first = windtunnel(words);
    REQUIRE(first.code == 0);
    std::string journal = content(folder.file("sweep.journal"));
    journal[journal.find('\n') + 1] = '?'; // of the first point
    folder.write("sweep.journal", journal);
    const auto second = windtunnel(words);
    CHECK(second.code == 0);
    CHECK_THAT(second.err, Contains("1 line of " + folder.file("sweep.journal") +
                                    " damaged and left out, what was there is run again"));
    CHECK(second.out == first.out);
}

TEST_CASE("a sweep that is killed keeps its journal, and the same command goes on") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("60s"));
    auto words =
        sweep_words(file, {"-P", "load=50/s..150/s:2/s", "-o", folder.file("a.csv"), "-j", "2"});
    process sweep(words_of(words));
    const std::string journal = folder.file("a.csv.journal");
    for (int i = 0; i < 500 && lines_in(content(journal)) < 4; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    sweep.send(SIGKILL);
    CHECK(sweep.finish().signal == SIGKILL);
    REQUIRE(lines_in(content(journal)) >= 4);
    const auto end = windtunnel(words);
    CHECK(end.code == 0);
    CHECK_THAT(end.err, Contains("going on with " + journal));
    CHECK_FALSE(std::filesystem::exists(journal));
    words[5] = folder.file("b.csv");
    windtunnel(words);
    CHECK(content(folder.file("a.csv")) == content(folder.file("b.csv")));
}

TEST_CASE("Ctrl-C prints and keeps what was computed, and exits with 130") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("1000s"));
    process sweep(words_of(sweep_words(file, {"-P", "load=50/s..150/s:1/s", "-o",
                                              folder.file("a.csv"), "-o", folder.file("a.svg")})));
    for (int i = 0; i < 500 && lines_in(content(folder.file("a.csv.journal"))) < 4; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    sweep.send(SIGINT);
    const auto end = sweep.finish();
    CHECK(end.code == 130);
    CHECK_THAT(end.out, Contains("50/s  ✓ passed"));
    CHECK_THAT(end.out, Contains("? stopped after "));
    CHECK_THAT(end.err, Contains("what was computed is kept in " + folder.file("a.csv.journal")));
    CHECK(lines_in(content(folder.file("a.csv"))) >= 4);
    CHECK_THAT(content(folder.file("a.svg")), StartsWith("<svg "));
    CHECK(lines_in(content(folder.file("a.csv.journal"))) >= 4);
}

TEST_CASE("progress with the time left is shown on a terminal, and not in a pipe") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("4h"));
    const auto words =
        words_of(sweep_words(file, {"-P", "load=100/s..140/s:2/s", "-P", "seed=1..9", "-j", "2"}));
    process shown(words, {.on_terminal = true});
    CHECK(shown.wait_for(" of 189 runs"));
    CHECK(shown.wait_for(" left"));
    shown.send(SIGINT);
    CHECK(shown.finish().code == 130);
    process silent(words);
    std::this_thread::sleep_for(std::chrono::milliseconds{1500}); // none shows one in the first 1 s
    silent.send(SIGINT);
    CHECK_THAT(silent.finish().err, !Contains(" runs") && !Contains(" left"));
}

TEST_CASE("a sweep runs its points on a SimGrid platform, each in a process of its own") {
    const auto file = test::in_repository("scenarios/two-racks.json").string();
    const std::vector<std::string> words{"sweep", file,           "-P",       "seed=1..3",
                                         "-D",    "duration=10s", "--format", "csv"};
    const auto end = windtunnel(words);
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK_THAT(end.out, Contains("\n3,passed,1,3,"));
    CHECK(windtunnel(words).out == end.out);
}

// ---- outputs that cannot be written -------------------------------------------------------------

TEST_CASE("what cannot be written is printed, the journal is kept, and the exit code is 74") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter());
    const auto words = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"-P", "load=50/s,60/s"});
        return sweep_words(file, more);
    };
    auto end = windtunnel(words({"-o", "csv=/dev/full"}));
    CHECK(end.code == 74);
    CHECK_THAT(end.err, Contains("cannot write /dev/full: No space left on device"));
    CHECK_THAT(end.out, Contains("\n50,passed,1,1,"));
    end = windtunnel(words({"-o", "svg=/dev/full", "-q"}));
    CHECK(end.code == 74);
    CHECK_THAT(end.out, StartsWith("load [1/s],verdict,"));
    end = windtunnel(words({"-o", folder.file("a.json"), "-o", "csv=/dev/full"}));
    CHECK(end.code == 74);
    CHECK_THAT(end.err, Contains("what was computed is kept in " + folder.file("a.json.journal")));
    CHECK(json::parse(content(folder.file("a.json")))["points"].size() == 2);
    CHECK(lines_in(content(folder.file("a.json.journal"))) == 3);
    end = windtunnel(words({}), {.out_file = "/dev/full"});
    CHECK(end.code == 74);
    CHECK_THAT(end.err, Contains("cannot write to standard output"));
}

TEST_CASE("a path that cannot be opened is found before anything runs") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("200h"));
    folder.write("mine.csv", "precious\n");
    chmod(folder.file("mine.csv").c_str(), 0444);
    auto end = windtunnel(sweep_words(file, {"-P", "load=50/s", "-o", folder.file("mine.csv")}),
                          {.drop_root = true});
    CHECK(end.code == 2);
    CHECK_THAT(end.err,
               Contains("cannot write " + folder.file("mine.csv") + ": Permission denied"));
    end = windtunnel(sweep_words(file, {"-P", "load=50/s", "-o", folder.file("no/a.csv")}));
    CHECK(end.code == 2);
    end = windtunnel(sweep_words(file, {"-P", "load=50/s", "--resume", folder.file("no/j")}));
    CHECK(end.code == 2);
    CHECK_THAT(end.err, Contains("name another with --resume"));
    CHECK(content(folder.file("mine.csv")) == "precious\n");
}

// ---- bad input ----------------------------------------------------------------------------------

TEST_CASE("a sweep that makes no sense is refused at once, with where, why and what to do") {
    struct row {
        std::vector<std::string> words;
        std::string says;
    };
    const auto each = GENERATE(values<row>({
        {{"-P", "load=1/s,2/s", "-P", "workload.0.arrivals.rate=3/s"},
         "-P workload.0.arrivals.rate=3/s: error: -P load varies the same value already"},
        {{"-P", "load=1/s,2/s", "-P", "workload.0.arrivals=poisson(1/s)"},
         "one of which holds the other: vary one of them"},
        {{"-P", "load=5/s..5/s"}, "-P load=5/s..5/s: error: the range \"5/s..5/s\" is empty"},
        {{"-P", "load=1/s..9/s:-1/s"}, "from 1/s a step downwards never comes to 9/s"},
        {{"-P", "load=1/s..9/s:1s"}, "the step \"1s\" of the range"},
        {{"-P", "load=1/s..9s:1/s"}, "units that do not go together"},
        {{"-P", "load=1/s..9/s"}, "needs a step: write 1/s..9/s:0.8/s for a step"},
        {{"-P", "max_attempts=5..1"}, "is empty: write 1..5, or 5..1:-1 to go downwards"},
        {{"-P", "load=1/s,2/s,1/s"}, "the value \"1/s\" is there twice"},
        {{"-P", "load=1/s..2000/s:1/s"},
         "2000 points are more than 1000: vary less, write longer "
         "steps, or consent with --max-points 2000"},
        {{"-P", "load=1/s", "-D", "workload.users.arrivals.rate=5/s"},
         "-D workload.users.arrivals.rate sets what this varies"},
        {{"-P", "seed=1..3", "--seed", "5"},
         "--seed sets the same value: leave one of the two out"},
        {{"-P", "duration=4s,5s", "--duration", "4s"}, "--duration sets the same value"},
        {{"-P", "load=1/s..2/s", "-P", "max_attempts=1..3", "--find"},
         "--find looks for a boundary along one parameter, and there are 2"},
        {{"-P", "load=1/s,2/s", "--find"}, "within a range: write load=A..B"},
        {{"-P", "load=1/s,2/s", "--within", "1%"}, "write --find, or leave it out"},
        {{"-P", "load=1/s..2/s", "--find", "--within", "200%"}, "--within: expected a share"},
        {{"-P", "load=1/s", "--max-replications", "8"},
         "\"max_replications\" belongs to \"replications\": \"auto\""},
        {{"-P", "laod=1/s"}, "did you mean \"load\"?"},
        {{"-P", "retry.max_attemts=1..3"},
         "unknown key \"max_attemts\""}, // in what is there: the reader of the format says it
        {{"-P", "max_attempts=1..3", "-D", "policies.users->counter.retry.max_attempts=3"},
         "\"max_attempts\" may mean workload.users.retry.max_attempts, "
         "policies.users->counter.retry.max_attempts: write more of the path"},
        {{"-P", "load"}, "write -P name=values"},
        {{"-P", "load="}, "write -P name=values"},
        {{"-P", "=1..5"}, "write -P name=values"},
        {{"-P", "load=fast"}, "-P load=fast: error: "},
        {{"-P", "counter.workers=0..2"}, "-P counter.workers=0: error: "},
        {{"-P", "workload.nobody.start=1s"}, "the array has no element \"nobody\""},
        {{"-P", "load=1/s", "--metric", "users: p98"}, "\"p98\" is no metric"},
        {{"-P", "load=1/s", "--metric", "p99"}, "written \"subject: metric\""},
        {{"-P", "load=1/s", "--metric", "usres: p99"}, "did you mean \"users\"?"},
        {{"-P", "load=1/s", "-P", "max_attempts=1", "-P", "counter.workers=1", "-o",
          "svg=/dev/null"},
         "a picture shows one or two parameters, and there are 3"},
        {{"-P", "load=1/s", "-o", "points.xyz"}, "which form? name it .csv, .json, .svg or .txt"},
        {{"-P", "load=1/s", "--format", "yaml"}, "--format: expected text, csv or json"},
        {{"-P", "load=1/s", "--reps", "0"}, "--replications: expected a whole number from 1"},
        {{"-P", "confidence=90%,95%", "--confidence", "99%"}, "--confidence sets the same value"},
        {{"-P", "load=1/s", "--variant", "c"}, "no variant is called \"c\""},
        {{"-P", "load=1/s", "--variant", "a", "--variant", "b"}, "sweep takes one --variant"},
        {{"-P", "load=1/s", "extra.json"}, "sweep takes one scenario, and there are 2"},
        {{}, "--param is required"},
        {{"-P", "load=1/s", "--fnid"}, "did you mean --find?"},
    }));
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("200h"));
    const auto end = windtunnel(sweep_words(file, each.words));
    INFO(each.says);
    CHECK(end.code == 2);
    CHECK(end.out == "");
    CHECK(end.was_quick());
    CHECK_THAT(end.err, Contains(each.says));
}

TEST_CASE("a journal of something else is refused and stays as it is") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("2s"));
    const auto journal = folder.file("j");
    const auto refused = [&](std::vector<std::string> words, const std::string& says) {
        const std::string before = content(journal);
        words.insert(words.end(), {"--resume", journal});
        const auto end = windtunnel(sweep_words(file, words));
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains(says));
        CHECK(content(journal) == before);
    };
    REQUIRE(windtunnel(sweep_words(file, {"-P", "load=1/s,2/s", "--resume", journal})).code == 0);
    refused({"-P", "load=1/s,3/s"}, "is of another sweep, with -P load=1/s,2/s");
    refused({"-P", "load=1/s,2/s", "--seed", "4"}, "is of a sweep with the seed 1");
    refused({"-P", "load=1/s,2/s", "--metric", "users: p90"}, "other metrics");
    refused({"-P", "load=1/s,2/s", "--duration", "3s"}, "is of another scenario");
    std::string text = content(journal);
    const auto at = text.find("\"version\":\"") + 11;
    text.replace(at, text.find('"', at) - at, "0.0.0");
    folder.write("j", text);
    refused({"-P", "load=1/s,2/s"}, "is of windtunnel 0.0.0, and this is ");
    folder.write("j", "load,p99\n1,2\n");
    refused({"-P", "load=1/s,2/s"}, "is something else");
}

// ---- --find -------------------------------------------------------------------------------------

TEST_CASE("the search of --find says where the verdict turns") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("20s"));
    const std::vector<std::string> words{
        "-P",  "counter.workers=1..64",       "--find", "-D", "workload.0.arrivals=poisson(500/s)",
        "-D",  "expect.0=users: errors < 1%", "--reps", "3",  "--format",
        "json"};
    auto end = windtunnel(sweep_words(file, words));
    CHECK(end.code == 0);
    const json found = json::parse(end.out)["boundary"];
    CHECK(found["status"] == "found");
    CHECK(found["passes"] == "above");
    CHECK(found["passing"]["value"].get<double>() == found["failing"]["value"].get<double>() + 1);
    CHECK(found["passing"]["value"].get<double>() >= 5); // 500/s of 10 ms
    CHECK(found["passing"]["value"].get<double>() <= 7);
    CHECK(found["passing"]["confidence"] >= 0.875); // three that agree, or more
}

TEST_CASE("a search goes on with its journal, and ends with the same bytes") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter("5s"));
    auto words =
        sweep_words(file, {"-P", "load=50/s..400/s", "--find", "--resume", folder.file("j")});
    const auto outputs = all_outputs(folder, "a");
    words.insert(words.end(), outputs.begin(), outputs.end());
    const auto first = windtunnel(words);
    REQUIRE(first.code == 0);
    CHECK_THAT(first.out, Contains("load passes up to "));
    const everything whole = outputs_of(folder, "a", first);
    const std::string journal = content(folder.file("j"));
    folder.write("j", journal.substr(0, journal.size() / 2));
    const auto second = windtunnel(words);
    CHECK(second.code == 0);
    CHECK(outputs_of(folder, "a", second) == whole);
    CHECK_THAT(whole.svg, Contains(">boundary</text>"));
}

TEST_CASE("a scenario that asks for replications itself takes their limit from the command") {
    const scratch_folder folder;
    std::string text = counter();
    text.insert(text.find("\"warmup\""), R"("replications": "auto", )");
    const auto file = folder.write("counter.json", text);
    const auto end = windtunnel(sweep_words(
        file, {"-P", "load=185/s,50/s", "--max-replications", "2", "--format", "json"}));
    REQUIRE(end.code == 0);
    const json all = json::parse(end.out);
    for (const json& point : all["points"])
        CHECK(point["replications"] == 2);
}

TEST_CASE("a search says that both ends agree, and exits with 1") {
    const scratch_folder folder;
    const auto file = folder.write("counter.json", counter());
    auto end = windtunnel(sweep_words(file, {"-P", "load=10/s..60/s", "--find"}));
    CHECK(end.code == 1);
    CHECK_THAT(end.out, Contains("✗ no boundary in 10/s..60/s: it passes at both ends"));
    end = windtunnel(
        sweep_words(file, {"-P", "load=1/s..60/s", "--find", "-D", "expect.0=users: p99.9 < 1s"}));
    CHECK(end.code == 4);
    CHECK_THAT(end.out, Contains("? an end of the range cannot tell (inconclusive)"));
}

} // namespace windtunnel::cli
