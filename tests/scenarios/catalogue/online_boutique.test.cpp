// SPDX-License-Identifier: BSL-1.0
// topologies/online-boutique.json as it runs, and scenarios/online-boutique-currency-slow.json.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t requests = 50;

scenario_spec only(const std::string& endpoint) {
    const std::string text = R"j({"topology": "../topologies/online-boutique.json",
        "duration": "10s", "drain": "5s", "workload": [ { "name": "user", "limit": 50,
        "arrivals": "constant(10/s)", "to": ")j" +
                             endpoint + R"j(" } ] })j";
    return parse_scenario(topology::document::parse(text, "only.json"), repository / "scenarios",
                          "only");
}

/// Tries between services, as the source code counts them: gRPC, so without redis.
std::uint64_t rpcs(const run_result& result) {
    std::uint64_t sum = 0;
    for (const edge_result& edge : result.edges)
        if (edge.caller != "user" && edge.service != "redis-cart")
            sum += edge.traffic.phases[whole_phase].attempts;
    return sum;
}

} // namespace

TEST_CASE("each page of Online Boutique makes as many RPCs, when it runs, as its source code") {
    const auto [endpoint, each] = GENERATE(table<std::string, std::uint64_t>(
        {{"frontend.GET /", 13},
         {"frontend.GET /product", 12},
         {"frontend.POST /cart", 2},
         {"frontend.GET /cart", 13},           // 6 + min(5, 9 - k) + 2 k, k = 1 item in the cart
         {"frontend.POST /cart/checkout", 18}, // 16 + 2 k
         {"frontend.POST /setCurrency", 0}}));
    INFO(endpoint);
    const auto run = run_once(only(endpoint), 1);
    CHECK(in_phase(run.merged, "user", "whole run").good() == requests);
    CHECK(rpcs(run.merged) == requests * each);
}

TEST_CASE(
    "the home page of Online Boutique asks for the currency ten times, checkout three times") {
    const auto asked = [](const std::string& endpoint) {
        return in_phase(run_once(only(endpoint), 1).merged, "currencyservice", "whole run")
            .requests;
    };
    CHECK(asked("frontend.GET /") == requests * 10);
    CHECK(asked("frontend.GET /product") == requests * 2);
    CHECK(asked("frontend.GET /cart") == requests * 3);
    CHECK(asked("frontend.POST /cart/checkout") == requests * 3);
    CHECK(asked("frontend.POST /cart") == 0);
}

TEST_CASE("50 ms more a call for the currency make each page later by its number of such calls") {
    const scenario_spec spec = shipped("online-boutique-currency-slow");
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        CHECK(exit_code(run.verdict) == 0);
        for (const auto& [page, calls] :
             {std::pair{"home", 10}, std::pair{"product", 2}, std::pair{"cart", 3},
              std::pair{"checkout", 3}, std::pair{"add", 0}, std::pair{"currency", 0}}) {
            INFO(page);
            const tally before = in_phase(run.merged, page, "before 'slow currency'");
            const tally during = in_phase(run.merged, page, "during 'slow currency'");
            const tally after = in_phase(run.merged, page, "after 'slow currency'");
            // the few pages that were under way when it began or ended met only a part of it
            const double later =
                during.good_latency.mean_seconds() - before.good_latency.mean_seconds();
            CHECK(later == Approx(calls * 0.05).epsilon(0.02).margin(0.0005));
            CHECK(after.good_latency.mean_seconds() ==
                  Approx(before.good_latency.mean_seconds()).epsilon(0.05));
            CHECK(before.failed() + during.failed() + after.failed() == 0);
        }
    }
}

} // namespace windtunnel::scenario
