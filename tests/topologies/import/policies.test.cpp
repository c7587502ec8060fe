// SPDX-License-Identifier: BSL-1.0
// Real configurations, each with all the policies and all the notes that come of it: NAME.expected
// beside the file, notes first, as the program writes them.
#include "topologies/src/import/policies.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "support/files.hpp"
#include "support/repository.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

const auto folder = test::in_repository("tests/data/import/");

/// As in the expected files: notes without the folder, then the policies.
std::string in_words(const imported_policies& imported) {
    std::string text;
    for (import_note note : imported.notes) {
        note.where.file = std::filesystem::path(note.where.file).filename().string();
        text += note.text() + "\n";
    }
    return text + imported.policies.root().text(2) + "\n";
}

/// Of a file with that name and text.
imported_policies imported_from(const std::string& name, const std::string& text,
                                const import_options& options = {}) {
    const test::scratch_folder folder_of_it;
    return import_policies({folder_of_it.write(name, text)}, options);
}

policies_spec policies_of(const imported_policies& imported, const std::string& edge) {
    const node* found = imported.policies.root().find(edge);
    REQUIRE(found != nullptr);
    return parse_policies(*found);
}

} // namespace

TEST_CASE("a real configuration becomes these policies, and what is not taken over is said") {
    const std::string name =
        GENERATE(as<std::string>{}, "resilience4j.yml", "resilience4j-relaxed.yml", "grpc.json",
                 "envoy.yaml", "envoy-dump.json", "istio.yaml", "istio-mesh.yaml");
    INFO(name);
    const auto imported = import_policies({folder / name});
    CHECK(in_words(imported) == test::content(folder / (name + ".expected")));
}

TEST_CASE("of an Envoy cluster zones and panic are taken over, or said not to be") {
    const std::string cluster = "clusters:\n- name: cart\n  lb_policy: RANDOM\n"
                                "  common_lb_config:\n"
                                "    healthy_panic_threshold: {value: 30}\n"
                                "    zone_aware_lb_config: {routing_enabled: {value: 80}, "
                                "min_cluster_size: 3, fail_traffic_on_panic: true}\n";
    const auto alone = imported_from("envoy.yaml", cluster);
    const balancer_spec balancer = policies_of(alone, "*->cart").balancer.value();
    CHECK(balancer.zone_aware);
    CHECK(balancer.options.zone_routing == Approx(0.8));
    CHECK(balancer.options.min_cluster_size == 3);
    CHECK_THAT(in_words(alone),
               Catch::Contains("envoy.yaml:5:5: note: healthy_panic_threshold is not taken over: "
                               "panic is part of outlier_detection here") &&
                   Catch::Contains("note: fail_traffic_on_panic is not taken over"));

    const auto both = imported_from("envoy.yaml", cluster + "  outlier_detection: {}\n");
    const auto detection = policies_of(both, "*->cart").outlier_detection.value();
    CHECK(detection.panic_threshold == 30);
    CHECK(detection.fail_traffic_on_panic);
    CHECK_THAT(in_words(both), !Catch::Contains("panic is part of"));
}

TEST_CASE("a health check of Envoy asks the endpoint that the user names") {
    using namespace std::chrono_literals;
    const std::string cluster =
        "clusters:\n- name: cart\n  lb_policy: RANDOM\n  health_checks:\n"
        "  - {timeout: 0.5s, interval: 5s, unhealthy_threshold: 2, healthy_threshold: 1, "
        "interval_jitter_percent: 20, http_health_check: {path: /healthz}}\n";
    const auto unnamed = imported_from("envoy.yaml", cluster);
    CHECK_FALSE(policies_of(unnamed, "*->cart").health_check);
    CHECK_THAT(in_words(unnamed),
               Catch::Contains("note: the health check of /healthz is not taken over") &&
                   Catch::Contains("nearest: --as '/healthz=GET /healthz'"));

    const auto named =
        imported_from("envoy.yaml", cluster,
                      {.format = "envoy", .caller = "", .names = {{"/healthz", "GET /health"}}});
    const health_check_spec check = policies_of(named, "*->cart").health_check.value();
    CHECK(check.endpoint == "GET /health");
    CHECK(check.options.interval == 5s);
    CHECK(check.options.timeout == 500ms);
    CHECK(check.options.unhealthy_threshold == 2);
    CHECK(check.options.interval_jitter == Approx(0.2));
    CHECK(check.options.initial_jitter == 0s);
    CHECK_THAT(in_words(named), !Catch::Contains("note: the health check"));
}

