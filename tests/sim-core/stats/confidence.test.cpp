// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/confidence.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/elementary.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::vector<double> normals(random_stream& random, int n, double mean, double deviation) {
    std::vector<double> result;
    for (int i = 0; i < n; ++i)
        result.push_back(mean + deviation * normal_quantile(random.uniform_open()));
    return result;
}

/// How often, of 4,000 repetitions, an interval holds the truth.
template <class Repetition>
double coverage(Repetition holds) {
    random_stream random{1, "coverage"};
    int count = 0;
    for (int i = 0; i < 4000; ++i)
        count += holds(random) ? 1 : 0;
    return count / 4000.0;
}

/// Three standard errors of a share near 95 % over 4,000 repetitions.
constexpr double coverage_error = 3 * 0.00345;

} // namespace

TEST_CASE("t quantiles are those of the tables") {
    CHECK(student_t_quantile(0.975, 1) == Approx(12.7062).epsilon(1e-5));
    CHECK(student_t_quantile(0.975, 4) == Approx(2.77645).epsilon(1e-5));
    CHECK(student_t_quantile(0.95, 10) == Approx(1.81246).epsilon(1e-5));
    CHECK(student_t_quantile(0.995, 30) == Approx(2.75).epsilon(1e-4));
    CHECK(student_t_quantile(0.975, 1e9) == Approx(1.95996).epsilon(1e-5));
    CHECK(student_t_quantile(0.5, 3) == Approx(0).margin(1e-12));
    CHECK_THROWS_AS(student_t_quantile(1, 3), std::invalid_argument);
    CHECK_THROWS_AS(student_t_quantile(0.9, 0), std::invalid_argument);
}

TEST_CASE("the interval of a mean is the textbook's") {
    // Law, example 4.26: ten observations, mean 1.34, variance 0.17, 90 % interval 1.34 +- 0.24.
    const std::vector<double> values = {1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09};
    const moments m = moments_of(values);
    CHECK(m.mean() == Approx(1.343).epsilon(1e-4));
    CHECK(*m.variance() == Approx(0.17).epsilon(0.02));
    const auto i = mean_interval(values, 0.90);
    REQUIRE(i);
    CHECK(i->half_width() == Approx(0.24).epsilon(0.02));
    CHECK(i->middle() == Approx(m.mean()));
    CHECK(i->level == 0.90);
}

TEST_CASE("95 % intervals hold the true mean in 95 % of the cases") {
    for (const int n : {2, 5, 30}) {
        CAPTURE(n);
        const double found = coverage(
            [&](random_stream& r) { return mean_interval(normals(r, n, 10, 3))->contains(10); });
        CHECK(found == Approx(0.95).margin(coverage_error));
    }
}

TEST_CASE("there is no interval where there is too little, or no number, to say") {
    const auto infinity = std::numeric_limits<double>::infinity();
    CHECK_FALSE(mean_interval(std::vector<double>{}));
    CHECK_FALSE(mean_interval(std::vector<double>{1}));
    CHECK_FALSE(mean_interval(std::vector<double>{1, infinity}));
    CHECK_FALSE(mean_interval(std::vector<double>{1, std::nan("")}));
    CHECK_FALSE(moments{}.variance());
    CHECK(std::isnan(moments{}.mean()));
    CHECK_THROWS_WITH(mean_interval(std::vector<double>{1, 2}, 95),
                      Contains("confidence level is 95.000000: it must be between 0 and 1"));
}

TEST_CASE("equal values have an interval of no width") {
    const auto i = mean_interval(std::vector<double>{3, 3, 3});
    REQUIRE(i);
    CHECK(i->low == 3);
    CHECK(i->high == 3);
}

