// SPDX-License-Identifier: BSL-1.0
// `windtunnel compare`, and `run --against`.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/support.hpp"
#include "support/json_schema.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A shop whose payment takes `pay`, with a variant in which it takes half as long.
std::string shop(const std::string& pay = "exponential(mean=10ms)") {
    return R"j({
  "topology": { "name": "shop", "services": {
    "web": { "workers": 4, "endpoints": { "GET /": { "work": "1ms", "steps": [
      { "call": "pay.POST /charge", "timeout": "200ms" } ] } } },
    "pay": { "workers": 4, "endpoints": { "POST /charge": { "work": ")j" +
           pay + R"j(" } } } } },
  "warmup": "1s", "duration": "10s", "seed": 1,
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)" } ],
  "expect": [ "readers: p99 < 500ms" ],
  "variants": {
    "quick": { "topology": { "services": { "pay": { "endpoints": {
      "POST /charge": { "work": "exponential(mean=5ms)" } } } } } },
    "the same": { "title": "nothing else" } }
})j";
}

std::string result_errors(const json& report) {
    return test::schema_errors(json::parse(windtunnel({"schema", "result"}).out), report);
}

/// The same as a scenario file, which the folder's other files may be named like.
std::string shop_file(const scratch_folder& folder, const std::string& name,
                      const std::string& pay = "exponential(mean=10ms)") {
    return folder.write(name, shop(pay));
}

/// A shop that nobody waits for.
std::string endless_shop(const scratch_folder& folder) {
    json scenario = json::parse(shop());
    scenario["duration"] = "8000h";
    scenario["window"] = "1h";
    return folder.write("endless.json", scenario.dump());
}

/// Sends the signal once the runs have begun.
process_end stopped_by(int signal, std::vector<std::string> words) {
    words.insert(words.begin(), "compare");
    process comparing(words_of(words), {.extra = {{"TERM", "xterm"}}, .on_terminal = true});
    REQUIRE(comparing.wait_for("events/s"));
    comparing.send(signal);
    return comparing.finish();
}

/// Keeps the results of several runs in one file.
std::string kept(const scratch_folder& folder, std::vector<std::string> words,
                 const std::string& name) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--reps", "5", "-q", "-o", folder.file(name)});
    REQUIRE(windtunnel(words).code == 0);
    return folder.file(name);
}

std::size_t occurrences(const std::string& text, const std::string& of) {
    std::size_t n = 0;
    for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1))
        ++n;
    return n;
}

/// Runs a scenario and keeps its result.
std::string saved(const scratch_folder& folder, const std::string& scenario,
                  const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
        "run", folder.write("shop.json", scenario), "--reps", "10", "-q", "-o", folder.file(name)};
    words.insert(words.end(), more.begin(), more.end());
    REQUIRE(windtunnel(words).code == 0);
    return folder.file(name);
}

} // namespace

TEST_CASE("the variants of a scenario are compared with it as it stands") {
    const scratch_folder folder;
    const auto end = windtunnel({"compare", folder.write("shop.json", shop())});
    CHECK(end.code == 0);
    CHECK(end.err == "");
    CHECK_THAT(end.out, StartsWith("quick against as it stands\n"));
    CHECK_THAT(end.out, Contains("\nthe same against as it stands\n"));
    CHECK_THAT(end.out, Contains("readers: mean") && Contains("better"));
    CHECK_THAT(end.out, Contains("no difference shown in any of"));
    CHECK_THAT(end.out, Contains("10 runs each, of the same seeds, compared one by one"));
    CHECK_THAT(end.out, Contains("the runs of seed 1 are the same, event by event"));
}

TEST_CASE("the first event that differs is told, of both runs") {
    const scratch_folder folder;
    const auto end =
        windtunnel({"compare", folder.write("shop.json", shop()), "--variant", "quick"});
    CHECK_THAT(end.out, Contains("the runs of seed 1 are the same for") && Contains("; then\n") &&
                            Contains("quick: at ") &&
                            Contains("a request at pay.POST /charge is over: well, after "));
    CHECK_THAT(windtunnel({"compare", folder.file("shop.json"), "--no-events"}).out,
               !Contains("the runs of seed"));
}