TEST_CASE("the formulas of a product's policy are those of its documentation") {
    using namespace std::chrono_literals;
    const auto r4j = import_policies({folder / "resilience4j-relaxed.yml"});
    const auto payment = policies_of(r4j, "web->payment");
    CHECK(payment.circuit_breaker->failure_rate_threshold == Approx(0.333));
    CHECK(payment.circuit_breaker->sliding_window_duration == 20s);
    CHECK(payment.circuit_breaker->max_wait_in_open == 5min);
    CHECK(payment.circuit_breaker->state_after_max_wait == breaker_state::closed);
    // 200 ms, 300, 450, 675: the wait before the fifth attempt is the longest.
    CHECK(payment.retry->max_backoff == 675ms);

    const auto grpc = import_policies({folder / "grpc.json"});
    CHECK(policies_of(grpc, "*->Payment.Charge").retry->max_attempts == 5); // the first included
    CHECK(policies_of(grpc, "*->Stock").retry.is_off());
    CHECK(policies_of(grpc, "*->Stock").hedge->delay == 25ms);

    const auto envoy = import_policies({folder / "envoy.yaml"});
    CHECK(policies_of(envoy, "front->catalog").retry->max_attempts == 3); // the first excluded
    CHECK(policies_of(envoy, "front->catalog").total_timeout.value() == 3s);
    CHECK(policies_of(envoy, "front->cart").total_timeout.value() == 15s);
    CHECK(policies_of(envoy, "front->cart").bulkhead->max_concurrent == 64);
    CHECK(policies_of(envoy, "front->cart").retry_budget->min_concurrency == 7);

    const auto istio = import_policies({folder / "istio.yaml"});
    CHECK(policies_of(istio, "reviews->ratings").retry->max_attempts == 4);
    CHECK(policies_of(istio, "*->reviews").bulkhead->max_queue == 20);
}

TEST_CASE("every option that has a counterpart arrives, through text and back") {
    using namespace std::chrono_literals;
    const auto imported = import_policies({folder / "envoy-options.yaml"});
    const auto ring = policies_of(imported, "*->ring");
    CHECK(*ring.outlier_detection ==
          outlier_detector_options{.interval = 4s,
                                   .base_ejection_time = 20s,
                                   .max_ejection_time = 100s,
                                   .max_ejection_time_jitter = 2s,
                                   .max_ejection_percent = 30,
                                   .limit = ejection_limit::at_least_one,
                                   .consecutive_failures = 3,
                                   .enforcing_consecutive_failures = 90,
                                   .split_local_origin = true,
                                   .consecutive_local_origin_failures = 4,
                                   .enforcing_consecutive_local_origin_failures = 80,
                                   .success_rate = {1500, 4, 60, 70},
                                   .failure_percentage = {65, 3, 25, 55},
                                   .panic_threshold = 40,
                                   .successful_active_health_check_uneject = false});
    const auto balancer = [&](const char* edge) {
        return policies_of(imported, edge).balancer->options;
    };
    CHECK(balancer("*->ring") == load_balancer_options{.policy = balancer_policy::ring_hash,
                                                       .ring_min_size = 2048,
                                                       .ring_max_size = 65536,
                                                       .hash_balance_factor = 150});
    CHECK(balancer("*->slow") == load_balancer_options{.policy = balancer_policy::power_of_two,
                                                       .choices = 4,
                                                       .slow_start_window = 60s,
                                                       .slow_start_aggression = 2,
                                                       .slow_start_min_weight_percent = 5});
    CHECK(balancer("*->table") ==
          load_balancer_options{.policy = balancer_policy::maglev, .maglev_table_size = 4099});
}

TEST_CASE("callers and callees have the names that are given to them") {
    const import_options options{
        .format = {},
        .caller = "checkout",
        .names = {{"shop.Payment/Charge", "payment.POST /charge"}, {"*", "payment"}}};
    const auto imported = import_policies({folder / "grpc.json"}, options);
    std::vector<std::string> keys;
    for (const imported_edge& edge : imported.edges)
        keys.push_back(edge.key);
    CHECK(keys == std::vector<std::string>{"checkout->payment", "checkout->Stock",
                                           "checkout->payment.POST /charge"});
    CHECK(imported.edges[1].where.line == 37);
}

TEST_CASE("the examples of Istio itself are read") {
    const char* data = std::getenv("WINDTUNNEL_EXTERNAL_DATA");
    const auto istio = std::filesystem::path(data == nullptr ? "" : data) / "istio";
    if (data == nullptr || !std::filesystem::is_directory(istio)) {
        WARN("skipped: WINDTUNNEL_EXTERNAL_DATA names no folder with istio/");
        return;
    }
    const auto imported = import_policies({istio / "destination-rule-all.yaml",
                                           istio / "virtual-service-ratings-test-delay.yaml",
                                           istio / "virtual-service-reviews-50-v3.yaml"});
    CHECK(imported.edges.size() == 2);
    CHECK(policies_of(imported, "*->ratings").retry->max_attempts == 3);
    CHECK(import_policies({istio / "bookinfo.yaml"}).edges.empty());
}

} // namespace windtunnel::topology
