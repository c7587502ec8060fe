// SPDX-License-Identifier: BSL-1.0
// Balancers, outlier detection, health checks and the registry, as a file says them.
#include "topologies/src/discovery_tables.hpp"

#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

/// Two services, of which "a" calls "b"; `call` are the options of that, `more` those of "b", and
/// `topology` what the file says besides.
std::string file_with(const std::string& call, const std::string& more = {},
                      const std::string& topology = {}) {
    return R"({"name":"t",)" + topology +
           R"("services":{"a":{"endpoints":{"x":{"steps":[{"call":"b.x")" + call +
           R"(}]}}},"b":{)" + more + R"("endpoints":{"x":{},"health":{}}}}})";
}

policies_spec policies_with(const std::string& call) {
    const auto spec = topology_from(file_with("," + call));
    return std::get<call_step>(spec.services[0].endpoints[0].steps[0].what).policies;
}

} // namespace

TEST_CASE("a balancer is the name of its policy, or an object with its options") {
    const auto named = policies_with(R"("balancer":"maglev")").balancer;
    CHECK(named->options == load_balancer_options{.policy = balancer_policy::maglev});
    CHECK_FALSE(named->zone_aware);
    const auto said = policies_with(R"("balancer":{"policy":"peak_ewma","choices":3,
        "load":"refreshed","load_refresh":"2s","decay":"5s","default_rtt":"1ms",
        "failure_penalty":"0s","zone_aware":true,"min_cluster_size":2,"zone_routing":"50%",
        "slow_start_window":"30s","slow_start_aggression":2,
        "slow_start_min_weight_percent":5})")
                          .balancer;
    CHECK(said->zone_aware);
    CHECK(said->options == load_balancer_options{.policy = balancer_policy::peak_ewma,
                                                 .choices = 3,
                                                 .load = load_source::refreshed,
                                                 .load_refresh = 2s,
                                                 .decay = 5s,
                                                 .default_rtt = 1ms,
                                                 .failure_penalty = 0s,
                                                 .min_cluster_size = 2,
                                                 .zone_routing = 0.5,
                                                 .slow_start_window = 30s,
                                                 .slow_start_aggression = 2,
                                                 .slow_start_min_weight_percent = 5});
    const auto ring = policies_with(R"("balancer":{"policy":"ring_hash","ring_min_size":64,
        "ring_max_size":4096,"ring_points":16,"hash_balance_factor":125})")
                          .balancer;
    CHECK(ring->options.ring_min_size == 64);
    CHECK(ring->options.ring_max_size == 4096);
    CHECK(ring->options.ring_points == 16);
    CHECK(ring->options.hash_balance_factor == 125);
}

TEST_CASE("what is not said of detection and checks is as the library has it") {
    const auto p = policies_with(R"("outlier_detection":{},"health_check":{"endpoint":"health"})");
    CHECK(*p.outlier_detection == outlier_detector_options{});
    CHECK(p.health_check->options == health_check_options{});
    CHECK(p.health_check->endpoint == "health");
    const auto some = policies_with(R"("outlier_detection":{"interval":"1s","limit":"strict",
        "consecutive_failures":3,"success_rate":{"stdev_factor":1500},
        "failure_percentage":{"threshold":40,"enforcement":100},"panic_threshold":30})")
                          .outlier_detection;
    CHECK(some->interval == 1s);
    CHECK(some->limit == ejection_limit::strict);
    CHECK(some->consecutive_failures == 3);
    CHECK(some->success_rate.stdev_factor == 1500);
    CHECK(some->success_rate.request_volume == 100);
    CHECK(some->failure_percentage.threshold == 40);
    CHECK(some->panic_threshold == 30);
}

TEST_CASE("replicas have weights and zones in turn, and a topology a registry") {
    const auto spec = topology_from(
        file_with("", R"("replicas":3,"weights":[3,1],"zones":["east","west"],)",
                  R"("discovery":{"lease":"10s","heartbeat_interval":"3s","fetch_interval":"5s",
                     "watch":true,"self_preservation":"85%","empty_hold":"0s",
                     "shrink_threshold":"50%","shrink_hold":"20s"},)"));
    CHECK(spec.services[1].weights == std::vector<int>{3, 1});
    CHECK(spec.services[1].zones == std::vector<std::string>{"east", "west"});
    REQUIRE(spec.discovery);
    CHECK(spec.discovery->registry.lease == 10s);
    CHECK(spec.discovery->registry.heartbeat_interval == 3s);
    CHECK(spec.discovery->registry.self_preservation_threshold == 0.85);
    CHECK(spec.discovery->fetch_interval == 5s);
    CHECK(spec.discovery->watch);
    CHECK(spec.discovery->view.empty_hold == 0s);
    CHECK(spec.discovery->view.self_preservation_threshold == 0.5);
    CHECK(spec.discovery->view.shrink_hold == 20s);
    const auto forever =
        topology_from(file_with("", "", R"("discovery":{"empty_hold":"forever"},)"));
    CHECK(forever.discovery->view.empty_hold == duration::max());
}

TEST_CASE("what makes no sense of balancers, checks and registries is refused with a remedy") {
    struct bad {
        std::string file, message;
    };
    const auto [file, message] = GENERATE(values<bad>({
        {file_with(R"(,"balancer":{"choices":3})"), "lacks the key \"policy\""},
        {file_with(R"(,"balancer":{"policy":"power_of_two","choices":11})"),
         "expected at most 10, found the number 11"},
        {file_with(R"(,"balancer":{"policy":"power_of_two","load":"refreshed"})"),
         "load_balancer: load_refresh"},
        {file_with(R"(,"balancer":{"policy":"maglev","maglev_table_size":100})"),
         "be a prime and at most 5000011"},
        {file_with(R"(,"balancer":{"policy":"ring_hash","hash_balance_factor":50})"),
         "be 0 (off) or from 100 to 10000"},
        {file_with(R"(,"outlier_detection":{"max_ejection_percent":101})"),
         "expected a number from 0 to 100"},
        {file_with(R"(,"health_check":{})"), "lacks the key \"endpoint\""},
        {file_with(R"(,"health_check":{"endpoint":"helth"})"),
         "the health check asks b for \"helth\", which has no such endpoint; it has x, health"},
        {file_with("", R"("weights":[],)"), "the list is empty"},
        {file_with("", R"("weights":[0],)"), "expected an integer from 1 to 1000000"},
        {file_with("", "", R"("discovery":{"lease":"10s"},)"), "registry: heartbeat_interval"},
        {R"({"name":"t","discovery":{},"services":{"registry":{"endpoints":{"x":{}}}}})",
         "call the service something else"},
    }));
    INFO(file);
    CHECK_THAT(message_of([&] { topology_from(file); }), Catch::Matchers::Contains(message));
}

} // namespace windtunnel::topology