TEST_CASE("the comparison does not depend on the number of threads") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop());
    CHECK(windtunnel({"compare", file, "--format", "json", "-j", "1"}).out ==
          windtunnel({"compare", file, "--format", "json", "-j", "3"}).out);
}

TEST_CASE("saved results are compared as the scenarios are") {
    const scratch_folder folder;
    const std::string a = saved(folder, shop(), "a.json");
    const std::string b = saved(folder, shop("exponential(mean=12ms)"), "b.json");
    const auto end = windtunnel({"compare", a, b});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, Contains("worse") && Contains("readers: mean"));
    CHECK_THAT(windtunnel({"compare", a, b, "--base", b}).out,
               StartsWith(a + " against " + b) && Contains("better"));
    // A scenario and the result of an earlier state of it.
    CHECK_THAT(windtunnel({"compare", b, folder.write("shop.json", shop())}).out,
               Contains("better"));
}

TEST_CASE("a saved scenario is compared with its saved variants, and called as it stands") {
    const scratch_folder folder;
    const std::string all =
        kept(folder, {shop_file(folder, "shop.json"), "--all-variants"}, "all.json");
    const auto end = windtunnel({"compare", all});
    CHECK(end.code == 0);
    CHECK_THAT(end.out, StartsWith("quick against as it stands\n") &&
                            Contains("\nthe same against as it stands\n"));
    CHECK_THAT(windtunnel({"compare", all, "--base", "quick"}).out,
               StartsWith("as it stands against quick\n") && Contains("the same against quick\n"));
}

TEST_CASE("results of several scenarios and variants are compared each with its counterpart") {
    const scratch_folder folder;
    const std::string stall = shop_file(folder, "stall.json"),
                      store = shop_file(folder, "store.json");
    const std::string a = kept(folder, {stall, store, "--all-variants"}, "a.json");
    // In another order, one of them changed, and one not there.
    shop_file(folder, "store.json", "exponential(mean=14ms)");
    const std::string b = kept(folder, {store, stall, "--variant", "quick"}, "b.json");
    auto end = windtunnel({"compare", a, b});
    CHECK(end.code == 0);
    CHECK(occurrences(end.out, " against ") == 2);
    CHECK_THAT(end.out, StartsWith(b + ": stall (quick) against " + a + ": stall (quick)\n"));
    CHECK_THAT(end.out, Contains(b + ": store (quick) against " + a + ": store (quick)\n"));
    CHECK(occurrences(end.out, "no difference shown in any of") == 2); // the variants are the same
    CHECK_THAT(end.out, Contains("only in " + a + ": stall (as it stands), stall (the same), "));

    end = windtunnel({"compare", a, b, "--base", b + ": store (quick)"});
    CHECK_THAT(end.out, Contains(a + ": store (quick) against " + b + ": store (quick)\n") &&
                            Contains(b + ": stall (quick) against " + a + ": stall (quick)\n"));
    CHECK(occurrences(windtunnel({"compare", a, b, "--base", b}).out, " against " + b) == 2);
    CHECK_THAT(windtunnel({"compare", a, b, "--base", "b.json"}).err,
               Contains("--base \"b.json\""));

    const json document = json::parse(windtunnel({"compare", a, b, "--format", "json"}).out);
    CHECK(document["left_out"].size() == 1);
    CHECK(result_errors(document) == "");
    CHECK_THAT(windtunnel({"compare", a, b, "--format", "csv"}).err, Contains("only in " + a));
    CHECK_THAT(windtunnel({"compare", a, b, "--format", "md"}).out, Contains("\nonly in "));
}

