// SPDX-License-Identifier: BSL-1.0
// How services talk: a chain against a queue, a queue against a stream, who finds whom, and what a
// new version of an API breaks. Each comparison on both sides of what its title states.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const policy_result& policy_of(const run_result& result, const std::string& subject,
                               const std::string& kind) {
    for (const policy_result* each : result.policies_of(subject))
        if (each->kind == kind)
            return *each;
    throw std::out_of_range(subject + " has no " + kind);
}

double counted(const run_result& result, const std::string& subject, const std::string& kind,
               const std::string& name) {
    const policy_result& p = policy_of(result, subject, kind);
    return static_cast<double>(*p.counter(p.phases[whole_phase], name));
}

/// The end of the last second of the run in which more than `enough` were ready on average.
duration backlog_until(const run_result& result, const std::string& queue, double enough) {
    const policy_result& p = policy_of(result, queue, "queue");
    duration end{};
    for (std::size_t i = 0; i < p.windows.size(); ++i)
        if (p.mean(p.windows[i], "ready").value_or(0) > enough)
            end = result.window * static_cast<std::int64_t>(i + 1);
    return end;
}

double p99_of_work(const run_result& result) {
    return to_seconds(in_phase(result, "buyers", "overall").completed_latency.quantile(0.99));
}

} // namespace

TEST_CASE("a queue takes the orders of an outage, and catches up as fast as the load lets it") {
    const std::string file = "chain-or-queue";
    on_every_seed(file, "", verdict::passed, [](const replicated_result& run) {
        const tally all = in_phase(run.merged, "buyers", "whole run");
        CHECK(all.failed() == 0);
        CHECK(all.lost == 0);
        CHECK(all.completed_latency.count() == all.requests); // each shipped, and by the end
        // The outage is 60 s and the consumers need 5 s to be back: 65 s at half load, until 105 s.
        const double until = to_seconds(backlog_until(run.merged, "broker.shipments", 50));
        CHECK(until > 155);
        CHECK(until < 185);
    });
    on_every_seed(file, "90 % load", verdict::passed, [](const replicated_result& run) {
        // 65 s of 180 orders drain at 20 a second.
        const double until = to_seconds(backlog_until(run.merged, "broker.shipments", 50));
        CHECK(until > 560);
        CHECK(until < 810);
    });
}

TEST_CASE("a chain fails the orders of an outage, and is back at once whatever the load") {
    for (const std::string variant : {"chain", "chain at 90 % load"})
        on_every_seed("chain-or-queue", variant, verdict::passed, [](const replicated_result& run) {
            CHECK(error_share(in_phase(run.merged, "buyers", "during 'outage'")) > 0.99);
            CHECK(error_share(in_phase(run.merged, "buyers", "after 'outage'")) < 0.001);
        });
}

TEST_CASE("a stream keeps each customer's order and can be read again") {
    on_every_seed("queue-or-stream", "", verdict::passed, [](const replicated_result& run) {
        const auto group = [&](const char* name) {
            return counted(run.merged, "billing.on order", "consumer_group", name);
        };
        CHECK(group("out_of_order") == 0);
        CHECK(group("skipped") == 0);
        const tally all = in_phase(run.merged, "buyers", "whole run");
        CHECK(all.completed_latency.count() == all.requests);
        CHECK(p99_of_work(run.merged) > 10); // new orders wait behind those that are read again
    });
}

TEST_CASE("a queue of uneven orders is sooner than a stream, and out of order") {
    const std::string file = "queue-or-stream", queue = "queues.orders";
    std::vector<double> stream, plain;
    on_every_seed(file, "", verdict::passed, [&](const replicated_result& run) {
        const tally before = in_phase(run.merged, "buyers", "before 'read again'");
        stream.push_back(to_seconds(before.completed_latency.quantile(0.99)));
    });
    on_every_seed(file, "queue", verdict::passed, [&](const replicated_result& run) {
        CHECK(counted(run.merged, queue, "queue", "out_of_order") > 10);
        plain.push_back(p99_of_work(run.merged));
    });
    for (std::size_t i = 0; i < stream.size(); ++i)
        CHECK(plain[i] < stream[i] / 2);
    on_every_seed(file, "queue, FIFO groups", verdict::passed, [&](const replicated_result& run) {
        CHECK(counted(run.merged, queue, "queue", "out_of_order") == 0);
        CHECK(p99_of_work(run.merged) < 0.25);
    });
    on_every_seed(file, "queue, one reader", verdict::passed);
}

TEST_CASE("where all orders take the same a stream and a queue differ by milliseconds") {
    std::vector<double> stream, queue;
    on_every_seed("queue-or-stream", "even orders", verdict::passed,
                  [&](const replicated_result& run) { stream.push_back(p99_of_work(run.merged)); });
    on_every_seed("queue-or-stream", "queue, even orders", verdict::passed,
                  [&](const replicated_result& run) { queue.push_back(p99_of_work(run.merged)); });
    for (std::size_t i = 0; i < stream.size(); ++i)
        CHECK(stream[i] - queue[i] < 0.045);
}

TEST_CASE("a balancer misses a crash within seconds, a list from the registry when leases end") {
    const std::string file = "discovery-client-or-server";
    for (const std::string variant : {"", "server-side", "watched, short leases", "registry down",
                                      "server-side, registry down", "balancer down"})
        on_every_seed(file, variant, verdict::passed);
}

TEST_CASE("a version without a field breaks those who read it, where they meet it") {
    on_every_seed("rollout-breaks-a-reader", "", verdict::passed, [](const replicated_result& run) {
        const tally all = in_phase(run.merged, "keepers", "whole run");
        CHECK(all.failed() == 0);
        const tally calls = in_phase(run.merged, "web->catalogue", "during 'second half'");
        CHECK(failure_share(calls, failure_kind::contract_broken) > 0.99);
        CHECK(attempts_each(calls) == 1);
    });
    on_every_seed("rollout-breaks-a-reader", "both names", verdict::passed);
}

TEST_CASE("each step of a strangler migration exposes as many readers as the gateway sends") {
    for (const auto& [variant, share] : std::vector<std::pair<std::string, double>>{
             {"before", 0}, {"mirrored", 0}, {"", 0.1}, {"half", 0.5}, {"done", 1}})
        on_every_seed("strangler-migration", variant, verdict::passed,
                      [&, share = share](const replicated_result& run) {
                          const tally met =
                              in_phase(run.merged, "readers", "during 'bad catalogue'");
                          CHECK(std::abs(error_share(met) - share) < 0.03);
                          CHECK(in_phase(run.merged, "buyers", "whole run").failed() == 0);
                      });
    on_every_seed("strangler-migration", "half, with a way back", verdict::passed);
}

TEST_CASE("a gateway's cache carries readers whom the database alone does not") {
    for (const std::string variant : {"", "no cache", "no cache, 100/s"})
        on_every_seed("gateway-cache", variant, verdict::passed);
}

} // namespace windtunnel::scenario
