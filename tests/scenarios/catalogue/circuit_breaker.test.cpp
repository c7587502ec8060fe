// SPDX-License-Identifier: BSL-1.0
// scenarios/breaker-frees-threads.json, breaker-too-eager.json and breaker-over-replicas.json.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string frees = "breaker-frees-threads", eager = "breaker-too-eager",
                  replicas = "breaker-over-replicas";
const std::string slow = "during 'slow payment'";

double busy_threads(const replicated_result& run) {
    return 32 * utilisation(service_in_phase(run.merged, "orders", slow));
}

tally web_during(const replicated_result& run, const std::string& fault) {
    return in_phase(run.merged, "web", "during '" + fault + "'");
}

/// Calls that the breaker refused, retries included.
double refused(const tally& web) {
    return failure_share(web, failure_kind::breaker_open);
}

} // namespace

TEST_CASE("a breaker frees the threads that a timeout alone leaves waiting at 40 orders a second") {
    on_every_seed(frees, "", verdict::passed, [](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        CHECK(busy_threads(run) < 8);
        const tally charges = in_phase(run.merged, "orders->payment", slow);
        CHECK(failure_share(charges, failure_kind::breaker_open) > 0.85);
    });
    on_every_seed(frees, "no breaker", verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "browsers", slow)) > 0.1);
        CHECK(busy_threads(run) > 31);
    });
}

TEST_CASE("below 32 orders a second the timeout is enough, at 80 the breaker comes too late") {
    on_every_seed(frees, "25/s, no breaker", verdict::passed, [](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        CHECK(busy_threads(run) == Approx(25).epsilon(0.1));
    });
    on_every_seed(frees, "80/s", verdict::failed, [](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", slow).good_latency.quantile(0.99) > 300ms);
    });
}

TEST_CASE("a breaker that judges by 10 calls makes an outage of failures that retries mask") {
    on_every_seed(eager, "no breaker", verdict::passed);
    on_every_seed(eager, "", verdict::failed,
                  [](const auto& run) { CHECK(refused(web_during(run, "blips")) > 0.3); });
    on_every_seed(eager, "5 calls", verdict::failed,
                  [](const auto& run) { CHECK(refused(web_during(run, "blips")) > 0.75); });
}

TEST_CASE("with 50 calls to judge by, or 1 % of failures, the breaker stays closed") {
    for (const std::string variant : {"50 calls", "1 % fail"})
        on_every_seed(eager, variant, verdict::passed,
                      [](const auto& run) { CHECK(refused(web_during(run, "blips")) == 0); });
}

TEST_CASE("one dead replica of two opens the breaker over both") {
    on_every_seed(replicas, "", verdict::failed, [](const auto& run) {
        CHECK(error_share(web_during(run, "dead replica")) == Approx(0.86).margin(0.03));
    });
    on_every_seed(replicas, "no breaker", verdict::passed, [](const auto& run) {
        CHECK(error_share(web_during(run, "dead replica")) == Approx(1 / 8.0).margin(0.01));
    });
}

TEST_CASE("one dead replica of three leaves the breaker closed") {
    on_every_seed(replicas, "three replicas", verdict::passed, [](const auto& run) {
        const tally web = web_during(run, "dead replica");
        CHECK(error_share(web) == Approx(1 / 27.0).margin(0.006));
        CHECK(refused(web) == 0);
    });
}

} // namespace windtunnel::scenario
