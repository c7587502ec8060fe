// SPDX-License-Identifier: BSL-1.0
// What a gateway decides about tokens, and what a backend for frontends is worth on which network.
// Each comparison on both sides of what its title states.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string tokens = "gateway-jwt-or-introspection", screens = "mobile-bff";

std::uint64_t of_gateway(const run_result& result, const std::string& name) {
    for (const policy_result* each : result.policies_of("gateway"))
        if (each->kind == "gateway")
            return *each->counter(each->phases[whole_phase], name);
    throw std::out_of_range("there is no gateway");
}

double p50(const run_result& result, const std::string& phase) {
    return to_seconds(in_phase(result, "screens", phase).good_latency.quantile(0.5));
}

/// What is sent before the fault.
std::vector<double> medians_before(const std::string& variant) {
    std::vector<double> all;
    on_every_seed(screens, variant, verdict::passed, [&](const replicated_result& run) {
        all.push_back(p50(run.merged, "before 'no recommendations'"));
    });
    return all;
}

} // namespace

TEST_CASE(
    "tokens verified at the gateway need nobody, and a revoked one is good until it expires") {
    on_every_seed(tokens, "", verdict::passed, [](const replicated_result& run) {
        const run_result& r = run.merged;
        const tally buyers = in_phase(r, "buyers", "whole run");
        const tally thieves = in_phase(r, "thieves", "whole run");
        CHECK(buyers.failed() == 0);
        CHECK(std::abs(error_share(thieves) - 0.4) < 0.005); // the last 40 s of 100
        // A few may be under way at the end, and are in one of the two sums alone.
        const auto alike = [&](const std::string& name, std::uint64_t requests) {
            const auto counted = static_cast<double>(of_gateway(r, name));
            CHECK(std::abs(counted - static_cast<double>(requests)) < 10);
        };
        alike("unauthorized", in_phase(r, "forgers", "whole run").requests + thieves.failed());
        alike("forbidden", in_phase(r, "guests", "whole run").requests);
        alike("routed", buyers.requests + thieves.good());
    });
}

TEST_CASE("introspection stops a revoked token at once, and all while nobody can be asked") {
    on_every_seed(tokens, "introspection", verdict::passed, [](const replicated_result& run) {
        const run_result& r = run.merged;
        CHECK(std::abs(error_share(in_phase(r, "thieves", "whole run")) - 0.7) < 0.005);
        CHECK(error_share(in_phase(r, "buyers", "during 'auth down'")) > 0.99);
        CHECK(error_share(in_phase(r, "buyers", "before 'auth down'")) < 0.001);
        CHECK(error_share(in_phase(r, "buyers", "after 'auth down'")) < 0.001);
    });
    on_every_seed(
        tokens, "introspection, cached", verdict::passed, [](const replicated_result& run) {
            const tally thieves = in_phase(run.merged, "thieves", "whole run");
            CHECK(std::abs(error_share(thieves) - 0.525) < 0.035); // for as long as the cache
        });
}

TEST_CASE("a BFF is worth four rounds of a phone's network, and costs a hop where they are cheap") {
    const auto bff = medians_before(""), direct = medians_before("directly");
    const auto near = medians_before("in the data centre");
    const auto near_direct = medians_before("directly in the data centre");
    for (std::size_t i = 0; i < bff.size(); ++i) {
        CHECK(bff[i] < direct[i] / 4);
        CHECK(direct[i] - bff[i] > 4 * 0.3 - 0.05);
        CHECK(near_direct[i] < near[i]);
        CHECK(near[i] - near_direct[i] < 0.01);
    }
}

TEST_CASE("a screen lacks what is optional, and is not there without what is required") {
    on_every_seed(screens, "", verdict::passed, [](const replicated_result& run) {
        const tally during = in_phase(run.merged, "screens", "during 'no recommendations'");
        CHECK(during.failed() == 0);
        CHECK(static_cast<double>(during.degraded) > 0.97 * static_cast<double>(during.requests));
    });
    on_every_seed(
        screens, "a required part down", verdict::passed, [](const replicated_result& run) {
            CHECK(error_share(in_phase(run.merged, "screens", "during 'no baskets'")) > 0.97);
        });
}

} // namespace windtunnel::scenario
