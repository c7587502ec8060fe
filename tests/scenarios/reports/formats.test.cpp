// SPDX-License-Identifier: BSL-1.0
// Every format against its golden file, which is written anew with WINDTUNNEL_UPDATE=1 in the
// environment. That others can read them: readers.test.cpp.
#include "scenarios/src/reports/formats.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "scenarios/reports/documents.hpp"
#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/github.hpp"

namespace windtunnel::scenario {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

TEST_CASE("each format that is not the text or JSON is written as its golden file has it") {
    for (const auto& format : report_formats()) {
        if (format.name == "text" || format.name == "json" || format.name == "archive")
            continue;
        samples::check_golden("one" + std::string(format.ending), samples::of_one(format.name));
        samples::check_golden("several" + std::string(format.ending),
                              samples::of_several(format.name));
        samples::check_golden("refused" + std::string(format.ending),
                              samples::of_refusal(format.name));
    }
}

TEST_CASE("equal runs give equal bytes in every format, which end with a line's end") {
    for (const auto& format : report_formats()) {
        INFO(format.name);
        for (const auto document :
             {samples::of_one, samples::of_several, samples::of_refusal, samples::of_nasty}) {
            const std::string text = document(format.name);
            CHECK(text == document(format.name));
            CHECK(text.back() == '\n');
            CHECK((format.name == "text" || clean_text(text) == text));
        }
    }
}

TEST_CASE("formats have names and endings of their own, by which they are found") {
    std::set<std::string_view> names, endings;
    for (const auto& format : report_formats()) {
        CHECK(names.insert(format.name).second);
        CHECK(endings.insert(format.ending).second);
        CHECK(find_report_format(format.name) == &format);
        CHECK(report_format_of_file("some.folder/result" + std::string(format.ending)) == &format);
        CHECK(!format.meaning.empty());
    }
    CHECK(find_report_format("md")->name == "markdown");
    CHECK(find_report_format("") == nullptr);
    CHECK(find_report_format("xls") == nullptr);
    CHECK(report_format_of_file("r.expectations.csv")->name == "csv-expectations");
    CHECK(report_format_of_file("r.xls") == nullptr);
}

TEST_CASE("the text of several runs ends with a total; a run that broke off counts, one that was "
          "left out does not") {
    CHECK_THAT(samples::of_several("text"), Contains("3 runs: 1 passed, 1 invalid, 1 aborted"));
    CHECK_THAT(samples::of_refusal("text"), StartsWith("invalid input, nothing was run\n"));
}

TEST_CASE("the interval of what was observed is shown in every format") {
    const auto spec = samples::scenario();
    auto result = samples::of_all_statuses(spec);
    result.expectations[1].interval = sim::interval{0.5, 0.6, 0.95};
    const auto written = [&](report_writer& out) {
        out.add(spec, result, samples::account);
        return out.document(result.verdict);
    };
    for (const auto& format : report_formats()) {
        INFO(format.name);
        if (format.name == "csv-expectations")
            CHECK_THAT(written(*format.writer({})), Contains(",0.5,0.6,0.95,"));
        else if (format.name != "csv" && format.name != "json" && format.name != "archive")
            CHECK_THAT(written(*format.writer({})), Contains("54.55 % (50 % to 60 % at 95 %)"));
    }
    annotation_writer annotations({});
    CHECK_THAT(written(annotations), Contains("54.55 %25 (50 %25 to 60 %25 at 95 %25)"));
}

TEST_CASE("what is worse than in an earlier result is red in every format that has verdicts") {
    auto spec = samples::scenario();
    spec.expectations.resize(1);
    auto result = samples::checked(spec);
    comparison_report against{"before.json", "now", {}};
    compared_figure figure;
    figure.name = "readers: p99";
    figure.verdict = difference::worse;
    against.changes.figures = {figure};
    result.worse_than_before = 1;
    result.verdict = verdict::failed;
    const auto written = [&](report_writer& out) {
        auto account = samples::account;
        account.against = &against;
        out.add(spec, result, account);
        return out.document(result.verdict);
    };
    CHECK_THAT(written(*samples::writer("text")), Contains("now against before.json\n"));
    CHECK_THAT(written(*samples::writer("text", {.text = {.size = summary_size::off}})),
               Contains("failed: ") && !Contains("now against before.json") &&
                   EndsWith("\n  1 figure is worse than in before.json: readers: p99\n"));
    CHECK_THAT(written(*samples::writer("markdown")), Contains("### now against before.json\n"));
    CHECK_THAT(written(*samples::writer("junit")),
               Contains("tests=\"2\" failures=\"1\"") &&
                   Contains("name=\"no figure is worse than in before.json\"") &&
                   Contains("message=\"1 figure is worse than in before.json: readers: p99\" "
                            "type=\"failed\""));
    CHECK_THAT(written(*samples::writer("csv-expectations")),
               Contains(",no figure is worse than in before.json,failed,"));
    annotation_writer annotations({});
    CHECK_THAT(written(annotations),
               StartsWith("::error file=shop/slow.json,title=failed%3A slow::"
                          "1 figure is worse than in before.json: readers: p99%0A"));
}

TEST_CASE("without a summary the Markdown has the expectations and no tables of figures") {
    const auto spec = samples::scenario();
    const auto out = samples::writer("markdown", {.text = {.size = summary_size::off}});
    out->add(spec, samples::checked(spec), samples::account);
    CHECK_THAT(out->document(verdict::failed),
               Contains("| ✓ | readers: p99 \\< 50ms") && !Contains("| workload |"));
}

TEST_CASE("a scenario without expectations is a test case that passes") {
    auto spec = samples::scenario();
    spec.expectations.clear();
    const auto out = samples::writer("junit");
    out->add(spec, samples::checked(spec), samples::account);
    CHECK_THAT(out->document(verdict::passed),
               Contains("tests=\"1\" failures=\"0\"") && Contains("name=\"runs to its end\""));
}

TEST_CASE("text is cleaned of what is no UTF-8 or must not stand in XML, and of nothing else") {
    CHECK(clean_text("grün\t1 €\r\n\U0001F300") == "grün\t1 €\r\n\U0001F300");
    CHECK(clean_text(samples::nasty) == samples::nasty_cleaned);
    CHECK(clean_text("\xC0\x80") == "\uFFFD\uFFFD");   // overlong
    CHECK(clean_text("\xF4\x90\x80\x80") == "\uFFFD"); // beyond the last character
    CHECK(clean_text("\uFFFE|\uFFFF") == "\uFFFD|\uFFFD");
    CHECK(clean_text("a\xE2\x82") == "a\uFFFD\uFFFD"); // cut off
    CHECK(clean_text(std::string(1, '\0')) == "\uFFFD");
}

TEST_CASE("Markdown reads as it was written, in one line") {
    CHECK(markdown_text("a|b *c* `d` <e> [f] g_h _i_ \\") ==
          "a\\|b \\*c\\* \\`d\\` \\<e> \\[f\\] g_h \\_i\\_ \\\\");
    CHECK(markdown_text("two\nlines") == "two lines");
}

TEST_CASE("a field of CSV is quoted where it needs it") {
    CHECK(csv_field("p99 = 10 ms") == "p99 = 10 ms");
    CHECK(csv_field("a,b") == "\"a,b\"");
    CHECK(csv_field("say \"hi\"\n") == "\"say \"\"hi\"\"\n\"");
}

} // namespace windtunnel::scenario
