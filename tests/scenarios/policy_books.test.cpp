// SPDX-License-Identifier: BSL-1.0
// What a result says of policies, against laws that hold on every run: whoever asked was let in or
// refused, time in states is all the time, permits in use are the latencies of those who had them.
#include "scenarios/src/policy_books.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/format_support.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/run.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string edge = "web->pay";

/// The shop with policies before the calls of pay, which fails 60 % of them during the fault. No
/// arrivals in the last five seconds, so that every call is over at the end.
scenario_spec shop_with_policies(const std::string& policies) {
    return shop_with(R"j({
        "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)",
                        "stop": "105s" } ],
        "faults": [ { "name": "bad pay", "at": "40s", "for": "20s",
                      "errors": { "on": "pay", "share": 0.6 } } ],
        "policies": { "web->pay": )j" +
                     policies + "} }");
}

/// The same with a slow pay: 20 workers, each call takes 50 ms and more.
scenario_spec slow_shop_with_policies(const std::string& policies) {
    return shop_with(R"j({
        "topology": { "services": { "pay": { "workers": 20, "endpoints": {
            "POST /charge": { "work": "exponential(mean=50ms)" } } } } },
        "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)",
                        "stop": "105s" } ],
        "policies": { "web->pay": )j" +
                     policies + "} }");
}

run_result result_of(const scenario_spec& spec) {
    return run_once(spec, 1).merged;
}

const policy_result& row(const run_result& r, const std::string& kind) {
    for (const policy_result* each : r.policies_of(edge))
        if (each->kind == kind)
            return *each;
    throw std::out_of_range("no row of " + kind);
}

std::uint64_t count(const policy_result& r, std::string_view name,
                    std::size_t phase = whole_phase) {
    return r.counter(r.phases[phase], name).value();
}

sim::wide_integer integral(const policy_result& r, std::string_view name) {
    const auto place = std::find(r.levels.begin(), r.levels.end(), name) - r.levels.begin();
    return r.phases[whole_phase].levels[static_cast<std::size_t>(place)];
}

/// Compared as bool: Catch cannot print 128 bits.
bool fills_the_time(const policy_result& r, const policy_tally& t) {
    return std::accumulate(t.levels.begin(), t.levels.end(), sim::wide_integer{}) ==
           sim::wide_integer{t.span.count()} * r.machines;
}

constexpr const char* breaker = R"j({ "circuit_breaker": {
    "sliding_window_type": "count", "sliding_window_size": 20, "wait_in_open": "2s" } })j";

} // namespace

TEST_CASE("a scenario without policies has no rows for them") {
    CHECK(result_of(shop_with("{}")).policies.empty());
}

TEST_CASE("a row is there for each kind that is configured, and for no other") {
    const run_result r = result_of(shop_with_policies(R"j({ "timeout": "1s", "bulkhead": {} })j"));
    REQUIRE(r.policies.size() == 2);
    CHECK(r.policies[0].edge() == edge);
    CHECK(r.policies[0].kind == "bulkhead");
    CHECK(r.policies[0].machines == 2); // one for each replica of web
    CHECK(r.policies[1].kind == "timeout");
}

TEST_CASE("the time in a breaker's states is all the time, in every phase and window") {
    const run_result r = result_of(shop_with_policies(breaker));
    const policy_result& b = row(r, "circuit_breaker");
    for (const policy_tally& each : b.phases)
        CHECK(fills_the_time(b, each));
    CHECK(b.windows.size() == 110);
    for (const policy_tally& each : b.windows)
        CHECK(fills_the_time(b, each));
    CHECK(b.mean(b.phases[whole_phase], "open").value() > 0.05);
    CHECK(b.mean(b.phases[phase_index(r, "before 'bad pay'")], "open").value() == 0);
}

TEST_CASE("a breaker lets in the tries that left, and what it refused is what its callers saw") {
    const run_result r = result_of(shop_with_policies(breaker));
    const policy_result& b = row(r, "circuit_breaker");
    const tally calls = in_phase(r, edge, "whole run");
    const auto seen = calls.failures[static_cast<std::size_t>(failure_kind::breaker_open)];
    CHECK(count(b, "admitted") == calls.attempts);
    CHECK(count(b, "breaker_open") == seen);
    CHECK(seen > 100);
    CHECK(count(b, "breaker_open", phase_index(r, "before 'bad pay'")) == 0);
    CHECK(b.refused(b.phases[whole_phase]) == seen);
}

