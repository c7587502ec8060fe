// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/loader.hpp"

#include <catch2/catch.hpp>
#include <tuple>

#include "support/repository.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/policy_tables.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;
using sim::distribution;

namespace {

call_step call_from(const std::string& options) {
    const auto topology = topology_from(with_steps(R"([{"call":"b.GET /",)" + options + "}]"));
    return std::get<call_step>(topology.find("a")->endpoints[0].steps[0].what);
}

} // namespace

TEST_CASE("a service says its replicas, workers, queue and cold start") {
    const auto topology = topology_from(R"json({"name":"t","services":{"a":{
        "replicas":2,"workers":32,"waiting":"holds","max_in_flight":100,
        "queue":{"discipline":"lifo","capacity":10,"patience":"uniform(1s, 2s)"},
        "cold_start":{"after_idle":"5m","takes":"2s"},
        "endpoints":{"GET /":{"work":"4ms","request_size":"1KiB","response_size":"1MB",
                              "errors":"5%"}}}}})json");
    const service_spec& a = topology.services.at(0);
    CHECK(a.name == "a");
    CHECK(a.replicas == 2);
    CHECK(a.workers == 32);
    CHECK(a.waiting == waiting::holds);
    CHECK(a.max_in_flight == 100u);
    CHECK(a.queue.discipline == sim::queue_discipline::lifo);
    CHECK(a.queue.capacity == 10u);
    CHECK(a.queue.patience == distribution::uniform(1s, 2s));
    REQUIRE(a.cold_start);
    CHECK(a.cold_start->after_idle == 5min);
    CHECK(a.cold_start->takes == distribution::constant(2s));
    const endpoint_spec& get = a.endpoints.at(0);
    CHECK(get.name == "GET /");
    CHECK(get.work == distribution::constant(4ms));
    CHECK(get.request_size == 1024);
    CHECK(get.response_size == 1'000'000);
    CHECK(get.error_share == 0.05);
    CHECK(get.where.line == 5);
}

TEST_CASE("a service says what its machine and its runtime let its replicas do") {
    const auto topology = topology_from(R"json({"name":"t","services":{"a":{
        "cpu":{"limit":0.5,"period":"50ms","burst":"20ms"},
        "garbage_collection":{"every":"exponential(mean=10s)","takes":"150ms"},
        "endpoints":{"x":{}}},"b":{"cpu":{"limit":2},"endpoints":{"x":{}}}}})json");
    const service_spec& a = topology.services.at(0);
    REQUIRE(a.cpu);
    CHECK(a.cpu->limit == 0.5);
    CHECK(a.cpu->period == 50ms);
    CHECK(a.cpu->burst == 20ms);
    REQUIRE(a.garbage_collection);
    CHECK(a.garbage_collection->every == distribution::exponential(10s));
    CHECK(a.garbage_collection->takes == distribution::constant(150ms));
    const service_spec& b = topology.services.at(1);
    REQUIRE(b.cpu);
    CHECK(b.cpu->period == 100ms);
    CHECK(b.cpu->burst == 0ms);
    CHECK_FALSE(b.garbage_collection);
}

TEST_CASE("what is not said has the documented default") {
    const auto topology = topology_from(with_endpoint("{}"));
    const service_spec& a = topology.services.at(0);
    CHECK(a.replicas == 1);
    CHECK(a.workers == 1);
    CHECK(a.waiting == waiting::releases);
    CHECK_FALSE(a.max_in_flight);
    CHECK(a.queue.discipline == sim::queue_discipline::fifo);
    CHECK_FALSE(a.queue.capacity);
    CHECK_FALSE(a.cold_start);
    CHECK_FALSE(a.cpu);
    CHECK_FALSE(a.garbage_collection);
    CHECK_FALSE(a.endpoints.at(0).work);
    CHECK(a.endpoints.at(0).steps.empty());
    CHECK_FALSE(topology.platform);
    CHECK_FALSE(topology.network.standard.latency);
    const auto call = call_from(R"("//":"a note")");
    CHECK_FALSE(call.policies.timeout);
    CHECK_FALSE(call.policies.retry);
    CHECK(call.error == on_error::fail);
    CHECK(call.give_up == on_give_up::runs_on);
    CHECK_FALSE(call.deadline_travels);
    CHECK(call.idempotent);
}

TEST_CASE("a call has its target and its options") {
    const auto call = call_from(R"("timeout":"300ms","total_timeout":"2s","balancer":"power_of_two",
        "on_error":"ignore","on_give_up":"dropped_at_dequeue","deadline":"travels",
        "idempotent":false,"request_size":"1KiB","response_size":"2KiB","priority":-3)");
    CHECK(call.to == endpoint_ref{"b", "GET /"});
    CHECK(call.policies.timeout == 300ms);
    CHECK(call.policies.total_timeout == 2s);
    CHECK(call.policies.balancer->options.policy == balancer_policy::power_of_two);
    CHECK(call.error == on_error::ignore);
    CHECK(call.give_up == on_give_up::dropped_at_dequeue);
    CHECK(call.deadline_travels);
    CHECK_FALSE(call.idempotent);
    CHECK(call.request_size == 1024u);
    CHECK(call.response_size == 2048u);
    CHECK(call.priority == -3);
    CHECK(call.where.pointer == "/services/a/endpoints/GET ~1/steps/0/call");
}

TEST_CASE("a policy that is off is none, whatever the defaults say") {
    const auto topology = topology_from(R"({"name":"t",
        "calls":{"timeout":"1s","retry":{},"circuit_breaker":{}},"services":{
        "a":{"endpoints":{"GET /":{"steps":[{"call":"b.GET /","retry":"off","timeout":"off"}]}}},
        "b":{"endpoints":{"GET /":{}}}}})");
    const auto& call = std::get<call_step>(topology.find("a")->endpoints[0].steps[0].what);
    CHECK_FALSE(call.policies.retry);
    CHECK(call.policies.retry.is_off());
    CHECK_FALSE(call.policies.timeout);
    CHECK(call.policies.circuit_breaker);
    CHECK_FALSE(call.policies.bulkhead.is_said());
}

