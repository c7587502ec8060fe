// SPDX-License-Identifier: BSL-1.0
// Broken configurations and the message that each must get, word for word.
#include <catch2/catch.hpp>

#include "support/files.hpp"
#include "topologies/src/import/policies.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

struct broken {
    std::string text, message; ///< without the folder of the file
};

/// What importing a file of that name and content says.
std::string refusal(const std::string& name, const std::string& text) {
    const test::scratch_folder folder;
    const std::string file = folder.write(name, text), place = folder.path() + "/";
    std::string message = message_of([&] { (void)import_policies({file}); });
    for (auto at = message.find(place); at != std::string::npos; at = message.find(place))
        message.erase(at, place.size());
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

} // namespace

TEST_CASE("a broken configuration of resilience4j gets a message that says what to do") {
    check("a.yml",
          {{r4j("circuitbreaker", "failureRateTreshold: 50"),
            "a.yml:4:7: error: unknown key \"failureRateTreshold\" in circuitbreaker (at "
            "/resilience4j.circuitbreaker/instances/a/failureRateTreshold); did you mean "
            "\"failureRateThreshold\"?"},
           {r4j("circuitbreaker", "failureRateThreshold: 150"),
            "a.yml:4:29: error: expected a percentage from 0 to 100, found the number 150 (at "
            "/resilience4j.circuitbreaker/instances/a/failureRateThreshold)"},
           {r4j("circuitbreaker", "failureRateThreshold: 0"),
            "a.yml:4:29: error: expected a percentage above 0, found the number 0 (at "
            "/resilience4j.circuitbreaker/instances/a/failureRateThreshold)"},
           {r4j("circuitbreaker", "failureRateThreshold: .nan"),
            "a.yml:4:29: error: expected a percentage from 0 to 100, found the string \".nan\" (at "
            "/resilience4j.circuitbreaker/instances/a/failureRateThreshold)"},
           {r4j("circuitbreaker", "slidingWindowSize: 0"),
            "a.yml:4:26: error: expected an integer from 1 to 1000000, found the number 0 (at "
            "/resilience4j.circuitbreaker/instances/a/slidingWindowSize)"},
           {r4j("circuitbreaker", "waitDurationInOpenState: 5 s"),
            "a.yml:4:32: error: expected a duration such as \"500ms\", found the string \"5 s\" "
            "(at /resilience4j.circuitbreaker/instances/a/waitDurationInOpenState)"},
           {r4j("circuitbreaker", "waitDurationInOpenState: -5s"),
            "a.yml:4:32: error: a duration must not be negative, found \"-5s\" (at "
            "/resilience4j.circuitbreaker/instances/a/waitDurationInOpenState)"},
           {r4j("circuitbreaker", "slidingWindowType: TIMED"),
            "a.yml:4:26: error: expected one of COUNT_BASED, TIME_BASED, count_based, time_based, "
            "found \"TIMED\" (at /resilience4j.circuitbreaker/instances/a/slidingWindowType)"},
           {r4j("circuitbreaker", "baseConfig: defualt"),
            "a.yml:4:19: error: there is no config \"defualt\" in circuitbreaker (at "
            "/resilience4j.circuitbreaker/instances/a/baseConfig)"},
           {r4j("retry", "maxAttempts: ${ATTEMPTS}"),
            "a.yml:4:20: error: \"${ATTEMPTS}\" is a placeholder of Spring's without a default: "
            "write its value (at /resilience4j.retry/instances/a/maxAttempts)"},
           {r4j("retry", "randomizedWaitFactor: 1"),
            "a.yml:4:29: error: expected a number from 0 to below 1, found the number 1 (at "
            "/resilience4j.retry/instances/a/randomizedWaitFactor)"},
           {r4j("thread-pool-bulkhead", "{maxThreadPoolSize: 2, coreThreadPoolSize: 4}"),
            "a.yml:4:7: error: coreThreadPoolSize (4) must be at most maxThreadPoolSize (2) (at "
            "/resilience4j.thread-pool-bulkhead/instances/a)"},
           {r4j("timelimiter", "timeoutDuration: 0s"),
            "a.yml:4:24: error: expected a duration above zero, found the string \"0s\" (at "
            "/resilience4j.timelimiter/instances/a/timeoutDuration)"},
           {"resilience4j:\n  circuitbraker:\n    instances: {}\n",
            "a.yml:2:3: error: unknown key \"circuitbraker\" in resilience4j (at "
            "/resilience4j/circuitbraker); did you mean \"circuitbreaker\"?"},
           {"resilience4j.retry:\n  instance: {a: {}}\n",
            "a.yml:2:3: error: unknown key \"instance\" in retry; known keys: instances, configs "
            "(at /resilience4j.retry/instance); did you mean \"instances\"?"},
           {"resilience4j.retry.instances.a.maxAttempts: 3\n",
            "a.yml:1:1: error: the dotted key \"resilience4j.retry.instances.a.maxAttempts\" is "
            "not read: write what follows a as keys of lines of their own (at "
            "/resilience4j.retry.instances.a.maxAttempts)"},
           {"resilience4j.retry:\n  configs:\n    x: {baseConfig: y}\n    y: {baseConfig: x}\n"
            "  instances:\n    a: {baseConfig: x}\n",
            "a.yml:3:5: error: the config \"x\" is based on itself (at "
            "/resilience4j.retry/configs/x)"}});
}