TEST_CASE("a breaker's changes of state are told one by one, with their reasons") {
    const run_result r = result_of(shop_with_policies(breaker));
    const policy_result& b = row(r, "circuit_breaker");
    std::uint64_t opened = 0, half_opened = 0, closed = 0;
    for (const policy_transition& t : b.transitions) {
        opened += t.to == "open";
        half_opened += t.to == "half_open";
        closed += t.to == "closed";
        CHECK(t.seed == 1);
        CHECK_THAT(t.process, StartsWith("web#"));
    }
    CHECK(b.transitions_left_out == 0);
    CHECK(count(b, "opened") == opened);
    CHECK(count(b, "half_opened") == half_opened);
    CHECK(count(b, "closed_again") == closed);
    REQUIRE(opened >= 2);
    const policy_transition& first = b.transitions.front();
    CHECK(first.from == "closed");
    CHECK(first.to == "open");
    CHECK_THAT(first.why, StartsWith("failure rate ") && Contains(" % of 20 calls"));
    CHECK(first.at > 40s);
    CHECK(first.at < 42s);
}

TEST_CASE("windows add up to the whole run") {
    const run_result r = result_of(shop_with_policies(breaker));
    const policy_result& b = row(r, "circuit_breaker");
    policy_tally sum;
    for (const policy_tally& each : b.windows)
        sum.merge(each);
    CHECK(sum.span == b.phases[whole_phase].span);
    CHECK(sum.counters == b.phases[whole_phase].counters);
    CHECK((sum.levels == b.phases[whole_phase].levels));
}

TEST_CASE("the permits of a bulkhead over time are the latencies of the calls that had them") {
    const run_result r =
        result_of(slow_shop_with_policies(R"j({ "bulkhead": { "max_concurrent": 6 } })j"));
    const policy_result& b = row(r, "bulkhead");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK((integral(b, "in_use") == calls.good_latency.sum_ns()));
    CHECK(count(b, "admitted") == calls.attempts);
    CHECK(count(b, "admitted") + count(b, "bulkhead_full") == calls.requests);
    CHECK(count(b, "bulkhead_full") > 0);
    CHECK(count(b, "waited") == 0);
}

TEST_CASE("who waits for a permit is let in, refused when it has waited too long, or gives up") {
    const run_result r =
        result_of(slow_shop_with_policies(R"j({ "total_timeout": "90ms", "bulkhead":
        { "max_concurrent": 5, "max_queue": 10, "max_wait": "40ms" } })j"));
    const policy_result& b = row(r, "bulkhead");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(b, "admitted") == calls.attempts);
    CHECK(count(b, "admitted") + b.refused(b.phases[whole_phase]) + count(b, "gave_up") ==
          calls.requests);
    CHECK(count(b, "waited") > count(b, "bulkhead_timeout"));
    CHECK(count(b, "bulkhead_timeout") > 0);
    CHECK((integral(b, "in_use") + integral(b, "waiting") ==
           calls.good_latency.sum_ns() + calls.failed_latency.sum_ns()));
}

TEST_CASE("a rate limiter lets in its burst and its rate, no more") {
    const run_result r = result_of(shop_with_policies(
        R"j({ "rate_limiter": { "permits": 40, "period": "1s", "burst": 40 } })j"));
    const policy_result& l = row(r, "rate_limiter");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(l, "admitted") == calls.attempts);
    CHECK(count(l, "admitted") + count(l, "rate_limited") == calls.requests);
    CHECK(count(l, "admitted") <= 2 * (40 + 40 * 105));
    CHECK(count(l, "admitted") > 2 * 40 * 100);
}

TEST_CASE("an adaptive limit tells its mean, its permits and what it refused") {
    const run_result r = result_of(slow_shop_with_policies(
        R"j({ "adaptive_limit": { "initial_limit": 4, "min_limit": 2, "max_limit": 10 } })j"));
    const policy_result& l = row(r, "adaptive_limit");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(l, "admitted") + count(l, "limit_reached") == calls.requests);
    CHECK((integral(l, "in_use") == calls.good_latency.sum_ns()));
    const double limit = l.mean(l.phases[whole_phase], "limit").value();
    CHECK(limit > 2);
    CHECK(limit <= 10);
    CHECK(l.mean(l.phases[whole_phase], "in_use").value() < limit);
}

TEST_CASE("a throttle lets in what leaves") {
    const run_result r = result_of(
        shop_with_policies(R"j({ "timeout": "100us", "throttle": { "window": "5s" } })j"));
    const policy_result& t = row(r, "throttle");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(t, "admitted") == calls.attempts);
    CHECK(count(t, "admitted") + count(t, "throttled") == calls.requests);
    CHECK(count(t, "throttled") > 0);
}

TEST_CASE("each retry is one more try, and the budget tells what it did not allow") {
    const run_result r = result_of(shop_with_policies(
        R"j({ "retry": {}, "retry_budget": { "ratio": 0.01, "min_per_second": 0 } })j"));
    const policy_result& t = row(r, "retry");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(calls.attempts == calls.requests + count(t, "retries"));
    CHECK(count(t, "retries") > 0);
    // A call ends badly for one of two reasons.
    CHECK(count(t, "budget_refused") + count(t, "exhausted") == calls.failed());
    CHECK(count(t, "budget_refused") > count(t, "exhausted"));
}