TEST_CASE("retry, budget, breaker and bulkhead are read field by field") {
    const auto call = call_from(R"("retry":{"max_attempts":4,"initial_backoff":"0s",
            "max_backoff":"3s","backoff_multiplier":1.5,"backoff":"linear","jitter":"equal",
            "jitter_factor":"10%","retry_errors":false,"retry_overloaded":false,
            "retry_unreachable":false,"retry_timeouts":false,"retry_rejections":false,
            "transparent_retry":true},
        "retry_budget":{"kind":"grpc_tokens","ratio":0.5,"min_per_second":0,"ttl":"20s",
            "max_tokens":10,"token_ratio":0.2},
        "bulkhead":{"max_concurrent":5,"max_queue":7,"max_wait":"1s"})");
    const retry_options& retry = call.policies.retry.value();
    CHECK(retry.max_attempts == 4);
    CHECK(retry.initial_backoff == 0s);
    CHECK(retry.max_backoff == 3s);
    CHECK(retry.backoff_multiplier == 1.5);
    CHECK(retry.backoff == backoff_kind::linear);
    CHECK(retry.jitter == jitter_kind::equal);
    CHECK(retry.jitter_factor == 0.1);
    CHECK_FALSE(retry.retry_errors);
    CHECK_FALSE(retry.retry_overloaded);
    CHECK_FALSE(retry.retry_unreachable);
    CHECK_FALSE(retry.retry_timeouts);
    CHECK_FALSE(retry.retry_rejections);
    CHECK(retry.transparent_retry);
    const retry_budget_options& budget = call.policies.retry_budget.value();
    CHECK(budget.kind == retry_budget_kind::grpc_tokens);
    CHECK(budget.ratio == 0.5);
    CHECK(budget.min_per_second == 0);
    CHECK(budget.ttl == 20s);
    CHECK(budget.max_tokens == 10);
    CHECK(budget.token_ratio == 0.2);
    const bulkhead_options& bulkhead = call.policies.bulkhead.value();
    CHECK(bulkhead.max_concurrent == 5);
    CHECK(bulkhead.max_queue == 7);
    CHECK(bulkhead.max_wait == 1s);
}

TEST_CASE("a circuit breaker is read field by field") {
    const auto call = call_from(R"("circuit_breaker":{"failure_rate_threshold":"20%",
        "slow_call_rate_threshold":0.9,"slow_call_duration_threshold":"off",
        "slow_call_pending":true,"sliding_window_type":"count","sliding_window_size":50,
        "sliding_window_duration":"30s","minimum_number_of_calls":7,"wait_in_open":"1s",
        "max_wait_in_open":"9s","wait_multiplier":3,"wait_jitter":0,
        "permitted_calls_in_half_open":2,"max_wait_in_half_open":"4s",
        "state_after_max_wait":"closed","initial_state":"forced_open"})");
    const circuit_breaker_options& breaker = call.policies.circuit_breaker.value();
    CHECK(breaker.failure_rate_threshold == 0.2);
    CHECK(breaker.slow_call_rate_threshold == 0.9);
    CHECK(breaker.slow_call_duration_threshold == duration::max());
    CHECK(breaker.slow_call_pending);
    CHECK(breaker.sliding_window_type == sliding_window_type::count);
    CHECK(breaker.sliding_window_size == 50);
    CHECK(breaker.sliding_window_duration == 30s);
    CHECK(breaker.minimum_number_of_calls == 7);
    CHECK(breaker.wait_in_open == 1s);
    CHECK(breaker.max_wait_in_open == 9s);
    CHECK(breaker.wait_multiplier == 3);
    CHECK(breaker.wait_jitter == 0);
    CHECK(breaker.permitted_calls_in_half_open == 2);
    CHECK(breaker.max_wait_in_half_open == 4s);
    CHECK(breaker.state_after_max_wait == breaker_state::closed);
    CHECK(breaker.initial_state == breaker_state::forced_open);
}

