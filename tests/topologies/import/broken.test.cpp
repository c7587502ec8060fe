// SPDX-License-Identifier: BSL-1.0
// Broken configurations and the message that each must get, word for word.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "topologies/src/import/policies.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

struct broken {
    std::string text, message; ///< without the folder of the file
};

/// What importing a file of that name and content says.
std::string refusal(const std::string& name, const std::string& text) {
    std::string folder = (std::filesystem::temp_directory_path() / "windtunnel-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    std::ofstream(std::filesystem::path(folder) / name) << text;
    std::string message =
        message_of([&] { (void)import_policies({std::filesystem::path(folder) / name}); });
    std::filesystem::remove_all(folder);
    for (auto at = message.find(folder + "/"); at != std::string::npos;
         at = message.find(folder + "/"))
        message.erase(at, folder.size() + 1);
    return message;
}

void check(const std::string& name, const std::vector<broken>& rows) {
    for (const auto& [text, message] : rows) {
        INFO(text);
        CHECK(refusal(name, text) == message);
    }
}

/// One property of an instance of a pattern of resilience4j.
std::string r4j(const std::string& pattern, const std::string& properties) {
    return "resilience4j." + pattern + ":\n  instances:\n    a:\n      " + properties + "\n";
}

const std::string r4j_place = "/resilience4j.";

} // namespace

TEST_CASE("a broken configuration of resilience4j gets a message that says what to do") {
    check("a.yml",
          {{r4j("circuitbreaker", "failureRateTreshold: 50"), ""},
           {r4j("circuitbreaker", "failureRateThreshold: 150"), ""},
           {r4j("circuitbreaker", "failureRateThreshold: 0"), ""},
           {r4j("circuitbreaker", "failureRateThreshold: .nan"), ""},
           {r4j("circuitbreaker", "slidingWindowSize: 0"), ""},
           {r4j("circuitbreaker", "waitDurationInOpenState: 5 s"), ""},
           {r4j("circuitbreaker", "waitDurationInOpenState: -5s"), ""},
           {r4j("circuitbreaker", "slidingWindowType: TIMED"), ""},
           {r4j("circuitbreaker", "baseConfig: defualt"), ""},
           {r4j("retry", "maxAttempts: ${ATTEMPTS}"), ""},
           {r4j("retry", "randomizedWaitFactor: 1"), ""},
           {r4j("thread-pool-bulkhead", "{maxThreadPoolSize: 2, coreThreadPoolSize: 4}"), ""},
           {r4j("timelimiter", "timeoutDuration: 0s"), ""},
           {"resilience4j:\n  circuitbraker:\n    instances: {}\n", ""},
           {"resilience4j.retry:\n  instance: {a: {}}\n", ""},
           {"resilience4j.retry.instances.a.maxAttempts: 3\n", ""},
           {"resilience4j.retry:\n  configs:\n    x: {baseConfig: y}\n    y: {baseConfig: x}\n"
            "  instances:\n    a: {baseConfig: x}\n",
            ""}});
}

TEST_CASE("a broken service config of gRPC gets a message that says what to do") {
    const auto retry = [](const std::string& policy) {
        return R"({"methodConfig":[{"name":[{"service":"a.B"}],"retryPolicy":{)" + policy + "}}]}";
    };
    const std::string sound = R"("maxAttempts":3,"initialBackoff":"1s","maxBackoff":"2s",)"
                              R"("backoffMultiplier":2)";
    check("a.json",
          {{retry(sound), ""},
           {retry(sound + R"(,"retryableStatusCodes":[])"), ""},
           {retry(sound + R"(,"retryableStatusCodes":["UNAVAILABEL"])"), ""},
           {retry(R"("maxAttempts":1)"), ""},
           {retry(R"("initialBackoff":"100ms")"), ""},
           {retry(R"("initialBackoff":0.1)"), ""},
           {retry(R"("maxAttempt":3)"), ""},
           {R"({"methodConfig":[{"name":[{"method":"M"}]}]})", ""},
           {R"({"methodConfig":[{"name":[{}],"retryPolicy":{},"hedgingPolicy":{}}]})", ""},
           {R"({"retryThrottling":{"maxTokens":1001,"tokenRatio":0.1}})", ""},
           {R"({"retryThrottling":{"maxTokens":10}})", ""},
           {R"({"loadBalancingConfig":[{"round_robin":{},"pick_first":{}}]})", ""}});
}

TEST_CASE("a broken configuration of Envoy gets a message that says what to do") {
    const auto cluster = [](const std::string& fields) {
        return "clusters:\n- name: a\n  connect_timeout: 1s\n  " + fields + "\n";
    };
    const auto route = [](const std::string& policy) {
        return "virtual_hosts:\n- name: a\n  routes:\n  - route:\n      cluster: a\n      "
               "retry_policy: " +
               policy + "\n";
    };
    check("a.yaml",
          {{cluster("outlier_detection: {consecutive_5xx: -1}"), ""},
           {cluster("outlier_detection: {max_ejection_percent: 101}"), ""},
           {cluster("outlier_detection: {interval: 500ms}"), ""},
           {cluster("outlier_detecton: {interval: 5s}"), ""},
           {cluster("lb_policy: LEAST_REQUESTS"), ""},
           {cluster("circuit_breakers: {thresholds: [{max_request: 5}]}"), ""},
           {cluster("maglev_lb_config: {table_size: 65536}\n  lb_policy: MAGLEV"), ""},
           {route("{retry_on: 5xxx}"), ""},
           {route("{retry_on: 5xx, retry_back_off: {base_interval: 1s, max_interval: 0.5s}}"), ""},
           {route("{retry_on: 5xx, num_retries: 1.5}"), ""}});
}

TEST_CASE("a broken resource of Istio gets a message that says what to do") {
    const auto rule = [](const std::string& policy) {
        return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec:\n  host: a\n"
               "  trafficPolicy: " +
               policy + "\n";
    };
    const auto service = [](const std::string& fields) {
        return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec:\n  http:\n"
               "  - route: [{destination: {host: a}}]\n    " +
               fields + "\n";
    };
    check("a.yaml",
          {{rule("{outlierDetection: {consecutive5xxError: 5}}"), ""},
           {rule("{outlierDetection: {baseEjectionTime: 30}}"), ""},
           {rule("{outlierDetection: {minHealthPercent: 200}}"), ""},
           {rule("{loadBalancer: {simple: LEAST_REQ}}"), ""},
           {service("retries: {attempts: -1}"), ""},
           {service("retries: {attempts: 2, perTryTimeout: 2sec}"), ""},
           {service("retries: {retryOn: gateway-errors}"), ""},
           {service("timeout: soon"), ""},
           {"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {}\n", ""}});
}

TEST_CASE("a file of no known format is refused, and so is an empty one") {
    check("a.yaml", {{"a: 1\n", ""}, {"# nothing\n", ""}, {"a: [1\n", ""}});
}

} // namespace windtunnel::topology