TEST_CASE("what is compared with nothing is not run") {
    const scratch_folder folder;
    const std::string stall = shop_file(folder, "stall.json"),
                      store = shop_file(folder, "store.json");
    const auto end = windtunnel(
        {"compare", kept(folder, {stall, store}, "a.json"), stall, endless_shop(folder)});
    CHECK(end.code == 0);
    CHECK(occurrences(end.out, " against ") == 1);
    CHECK_THAT(end.out, Contains("store\nonly in " + folder.file("endless.json") + ": endless\n"));
}

TEST_CASE("one file of several scenarios is compared scenario by scenario") {
    const scratch_folder folder;
    const std::string stall = shop_file(folder, "stall.json"),
                      store = shop_file(folder, "store.json");
    const auto end =
        windtunnel({"compare", kept(folder, {stall, store, "--all-variants"}, "variants.json")});
    CHECK_THAT(end.out, StartsWith("stall: quick against stall: as it stands\n") &&
                            Contains("\nstore: the same against store: as it stands\n"));
    CHECK(occurrences(end.out, " against ") == 4);

    const auto refused = windtunnel({"compare", kept(folder, {stall, store}, "two.json")});
    CHECK(refused.code == 2);
    CHECK(refused.out == "");
    CHECK_THAT(refused.err, Contains("there is nothing to compare") && Contains("stall, store"));
}

TEST_CASE("what a single entry is called does not matter to two files of one each") {
    const scratch_folder folder;
    const std::string before = shop_file(folder, "before.json"),
                      after = shop_file(folder, "after.json", "exponential(mean=14ms)");
    CHECK_THAT(windtunnel({"compare", before, after}).out,
               StartsWith(after + " against " + before + "\n") && Contains("worse"));
    CHECK_THAT(windtunnel({"compare", before, after, "--variant", "quick"}).out,
               StartsWith(after + " (quick) against " + before + " (quick)\n"));
    const std::string plain = kept(folder, {before}, "plain.json"),
                      quick = kept(folder, {before, "--variant", "quick"}, "quick.json");
    CHECK_THAT(windtunnel({"compare", plain, quick}).out,
               StartsWith(quick + " (quick) against " + plain + "\n"));
}

TEST_CASE("results without a figure in common are refused, and it is said what they are") {
    const scratch_folder folder;
    std::string other = shop();
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"readers", "buyers"},
                                   {"web", "door"},
                                   {"pay", "till"}})
        for (auto at = other.find(from); at != std::string::npos; at = other.find(from, at + 1))
            other.replace(at, from.size(), to);
    const std::string file = shop_file(folder, "shop.json");
    const std::string door = folder.write("door.json", other);
    const std::string a = kept(folder, {file}, "a.json"), b = kept(folder, {door}, "b.json");
    for (const auto& [before, after] : {std::pair{a, b}, {file, door}, {a, door}}) {
        CAPTURE(before, after);
        const auto end = windtunnel({"compare", before, after, "-o", folder.file("c.txt")});
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains("have no figure in common: ") &&
                                Contains("scenario \"shop\"") && Contains("scenario \"door\"") &&
                                Contains("with figures such as \"buyers->door.GET /: attempts\""));
        CHECK_FALSE(std::filesystem::exists(folder.file("c.txt")));
    }
}

TEST_CASE("a comparison that is stopped shows what it has, and that it was stopped") {
    const scratch_folder folder;
    const std::string endless = endless_shop(folder);
    const std::string a = saved(folder, shop(), "a.json");
    const std::string b = saved(folder, shop("exponential(mean=12ms)"), "b.json");
    const auto end = stopped_by(SIGTERM, {a, b, endless, "-o", folder.file("c.json")});
    CHECK(end.code == 143);
    CHECK_THAT(end.out, Contains(b + " against " + a) &&
                            Contains("stopped before the end; without a result, and so left"));
    const json document = json::parse(content(folder.file("c.json")));
    CHECK(document["comparisons"].size() == 1);
    CHECK(document["left_out"].size() == 1);
    CHECK(result_errors(document) == "");
    // What the others were to be compared with is not there: they are compared with each other.
    CHECK_THAT(stopped_by(SIGINT, {endless, a, b}).out, Contains(b + " against " + a));
}