TEST_CASE("the interval of a ratio holds it where replications differ in size") {
    const double found = coverage([&](random_stream& r) {
        std::vector<ratio_sample> replications;
        for (int i = 0; i < 12; ++i) {
            const auto values = normals(r, 20 + 10 * i, 2, 1);
            replications.push_back({std::accumulate(values.begin(), values.end(), 0.0),
                                    static_cast<double>(values.size())});
        }
        return ratio_interval(replications)->contains(2);
    });
    CHECK(found >= 0.95 - 2 * coverage_error);
    CHECK(found < 0.98);
}

TEST_CASE("one replication, or none that counted anything, has no interval of a ratio") {
    CHECK_FALSE(ratio_interval(std::vector<ratio_sample>{{1, 2}}));
    CHECK_FALSE(ratio_interval(std::vector<ratio_sample>{{0, 0}, {0, 0}}));
    const auto equal = ratio_interval(std::vector<ratio_sample>{{1, 2}, {2, 4}});
    REQUIRE(equal);
    CHECK(equal->low == Approx(0.5));
    CHECK(equal->high == Approx(0.5));
    CHECK_THROWS_AS(ratio_interval({}, 1), std::invalid_argument);
}

TEST_CASE("a replicated quantile's interval holds it though a replication's values hang together") {
    // Groups of 20 share an offset: as independent values they would promise far too much.
    const double p90 = 10 + normal_quantile(0.9) * std::sqrt(0.5 * 0.5 + 1);
    const double found = coverage([&](random_stream& r) {
        std::vector<histogram> replications(8);
        for (histogram& each : replications)
            for (const double offset : normals(r, 10, 10, 0.5))
                for (const double value : normals(r, 20, offset, 1))
                    each.record(from_seconds(value));
        return replicated_quantile_interval(replications, 0.9)->contains(p90);
    });
    CHECK(found >= 0.95 - 3 * coverage_error);
    CHECK(found < 0.98);
}

TEST_CASE("where a quantile may be further out than the values, the largest of all bounds it") {
    // A replication's values are of mean 1 or 4, so that their share up to any time differs a lot.
    const double p99 = 4 * std::log(50.);
    std::size_t bounded = 0;
    const double found = coverage([&](random_stream& r) {
        std::vector<histogram> replications(10);
        histogram all;
        for (histogram& each : replications) {
            const double mean = r.uniform() < 0.5 ? 1 : 4;
            for (int i = 0; i < 200; ++i)
                each.record(from_seconds(-mean * std::log(r.uniform_open())));
            all.merge(each);
        }
        const auto i = replicated_quantile_interval(replications, 0.99);
        bounded += i && i->high == to_seconds(all.max()) ? 1 : 0;
        return !i || i->contains(p99); // where there is none, nothing is claimed
    });
    CHECK(found >= 0.95 - coverage_error);
    CHECK(bounded > 400);
    // Values that are all alike at the top, as after a timeout: their share is 0.95 % of all, so
    // that p99 is 1 ms, and that of a sample 1 s often enough.
    const double with_atom = coverage([](random_stream& r) {
        std::vector<histogram> replications(10);
        for (histogram& each : replications)
            for (int i = 0; i < 400; ++i)
                each.record(r.uniform() < 0.0095 ? duration{1s} : duration{1ms});
        const auto i = replicated_quantile_interval(replications, 0.99);
        return !i || (i->low <= 1e-3 * (1 + histogram::relative_error) && i->high >= 1e-3);
    });
    CHECK(with_atom >= 0.95 - coverage_error);
    // One replication in which all is slow says nothing of how slow the others may be.
    std::vector<histogram> replications(10);
    for (histogram& each : replications)
        for (int i = 0; i < 100; ++i)
            each.record(1ms);
    for (int i = 1; i <= 100; ++i)
        replications[3].record(i * 1s);
    CHECK_FALSE(replicated_quantile_interval(replications, 0.95));
}