TEST_CASE("a budget's leave is the retries, and its refusals are those of the retries") {
    const run_result r = result_of(shop_with_policies(
        R"j({ "retry": {}, "retry_budget": { "ratio": 0.01, "min_per_second": 0 } })j"));
    const policy_result& b = row(r, "retry_budget");
    CHECK(count(b, "deposits") == in_phase(r, edge, "whole run").requests);
    CHECK(count(b, "withdrawals") == count(row(r, "retry"), "retries"));
    CHECK(count(b, "budget_refused") == count(row(r, "retry"), "budget_refused"));
    // 100 calls a second and process, each a hundredth of a retry for 10 s.
    CHECK(b.mean(b.phases[phase_index(r, "before 'bad pay'")], "balance").value() ==
          Approx(10).margin(1));
    CHECK(b.mean(b.phases[phase_index(r, "during 'bad pay'")], "balance").value() < 2);
}

TEST_CASE("the tokens of a rate limiter are full where nobody asks, and none where all ask") {
    const run_result r = result_of(shop_with_policies(
        R"j({ "rate_limiter": { "permits": 40, "period": "1s", "burst": 40 } })j"));
    const policy_result& l = row(r, "rate_limiter");
    CHECK(l.mean(l.phases[phase_index(r, "overall")], "tokens").value() < 4);
    CHECK(l.mean(l.windows.back(), "tokens").value() == Approx(40));
}

TEST_CASE("each hedge is one more try, and wins or loses") {
    const run_result r = result_of(
        slow_shop_with_policies(R"j({ "hedge": { "delay_from": "fixed", "delay": "80ms" } })j"));
    const policy_result& h = row(r, "hedge");
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(h, "calls") == calls.requests);
    CHECK(count(h, "calls") + count(h, "hedges") == calls.attempts);
    CHECK(count(h, "won") > 0);
    CHECK(count(h, "won") < count(h, "hedges"));
}

TEST_CASE("what stands inside of a hedge is counted, too, for each of its attempts") {
    const run_result r =
        result_of(slow_shop_with_policies(R"j({ "bulkhead": { "max_concurrent": 50 },
        "timeout": "60ms", "hedge": { "delay_from": "fixed", "delay": "30ms" } })j"));
    const tally calls = in_phase(r, edge, "whole run");
    CHECK(count(row(r, "bulkhead"), "admitted") == calls.attempts);
    CHECK(count(row(r, "timeout"), "cut") > 0);
}

TEST_CASE("each fallback is a degraded answer, and each cut a call that timed out") {
    const run_result with_fallback = result_of(shop_with_policies(R"j({ "fallback": {} })j"));
    const tally saved = in_phase(with_fallback, edge, "whole run");
    CHECK(count(row(with_fallback, "fallback"), "fallbacks") == saved.degraded);
    CHECK(saved.degraded > 100);
    for (const char* timeout : {"timeout", "total_timeout"}) {
        const run_result cut =
            result_of(slow_shop_with_policies("{ \"" + std::string(timeout) + "\": \"100ms\" }"));
        CHECK(count(row(cut, timeout), "cut") == in_phase(cut, edge, "whole run").failed());
        CHECK(count(row(cut, timeout), "cut") > 0);
    }
}

TEST_CASE("merged replications are their sums, on one thread or two") {
    const scenario_spec spec = shop_with_policies(breaker);
    replication_options options;
    options.replications = 3;
    const run_result merged = run_replications(spec, options).merged;
    policy_tally sum;
    std::size_t changes = 0;
    for (const std::uint64_t seed : merged.seeds) {
        const run_result one = run_once(spec, seed).merged;
        sum.merge(row(one, "circuit_breaker").phases[whole_phase]);
        changes += row(one, "circuit_breaker").transitions.size();
    }
    const policy_result& b = row(merged, "circuit_breaker");
    CHECK(b.machines == 2);
    CHECK(b.phases[whole_phase].counters == sum.counters);
    CHECK((b.phases[whole_phase].levels == sum.levels));
    CHECK(fills_the_time(b, b.phases[whole_phase]));
    CHECK(b.transitions.size() + b.transitions_left_out == changes);
    options.threads = 2;
    CHECK((to_archive(run_replications(spec, options).merged) == to_archive(merged)));
}

TEST_CASE("only so many changes of state are kept, the others are counted") {
    policy_result many;
    many.machines = 1;
    many.transitions.resize(policy_result::most_transitions - 1);
    policy_result few = many;
    few.transitions.resize(3);
    few.transitions.front().why = "kept";
    few.transitions_left_out = 4;
    many.merge(few);
    CHECK(many.transitions.size() == policy_result::most_transitions);
    CHECK(many.transitions.back().why == "kept");
    CHECK(many.transitions_left_out == 6);
}

} // namespace windtunnel::scenario