TEST_CASE("a comparison that is stopped before there is one leaves files as they are") {
    const scratch_folder folder;
    const std::string old = folder.write("old.txt", "of last week\n");
    const auto end = stopped_by(SIGINT, {endless_shop(folder), saved(folder, shop(), "a.json"),
                                         "-o", old, "-o", folder.file("new.csv")});
    CHECK(end.code == 130);
    CHECK_THAT(end.out, Contains("stopped before anything could be compared"));
    CHECK(content(old) == "of last week\n");
    CHECK_FALSE(std::filesystem::exists(folder.file("new.csv")));
}

TEST_CASE("the interval is in every text, whatever the sides are called and wherever it goes") {
    const scratch_folder folder;
    const std::string before = shop_file(folder, "a-shop-with-a-long-name-before.json"),
                      after = shop_file(folder, "a-shop-with-a-long-name-after.json",
                                        "exponential(mean=14ms)");
    const auto is_whole = [&](const std::string& text) {
        CAPTURE(text);
        CHECK_THAT(text, Contains(" before: " + before) && Contains(" after: " + after));
        CHECK_THAT(text, Contains("before") && Contains("after") && Contains("change") &&
                             Contains("  interval"));
        CHECK_THAT(text, Contains(" % to +") && Contains("web->pay.POST /charge: mean "));
    };
    const std::vector<std::string> words{"compare", before, after, "-o", folder.file("c.txt")};
    is_whole(windtunnel(words).out);
    is_whole(content(folder.file("c.txt")));
    is_whole(windtunnel(words, {.extra = {{"COLUMNS", "200"}}}).out);
    is_whole(windtunnel({"compare", before, after, "--full"}).out);
}

TEST_CASE("seeds that are not the same are named") {
    const scratch_folder folder;
    const std::string file = shop_file(folder, "shop.json");
    const std::string ten = saved(folder, shop(), "ten.json"),
                      five = kept(folder, {file}, "5.json");
    CHECK_THAT(windtunnel({"compare", five, ten}).out,
               Contains("5 and 10 runs, of the seeds 1 to 5 and 1 to 10, which are not the same"));
}

TEST_CASE("options that change runs are refused where nothing is run") {
    const scratch_folder folder;
    const std::string a = saved(folder, shop(), "a.json"), b = saved(folder, shop(), "b.json");
    for (const auto& [option, value] : {std::pair<std::string, std::string>{"--seed", "7"},
                                        {"-D", "seed=7"},
                                        {"--variant", "quick"},
                                        {"--duration", "5s"},
                                        {"--warmup", "1s"},
                                        {"--replications", "20"}}) {
        CAPTURE(option);
        const auto end = windtunnel({"compare", a, b, option, value});
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains("windtunnel: " + option +
                                     " changes how scenarios are run, but "
                                     "all that is compared are saved results"));
    }
    CHECK(windtunnel({"compare", a, folder.file("shop.json"), "--seed", "7"}).code == 0);
}

TEST_CASE("single runs are not compared; where they were saved, the remedy is told") {
    const scratch_folder folder;
    const std::string file = shop_file(folder, "shop.json");
    const auto refused = windtunnel({"compare", file, "--replications", "1"});
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err,
               Contains("--replications 1: a single run does not tell what chance does") &&
                   Contains("at least 2") && Contains("(--replications 10)"));
    CHECK(windtunnel({"compare", file, "--replications", "2"}).code == 0);
    for (const char* name : {"a.json", "b.json"})
        REQUIRE(windtunnel({"run", file, "-q", "-o", folder.file(name)}).code == 0);
    CHECK_THAT(windtunnel({"compare", folder.file("a.json"), folder.file("b.json")}).out,
               Contains("cannot be judged") && Contains("save results of 10 runs"));
}

