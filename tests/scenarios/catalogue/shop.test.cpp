// SPDX-License-Identifier: BSL-1.0
// scenarios/payment-slow-without-breaker.json and payment-slow-with-breaker.json: one storm, twice.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

const std::string without = "payment-slow-without-breaker", with = "payment-slow-with-breaker";
const std::string before = "before 'slow payment'", during = "during 'slow payment'";

nlohmann::json text_of(const std::string& name) {
    return nlohmann::json::parse(std::ifstream(shipped_file(name)));
}

/// The requests of a workload by the second of their sending.
std::vector<std::uint64_t> sent_by_second(const run_result& result, const std::string& workload) {
    std::vector<std::uint64_t> sent;
    for (const window& w : result.of(workload).windows)
        sent.push_back(w.sent);
    return sent;
}

} // namespace

TEST_CASE("the two files of the slow payment differ in their policies and their words alone") {
    auto bare = text_of(without), guarded = text_of(with);
    CHECK(guarded["policies"].size() == 1);
    CHECK(guarded["policies"].contains("orders->payment"));
    CHECK_FALSE(bare.contains("policies"));
    for (const char* words : {"title", "description"}) {
        CHECK(bare[words] != guarded[words]);
        bare.erase(words);
        guarded.erase(words);
    }
    for (auto* file : {&bare, &guarded})
        for (auto& variant : (*file)["variants"])
            variant.erase("title");
    guarded.erase("policies");
    CHECK(bare == guarded);
}

TEST_CASE("the same seed gives both storms of the slow payment the same load, and the same calm") {
    const auto bare = run_once(shipped(without), 1), guarded = run_once(shipped(with), 1);
    for (const char* workload : {"browsers", "buyers"}) {
        CHECK(sent_by_second(bare.merged, workload) == sent_by_second(guarded.merged, workload));
        const tally a = in_phase(bare.merged, workload, before);
        const tally b = in_phase(guarded.merged, workload, before);
        CHECK(a.requests == b.requests);
        CHECK(a.good_latency.mean_seconds() == b.good_latency.mean_seconds());
        CHECK(a.good_latency.max() == b.good_latency.max());
    }
}

TEST_CASE("without policies a slow payment takes down pages that never touch payment") {
    const scenario_spec spec = shipped(without);
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::failed);
        CHECK(exit_code(run.verdict) == 1);
        CHECK(error_share(in_phase(run.merged, "browsers", before)) == 0);
        CHECK(error_share(in_phase(run.merged, "browsers", during)) > 0.65);
        // what the pages need has nothing to do: the threads above are gone
        CHECK(utilisation(service_in_phase(run.merged, "storefront", during)) > 0.85);
        CHECK(utilisation(service_in_phase(run.merged, "orders", during)) > 0.85);
        CHECK(utilisation(service_in_phase(run.merged, "catalogue", during)) < 0.05);
        CHECK(utilisation(service_in_phase(run.merged, "payment", during)) < 0.05);
        const auto& recovery = expectation_of(run, "browsers: recovers");
        CHECK(recovery.status == check_status::failed);
        CHECK(recovery.observed.value() == Approx(20).margin(3));
    }
}

TEST_CASE("with a breaker, a bulkhead and a timeout only buyers notice the slow payment") {
    const scenario_spec spec = shipped(with);
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        CHECK(exit_code(run.verdict) == 0);
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        CHECK(in_phase(run.merged, "browsers", during).good_latency.quantile(0.99) < 50ms);
        CHECK(utilisation(service_in_phase(run.merged, "storefront", during)) < 0.15);

        const tally buyers = in_phase(run.merged, "buyers", during);
        CHECK(error_share(buyers) > 0.95);
        CHECK(buyers.failed_latency.max() < 1100ms);
        const tally charges = in_phase(run.merged, "orders->payment", during);
        CHECK(charges.failures[static_cast<std::size_t>(failure_kind::breaker_open)] >
              charges.requests / 2);
        CHECK(expectation_of(run, "buyers: recovers").observed.value() <= 10);
    }
}

TEST_CASE("a slow payment harms pages from 3.2 s on, and with policies not at all") {
    // ten orders a second hold ten threads for each second of the delay, and orders has 32
    const std::string below = "payment 2.5 s slow", above = "payment 4 s slow";
    on_every_seed(without, below, verdict::passed, [](const auto& run) {
        CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
        CHECK(in_phase(run.merged, "buyers", "whole run").failed() == 0);
    });
    on_every_seed(without, above, verdict::failed, [](const auto& run) {
        CHECK(error_share(in_phase(run.merged, "browsers", during)) > 0.02);
    });
    for (const std::string& variant : {below, above})
        on_every_seed(with, variant, verdict::passed, [](const auto& run) {
            CHECK(in_phase(run.merged, "browsers", "whole run").failed() == 0);
            CHECK(error_share(in_phase(run.merged, "buyers", during)) > 0.95);
        });
}

TEST_CASE("each of the three policies does its part in the storm of the slow payment") {
    const auto only = [](const std::string& policies) {
        return run_once(shipped(with, {.set = {{"/policies/orders->payment", policies}}}), 1);
    };
    // a bulkhead alone saves the other pages, but half of the threads of orders hang
    const auto bulkhead = only(R"({"bulkhead":{"max_concurrent":16}})");
    CHECK(in_phase(bulkhead.merged, "browsers", "whole run").failed() == 0);
    CHECK(bulkhead.verdict == verdict::failed);
    // a timeout alone as well, but each buyer waits for it
    const auto timeout = only(R"({"timeout":"1s"})");
    CHECK(in_phase(timeout.merged, "browsers", "whole run").failed() == 0);
    const auto slow = in_phase(timeout.merged, "buyers", during).failed_latency.quantile(0.1);
    CHECK(slow > 1s);
    const auto all = run_once(shipped(with), 1);
    CHECK(in_phase(all.merged, "buyers", during).failed_latency.quantile(0.5) < 100ms);
    // a breaker alone learns nothing before the first answer, 30 s late
    const auto breaker = only(R"({"circuit_breaker":{}})");
    CHECK(error_share(in_phase(breaker.merged, "browsers", during)) > 0.3);
}

} // namespace windtunnel::scenario
