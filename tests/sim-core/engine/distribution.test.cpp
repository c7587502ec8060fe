// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/distribution.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim-core/engine/elementary.hpp"
#include "sim-core/stats/confidence.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// How many doubles lie between two of one sign.
std::int64_t ulps(double a, double b) {
    return std::abs(std::bit_cast<std::int64_t>(a) - std::bit_cast<std::int64_t>(b));
}

/// The largest distance from the C library over a million random points.
std::int64_t worst(double (*own)(double), double (*library)(double),
                   const std::function<double(random_stream&)>& point) {
    random_stream random{1, "elementary"};
    std::int64_t result = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        const double x = point(random);
        result = std::max(result, ulps(own(x), library(x)));
    }
    return result;
}

std::vector<duration> samples(const distribution& d, int n, std::uint64_t seed = 1) {
    random_stream random{seed, "samples"};
    std::vector<duration> result;
    for (int i = 0; i < n; ++i)
        result.push_back(d.sample(random));
    return result;
}

/// At least 8 seeds, within three standard errors, which are at most 1 % of what is expected.
void check_estimate(double expected, const std::function<double(std::uint64_t)>& of_seed) {
    moments estimates;
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        estimates.add(of_seed(seed));
    CHECK(*estimates.standard_error() <= 0.01 * expected);
    CHECK(std::abs(estimates.mean() - expected) <= 3 * *estimates.standard_error());
}