TEST_CASE("a confidence that intervals cannot have is refused wherever it is asked for") {
    const scratch_folder folder;
    const std::string file = shop_file(folder, "shop.json");
    const std::string a = saved(folder, shop(), "a.json"), b = saved(folder, shop(), "b.json");
    for (const char* share : {"100%", "0%", "49%", "1"})
        for (std::vector<std::string> words : {std::vector<std::string>{"compare", a, b},
                                               {"compare", file},
                                               {"run", file},
                                               {"run", file, "--reps", "10", "--against", a},
                                               {"sweep", file, "-P", "seed=1,2"}}) {
            words.insert(words.end(), {"--confidence", share});
            CAPTURE(words);
            const auto end = windtunnel(words);
            CHECK(end.code == 2);
            CHECK(end.out == "");
            CHECK_THAT(end.err, Contains(std::string("--confidence ") + share +
                                         ": a confidence is from 0.5 to 0.9999, such as 95%"));
        }
    CHECK(windtunnel({"compare", a, b, "--confidence", "99.99%"}).code == 0);
}

TEST_CASE("reports of a comparison are named as those of a run are") {
    const scratch_folder folder;
    const std::string a = saved(folder, shop(), "a.json"),
                      b = saved(folder, shop("exponential(mean=12ms)"), "b.json");
    const std::string markdown = windtunnel({"compare", a, b, "--format", "markdown"}).out;
    CHECK(windtunnel({"compare", a, b, "--format", "md"}).out == markdown);
    for (const char* kind : {"markdown=", "md="}) {
        CHECK(windtunnel({"compare", a, b, "-q", "-o", kind + folder.file("note")}).code == 0);
        CHECK(content(folder.file("note")) == markdown);
    }
    const auto full =
        windtunnel({"compare", a, b, "-q", "-o", "markdown=/dev/full", "-o", "md=/dev/full"});
    CHECK(full.code == 74);
    CHECK(full.out == markdown);
    const auto typo = windtunnel({"compare", a, b, "-o", "markdwn=c"});
    CHECK(typo.code == 2);
    CHECK_THAT(typo.err, Contains("did you mean markdown?"));
    for (const char* out : {"junit=c.xml", "c.xml", "c.expectations.csv"}) {
        const auto none = windtunnel({"compare", a, b, "-o", out});
        CHECK(none.code == 2);
        CHECK_THAT(none.err, Contains("which kind of report? name it FILE.txt, FILE.json, FILE.md, "
                                      "FILE.csv, or write KIND=FILE with one of text, json, "
                                      "markdown, csv"));
    }
}

TEST_CASE("a comparison is written in each of its formats") {
    const scratch_folder folder;
    const auto end = windtunnel({"compare", folder.write("shop.json", shop()), "-q", "-o",
                                 folder.file("c.json"), "-o", folder.file("c.csv"), "-o",
                                 folder.file("c.md"), "-o", folder.file("c.txt")});
    CHECK(end.code == 0);
    CHECK(end.out == "");
    const json document = json::parse(content(folder.file("c.json")));
    CHECK(document["comparisons"].size() == 2);
    CHECK(result_errors(document) == "");
    CHECK_THAT(
        content(folder.file("c.csv")),
        StartsWith("before,after,figure,unit,value_before,value_after,change_low,change_high,"
                   "relative,relative_low,relative_high,difference\n") &&
            Contains("\nas it stands,quick,readers: mean,time,"));
    CHECK_THAT(content(folder.file("c.md")),
               StartsWith("### quick against as it stands\n\n| figure | as it stands | quick |"));
    CHECK_THAT(content(folder.file("c.txt")), StartsWith("quick against as it stands\n"));
}