TEST_CASE("quantiles that may be further out than the values are compared, and cautiously") {
    // Of two sets of one law, as above: the values of one replication in two are four times longer.
    std::size_t compared = 0;
    const double found = coverage([&](random_stream& r) {
        const auto values = [&r] {
            std::vector<histogram> replications(10);
            for (histogram& each : replications) {
                const double mean = r.uniform() < 0.5 ? 1 : 4;
                for (int i = 0; i < 200; ++i)
                    each.record(from_seconds(-mean * std::log(r.uniform_open())));
            }
            const auto of_each = quantile_values(replications, 0.99);
            CHECK(of_each.empty() == !replicated_quantile_interval(replications, 0.99));
            return of_each;
        };
        const auto before = values(), after = values();
        const auto difference = difference_interval(before, after);
        compared += difference ? 1 : 0;
        return !difference || difference->contains(0);
    });
    CHECK(found >= 0.95 - coverage_error);
    CHECK(compared > 2400);
}

TEST_CASE("a quantile of one replication, or of none with values, has no interval") {
    std::vector<histogram> replications(3);
    CHECK_FALSE(replicated_quantile_interval(replications, 0.5));
    replications[0].record(1ms);
    CHECK_FALSE(replicated_quantile_interval(replications, 0.5));
    replications[2].record(1ms);
    const auto found = replicated_quantile_interval(replications, 0.5);
    REQUIRE(found);
    CHECK(found->low == Approx(1e-3));
    CHECK(found->high == Approx(1e-3));
}

TEST_CASE("the values of a ratio average to it, and differ as it is unsure") {
    const std::vector<ratio_sample> replications{{1, 10}, {4, 20}, {3, 10}};
    const auto values = ratio_values(replications);
    REQUIRE(values.size() == 3);
    CHECK(moments_of(values).mean() == Approx(8.0 / 40));
    const auto found = mean_interval(values), expected = ratio_interval(replications);
    CHECK(found->low == Approx(expected->low));
    CHECK(found->high == Approx(expected->high));
    CHECK(ratio_values(std::vector<ratio_sample>{{0, 0}}).empty());
}

TEST_CASE(
    "the values of a quantile average to it, and their interval is about that of the quantile") {
    random_stream random(3, "quantile");
    std::vector<histogram> replications(20);
    for (histogram& each : replications)
        for (int i = 0; i < 2000; ++i)
            each.record(from_seconds(-std::log(1 - random.uniform())));
    const auto values = quantile_values(replications, 0.9);
    REQUIRE(values.size() == 20);
    const auto exact = replicated_quantile_interval(replications, 0.9);
    const auto found = mean_interval(values);
    CHECK(moments_of(values).mean() == Approx(std::log(10.0)).epsilon(0.02));
    CHECK(found->half_width() == Approx(exact->half_width()).epsilon(0.25));
    CHECK(quantile_values(std::vector<histogram>(3), 0.5).empty());
}

TEST_CASE("the interval of a difference is Welch's") {
    const std::vector<double> a{32, 37, 35, 28, 41, 44, 35, 31, 34},
        b{35, 31, 29, 25, 34, 40, 27, 32, 31};
    const auto found = difference_interval(a, b);
    REQUIRE(found);
    CHECK(found->middle() == Approx(-3.6667).epsilon(1e-4));
    // s^2 of 24.4444 and 20.0278: an error of 2.22293, 15.844 degrees of freedom, t of 2.1216
    CHECK(found->half_width() == Approx(2.1216 * 2.22293).epsilon(1e-3));
    CHECK_FALSE(difference_interval(a, std::vector<double>{1}));
    const std::vector<double> same{2, 2}, other{3, 3};
    CHECK(difference_interval(same, other)->low == 1);
    CHECK(difference_interval(same, other)->high == 1);
}

TEST_CASE("a difference of nothing is called one as seldom as the interval says") {
    const double found = coverage([](random_stream& r) {
        return difference_interval(normals(r, 10, 2, 1), normals(r, 14, 2, 3))->contains(0);
    });
    CHECK(found >= 0.95 - 2 * coverage_error);
    CHECK(found < 0.97);
}
