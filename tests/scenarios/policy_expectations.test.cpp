// SPDX-License-Identifier: BSL-1.0
// Expectations on the policies of an edge: how they are read, what they measure, and what is said
// where an edge has no such policy.
#include <catch2/catch.hpp>

#include "scenarios/result_support.hpp"
#include "scenarios/src/expectation_check.hpp"
#include "scenarios/src/expectation_text.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

/// Each policy lies on one of two edges.
const scenario_spec& scenario() {
    static const scenario_spec the_scenario = shop_with(R"j({ "policies": {
        "web->pay": { "circuit_breaker": {}, "bulkhead": { "max_concurrent": 3 }, "fallback": {},
                      "outlier_detection": {} },
        "web->cart.GET /cart": { "retry": {}, "hedge": {}, "adaptive_limit": {}, "cache": {},
                                 "coalescing": {}, "retry_budget": {} } },
        "topology": { "services": { "cart": { "admission": { "codel": {}, "adaptive_limit": {} } }
        } } })j");
    return the_scenario;
}

policy_result row(const std::string& callee, const std::string& kind,
                  std::vector<std::pair<std::string, std::uint64_t>> counters,
                  std::vector<std::pair<std::string, duration>> levels = {}) {
    policy_result r;
    r.caller = "web";
    r.callee = callee;
    r.kind = kind;
    r.machines = 2;
    r.phases.resize(5);
    for (const auto& [name, value] : counters) {
        r.counters.push_back(name);
        for (policy_tally& t : r.phases)
            t.counters.push_back(value);
    }
    for (const auto& [name, value] : levels) {
        r.levels.push_back(name);
        for (policy_tally& t : r.phases)
            t.levels.push_back(value.count());
    }
    return r;
}

/// 100 requests of each edge in each phase; all phases are told the same of policies.
run_result result() {
    run_result r = empty_result(scenario());
    for (edge_result& e : r.edges)
        for (tally& t : e.traffic.phases) {
            add_good(t, 60, 10ms);
            t.requests += 40;
            t.failures[static_cast<std::size_t>(failure_kind::breaker_open)] += 40;
        }
    r.policies = {
        row("pay", "fallback", {{"fallbacks", 5}}),
        row("pay", "circuit_breaker", {{"admitted", 70}, {"breaker_open", 30}, {"opened", 3}},
            {{"closed", 170s}, {"open", 20s}, {"half_open", 0s}, {"forced_open", 10s}}),
        row("pay", "bulkhead", {{"admitted", 60}, {"bulkhead_full", 4}, {"bulkhead_timeout", 6}},
            {{"in_use", 300s}}),
        row("cart", "retry", {{"retries", 150}}),
        row("cart", "hedge", {{"calls", 200}, {"hedges", 20}}),
        row("cart", "adaptive_limit", {{"admitted", 10}, {"limit_reached", 0}},
            {{"in_use", 100s}, {"limit", 2000s}}),
        row("cart", "cache", {{"fresh", 50}, {"stale", 10}, {"negative", 0}, {"misses", 20}}),
        row("cart", "coalescing", {{"flights", 15}, {"followers", 5}}),
        row("cart", "retry_budget", {{"budget_refused", 7}}, {{"balance", 500s}}),
        row("pay", "outlier_detection", {{"ejected", 2}}, {{"ejected", 20s}}),
        row("", "codel", {{"overloaded", 8}}, {{"dropping", 40s}}),
        row("", "adaptive_limit", {{"overloaded", 2}}, {{"limit", 1600s}}),
    };
    for (policy_result& p : r.policies)
        if (p.callee.empty())
            p.caller = "cart";
    for (service_result& s : r.services)
        for (service_tally& t : s.phases)
            t.arrivals = 100;
    for (policy_result& p : r.policies)
        for (std::size_t i = 0; i < p.phases.size(); ++i)
            p.phases[i].span = i == overall ? 100s : 50s;
    return r;
}

double observed(const std::string& text) {
    return check_expectation(parse_expectation(text, scenario()), result()).observed.value();
}

std::string broken(const std::string& text) {
    try {
        parse_expectation(text, scenario());
    } catch (const bad_expectation& error) {
        return std::to_string(error.at()) + ": " + error.what() +
               (error.suggestion().empty() ? "" : "; did you mean " + error.suggestion() + "?");
    }
    return "no error";
}

} // namespace