TEST_CASE("a broken service config of gRPC gets a message that says what to do") {
    const auto retry = [](const std::string& policy) {
        return R"({"methodConfig":[{"name":[{"service":"a.B"}],"retryPolicy":{)" + policy + "}}]}";
    };
    const std::string sound = R"("maxAttempts":3,"initialBackoff":"1s","maxBackoff":"2s",)"
                              R"("backoffMultiplier":2)";
    check(
        "a.json",
        {{retry(sound), "a.json:1:60: error: retryPolicy lacks the key \"retryableStatusCodes\", "
                        "which gRPC requires (at /methodConfig/0/retryPolicy)"},
         {retry(sound + R"(,"retryableStatusCodes":[])"),
          "a.json:1:162: error: retryableStatusCodes must not be empty (at "
          "/methodConfig/0/retryPolicy/retryableStatusCodes)"},
         {retry(sound + R"(,"retryableStatusCodes":["UNAVAILABEL"])"),
          "a.json:1:163: error: \"UNAVAILABEL\" is no status code of gRPC (at "
          "/methodConfig/0/retryPolicy/retryableStatusCodes/0); did you mean \"UNAVAILABLE\"?"},
         {retry(R"("maxAttempts":1)"),
          "a.json:1:75: error: expected an integer of at least 2, found the number 1 (at "
          "/methodConfig/0/retryPolicy/maxAttempts)"},
         {retry(R"("initialBackoff":"100ms")"),
          "a.json:1:78: error: expected a duration such as \"1.5s\", found the string \"100ms\" "
          "(at /methodConfig/0/retryPolicy/initialBackoff)"},
         {retry(R"("initialBackoff":0.1)"),
          "a.json:1:78: error: expected a duration such as \"1.5s\", found the number 0.1 (at "
          "/methodConfig/0/retryPolicy/initialBackoff)"},
         {retry(R"("maxAttempt":3)"),
          "a.json:1:61: error: unknown key \"maxAttempt\" in retryPolicy (at "
          "/methodConfig/0/retryPolicy/maxAttempt); did you mean \"maxAttempts\"?"},
         {R"({"methodConfig":[{"name":[{"method":"M"}]}]})",
          "a.json:1:27: error: a name with a method needs its service (at /methodConfig/0/name/0)"},
         {R"({"methodConfig":[{"name":[{}],"retryPolicy":{},"hedgingPolicy":{}}]})",
          "a.json:1:64: error: a methodConfig has either a retryPolicy or a hedgingPolicy (at "
          "/methodConfig/0/hedgingPolicy)"},
         {R"({"retryThrottling":{"maxTokens":1001,"tokenRatio":0.1}})",
          "a.json:1:33: error: expected a number from 0 to 1000, found the number 1001 (at "
          "/retryThrottling/maxTokens)"},
         {R"({"retryThrottling":{"maxTokens":10}})",
          "a.json:1:20: error: retryThrottling lacks the key \"tokenRatio\", which gRPC requires "
          "(at /retryThrottling)"},
         {R"({"loadBalancingConfig":[{"round_robin":{},"pick_first":{}}]})",
          "a.json:1:25: error: expected an object with one key, the policy's name (at "
          "/loadBalancingConfig/0)"}});
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
    check(
        "a.yaml",
        {{cluster("outlier_detection: {consecutive_5xx: -1}"),
          "a.yaml:4:40: error: expected an integer of at least 0, found the number -1 (at "
          "/clusters/0/outlier_detection/consecutive_5xx)"},
         {cluster("outlier_detection: {max_ejection_percent: 101}"),
          "a.yaml:4:45: error: expected a percentage from 0 to 100, found the number 101 (at "
          "/clusters/0/outlier_detection/max_ejection_percent)"},
         {cluster("outlier_detection: {interval: 500ms}"),
          "a.yaml:4:33: error: expected a duration such as \"1.5s\", found the string \"500ms\" "
          "(at /clusters/0/outlier_detection/interval)"},
         {cluster("outlier_detecton: {interval: 5s}"),
          "a.yaml:4:3: error: unknown key \"outlier_detecton\" in cluster (at "
          "/clusters/0/outlier_detecton); did you mean \"outlier_detection\"?"},
         {cluster("lb_policy: LEAST_REQUESTS"),
          "a.yaml:4:14: error: expected one of ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH, "
          "MAGLEV, CLUSTER_PROVIDED, LOAD_BALANCING_POLICY_CONFIG, found \"LEAST_REQUESTS\" (at "
          "/clusters/0/lb_policy); did you mean \"LEAST_REQUEST\"?"},
         {cluster("circuit_breakers: {thresholds: [{max_request: 5}]}"),
          "a.yaml:4:36: error: unknown key \"max_request\" in thresholds (at "
          "/clusters/0/circuit_breakers/thresholds/0/max_request); did you mean \"max_requests\"?"},
         {cluster("maglev_lb_config: {table_size: 65536}\n  lb_policy: MAGLEV"),
          "a.yaml:5:14: error: load_balancer: maglev_table_size is 65536; it must be a prime and "
          "at most 5000011 (at /clusters/0/lb_policy)"},
         {route("{retry_on: 5xxx}"),
          "a.yaml:6:32: error: \"5xxx\" is no condition to retry on (at "
          "/virtual_hosts/0/routes/0/route/retry_policy/retry_on); did you mean \"5xx\"?"},
         {route("{retry_on: 5xx, retry_back_off: {base_interval: 1s, max_interval: 0.5s}}"),
          "a.yaml:6:53: error: max_interval must be at least base_interval (at "
          "/virtual_hosts/0/routes/0/route/retry_policy/retry_back_off)"},
         {route("{retry_on: 5xx, num_retries: 1.5}"),
          "a.yaml:6:50: error: expected an integer from 0 to 1000, found the number 1.5 (at "
          "/virtual_hosts/0/routes/0/route/retry_policy/num_retries)"}});
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
          {{rule("{outlierDetection: {consecutive5xxError: 5}}"),
            "a.yaml:5:38: error: unknown key \"consecutive5xxError\" in outlierDetection (at "
            "/spec/trafficPolicy/outlierDetection/consecutive5xxError); did you mean "
            "\"consecutive5xxErrors\"?"},
           {rule("{outlierDetection: {baseEjectionTime: 30}}"),
            "a.yaml:5:56: error: expected a duration such as \"1.5s\", found the number 30 (at "
            "/spec/trafficPolicy/outlierDetection/baseEjectionTime)"},
           {rule("{outlierDetection: {minHealthPercent: 200}}"),
            "a.yaml:5:56: error: expected a percentage from 0 to 100, found the number 200 (at "
            "/spec/trafficPolicy/outlierDetection/minHealthPercent)"},
           {rule("{loadBalancer: {simple: LEAST_REQ}}"),
            "a.yaml:5:42: error: expected one of UNSPECIFIED, LEAST_REQUEST, LEAST_CONN, RANDOM, "
            "ROUND_ROBIN, PASSTHROUGH, found \"LEAST_REQ\" (at "
            "/spec/trafficPolicy/loadBalancer/simple)"},
           {service("retries: {attempts: -1}"),
            "a.yaml:6:25: error: expected an integer from 0 to 1000, found the number -1 (at "
            "/spec/http/0/retries/attempts)"},
           {service("retries: {attempts: 2, perTryTimeout: 2sec}"),
            "a.yaml:6:43: error: expected a duration such as \"1.5s\", found the string \"2sec\" "
            "(at /spec/http/0/retries/perTryTimeout)"},
           {service("retries: {retryOn: gateway-errors}"),
            "a.yaml:6:24: error: \"gateway-errors\" is no condition to retry on (at "
            "/spec/http/0/retries/retryOn); did you mean \"gateway-error\"?"},
           {service("timeout: soon"), "a.yaml:6:14: error: expected a duration such as \"1.5s\", "
                                      "found the string \"soon\" (at /spec/http/0/timeout)"},
           {"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {}\n",
            "a.yaml:3:7: error: DestinationRule lacks the key \"host\" (at /spec)"}});
}

TEST_CASE("a file of no known format is refused, and so is an empty one") {
    check("a.yaml",
          {{"a: 1\n", "a.yaml:1:1: error: this is no configuration of resilience4j, grpc, envoy or "
                      "istio; if it is one of them, say of which with --from"},
           {"# nothing\n", "a.yaml: error: there is nothing in this file"},
           {"a: [1\n", "a.yaml:2:1: error: this is not YAML: end of sequence flow not found"}});
}

} // namespace windtunnel::topology