namespace {

/// {"retry":{"max_attempts":3,...}}: the documented defaults, written out.
std::string documented_defaults(const definition& policy) {
    std::string text;
    for (const described_field& field : policy.fields) {
        const bool bare = field.fallback == "true" || field.fallback == "false" ||
                          field.fallback.find_first_not_of("0123456789.") == std::string::npos;
        text += (text.empty() ? "\"" : ",\"") + field.key +
                "\":" + (bare ? field.fallback : "\"" + field.fallback + "\"");
    }
    return "{\"" + policy.name + "\":{" + text + "}}";
}

} // namespace

TEST_CASE("the documented defaults of policies are those of the patterns") {
    policies_spec all;
    for (const definition& each : policy_definitions())
        all = parse_policies(parsed(documented_defaults(each)).root(), all);
    CHECK(all.retry == retry_options{});
    CHECK(all.retry_budget == retry_budget_options{});
    CHECK(all.circuit_breaker == circuit_breaker_options{});
    CHECK(all.bulkhead == bulkhead_options{});
}

TEST_CASE("calls have the defaults of their topology, then of their service") {
    const auto topology = topology_from(R"({"name":"t",
        "services":{
            "a":{"endpoints":{"x":{"steps":[{"call":"c.x","on_error":"ignore"},
                                            {"call":"c.x","timeout":"3s"}]}},
                 "calls":{"timeout":"2s"}},
            "b":{"endpoints":{"x":{"steps":[{"repeat":2,"do":[{"parallel":[{"call":"c.x"}]}]}]}}},
            "c":{"endpoints":{"x":{}}}},
        "calls":{"timeout":"1s","deadline":"travels"}})");
    const auto& a = topology.find("a")->endpoints[0].steps;
    const auto& first = std::get<call_step>(a[0].what);
    CHECK(first.policies.timeout == 2s);
    CHECK(first.deadline_travels);
    CHECK(first.error == on_error::ignore);
    CHECK(std::get<call_step>(a[1].what).policies.timeout == 3s);
    CHECK(std::get<call_step>(a[1].what).error == on_error::fail);
    const auto& b = std::get<repeat_step>(topology.find("b")->endpoints[0].steps[0].what);
    const auto& parallel = std::get<parallel_step>(b.body[0].what);
    CHECK(std::get<call_step>(parallel.branches[0][0].what).policies.timeout == 1s);
}

TEST_CASE("steps nest: work, sleep, parallel, repeat, probability") {
    const auto topology = topology_from(with_steps(R"([
        {"work":"1ms"}, {"sleep":"2ms"},
        {"parallel":[{"call":"b.GET /"},[{"work":"1ms"},{"call":"b.GET /"}]],"need":1},
        {"parallel":[{"work":"1ms"}]},
        {"repeat":3,"do":[{"call":"b.GET /"}]},
        {"probability":"25%","do":[{"work":"1ms"}],"else":[{"sleep":"1ms"},{"work":"2ms"}]}])"));
    const steps_spec& steps = topology.find("a")->endpoints[0].steps;
    CHECK(std::get<work_step>(steps[0].what).amount == distribution::constant(1ms));
    CHECK(std::get<sleep_step>(steps[1].what).time == distribution::constant(2ms));
    const auto& parallel = std::get<parallel_step>(steps[2].what);
    REQUIRE(parallel.branches.size() == 2);
    CHECK(parallel.branches[0].size() == 1);
    CHECK(parallel.branches[1].size() == 2);
    CHECK(parallel.need == 1);
    CHECK(std::get<parallel_step>(steps[3].what).need == 0);
    CHECK(std::get<repeat_step>(steps[4].what).times == 3);
    const auto& maybe = std::get<probability_step>(steps[5].what);
    CHECK(maybe.share == 0.25);
    CHECK(maybe.body.size() == 1);
    CHECK(maybe.otherwise.size() == 2);
    CHECK(steps[4].where.line == 5);
}

