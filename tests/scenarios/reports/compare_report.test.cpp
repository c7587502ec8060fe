// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/compare_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace windtunnel::scenario {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

figure_sample sample(std::string name, std::vector<double> values) {
    double sum = 0;
    for (const double each : values)
        sum += each;
    const double mean = sum / static_cast<double>(values.size());
    return {std::move(name), unit_kind::rate, better::higher, mean, std::move(values)};
}

figure_set set_of(std::vector<figure_sample> figures,
                  std::vector<std::uint64_t> seeds = {1, 2, 3, 4}) {
    return {"shop", "", "1", std::move(seeds), 1, std::move(figures)};
}

comparison_report report_of(const figure_set& before, const figure_set& after) {
    return {"before.json", "after.json", compare(before, after)};
}

const std::vector<double> ten{10, 11, 9, 10}, twenty{20, 21, 19, 20};

} // namespace

TEST_CASE("a table with long names of its sides keeps the interval, and says which side is which") {
    auto report = report_of(set_of({sample("readers: goodput", ten)}),
                            set_of({sample("readers: goodput", twenty)}));
    CHECK_THAT(text_of_comparison(report, {}),
               Contains("figure            before.json  after.json  change"));
    report.before = "scenarios/" + std::string(60, 'x') + "-before.json";
    report.after = "scenarios/" + std::string(60, 'x') + "-after.json";
    const std::string text = text_of_comparison(report, {});
    CHECK_THAT(text, StartsWith(report.after + " against " + report.before +
                                "\n  before: " + report.before + "\n  after: " + report.after +
                                "\n  figure            before  after  change"));
    CHECK_THAT(text, Contains("interval") && Contains("+100 % to +100 %  better\n"));
    CHECK_THAT(text_of_comparison(report, {.width = 40}), Contains("+100 % to +100 %"));
}

TEST_CASE("the interval of a figure ends where the figure would be below 0") {
    const auto report = report_of(set_of({sample("a", {10, 11, 9, 10})}, {1, 2, 3, 4}),
                                  set_of({sample("a", {5, 0, 0, 0})}, {5, 6, 7, 8}));
    REQUIRE(report.changes.figures[0].change->low < -10);
    CHECK_THAT(text_of_comparison(report, {.size = summary_size::full}), Contains("  -100 % to -"));
    const auto json = nlohmann::json::parse(json_of_comparisons({{report}, {}}));
    CHECK(json["comparisons"][0]["figures"][0]["change"]["low"] == -10);
    CHECK(json["comparisons"][0]["figures"][0]["relative_change"]["low"] == -1);
    const auto from_0 =
        report_of(set_of({sample("a", {0, 0, 0, 0})}), set_of({sample("a", {5, 0, 0, 0})}));
    CHECK_THAT(text_of_comparison(from_0, {.size = summary_size::full}), Contains("  0/s to "));
}

TEST_CASE("a row that has grown tenfold anywhere has factors everywhere") {
    const auto row = [](double change, double low, double high) {
        compared_figure f{"a",
                          unit_kind::count,
                          1,
                          1 + change,
                          sim::interval{low, high, 0.95},
                          difference::changed};
        comparison_report report{"x", "y", {}};
        report.changes.figures = {f};
        return text_of_comparison(report, {});
    };
    CHECK_THAT(row(25, 9.996, 45.6), Contains("x 26  x 11 to x 46.6  changed"));
    CHECK_THAT(row(8, -0.5, 16), Contains("x 9  x 0.5 to x 17"));
    CHECK_THAT(row(8, 7, 9), Contains("+800 %  +700 % to +900 %"));
}

TEST_CASE("it is said which seeds were compared where they are not the same") {
    const auto sure = [](std::vector<std::uint64_t> before, std::vector<std::uint64_t> after) {
        const auto figures = [](std::size_t n) {
            return std::vector{sample("a", std::vector<double>(n, 1))};
        };
        return text_of_comparison(
            report_of(set_of(figures(before.size()), before), set_of(figures(after.size()), after)),
            {.width = 200});
    };
    CHECK_THAT(sure({1, 2, 3}, {1, 2, 3}),
               Contains("3 runs each, of the same seeds, compared one"));
    CHECK_THAT(sure({1, 2, 3}, {1, 2, 3, 4}),
               Contains("3 and 4 runs, of the seeds 1 to 3 and 1 to 4, which are not the same"));
    CHECK_THAT(sure({1, 2}, {3, 5, 7, 9, 11, 13, 15}),
               Contains("of the seeds 1, 2 and 3, 5, 7, 9, 11 and 2 more, which are not the same"));
}

TEST_CASE("Markdown has all that the text has") {
    auto report =
        report_of(set_of({sample("a", ten), sample("b", ten), sample("x|y: errors", ten)}),
                  set_of({sample("a", twenty), sample("c", ten)}));
    report.seed = 7;
    report.parted = divergence{std::chrono::seconds{1}, 46, "at 1s a thing", ""};
    const std::string markdown = markdown_of_comparison(report);
    CHECK_THAT(markdown, StartsWith("### after.json against before.json\n\n| figure |") &&
                             Contains("|\n\n1 better.\n\n4 runs each, of the same seeds"));
    CHECK_THAT(markdown, Contains("\n\nonly in before.json: b, x\\|y: errors.\n\n"
                                  "only in after.json: c.\n\n"));
    CHECK_THAT(markdown, EndsWith("\n\nthe runs of seed 7 are the same for 46 events; then\n\n"
                                  "- before.json: at 1s a thing\n"
                                  "- after.json: nothing more happens\n"));
    CHECK_THAT(markdown_of_comparisons({{report, report}, {"only in c.json: shop_1 (a*b)"}}),
               EndsWith("happens\n\nonly in c.json: shop_1 (a\\*b).\n"));
}

TEST_CASE("CSV has the change in the figure's unit, and the figures that only one side has") {
    const auto report = report_of(set_of({sample("a", ten), sample("b", ten)}),
                                  set_of({sample("a", {11, 12, 10, 11}), sample("c", twenty)}));
    CHECK(csv_of_comparisons({{report}, {"not said"}}) ==
          "before,after,figure,unit,value_before,value_after,change_low,change_high,relative,"
          "relative_low,relative_high,difference\n"
          "before.json,after.json,a,rate,10,11,1,1,0.1,0.1,0.1,better\n"
          "before.json,after.json,b,rate,10,,,,,,,only_before\n"
          "before.json,after.json,c,rate,,20,,,,,,only_after\n");
}

TEST_CASE("the text tells the first of the figures that only one side has, in full all of them") {
    std::vector<figure_sample> many{sample("a", ten)};
    for (const char* name : {"f1", "f2", "f3", "f4", "f5", "f6", "f7"})
        many.push_back(sample(name, ten));
    const auto report = report_of(set_of({sample("a", ten)}), set_of(many));
    CHECK_THAT(text_of_comparison(report, {}),
               Contains("only in after.json: f1, f2, f3, f4, f5 and 2 more\n"));
    CHECK_THAT(text_of_comparison(report, {.size = summary_size::full}), Contains("f6, f7\n"));
    CHECK_THAT(text_of_comparisons({{report}, {"only in c.json: shop"}}, {}),
               EndsWith("\n\nonly in c.json: shop\n"));
}

} // namespace windtunnel::scenario
