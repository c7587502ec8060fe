// SPDX-License-Identifier: BSL-1.0
// scenarios/fallback-keeps-pages-coming.json and fallback-inside-a-retry.json.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string pages = "fallback-keeps-pages-coming", inside = "fallback-inside-a-retry";

tally product(const replicated_result& run, const std::string& phase) {
    return in_phase(run.merged, "product", phase);
}

double poorer(const tally& t) {
    return static_cast<double>(t.degraded) / static_cast<double>(t.requests);
}

/// Each page comes, without recommendations, after the timeout and the rest of its work.
void check_poorer_in_time(const std::string& variant) {
    on_every_seed(pages, variant, verdict::passed, [](const auto& run) {
        const tally during = product(run, "during 'trouble'");
        CHECK(during.failed() == 0);
        CHECK(poorer(during) > 0.995);
        CHECK(during.good_latency.quantile(0.05) > 100ms);
        CHECK(during.good_latency.quantile(0.99) < 120ms);
        CHECK(product(run, "before 'trouble'").degraded == 0);
    });
}

/// Four standard deviations of a share that is p in the long run, and the few pages that were under
/// way when it began.
double by_chance(double p, const tally& t) {
    return 4 * std::sqrt(p * (1 - p) / static_cast<double>(t.requests)) + 0.001;
}

struct lost_pages {
    double failed = 0, poorer = 0;
};

void check_lost(const std::string& variant, verdict expected, const lost_pages& lost) {
    on_every_seed(inside, variant, expected, [&](const auto& run) {
        const tally during = product(run, "during 'failing lists'");
        CHECK(error_share(during) ==
              Approx(lost.failed).margin(by_chance(lost.failed, during)).epsilon(0));
        CHECK(poorer(during) ==
              Approx(lost.poorer).margin(by_chance(lost.poorer, during)).epsilon(0));
    });
}

} // namespace

TEST_CASE("a timeout and a fallback give every page in time, however late recommendations are") {
    check_poorer_in_time("");
    check_poorer_in_time("150 ms late");
}

TEST_CASE("recommendations that come before the timeout are no matter for a fallback") {
    on_every_seed(pages, "50 ms late", verdict::passed, [](const auto& run) {
        CHECK(product(run, "whole run").degraded == 0);
        CHECK(product(run, "whole run").failed() == 0);
    });
}

TEST_CASE("neither the timeout nor the fallback alone gives a page in time") {
    on_every_seed(pages, "no fallback", verdict::failed, [](const auto& run) {
        CHECK(error_share(product(run, "during 'trouble'")) > 0.995);
    });
    on_every_seed(pages, "no timeout", verdict::failed, [](const auto& run) {
        const tally during = product(run, "during 'trouble'");
        CHECK(during.degraded + during.failed() == 0);
        CHECK(during.good_latency.quantile(0.05) > 5s);
    });
}

TEST_CASE("a fallback alone gives every page when calls are refused at once") {
    on_every_seed(pages, "down, no timeout", verdict::passed, [](const auto& run) {
        const tally during = product(run, "during 'trouble'");
        CHECK(poorer(during) > 0.995);
        CHECK(during.good_latency.mean_seconds() <
              product(run, "before 'trouble'").good_latency.mean_seconds());
    });
}

TEST_CASE("a fallback inside a retry gives away what the retry would have saved") {
    check_lost("", verdict::failed, {.poorer = 0.15});
    check_lost("no fallback", verdict::passed, {.failed = std::pow(0.15, 3)});
    check_lost("fallback outside", verdict::passed, {.poorer = std::pow(0.15, 3)});
}

TEST_CASE("the harm of a fallback inside a retry begins at 1 % and ends at the cube root of it") {
    check_lost("0.5 % fail", verdict::passed, {.poorer = 0.005});
    CHECK(std::cbrt(0.01) == Approx(0.215).margin(0.001));
    check_lost("30 % fail, no fallback", verdict::failed, {.failed = std::pow(0.3, 3)});
    check_lost("outage, fallback outside", verdict::failed, {.poorer = 1});
}

} // namespace windtunnel::scenario
