// SPDX-License-Identifier: BSL-1.0
#include "gui/model/topology_view.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

const node_view& node(const session& s, const std::string& name) {
    const auto& nodes = s.view().topology.nodes;
    return *std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.name == name; });
}

const edge_view& edge(const session& s, const call_edge& name) {
    const auto& edges = s.view().topology.edges;
    return *std::find_if(edges.begin(), edges.end(), [&](const auto& e) { return e.name == name; });
}

/// The requests of an edge in the whole run so far, straight from the result.
scenario::tally of_edge(const session& s, const std::string& caller, const std::string& callee) {
    return s.run().result().of(caller + "->" + callee).phases.at(scenario::whole_phase);
}

} // namespace

TEST_CASE("the map has a node for each workload and service and an edge for each pair that calls") {
    session s(spec_of(shop), 1);
    const topology_view& map = s.view().topology;
    REQUIRE(map.nodes.size() == 5);
    CHECK(map.nodes[0].workload);
    CHECK(map.nodes[1].workload);
    CHECK(map.nodes[2].name == "web");
    CHECK(map.nodes[2].replicas == 2);
    CHECK(map.nodes[2].workers == 8);
    CHECK(map.edges.size() == 4);
    CHECK(node(s, "readers").centre.x < node(s, "web").centre.x);
    CHECK(node(s, "web").centre.x < node(s, "pay").centre.x);
    CHECK(node(s, "web").state.state == health::idle);
}

TEST_CASE("the rates on the map are those of the last second of the result") {
    session s(spec_of(shop), 1);
    s.run_until(5s);
    const scenario::tally before = of_edge(s, "web", "cart");
    const auto service_before = s.run().result().of("web").phases.at(scenario::whole_phase);
    s.run_until(6s);
    const scenario::tally after = of_edge(s, "web", "cart");
    const auto service_after = s.run().result().of("web").phases.at(scenario::whole_phase);
    CHECK(s.view().topology.span == 1s);
    const flow& shown = edge(s, {"web", "cart"}).traffic;
    CHECK(shown.rate == static_cast<double>(after.requests - before.requests));
    CHECK(shown.attempts == static_cast<double>(after.attempts - before.attempts));
    CHECK(shown.rate == Approx(250).margin(60));
    CHECK(node(s, "web").traffic.rate ==
          static_cast<double>(service_after.requests - service_before.requests));
    CHECK(node(s, "web").arrivals == Approx(250).margin(60));
    CHECK(edge(s, {"buyers", "web"}).sent == Approx(50).margin(1));
    CHECK(node(s, "web").traffic.degraded_share ==
          Approx(static_cast<double>(service_after.degraded - service_before.degraded) /
                 static_cast<double>(service_after.good() - service_before.good()))
              .epsilon(1e-9));
    CHECK(node(s, "web").traffic.mean_latency ==
          Approx((service_after.good_latency.sum_seconds() -
                  service_before.good_latency.sum_seconds()) /
                 static_cast<double>(service_after.good() - service_before.good()))
              .epsilon(1e-9));
}

TEST_CASE("the breakers of a workload are shown on its edge, as those of a service are") {
    session s(spec_of(R"json({
      "topology": { "name": "t", "services": {
        "web": { "endpoints": { "GET /": { "work": "1ms" } } } } },
      "duration": "20s",
      "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "constant(100/s)",
                      "circuit_breaker": { "sliding_window_duration": "1s" } } ],
      "faults": [ { "name": "down", "at": "5s", "crash": { "on": "web" } } ] })json"),
              1);
    const breaker_counts& breakers = edge(s, {"readers", "web"}).breakers;
    s.run_until(4s);
    CHECK(breakers.all() == 1);
    CHECK(breakers.closed == 1);
    s.run_until(8s);
    CHECK(breakers.all() == 1);
    CHECK(breakers.open == 1);
}

TEST_CASE("utilisation on the map is that of the result's windows") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    const auto* web = s.run().result().find_service("web");
    REQUIRE(web != nullptr);
    const scenario::run_result result = s.run().result();
    const auto& window = result.find_service("web")->windows.at(2);
    CHECK(node(s, "web").utilisation ==
          Approx(static_cast<double>(window.busy) / static_cast<double>(window.workers))
              .epsilon(1e-6));
}

TEST_CASE("a crashed service is down, what it breaks is strained, its breaker opens on the map") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    CHECK(node(s, "pay").state.state == health::healthy);
    CHECK(edge(s, {"web", "pay"}).breakers.all() == 2);
    CHECK(edge(s, {"web", "pay"}).breakers.open == 0);
    s.run_until(6s);
    CHECK(node(s, "pay").state.state == health::down);
    CHECK(node(s, "pay").faults == std::vector<active_fault>{{"pay down", 0}});
    CHECK(node(s, "web").state.state == health::strained);
    CHECK(edge(s, {"web", "pay"}).traffic.failed_share > 0.9);
    CHECK(edge(s, {"web", "pay"}).breakers.open + edge(s, {"web", "pay"}).breakers.half_open == 2);
    CHECK(edge(s, {"web", "cart"}).traffic.failed_share == 0);
}

TEST_CASE("an edge tells what each of its policies did in the last second, and who refuses most") {
    session s(spec_of(R"json({
      "topology": { "name": "t", "services": {
        "web": { "workers": 4, "endpoints": { "GET /": { "work": "50ms" } } } } },
      "duration": "20s",
      "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "constant(200/s)",
                      "bulkhead": { "max_concurrent": 4 }, "circuit_breaker": {
                      "minimum_number_of_calls": 10000 } } ] })json"),
              1);
    s.run_until(10s);
    const edge_view& shown = edge(s, {"readers", "web"});
    REQUIRE(shown.policies.size() == 2);
    const policy_view& breaker = shown.policies[0];
    CHECK(breaker.kind == "circuit_breaker");
    CHECK(breaker.refused == 0);
    CHECK(breaker.refusals.empty());
    const policy_view& bulkhead = shown.policies[1];
    CHECK(bulkhead.kind == "bulkhead");
    // Four enter, are done 50 ms later just after one more was refused, and four enter 5 ms later.
    CHECK(bulkhead.admitted == Approx(4 / 0.055).margin(4));
    CHECK(bulkhead.refused == Approx(200 - 4 / 0.055).margin(4));
    CHECK(bulkhead.refusals.find("bulkhead_full") != std::string::npos);
    CHECK(bulkhead.doings == "3.64 in use"); // 4 x 50 ms / 55 ms
    CHECK(shown.refusal.kind == "bulkhead");
    CHECK(shown.refusal.share == Approx(1 - 4 / 0.055 / 200).margin(0.02));
}

TEST_CASE("a service tells what its admission refused in the last second") {
    session s(spec_of(R"json({
      "topology": { "name": "t", "services": {
        "web": { "admission": { "rate_limiter": { "permits": 50, "burst": 1 } },
                 "endpoints": { "GET /": { "work": "1ms" } } } } },
      "duration": "20s",
      "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "constant(200/s)" } ]
    })json"),
              1);
    s.run_until(10s);
    const node_view& shown = node(s, "web");
    REQUIRE(shown.policies.size() == 1);
    CHECK(shown.policies[0].kind == "rate_limiter");
    CHECK(shown.policies[0].refused == Approx(150).margin(2));
    CHECK(shown.refusal.share == Approx(0.75).margin(0.02));
    CHECK(node(s, "readers").policies.empty());
}

} // namespace windtunnel::gui
