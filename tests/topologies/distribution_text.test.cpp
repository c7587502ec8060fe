// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/distribution_text.hpp"

#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;
using sim::distribution;

TEST_CASE("a distribution is read from its text") {
    CHECK(parse_distribution("4ms") == distribution::constant(4ms));
    CHECK(parse_distribution("0s") == distribution::constant(0s));
    CHECK(parse_distribution("exponential(mean=5ms)") == distribution::exponential(5ms));
    CHECK(parse_distribution("exponential(5ms)") == distribution::exponential(5ms));
    CHECK(parse_distribution("uniform(1ms, 3ms)") == distribution::uniform(1ms, 3ms));
    CHECK(parse_distribution(" uniform( low = 1ms ,high=3ms ) ") ==
          distribution::uniform(1ms, 3ms));
    CHECK(parse_distribution("erlang(k=4, mean=4ms)") == distribution::erlang(4, 4ms));
    CHECK(parse_distribution("hyperexponential(mean=4ms, scv=10)") ==
          distribution::hyperexponential(4ms, 10));
    CHECK(parse_distribution("hyperexponential(0.95: 5ms, 5%: 100ms)") ==
          distribution::hyperexponential({{0.95, 5ms}, {0.05, 100ms}}));
    CHECK(parse_distribution("lognormal(mean=4ms, p99=12ms)") ==
          distribution::lognormal(4ms, 0.99, 12ms));
    CHECK(parse_distribution("lognormal(mean=4ms, scv=2)") == distribution::lognormal(4ms, 2));
    CHECK(parse_distribution("normal(10ms, 2ms)") == distribution::normal(10ms, 2ms));
    CHECK(parse_distribution("folded_normal(mean=10ms, sd=2ms)") ==
          distribution::folded_normal(10ms, 2ms));
    CHECK(parse_distribution("pareto(min=1ms, shape=1.5)") == distribution::pareto(1ms, 1.5));
    CHECK(parse_distribution("pareto(mean=3ms, shape=1.5, cap=10s)") ==
          distribution::pareto_of_mean(3ms, 1.5, 10s));
    CHECK(parse_distribution("empirical(1ms, 2ms, 5ms)") ==
          distribution::empirical(std::vector<duration>{1ms, 2ms, 5ms}));
    CHECK(parse_distribution("2ms + exponential(mean=4ms)") ==
          distribution::exponential(4ms).shifted(2ms));
}

TEST_CASE("what a distribution says of itself reads back as itself") {
    const auto text =
        GENERATE(as<std::string>{}, "4ms", "uniform(low=1ms, high=3ms)", "exponential(mean=3600s)",
                 "erlang(k=3, mean=90s)", "hyperexponential(0.95: 5ms, 0.05: 100ms)",
                 "hyperexponential(mean=4ms, scv=4)", "lognormal(mean=4ms, p99=12ms)",
                 "normal(mean=10ms, sd=2ms)", "folded_normal(mean=0s, sd=2ms)",
                 "lognormal(mean=4ms, p99.9=12ms)", "lognormal(mean=4ms, scv=2)",
                 "pareto(min=1ms, shape=1.5, cap=10s)", "pareto(mean=3ms, shape=1.5)",
                 "empirical(1ms, 2ms)", "empirical(3: 1ms, 1: 2ms)",
                 "empirical(p0=1ms, p50=2ms, p100=9ms)", "2ms + exponential(mean=4ms)");
    const distribution first = parse_distribution(text);
    CHECK(first.describe() == text);
    CHECK(parse_distribution(first.describe()) == first);
}

TEST_CASE("text that is no distribution is refused with a remedy") {
    struct bad {
        std::string text, message;
    };
    const auto [text, message] = GENERATE(values<bad>({
        {"5", "expected a duration such as \"250ms\", found \"5\": it has no unit"},
        {"fast", "expected a duration such as \"4ms\" or a distribution such as "
                 "\"exponential(mean=4ms)\", found \"fast\""},
        {"expo(5ms)",
         "no distribution is called \"expo\"; there are uniform, exponential, "
         "erlang, hyperexponential, lognormal, normal, folded_normal, pareto, empirical"},
        {"exponential(mean=1ms, mean=2ms)", "exponential: mean is given twice"},
        {"uniform(1ms, 2ms, 3ms)", "uniform has no argument \"3ms\": write uniform(1ms, 3ms)"},
        {"exponential", "exponential lacks the argument mean: write exponential(mean=5ms)"},
        {"exponential(mean=5)",
         "expected a duration such as \"250ms\", found \"5\": it has no unit"},
        {"exponential(maen=5ms)",
         "exponential lacks the argument mean: write exponential(mean=5ms)"},
        {"exponential(mean=5ms, p99=6ms)",
         "exponential has no argument \"p99\": write exponential(mean=5ms)"},
        {"exponential(mean=5ms",
         "\"exponential(mean=5ms\" lacks its closing parenthesis: write exponential(mean=5ms)"},
        {"erlang(k=1.5, mean=5ms)", "erlang: k must be a whole number"},
        {"lognormal(4ms, p99=12ms)",
         "lognormal lacks the argument mean: write lognormal(mean=4ms, p99=12ms) or "
         "lognormal(mean=4ms, scv=2)"},
        {"lognormal(mean=4ms, p999=12ms)", "\"p999\" is no percentile: write p99 or p99.9"},
        {"normal(10ms)", "normal lacks the argument sd: write normal(mean=10ms, sd=2ms)"},
        {"normal(mean=10ms, scv=2)",
         "normal lacks the argument sd: write normal(mean=10ms, sd=2ms)"},
        {"empirical(1ms, 2: 3ms)",
         "empirical takes values, weights with values, or percentiles, not a mixture: write "
         "empirical(3: 1ms, 1: 2ms)"},
    }));
    CHECK(message_of([t = text] { parse_distribution(t); }) == message);
}

TEST_CASE("a distribution's own rules are kept, at the place of the text") {
    CHECK(message_of([] {
              topology_from(with_endpoint(R"json({"work":"uniform(3ms, 1ms)"})json"));
          }) == "file.json:1:59: error: uniform: low is 3ms: it must not be above high, which is "
                "1ms (at /services/a/endpoints/GET ~1/work)");
    CHECK(message_of([] {
              topology_from(with_endpoint(R"json({"work":"exponentail(mean=1ms)"})json"));
          }).ends_with("did you mean \"exponential\"?"));
}

} // namespace windtunnel::topology