TEST_CASE("open is the share of the breakers' time in which they refuse") {
    CHECK(observed("web->pay: open < 50%") == Approx(0.15));
    CHECK(observed("web->pay: open < 50% before 'slow pay'") == Approx(0.3));
    CHECK(observed("web->pay: opened = 3") == 3);
}

TEST_CASE("refused is a share of the tries, of all that left and all that were refused") {
    CHECK(observed("web->pay: refused < 50%") == Approx(0.4));
    CHECK(observed("web->pay: refused(breaker_open) < 50%") == Approx(0.3));
    CHECK(observed("web->pay: refused(bulkhead_timeout) < 50%") == Approx(0.06));
    CHECK(observed("web->cart: refused(limit_reached) = 0") == 0);
}

TEST_CASE("retries, hedges and fallbacks are counted for each request") {
    CHECK(observed("web->cart: retries < 3") == 1.5);
    CHECK(observed("web->cart: hedged <= 10%") == Approx(0.1));
    CHECK(observed("web->pay: fallbacks < 10%") == Approx(0.05));
}

TEST_CASE("limits and permits are means of one process") {
    CHECK(observed("web->cart: limit < 20") == 10);
    CHECK(observed("web->cart: in use < 20") == 0.5);
    CHECK(observed("web->pay: in use < 20") == 1.5);
}

TEST_CASE("hits are a share of the lookups, joined one of the calls with a key") {
    CHECK(observed("web->cart: hits > 50%") == Approx(0.75));
    CHECK(observed("web->cart: joined > 5%") == Approx(0.25));
}

TEST_CASE("every figure of the results has a name: counts of a run, means over time") {
    CHECK(observed("web->cart: cache.stale = 10") == 10);
    CHECK(observed("web->cart: retry_budget.budget_refused < 10") == 7);
    CHECK(observed("web->cart: mean retry_budget.balance > 1") == 2.5);
    CHECK(observed("web->pay: mean circuit_breaker.open < 50%") == Approx(0.1));
    CHECK(observed("web->pay: outlier_detection.ejected = 2") == 2);
    CHECK(observed("web->pay: mean outlier_detection.ejected < 1") == Approx(0.1));
    CHECK(observed("web->pay: bulkhead.refused = 10") == 10);
    CHECK(observed("web->pay: bulkhead.machines = 2") == 2);
    run_result merged = result();
    merged.merge(result());
    const auto stale = parse_expectation("web->cart: cache.stale = 10", scenario());
    CHECK(check_expectation(stale, merged).observed_text == "cache.stale = 10");
}

TEST_CASE("a service has the figures of its admission") {
    CHECK(observed("cart: codel.overloaded < 10") == 8);
    CHECK(observed("cart: mean codel.dropping < 50%") == Approx(0.2));
    CHECK(observed("cart: refused < 20%") == Approx(0.1));
    CHECK(observed("cart: refused(overloaded) < 20%") == Approx(0.1));
    CHECK(observed("cart: limit < 20") == 8);
    const auto r = check_expectation(
        parse_expectation("cart: mean codel.dropping < 10%", scenario()), result());
    CHECK(r.observed_text == "mean codel.dropping = 20 %");
    CHECK(r.status == check_status::failed);
}

TEST_CASE("what there is of a kind is said where a figure has no such name") {
    CHECK(broken("web->cart: cache.hits > 1")
              .find("a cache has no count \"hits\"; there is "
                    "cache.fresh, cache.stale") != std::string::npos);
    CHECK(broken("web->cart: cahce.fresh > 1").find("did you mean cache?") != std::string::npos);
    CHECK(broken("web->pay: circuit_breaker.half_open < 5%")
              .find("did you mean mean circuit_breaker.half_open?") != std::string::npos);
    CHECK(broken("web->pay: mean circuit_breaker.opened < 5")
              .find("did you mean circuit_breaker.opened?") != std::string::npos);
    CHECK(broken("cart: circuit_breaker.opened < 5")
              .find("\"circuit_breaker\" is no policy of a service; there is rate_limiter") !=
          std::string::npos);
    CHECK(broken("web->pay: mean circuit_breaker.open < 5").find("is a share: write 5%") !=
          std::string::npos);
    CHECK(broken("readers: cache.fresh > 5").find("is a workload, and") != std::string::npos);
    CHECK(broken("web->pay: KIND.COUNT > 5").find("\"KIND\" is no policy of an edge") !=
          std::string::npos);
}