TEST_CASE("what cannot be compared is refused with a remedy") {
    const scratch_folder folder;
    const std::string file = folder.write("shop.json", shop());
    const std::string result = saved(folder, shop(), "r.json");
    const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
        CAPTURE(words);
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        CHECK(end.out == "");
        CHECK_THAT(end.err, Contains(message));
    };
    refused({"compare", data + "fails.json"},
            "there is only as it stands to compare: name another");
    refused({"compare", file, file}, "is named twice");
    refused({"compare", file, "--base", "quik"}, "did you mean quick?");
    refused({"compare", file, "--replications", "auto"}, "as many replications each");
    refused({"compare", file, "--format", "xml"}, "--format: expected text, json, markdown or csv");
    refused({"compare", file, "-o", "c.pdf"}, "which kind of report?");
    refused({"compare", file, "--tolerance", "lots"}, "--tolerance: ");
    refused({"compare", file, "--variant", "quik"}, "did you mean \"quick\"?");
    refused({"compare", result}, "there is only");
    json other = json::parse(content(result));
    other["schema_version"] = 99;
    refused({"compare", result, folder.write("v.json", other.dump())},
            "a result in version 99 of the format");
    other["schema_version"] = 1;
    other["summary"]["version"] = "0.0.1";
    refused({"compare", result, folder.write("v.json", other.dump())},
            "the result was made by windtunnel 0.0.1");
    other = json::parse(content(result));
    other["run"]["complete"] = false;
    refused({"compare", result, folder.write("v.json", other.dump())},
            "was stopped before its end");
    other = json::parse(content(result));
    other.erase("figures");
    refused({"compare", result, folder.write("v.json", other.dump())}, "no \"figures\" to compare");
    other = json::parse(content(result));
    other["figures"]["list"][0].erase("value");
    refused({"compare", result, folder.write("v.json", other.dump())}, "the result is damaged");
    refused({"compare", result, folder.write("v.json", content(result).substr(0, 3000))},
            "this is no JSON");
}

TEST_CASE("a run that is worse than an earlier one fails, and says what is worse") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.write("shop.json", shop("exponential(mean=12ms)"));
    const auto end = windtunnel(
        {"run", file, "--reps", "10", "--against", before, "-o", folder.file("now.json")});
    CHECK(end.code == 1);
    CHECK_THAT(end.out, Contains("worse than before") && Contains("now against " + before) &&
                            Contains("readers: mean") && Contains("worse"));
    const json report = json::parse(content(folder.file("now.json")));
    CHECK(report["summary"]["verdict"] == "failed");
    CHECK(report["against"]["figures"][0]["difference"] == "worse");
    CHECK(result_errors(report) == "");
}

TEST_CASE("a run that is as good as an earlier one, or better, passes, of whatever seed") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.write("shop.json", shop());
    for (const char* seed : {"1", "101", "201", "301"}) {
        const auto end =
            windtunnel({"run", file, "--reps", "10", "--seed", seed, "--against", before});
        CAPTURE(seed, end.out);
        CHECK(end.code == 0);
    }
    const auto better = windtunnel({"run", folder.write("shop.json", shop("exponential(mean=5ms)")),
                                    "--reps", "10", "--against", before});
    CHECK(better.code == 0);
    CHECK_THAT(better.out, Contains("better"));
}

TEST_CASE("a baseline that says nothing about the run is refused before anything runs") {
    const scratch_folder folder;
    const std::string before = saved(folder, shop(), "before.json");
    const std::string file = folder.file("shop.json");
    const auto refused = [&](std::vector<std::string> words, const std::string& message) {
        words.insert(words.begin(), "run");
        CAPTURE(words);
        const auto end = windtunnel(words);
        CHECK(end.code == 2);
        CHECK_THAT(end.err, Contains(message));
    };
    refused({file, "--reps", "10", "--against", folder.file("none.json")}, "no such file");
    refused({file, "--reps", "10", "--against", file}, "this is no result of windtunnel");
    refused({file, "--against", before}, "this run has 1 replication, too few");
    refused({file, "--reps", "10", "--variant", "quick", "--against", before},
            "there is no result of \"shop\" (quick) to compare with, only of \"shop\"");
    refused({data + "passes.json", "--reps", "10", "--against", before}, "there is no result of");
    refused({file, "--reps", "10", "--tolerance", "1%"}, "--tolerance belongs to --against");
}

} // namespace windtunnel::cli
