// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/comparison.hpp"

#include <catch2/catch.hpp>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/elementary.hpp"

namespace windtunnel::scenario {

namespace {

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double each : values)
        sum += each;
    return sum / static_cast<double>(values.size());
}

figure_sample figure(std::string name, std::vector<double> values, better direction = better::lower,
                     unit_kind unit = unit_kind::time) {
    const double mean = mean_of(values);
    return {std::move(name), unit, direction, mean, std::move(values)};
}

figure_set set_of(std::vector<figure_sample> figures,
                  std::vector<std::uint64_t> seeds = {1, 2, 3, 4}) {
    return {"shop", "", "1", std::move(seeds), 1, std::move(figures)};
}

using d = difference;

} // namespace

TEST_CASE("what differs comes first, the largest change before the smaller ones") {
    const auto before = set_of({figure("a", {1, 1.01, 0.99, 1}), figure("b", {2, 2.01, 2, 1.99}),
                                figure("c", {5, 6, 4, 5}), figure("d", {0, 0, 0, 0})});
    const auto after = set_of({figure("a", {1.1, 1.11, 1.09, 1.1}), figure("b", {1, 1.01, 1, 0.99}),
                               figure("c", {5, 6, 4, 5}), figure("d", {1, 1, 1, 1})});
    const auto c = compare(before, after);
    REQUIRE(c.figures.size() == 4);
    CHECK(c.figures[0].name == "d"); // from nothing
    CHECK_FALSE(c.figures[0].relative());
    CHECK(c.figures[0].verdict == d::worse);
    CHECK(c.figures[1].name == "b");
    CHECK(c.figures[1].verdict == d::better);
    CHECK(*c.figures[1].relative() == Approx(-0.5));
    CHECK(c.figures[2].name == "a");
    CHECK(*c.figures[2].relative() == Approx(0.1));
    CHECK(c.figures[3].verdict == d::none_shown);
    CHECK(c.count(d::worse) == 2);
}

TEST_CASE("results of the same seeds are compared one by one, which shows what chance would hide") {
    random_stream random(1, "noise");
    std::vector<double> a, b;
    std::vector<std::uint64_t> seeds, others;
    for (std::uint64_t i = 0; i < 20; ++i) {
        const double noise = 0.3 * sim::normal_quantile(random.uniform_open());
        a.push_back(1 + noise);
        b.push_back(1.02 + noise + 0.005 * sim::normal_quantile(random.uniform_open()));
        seeds.push_back(i);
        others.push_back(100 + i);
    }
    const auto paired =
        compare(set_of({figure("p99", a)}, seeds), set_of({figure("p99", b)}, seeds));
    const auto apart =
        compare(set_of({figure("p99", a)}, seeds), set_of({figure("p99", b)}, others));
    CHECK(paired.paired);
    CHECK_FALSE(apart.paired);
    CHECK(paired.figures[0].verdict == d::worse);
    CHECK(apart.figures[0].verdict == d::none_shown);
    CHECK(apart.figures[0].change->half_width() > 3 * paired.figures[0].change->half_width());
}

TEST_CASE("which direction is better depends on the figure") {
    const std::vector<double> less{1, 1.01, 0.99, 1}, more{2, 2.01, 1.99, 2};
    const auto verdict = [&](better direction) {
        return compare(set_of({figure("f", less, direction)}),
                       set_of({figure("f", more, direction)}))
            .figures[0]
            .verdict;
    };
    CHECK(verdict(better::lower) == d::worse);
    CHECK(verdict(better::higher) == d::better);
    CHECK(verdict(better::neither) == d::changed);
}

TEST_CASE("a change within the tolerance is none, however sure it is") {
    const auto before = set_of({figure("f", {1, 1, 1, 1})});
    const auto after = set_of({figure("f", {1.01, 1.01, 1.01, 1.01})});
    CHECK(compare(before, after).figures[0].verdict == d::worse);
    CHECK(compare(before, after, {.tolerance = 0.02}).figures[0].verdict == d::none_shown);
}

TEST_CASE("what is in one result only is named") {
    const auto c = compare(set_of({figure("a", {1, 1}), figure("b", {1, 1})}),
                           set_of({figure("b", {1, 1}), figure("c", {1, 1})}));
    CHECK(c.figures.size() == 1);
    REQUIRE(c.only_before.size() == 1);
    CHECK(c.only_before[0].name == "a");
    REQUIRE(c.only_after.size() == 1);
    CHECK(c.only_after[0].name == "c");
}

TEST_CASE("an interval holds no change by which a figure would be below 0") {
    const auto c =
        compare(set_of({figure("falls", {10, 1, 1, 1}), figure("appears", {0, 0, 0, 0})}),
                set_of({figure("falls", {1, 1, 1, 0}), figure("appears", {9, 0, 0, 0})}));
    for (const compared_figure& each : c.figures) {
        CAPTURE(each.name);
        CHECK(each.change->low < -each.before);
        CHECK(each.possible_change()->low == -each.before);
        CHECK(each.possible_change()->high == each.change->high);
    }
    CHECK(c.figures[1].relative_change()->low == -1);
}

TEST_CASE("an interval holds no change by which a share would be above all") {
    const auto share = [](std::vector<double> values) {
        return figure("errors", std::move(values), better::lower, unit_kind::share);
    };
    const auto c = compare(set_of({share({0.2, 0, 0, 0})}), set_of({share({0.99, 1, 0.1, 1})}));
    const compared_figure& f = c.figures.front();
    CHECK(f.change->high > 1 - f.before);
    CHECK(f.possible_change()->high == 1 - f.before);
}

TEST_CASE("without replications nothing can be judged") {
    const auto c = compare(set_of({figure("a", {1})}, {1}), set_of({figure("a", {2})}, {1}));
    CHECK(c.figures[0].verdict == d::not_to_judge);
    CHECK_FALSE(c.figures[0].change);
}

TEST_CASE("of many equal figures one is called different as seldom as the confidence says") {
    random_stream random(5, "figures");
    constexpr int trials = 1000, figures = 30;
    int alarms = 0;
    for (int i = 0; i < trials; ++i) {
        std::vector<figure_sample> a, b;
        for (int f = 0; f < figures; ++f) {
            std::vector<double> x, y;
            for (int r = 0; r < 10; ++r) {
                x.push_back(10 + sim::normal_quantile(random.uniform_open()));
                y.push_back(10 + sim::normal_quantile(random.uniform_open()));
            }
            a.push_back(figure(std::to_string(f), x));
            b.push_back(figure(std::to_string(f), y));
        }
        alarms += compare(set_of(a, {1}), set_of(b, {2})).count(d::none_shown) < figures;
    }
    CHECK(alarms <= 0.07 * trials);
    CHECK(alarms >= 0.02 * trials);
}

} // namespace windtunnel::scenario