double share_at_most(const distribution& d, duration value, std::uint64_t seed) {
    const auto all = samples(d, 100'000, seed);
    return static_cast<double>(std::count_if(all.begin(), all.end(),
                                             [&](duration each) { return each <= value; })) /
           100'000;
}

std::string refusal(const std::function<void()>& make) {
    try {
        make();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("own log, log1p and exp agree with the C library to the last bits") {
    const auto any_positive = [](random_stream& r) {
        return std::bit_cast<double>(r.below(0x7ff0000000000000 - 1) + 1);
    };
    CHECK(worst(own_log, std::log, any_positive) <= 1);
    CHECK(worst(own_log, std::log, [](random_stream& r) { return r.uniform_open(); }) <= 1);
    CHECK(worst(own_log, std::log, [](random_stream& r) { return 0.5 + r.uniform(); }) <= 1);
    CHECK(worst(own_exp, std::exp, [](random_stream& r) { return r.uniform() * 1400 - 700; }) <= 1);
    CHECK(worst(own_exp, std::exp, [](random_stream& r) { return r.uniform() - 0.5; }) <= 1);
    CHECK(worst(own_log1p, std::log1p, [](random_stream& r) { return r.uniform() * 2 - 1; }) <= 3);
    CHECK(worst(own_log1p, std::log1p, [](random_stream& r) { return r.uniform() * 1e-9; }) <= 3);
}

TEST_CASE("own log and exp keep to the edges of their domains") {
    CHECK(own_log(1) == 0);
    CHECK(own_exp(0) == 1);
    CHECK(own_log(0) == -INFINITY);
    CHECK(own_log(INFINITY) == INFINITY);
    CHECK(std::isnan(own_log(-1)));
    CHECK(std::isnan(own_log(NAN)));
    CHECK(own_exp(710) == INFINITY);
    CHECK(own_exp(-746) == 0);
    CHECK(own_exp(709.78) == Approx(std::exp(709.78)).epsilon(1e-15));
    CHECK(own_exp(-745) == std::exp(-745.0));
    CHECK(own_exp(-730) == Approx(std::exp(-730.0)).epsilon(1e-9));
    CHECK(std::isnan(own_exp(NAN)));
    CHECK(own_log1p(-1) == -INFINITY);
    CHECK(own_log1p(1e-300) == 1e-300);
    CHECK(own_power(2, 10) == Approx(1024).epsilon(1e-15));
}

TEST_CASE("the normal quantile agrees with Boost.Math from one tail to the other") {
    const boost::math::normal_distribution<double> normal;
    for (double p : {1e-300, 1e-100, 1e-16, 1e-9, 1e-3, 0.01, 0.07, 0.08, 0.25, 0.4999, 0.6, 0.9,
                     0.99, 0.999, 1 - 1e-9}) {
        CAPTURE(p);
        CHECK(normal_quantile(p) == Approx(boost::math::quantile(normal, p)).epsilon(2e-15));
    }
    CHECK(normal_quantile(0.5) == 0);
    CHECK(normal_quantile(0) == -INFINITY);
    CHECK(normal_quantile(1) == INFINITY);
}

TEST_CASE("known seeds give known samples") {
    const auto first = [](const distribution& d) {
        std::vector<std::int64_t> result;
        for (const duration each : samples(d, 3, 7))
            result.push_back(each.count());
        return result;
    };
    using ns = std::vector<std::int64_t>;
    CHECK(first(distribution::constant(4ms)) == ns{4'000'000, 4'000'000, 4'000'000});
    CHECK(first(distribution::uniform(1ms, 3ms)) == ns{2589447, 2010576, 1727347});
    CHECK(first(distribution::exponential(4ms)) == ns{6333588, 2815119, 1808174});
    CHECK(first(distribution::erlang(20, 4ms)) == ns{3657910, 5718109, 4051168});
    CHECK(first(distribution::hyperexponential({{0.95, 5ms}, {0.05, 100ms}})) ==
          ns{3518899, 7098537, 5910872});
    CHECK(first(distribution::hyperexponential(4ms, 4.0)) == ns{1586343, 3200068, 2664661});
    CHECK(first(distribution::lognormal(4ms, 0.99, 12ms)) == ns{5381579, 3494214, 2880791});
    CHECK(first(distribution::lognormal(4ms, 2.0)) == ns{5471375, 2341712, 1602468});
    CHECK(first(distribution::pareto(1ms, 1.5)) == ns{2873693, 1598693, 1351699});
    CHECK(first(distribution::pareto_of_mean(3ms, 1.5, 1s)) == ns{2968777, 1651695, 1396526});
    CHECK(first(distribution::empirical({{1ms, 3}, {2ms, 1}, {9ms, 1}})) ==
          ns{2000000, 1000000, 1000000});
    CHECK(first(distribution::empirical_quantiles({{0, 1ms}, {0.5, 2ms}, {1, 9ms}})) ==
          ns{6126128, 2074035, 1727347});
}

TEST_CASE("samples have the mean and the variance that the distribution states") {
    const distribution d =
        GENERATE(distribution::uniform(1ms, 3ms), distribution::exponential(4ms),
                 distribution::erlang(4, 4ms), distribution::erlang(17, 4ms),
                 distribution::hyperexponential({{0.95, 5ms}, {0.05, 100ms}}),
                 distribution::hyperexponential(4ms, 4.0), distribution::lognormal(4ms, 0.99, 12ms),
                 distribution::lognormal(4ms, 0.5), distribution::normal(10ms, 2ms),
                 distribution::normal(2ms, 2ms), distribution::normal(0ms, 2ms),
                 distribution::folded_normal(10ms, 2ms), distribution::folded_normal(1ms, 2ms),
                 distribution::folded_normal(0ms, 2ms), distribution::pareto(1ms, 1.5, 20ms),
                 distribution::pareto(1ms, 1.0, 20ms), distribution::pareto(1ms, 2.0, 20ms),
                 distribution::pareto_of_mean(3ms, 0.7, 20ms),
                 distribution::empirical({{1ms, 3}, {2ms, 1}, {9ms, 1}}),
                 distribution::empirical_quantiles({{0, 1ms}, {0.5, 2ms}, {0.99, 5ms}, {1, 9ms}}),
                 distribution::exponential(4ms).shifted(2ms));
    CAPTURE(d.describe());
    const auto of_samples = [&](std::uint64_t seed) {
        moments m;
        for (const duration each : samples(d, 200'000, seed))
            m.add(to_seconds(each));
        return m;
    };
    check_estimate(d.mean_seconds(), [&](auto seed) { return of_samples(seed).mean(); });
    check_estimate(d.variance(), [&](auto seed) { return *of_samples(seed).variance(); });
}

TEST_CASE("samples have the quantiles of the law") {
    const auto check_share = [](const distribution& d, duration value, double expected) {
        CAPTURE(d.describe(), value.count());
        check_estimate(expected, [&](auto seed) { return share_at_most(d, value, seed); });
    };
    check_share(distribution::exponential(100ms), from_seconds(0.1 * std::log(20.0)), 0.95);
    check_share(distribution::erlang(2, 2s), 3s, 1 - 4 * std::exp(-3.0));
    check_share(distribution::lognormal(4ms, 0.99, 12ms), 12ms, 0.99);
    check_share(distribution::lognormal(4ms, 0.5, 3ms), 3ms, 0.5);
    check_share(distribution::normal(10ms, 2ms), 12ms, 0.841345);
    check_share(distribution::normal(2ms, 2ms), 4ms, (0.841345 - 0.158655) / 0.841345);
    check_share(distribution::folded_normal(10ms, 2ms), 8ms, 0.158655);
    check_share(distribution::folded_normal(0ms, 2ms), 2ms, 0.682689);
    check_share(distribution::pareto(1ms, 1.5), 4ms, 1 - 0.125);
    check_share(distribution::pareto(1ms, 1.0, 10ms), 2ms, 0.5 / 0.9);
    check_share(distribution::hyperexponential({{0.95, 5ms}, {0.05, 100ms}}), 22'694us, 0.95);
    check_share(distribution::empirical({{1ms, 3}, {2ms, 1}}), 1ms, 0.75);
    check_share(distribution::empirical_quantiles({{0, 0ms}, {0.9, 10ms}, {1, 1s}}), 5ms, 0.45);
}

TEST_CASE("mean, variance and scv are those of the textbook") {
    CHECK(distribution::constant(4ms).mean_seconds() == Approx(0.004));
    CHECK(distribution::constant(4ms).scv() == 0);
    CHECK(distribution{}.scv() == 0);
    CHECK(distribution::uniform(0ms, 6ms).variance() == Approx(3e-6));
    CHECK(distribution::exponential(4ms).scv() == Approx(1));
    CHECK(distribution::erlang(4, 4ms).scv() == Approx(0.25));
    CHECK(distribution::hyperexponential(4ms, 7.0).scv() == Approx(7));
    CHECK(distribution::hyperexponential(4ms, 7.0).mean_seconds() == Approx(0.004));
    CHECK(distribution::hyperexponential({{0.5, 2ms}, {0.5, 6ms}}).scv() == Approx(1.5));
    CHECK(distribution::lognormal(4ms, 2.0).scv() == Approx(2));
    CHECK(distribution::normal(10ms, 2ms).mean_seconds() == Approx(0.010).epsilon(1e-6));
    CHECK(distribution::normal(10ms, 2ms).variance() == Approx(4e-6).epsilon(1e-5));
    CHECK(distribution::normal(6ms, 2ms).mean_seconds() < 1.002 * 0.006);
    CHECK(distribution::normal(0ms, 2ms).mean_seconds() == Approx(0.002 * 0.7978845608)); // half
    CHECK(distribution::normal(10s, 1ns).mean_seconds() == Approx(10));
    CHECK(distribution::folded_normal(10ms, 2ms).mean_seconds() == Approx(0.010).epsilon(1e-6));
    CHECK(distribution::folded_normal(0ms, 2ms).mean_seconds() == Approx(0.002 * 0.7978845608));
    CHECK(distribution::folded_normal(0ms, 2ms).variance() == Approx(4e-6 * (1 - 0.6366197724)));
    CHECK(distribution::pareto(1ms, 3).mean_seconds() == Approx(0.0015));
    CHECK(distribution::pareto(1ms, 3).variance() == Approx(0.75e-6));
    CHECK(std::isinf(distribution::pareto(1ms, 2).variance()));
    CHECK(std::isinf(distribution::pareto(1ms, 1).mean_seconds()));
    CHECK(distribution::pareto_of_mean(3ms, 1.5).mean_seconds() == Approx(0.003));
    CHECK(distribution::pareto_of_mean(3ms, 0.7, 1s).mean_seconds() == Approx(0.003));
    CHECK(distribution::empirical({1ms, 2ms, 3ms}).variance() == Approx(2e-6 / 3));
    CHECK(distribution::empirical_quantiles({{0, 0ms}, {1, 6ms}}).variance() == Approx(3e-6));
    CHECK(distribution::exponential(4ms).shifted(6ms).mean_seconds() == Approx(0.010));
    CHECK(distribution::exponential(4ms).shifted(6ms).scv() == Approx(0.16));
}

TEST_CASE("samples stay within the bounds of the distribution") {
    const auto within = [](const distribution& d, duration low, duration high) {
        CAPTURE(d.describe());
        const auto all = samples(d, 100'000);
        CHECK(*std::min_element(all.begin(), all.end()) >= low);
        CHECK(*std::max_element(all.begin(), all.end()) <= high);
    };
    within(distribution::uniform(1ms, 3ms), 1ms, 3ms);
    within(distribution::uniform(3ns, 3ns), 3ns, 3ns);
    within(distribution::pareto(1ms, 0.1, 1s), 1ms, 1s);
    within(distribution::pareto(1ms, 0.1), 1ms, distribution::longest_sample);
    within(distribution::pareto(distribution::longest_parameter, 0.01).shifted(1s),
           distribution::longest_parameter + 1s, distribution::longest_sample);
    within(distribution::exponential(1ns), 0ns, 60ns);
    within(distribution::normal(1ms, 5ms), 0ns, 60ms);
    within(distribution::folded_normal(1ms, 5ms), 0ns, 60ms);
    within(distribution::exponential(1ms).shifted(2ms), 2ms, 60ms);
    within(distribution::empirical({1ms, 2ms}), 1ms, 2ms);
    within(distribution::empirical_quantiles({{0, 1ms}, {1, 2ms}}), 1ms, 2ms);
}

TEST_CASE("the same draw gives a longer sample where the distribution is longer") {
    const auto pairs = std::vector<std::pair<distribution, distribution>>{
        {distribution::exponential(4ms), distribution::exponential(5ms)},
        {distribution::erlang(3, 4ms), distribution::erlang(3, 5ms)},
        {distribution::lognormal(4ms, 1.0), distribution::lognormal(5ms, 1.0)},
        {distribution::normal(4ms, 3ms), distribution::normal(5ms, 3ms)},
        {distribution::exponential(4ms), distribution::exponential(4ms).shifted(1ms)}};
    for (const auto& [shorter, longer] : pairs) {
        const auto a = samples(shorter, 1000), b = samples(longer, 1000);
        CHECK(std::equal(a.begin(), a.end(), b.begin(), std::less_equal<>{}));
    }
}

TEST_CASE("a distribution describes itself canonically") {
    using d = distribution;
    CHECK(d{}.describe() == "0s");
    CHECK(d::constant(1500us).describe() == "1.5ms");
    CHECK(d::constant(90s).describe() == "90s");
    CHECK(d::constant(1'000'000'001ns).describe() == "1.000000001s");
    CHECK(d::constant(7ns).shifted(1us).describe() == "1.007us");
    CHECK(d::uniform(0ms, 2ms).describe() == "uniform(low=0s, high=2ms)");
    CHECK(d::exponential(4ms).shifted(2ms).describe() == "2ms + exponential(mean=4ms)");
    CHECK(d::erlang(4, 4ms).describe() == "erlang(k=4, mean=4ms)");
    CHECK(d::hyperexponential({{0.95, 5ms}, {0.05, 100ms}}).describe() ==
          "hyperexponential(0.95: 5ms, 0.05: 100ms)");
    CHECK(d::hyperexponential(4ms, 4.0).describe() == "hyperexponential(mean=4ms, scv=4)");
    CHECK(d::lognormal(4ms, 0.99, 12ms).describe() == "lognormal(mean=4ms, p99=12ms)");
    CHECK(d::lognormal(4ms, 0.999, 12ms).describe() == "lognormal(mean=4ms, p99.9=12ms)");
    CHECK(d::lognormal(4ms, 2.5).describe() == "lognormal(mean=4ms, scv=2.5)");
    CHECK(d::normal(10ms, 2500us).describe() == "normal(mean=10ms, sd=2.5ms)");
    CHECK(d::folded_normal(0s, 2ms).describe() == "folded_normal(mean=0s, sd=2ms)");
    CHECK(d::pareto(1ms, 1.5, 10s).describe() == "pareto(min=1ms, shape=1.5, cap=10s)");
    CHECK(d::pareto_of_mean(3ms, 1.5).describe() == "pareto(mean=3ms, shape=1.5)");
    CHECK(d::empirical({2ms, 1ms}).describe() == "empirical(1ms, 2ms)");
    CHECK(d::empirical({{1ms, 3}, {2ms, 1}}).describe() == "empirical(3: 1ms, 1: 2ms)");
    CHECK(d::empirical_quantiles({{0, 1ms}, {0.57, 2ms}, {1, 9ms}}).describe() ==
          "empirical(p0=1ms, p57=2ms, p100=9ms)");
}

TEST_CASE("distributions are equal when they say the same") {
    using d = distribution;
    const auto expected = d::exponential(4ms);
    const auto copy = expected;
    CHECK(copy == expected);
    CHECK(d::exponential(4ms) == expected);
    CHECK(d::exponential(5ms) != expected);
    CHECK(expected.shifted(1ms) != expected);
    CHECK(expected.shifted(0ms) == expected);
    CHECK(d{} == d::constant(0ms));
    CHECK(d::constant(1ms).shifted(1ms) == d::constant(2ms));
    CHECK(d::empirical({1ms, 2ms}) == d::empirical({2ms, 1ms}));
    CHECK(d::lognormal(4ms, 1.0) != d::lognormal(4ms, 1.0000001));
    CHECK(d::normal(4ms, 1ms) != d::folded_normal(4ms, 1ms));
    CHECK(d::constant(1ms).is_constant());
    CHECK_FALSE(expected.is_constant());
}

TEST_CASE("a distribution that cannot be is refused with name, value and rule") {
    using d = distribution;
    const std::vector<std::pair<std::function<void()>, std::string>> table = {
        {[] { d::constant(-1ms); }, "constant: value is -1ms: it must not be negative"},
        {[] { d::constant(d::longest_parameter + 1ns); }, "it must be at most 8640000s"},
        {[] { d::uniform(2ms, 1ms); },
         "uniform: low is 2ms: it must not be above high, which is 1ms"},
        {[] { d::exponential(0ms); }, "exponential: mean is 0s: it must be above 0"},
        {[] { d::erlang(0, 1ms); }, "erlang: k is 0: it must be from 1 to 1000"},
        {[] { d::erlang(1001, 1ms); }, "erlang: k is 1001"},
        {[] {
             d::hyperexponential({{0.5, 1ms}, {0.4, 1ms}});
         },
         "hyperexponential: the sum of the shares is 0.9: it must be 1"},
        {[] { d::hyperexponential(std::vector<d::branch>{}); }, "shares is 0: it must be 1"},
        {[] {
             d::hyperexponential({{-0.5, 1ms}, {1.5, 1ms}});
         },
         "share is -0.5"},
        {[] { d::hyperexponential(1ms, 0.5); },
         "hyperexponential: scv is 0.5: it must be at least"},
        {[] { d::lognormal(4ms, 0.99, 60ms); },
         "lognormal: p99 is 60ms: no lognormal with the mean 4ms has it above 59.87"},
        {[] { d::lognormal(4ms, 0.99, 3ms); }, "lognormal: p99 is 3ms: it must be above the mean"},
        {[] { d::lognormal(4ms, 0.5, 5ms); }, "lognormal: p50 is 5ms: it must be below the mean"},
        {[] { d::lognormal(4ms, 0.1, 5ms); }, "lognormal: p10 is 5ms: it must be below the mean"},
        {[] { d::lognormal(4ms, 0.1, 500ms); }, "p10 is 500ms: it must be below the mean"},
        {[] { d::lognormal(4ms, 99.0, 12ms); }, "share of the percentile is 99: it must be betw"},
        {[] { d::lognormal(4ms, 0.0); }, "lognormal: scv is 0: it must be above 0"},
        {[] { d::lognormal(4ms, 9000.0); }, "lognormal: scv is 9000: it must be at most 8102"},
        {[] { d::lognormal(4ms, double{NAN}); }, "lognormal: scv is nan"},
        {[] { d::normal(-1ms, 1ms); }, "normal: mean is -1ms: it must not be negative"},
        {[] { d::normal(1ms, 0ms); }, "normal: sd is 0s: it must be above 0"},
        {[] { d::folded_normal(-1ms, 1ms); }, "folded_normal: mean is -1ms: it must not be"},
        {[] { d::folded_normal(1ms, 0ms); }, "folded_normal: sd is 0s: it must be above 0"},
        {[] { d::pareto(1ms, 0); }, "pareto: shape is 0: it must be above 0"},
        {[] { d::pareto(1ms, 2, 1ms); }, "pareto: cap is 1ms: it must be above min, which is 1ms"},
        {[] { d::pareto_of_mean(1ms, 1); }, "pareto: shape is 1: it must be above 1, else"},
        {[] { d::pareto_of_mean(2ms, 1, 1ms); }, "pareto: cap is 1ms: it must be above mean"},
        {[] { d::empirical(std::vector<duration>{}); }, "empirical: there are no values"},
        {[] {
             d::empirical({{1ms, 0}});
         },
         "empirical: weight is 0"},
        {[] {
             d::empirical_quantiles({{0, 1ms}});
         },
         "number of quantiles is 1"},
        {[] {
             d::empirical_quantiles({{0.1, 1ms}, {1, 2ms}});
         },
         "first share is 0.1: it must be 0"},
        {[] {
             d::empirical_quantiles({{0, 1ms}, {0.9, 2ms}});
         },
         "last share is 0.9: it must be 1"},
        {[] {
             d::empirical_quantiles({{0, 1ms}, {0, 1ms}, {1, 2ms}});
         },
         "the shares must rise"},
        {[] {
             d::empirical_quantiles({{0, 2ms}, {1, 1ms}});
         },
         "empirical: p100 is 1ms"},
        {[] { d::exponential(1ms).shifted(-1ms); }, "offset is -1ms: it must not be negative"}};
    for (const auto& [make, message] : table)
        CHECK_THAT(refusal(make), Contains(message));
}

TEST_CASE("of two lognormals with one mean and percentile the narrower is taken") {
    // p99 = 12 ms at mean 4 ms: sigma is 0.5334 or 4.1193.
    const double scv = distribution::lognormal(4ms, 0.99, 12ms).scv();
    CHECK(std::sqrt(std::log(1 + scv)) == Approx(0.533398).epsilon(1e-6));
}
