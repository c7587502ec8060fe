// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/github.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "scenarios/reports/documents.hpp"
#include "scenarios/src/reports/markdown.hpp"

namespace windtunnel::scenario {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

std::string annotations(const replicated_result& result, const annotation_options& options = {}) {
    annotation_writer out(options);
    out.add(samples::scenario(), result, samples::account);
    return out.document(result.verdict);
}

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Runs of which every third has failed.
void add_many(markdown_writer& out, int runs) {
    auto spec = samples::scenario();
    for (int i = 0; i < runs; ++i) {
        spec.variant = "run " + std::to_string(i);
        auto result = samples::checked(spec);
        result.verdict = i % 3 == 2 ? verdict::failed : verdict::passed;
        out.add(spec, result, samples::account);
    }
}

} // namespace

TEST_CASE("annotations, word for word: the worst first, each where the expectation is written") {
    samples::check_golden("annotations.txt",
                          annotations(samples::of_all_statuses(samples::scenario())));
}

TEST_CASE("what holds is not annotated") {
    auto spec = samples::scenario();
    spec.expectations.resize(1);
    CHECK(annotations(samples::checked(spec)).empty());
}

TEST_CASE("after ten annotations one line says how many more there are") {
    auto result = samples::checked(samples::scenario());
    for (int i = 0; i < 20; ++i)
        result.expectations.push_back(result.expectations[1]);
    result.expectations.back().status = check_status::invalid_baseline;
    const std::string text = annotations(result);
    CHECK(lines_of(text) == 11);
    CHECK_THAT(text, StartsWith("::error file=shop/slow.json,line=12,col=15,title=invalid "
                                "baseline%3A slow::readers"));
    CHECK_THAT(text, EndsWith("\n::notice title=windtunnel::+12 more: the report has them all\n"));
}

TEST_CASE("an annotation is one line whatever it says, and its properties end where they should") {
    annotation_writer out({});
    samples::add_nasty(out);
    const std::string text = out.document(verdict::error);
    CHECK(lines_of(text) == 5);
    CHECK_THAT(text, Contains("ü%2520%3A%3A%2C,line=14") && Contains("ü%2520::,%0A"));
}

TEST_CASE("files are named from the workspace, those outside of it as they were") {
    const auto result = samples::checked(samples::scenario());
    CHECK_THAT(annotations(result, {.folder = "/w/repo/load", .workspace = "/w/repo"}),
               Contains("file=load/shop/slow.json,"));
    CHECK_THAT(annotations(result, {.folder = "/w/repo/../repo/.", .workspace = "/w/repo/"}),
               Contains("file=shop/slow.json,"));
    CHECK_THAT(annotations(result, {.folder = "/elsewhere", .workspace = "/w/repo"}),
               Contains("file=shop/slow.json,"));
}

TEST_CASE("invalid input is annotated at its places, and what was left out is counted") {
    annotation_writer out({});
    out.refuse(samples::bad_input(), "shop/slow.json");
    const std::string text = out.document(verdict::invalid);
    CHECK_THAT(text, Contains("::error file=shop/slow.json,line=9,col=47,title=invalid input%2C "
                              "nothing was run::") &&
                         Contains("::error file=shop/db.json,line=2,col=1,"));
    CHECK_THAT(text, EndsWith("::+3 more: the report has them all\n"));
}

TEST_CASE("runs that broke off or were stopped are annotated too") {
    annotation_writer out({});
    samples::add_several(out);
    const std::string text = out.document(verdict::aborted);
    CHECK(lines_of(text) == 3);
    CHECK_THAT(text, Contains("title=invalid%3A slow%3A with a timeout::slow.json:7:3: error: it "
                              "goes round%0Awithout end\n"));
    CHECK_THAT(text, Contains("title=aborted%3A slow%3A v1.5::left out\n"));
}

TEST_CASE("a summary that fits is the whole Markdown report") {
    markdown_writer out({.several = true});
    add_many(out, 3);
    const std::string whole = out.document(verdict::failed);
    CHECK(out.within(whole.size(), verdict::failed) == whole);
    CHECK(out.within(1024 * 1024, verdict::failed) == whole);
}

TEST_CASE("a summary that does not fit is cut after a whole line, the worst kept, and says so") {
    markdown_writer out({.several = true});
    add_many(out, 30);
    const std::string whole = out.document(verdict::failed);
    for (std::size_t room = 1; room < whole.size(); room += 997) {
        const std::string text = out.within(room, verdict::failed);
        INFO(room);
        CHECK(text.size() <= room);
        if (text.empty()) {
            CHECK(room < 200);
            continue;
        }
        CHECK_THAT(text, EndsWith(" has all.*\n") && Contains("\n*Cut here: "));
        const std::string kept = text.substr(0, text.find("\n*Cut here: "));
        CHECK((kept.empty() || kept.back() == '\n'));
    }
    const std::string text = out.within(whole.size() / 2, verdict::failed);
    CHECK_THAT(text, StartsWith("# ✗ 30 runs: 20 passed, 10 failed\n"));
    CHECK_THAT(text, Contains("## ✗ A slow database: run 29\n") && Contains("of 30 runs shown"));
    CHECK(text.find("## ✗ A slow database: run 29\n") < text.find("## ✓ A slow database: run 0\n"));
}

} // namespace windtunnel::scenario
