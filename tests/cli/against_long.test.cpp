// SPDX-License-Identifier: BSL-1.0
// Whether `run --against` finds regressions that were put in on purpose, and nothing else.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cli/support.hpp"

namespace windtunnel::cli {

using Catch::Matchers::Contains;

namespace {

std::string shipped(const std::string& name) {
    return test::in_repository("scenarios/" + name + ".json").string();
}

process_end run(const std::string& scenario, std::vector<std::string> more) {
    std::vector<std::string> words{"run", shipped(scenario), "--replications", "10"};
    words.insert(words.end(), more.begin(), more.end());
    return windtunnel(words);
}

/// A scenario, what changes its good state into a bad one, and whose figures then are worse.
struct regression {
    std::string scenario, good, bad, whose;
};

} // namespace

TEST_CASE(
    "a timeout halved, a breaker removed and an endpoint 10 % slower are found, of any seed") {
    const std::string breaker = "policies.orders->payment.circuit_breaker=";
    const std::string product = "/topology_patch/services/catalogue/endpoints/GET ~1product/work=";
    const std::vector<regression> changes{
        {"timeout-too-short", "policies.clients->database.timeout=120ms",
         "policies.clients->database.timeout=60ms", "clients: errors"},
        {"breaker-frees-threads",
         breaker + R"({"sliding_window_duration":"2s","max_wait_in_open":"5s"})", breaker + "off",
         "browsers: mean"},
        {"breaker-frees-threads", product + "lognormal(mean=4ms, p99=12ms)",
         product + "lognormal(mean=4.4ms, p99=13.2ms)", "browsers: mean"}};
    for (const auto& [scenario, good, bad, whose] : changes) {
        const scratch_folder folder;
        const std::string green = folder.file("green.json");
        REQUIRE(run(scenario, {"-D", good, "-q", "-o", green}).code == 0);
        for (const char* seed : {"1", "1001"}) {
            const auto end = run(scenario, {"-D", bad, "--seed", seed, "--against", green});
            CAPTURE(bad, seed, end.out, end.err);
            CHECK(end.code == 1);
            const auto table = end.out.substr(end.out.find("now against " + green));
            CHECK_THAT(table, Contains(whose) && Contains("  worse\n"));
        }
    }
}

TEST_CASE("fifty runs of other seeds, in which nothing changed, raise no alarm") {
    const scratch_folder folder;
    const std::string green = folder.file("green.json");
    REQUIRE(run("breaker-frees-threads", {"-q", "-o", green}).code == 0);
    for (int i = 1; i <= 50; ++i) {
        const std::string seed = std::to_string(1000 * i);
        const auto end = run("breaker-frees-threads", {"--seed", seed, "--against", green});
        CAPTURE(seed, end.out, end.err);
        CHECK(end.code == 0);
    }
}

} // namespace windtunnel::cli