TEST_CASE("a network has links, which take from it what they do not say") {
    const auto topology = topology_from(R"json({"name":"t",
        "services":{"a":{"endpoints":{"x":{}}}},
        "network":{"latency":"1ms","bandwidth":"10Mbit/s","loss":"1%","links":[
            {"from":"a","to":"*","latency":"exponential(mean=2ms)"},
            {"from":"readers","to":"a","loss":0}]}})json");
    const network_spec& network = topology.network;
    CHECK(network.standard.from == "*");
    CHECK(network.standard.latency == distribution::constant(1ms));
    CHECK(network.standard.bandwidth == 1.25e6);
    CHECK(network.standard.loss == 0.01);
    REQUIRE(network.links.size() == 2);
    CHECK(network.links[0].to == "*");
    CHECK(network.links[0].latency == distribution::exponential(2ms));
    CHECK(network.links[0].loss == 0.01);
    CHECK(network.links[1].latency == distribution::constant(1ms));
    CHECK(network.links[1].loss == 0);
    CHECK_NOTHROW(check_clients(topology, {{"readers", {}}}));
    CHECK(message_of([&] {
              check_clients(topology, {{"reader", {}}});
          }) == "file.json:5:13: error: neither a service nor a workload is called \"readers\" (at "
                "/network/links/1); did you mean \"reader\"?");
}

TEST_CASE("a platform is read from the file, or named") {
    const std::string services =
        R"({"name":"t","services":{"a":{"endpoints":{"x":{"steps":[{"call":"b.x"}]}}},
            "b":{"endpoints":{"x":{}}}},"platform":)";
    const auto topology = topology_from(services + R"({
        "hosts":{"h1":{},"h2":{"flops":2e9}},
        "links":{"l":{"bandwidth":"125MB/s","latency":"50us"}},
        "routes":[{"from":"h1","to":"h2","links":["l"]}],
        "model":"CM02","cross_traffic":false,"flow_threshold":"1KiB",
        "placement":{"a":"h1","b":["h1","h2"],"readers":"h1"}}})");
    const platform_spec& platform = topology.platform.value();
    REQUIRE(platform.hosts.size() == 2);
    CHECK(platform.hosts[0].flops == 1e9);
    CHECK(platform.hosts[1].name == "h2");
    CHECK(platform.hosts[1].flops == 2e9);
    CHECK(platform.links.at(0).bandwidth == 125e6);
    CHECK(platform.links.at(0).latency == 50us);
    CHECK(platform.routes.at(0).links == std::vector<std::string>{"l"});
    CHECK(platform.model == "CM02");
    CHECK_FALSE(platform.cross_traffic);
    CHECK(platform.flow_threshold == 1024);
    CHECK(platform.placement.at("b") == std::vector<std::string>{"h1", "h2"});
    CHECK(message_of([&] { check_clients(topology, {}); }).find("\"readers\"") !=
          std::string::npos);
    CHECK_NOTHROW(check_clients(topology, {{"readers", {{"a", "x"}, {"b", "x"}}}}));

    const std::string name = test::in_repository("topologies").string();
    const document file =
        parsed(services + R"({"file":"chain.json","placement":{"a":"x","b":"y"}}})");
    CHECK(parse_topology(file.root(), name).platform.value().file == name + "/chain.json");
}

TEST_CASE("policies are read on their own, over others") {
    policies_spec base;
    base.timeout = 1s;
    base.bulkhead = bulkhead_options{};
    const auto policies = parse_policies(parsed(R"({"timeout":"2s","retry":{}})").root(), base);
    CHECK(policies.timeout == 2s);
    CHECK(policies.retry);
    CHECK(policies.bulkhead);
    CHECK(message_of([] { parse_policies(parsed(R"({"deadline":"travels"})").root()); }) ==
          "file.json:1:2: error: unknown key \"deadline\" in policies; known keys: timeout, "
          "total_timeout, retry, retry_budget, circuit_breaker, bulkhead, rate_limiter, hedge, "
          "adaptive_limit, throttle, fallback, cache, coalescing, balancer, outlier_detection, "
          "health_check, protocol (at /deadline)");
}

TEST_CASE("an endpoint's name may hold dots, slashes and spaces") {
    CHECK(parse_endpoint_ref("a.GET /x.json") == endpoint_ref{"a", "GET /x.json"});
    CHECK(to_string(endpoint_ref{"a", "GET /x.json"}) == "a.GET /x.json");
    CHECK(message_of([] { parse_endpoint_ref("details"); }) ==
          "expected \"service.endpoint\" such as \"reviews.GET /reviews\", found \"details\"");
}

} // namespace windtunnel::topology
