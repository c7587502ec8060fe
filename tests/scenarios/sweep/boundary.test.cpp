// SPDX-License-Identifier: BSL-1.0
// The search alone: points are answered by a rule, without a run.
#include "scenarios/src/sweep/boundary.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/sweep/support.hpp"

namespace windtunnel::scenario {

namespace {

using Catch::Matchers::Contains;
using rule = std::function<verdict(double value, int replications)>;

struct search {
    boundary found;
    std::size_t asked = 0; ///< points, again with more replications counted again
};

search search_in(const std::string& parameter, const rule& answer, boundary_options options = {}) {
    const sweep_folder folder;
    const sweep_plan plan = folder.plan(sweep_options{{}, {parameter}, {}, true});
    search s;
    if (options.replications == 0)
        options.replications = 1;
    s.found = find_boundary(plan, options, [&](std::vector<point_job> jobs) {
        std::vector<std::optional<point_result>> all;
        for (const point_job& job : jobs) {
            ++s.asked;
            point_result p =
                made_point(job.values, job.replications,
                           answer(read_quantity(job.values.front())->value, job.replications));
            all.emplace_back(std::move(p));
        }
        return all;
    });
    return s;
}

rule fails_from(double bound) {
    return [bound](double value, int) { return value < bound ? verdict::passed : verdict::failed; };
}

double value_of(const std::optional<point_result>& p) {
    return read_quantity(p->values.front())->value;
}

} // namespace

TEST_CASE("the highest value that passes is found to within what was asked for") {
    const double bound = GENERATE(101.0, 137.3, 333.0, 500.5, 799.0);
    const double within = GENERATE(0.02, 0.001);
    const auto s = search_in("load=100/s..800/s", fails_from(bound), {.within = within});
    CHECK(s.found.status == boundary_status::found);
    CHECK(s.found.passes_below);
    CHECK(value_of(s.found.passing) < bound);
    CHECK(value_of(s.found.failing) >= bound);
    CHECK(value_of(s.found.failing) - value_of(s.found.passing) <=
          within * value_of(s.found.failing));
    CHECK(s.asked < (within < 0.01 ? 20 : 14));
}

TEST_CASE("the side that passes is seen at the ends") {
    const auto s = search_in("timeout=1ms..10s", [](double value, int) {
        return value < 0.2 ? verdict::invalid_baseline : verdict::passed;
    });
    CHECK(s.found.status == boundary_status::found);
    CHECK_FALSE(s.found.passes_below);
    CHECK(value_of(s.found.failing) < 0.2);
    CHECK(value_of(s.found.passing) == Approx(0.2).epsilon(0.011));
    CHECK(s.asked < 20); // by the geometric middle as long as it spans a decade
}

TEST_CASE("whole numbers and steps are found exactly") {
    const int bound = GENERATE(2, 3, 500, 999, 1000);
    auto s = search_in("counter.workers=1..1000", fails_from(bound));
    CHECK(s.found.passing->values == point_values{std::to_string(bound - 1)});
    CHECK(s.found.failing->values == point_values{std::to_string(bound)});
    CHECK(s.asked <= 13);
    s = search_in("load=100/s..800/s:50/s", fails_from(444));
    CHECK(s.found.passing->values == point_values{"400/s"});
    CHECK(s.found.failing->values == point_values{"450/s"});
    s = search_in("load=800/s..100/s:-50/s", fails_from(444));
    CHECK(s.found.passing->values == point_values{"400/s"});
    CHECK(s.found.passes_below);
    s = search_in("timeout=1ms..1s:x2", fails_from(0.1));
    CHECK(s.found.passing->values == point_values{"64ms"});
}

TEST_CASE("ends that agree have no boundary between them") {
    CHECK(search_in("load=1/s..9/s", fails_from(100)).found.status == boundary_status::both_passed);
    CHECK(search_in("load=1/s..9/s", fails_from(0)).found.status == boundary_status::both_failed);
    CHECK(search_in("load=1/s..9/s", fails_from(0)).asked == 2);
}

TEST_CASE("a point that cannot tell is run with more replications") {
    const auto noisy = [](double value, int replications) {
        if (std::abs(value - 300) < 50 && replications < 4)
            return verdict::inconclusive;
        return value < 300 ? verdict::passed : verdict::failed;
    };
    const auto s = search_in("load=100/s..800/s", noisy);
    CHECK(s.found.status == boundary_status::found);
    CHECK(s.found.passing->replications == 4);
    CHECK(value_of(s.found.passing) == Approx(300).epsilon(0.011));
}

TEST_CASE("what cannot tell with all replications is an indifference zone, and said so") {
    const auto blind = [](double value, int) {
        if (value > 300 && value < 400)
            return verdict::inconclusive;
        return value < 350 ? verdict::passed : verdict::failed;
    };
    const auto s = search_in("load=100/s..800/s", blind, {.most_replications = 8});
    CHECK(s.found.status == boundary_status::undecided);
    REQUIRE(s.found.zone);
    CHECK(value_of(s.found.passing) == Approx(300).epsilon(0.011));
    CHECK(read_quantity(s.found.zone->first)->value == Approx(300).epsilon(0.015));
    CHECK(read_quantity(s.found.zone->second)->value == Approx(400).epsilon(0.015));
    CHECK(value_of(s.found.failing) == Approx(400).epsilon(0.011));
    for (const point_result& each : s.found.points)
        CHECK(each.replications == (each.verdict == verdict::inconclusive ? 8 : 1));
    // Narrower than what was asked for it is no matter, wherever the middles fall.
    const auto narrow = search_in("load=20/s..100/s", [](double value, int) {
        return std::abs(value - 60) < 0.2 ? verdict::inconclusive
               : value < 60               ? verdict::passed
                                          : verdict::failed;
    });
    CHECK(narrow.found.status == boundary_status::found);
    CHECK(value_of(narrow.found.failing) - value_of(narrow.found.passing) < 0.61);
    CHECK(search_in("load=100/s..800/s", blind, {.within = 0.5, .most_replications = 2})
              .found.status == boundary_status::found);
}

TEST_CASE("an end that cannot tell is undecided, a point that cannot run ends the search") {
    const auto blind = [](double value, int) {
        return value < 5 ? verdict::inconclusive : verdict::failed;
    };
    CHECK(search_in("load=1/s..9/s", blind).found.status == boundary_status::undecided);
    CHECK_FALSE(search_in("load=1/s..9/s", blind).found.zone);
    const auto broken = [](double value, int) {
        return value == 9 ? verdict::failed : value == 1 ? verdict::passed : verdict::error;
    };
    const auto s = search_in("load=1/s..9/s", broken);
    CHECK(s.found.status == boundary_status::broken);
    CHECK(s.found.points.size() == 3);
}

TEST_CASE("how sure a point is comes from its replications, each taken alone") {
    point_result p = made_point({"5/s"}, 10, verdict::passed, 10, 0);
    CHECK(*confidence_in(p) == Approx(1 - std::pow(0.5, 10)));
    p.alone_passed = 9;
    p.alone_failed = 1;
    CHECK(*confidence_in(p) == Approx(1 - 11 * std::pow(0.5, 10)));
    p.verdict = verdict::failed;
    CHECK(*confidence_in(p) == Approx(1 - (1 - std::pow(0.5, 10))));
    p.verdict = verdict::inconclusive;
    CHECK_FALSE(confidence_in(p));
    p = made_point({"5/s"}, 1, verdict::passed, 1, 0);
    CHECK_FALSE(confidence_in(p));
}

} // namespace windtunnel::scenario