TEST_CASE("a kind that is not there is asked for by its name, of calls and of a service") {
    CHECK(broken("web->pay: cache.fresh > 5").find("no call from \"web->pay\" has a cache") !=
          std::string::npos);
    CHECK(broken("pay: mean codel.dropping < 5%").find("the admission of \"pay\" has no codel") !=
          std::string::npos);
    CHECK(broken("pay: refused < 5%").find("give it one, as in \"admission\": { ") !=
          std::string::npos);
    CHECK(broken("cart: refused(rate_limited) < 5%").find("no admission refuses for") !=
          std::string::npos);
}

TEST_CASE("of a bulkhead and an adaptive limit on one edge an expectation says whose permits") {
    const scenario_spec both =
        shop_with(R"j({ "policies": { "web->pay": { "bulkhead": {}, "adaptive_limit": {} } } })j");
    CHECK(message_of([&] { parse_expectation("web->pay: in use < 5", both); })
              .find("say whose permits, \"mean bulkhead.in_use\" or \"mean "
                    "adaptive_limit.in_use\"") != std::string::npos);
    CHECK(parse_expectation("web->pay: mean adaptive_limit.in_use < 5", both).figure == "in_use");
}

TEST_CASE("openings of merged runs are those of a run") {
    run_result merged = result();
    merged.merge(result());
    const auto opened = parse_expectation("web->pay: opened = 3", scenario());
    CHECK(check_expectation(opened, merged).status == check_status::passed);
    CHECK(check_expectation(opened, merged).observed_text == "opened = 3");
    const auto open = parse_expectation("web->pay: open = 15%", scenario());
    CHECK(check_expectation(open, merged).status == check_status::passed);
}

TEST_CASE("an expectation of policies is written back as it was meant") {
    const auto r = check_expectation(
        parse_expectation("web->pay: refused(breaker_open) < 10% always", scenario()), result());
    CHECK(r.status == check_status::invalid_baseline);
    CHECK(r.observed_text == "refused(breaker_open) = 30 %");
}

TEST_CASE("an edge without the policy says which it lacks, and how to give it one") {
    CHECK(
        broken("web->pay: retries < 2") ==
        "10: no call from \"web->pay\" has a retry, so \"retries\" is not measured there; give it "
        "one, as in \"policies\": { \"web->pay\": { \"retry\": {} } }");
    CHECK(
        broken("web->cart: open < 10%") ==
        "11: no call from \"web->cart\" has a circuit_breaker, so \"open\" is not measured there; "
        "give it one, as in \"policies\": { \"web->cart\": { \"circuit_breaker\": {} } }");
    CHECK(
        broken("web->pay: refused(throttled) < 10%") ==
        "10: no call from \"web->pay\" has a throttle, so \"refused\" is not measured there; give "
        "it one, as in \"policies\": { \"web->pay\": { \"throttle\": {} } }");
    CHECK(
        broken("readers->web: in use < 10") ==
        "14: no call from \"readers->web\" has a bulkhead or adaptive_limit, so \"in use\" is not "
        "measured there; give it one, as in \"policies\": { \"readers->web\": { \"bulkhead\": {} "
        "} }");
}

TEST_CASE("policies are of a service, not of one of its endpoints") {
    CHECK(broken("web->pay.POST /charge: open < 10%") ==
          "0: \"open\" is of a caller and a service, whose endpoints share the policies: write "
          "\"web->pay\"; did you mean web->pay?");
}

TEST_CASE("only what a policy refuses for is a reason of refused") {
    CHECK(broken("web->pay: refused(timed_out) < 10%") ==
          "18: no policy refuses for \"timed_out\"; there is throttled, rate_limited, "
          "breaker_open, limit_reached, bulkhead_full, bulkhead_timeout, unavailable");
    CHECK(broken("web->pay: refused(breaker_opem) < 10%").find("did you mean breaker_open?") !=
          std::string::npos);
}

TEST_CASE("what is of an edge is not measured of others") {
    CHECK(broken("pay: open < 10%")
              .find("\"pay\" is a service, and \"open\" is not measured there") !=
          std::string::npos);
}

} // namespace windtunnel::scenario
