// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/loader.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

std::string broken(const std::string& patch, const load_options& options = {}) {
    return message_of([&] { shop_with(patch, options); });
}

std::string broken_workload(const std::string& fields) {
    return broken(R"({"workload":[{)" + fields + "}]}");
}

/// A folder of files that is gone in the end.
class folder {
  public:
    folder() { std::filesystem::create_directories(path_ / "sub"); }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name) << text;
        return path_ / name;
    }

  private:
    std::filesystem::path path_ = std::filesystem::temp_directory_path() / "windtunnel-loader-test";
};

} // namespace

TEST_CASE("a scenario is read with its defaults") {
    const auto s = shop_with("{}");
    CHECK(s.name == "shop");
    CHECK(s.topology.services.size() == 3);
    CHECK(s.seed == 1);
    CHECK(s.warmup == 10s);
    CHECK(s.length == 100s);
    CHECK(s.drain == 0s);
    CHECK(s.window == 1s);
    CHECK(s.replications == 1);
    REQUIRE(s.workloads.size() == 1);
    const workload_spec& readers = s.workloads.front();
    CHECK(readers.name == "readers");
    REQUIRE(readers.targets.size() == 1);
    CHECK(readers.targets.front().to == endpoint_ref{"web", "GET /"});
    CHECK(readers.start == 0s);
    CHECK_FALSE(readers.stop);
    CHECK_FALSE(readers.limit);
    CHECK_FALSE(readers.call.policies.timeout);
    CHECK(s.faults.size() == 1);
    CHECK(s.where.file == "shop.json");
}

TEST_CASE("a scenario says what it is") {
    const auto s = shop_with(R"({"$schema":"x","name":"n","title":"t","description":"d",
        "seed":7,"drain":"5s","window":"500ms","replications":3,"// note":"kept out"})");
    CHECK(s.name == "n");
    CHECK(s.title == "t");
    CHECK(s.description == "d");
    CHECK(s.seed == 7);
    CHECK(s.drain == 5s);
    CHECK(s.window == 500ms);
    CHECK(s.replications == 3);
}

TEST_CASE("a workload may mix targets, think, and call as any client does") {
    const auto s = shop_with(R"j({"workload":[{"name":"buyers",
        "mix":[{"to":"web.GET /","weight":3},{"to":"cart.GET /cart"}],
        "users":{"count":12,"think":"exponential(mean=1s)"},
        "timeout":"3s","retry":{"max_attempts":2},"on_give_up":"cancelled","priority":5,
        "start":"5s","stop":"50s","limit":1000}]})j");
    const workload_spec& w = s.workloads.front();
    REQUIRE(w.targets.size() == 2);
    CHECK(w.targets[0].weight == 3);
    CHECK(w.targets[1].to.service == "cart");
    CHECK(w.targets[1].weight == 1);
    CHECK(std::get<closed_users>(w.arrivals).count == 12);
    CHECK(std::get<closed_users>(w.arrivals).think == sim::distribution::exponential(1s));
    CHECK(w.call.policies.timeout == duration{3s});
    REQUIRE(w.call.policies.retry);
    CHECK(w.call.policies.retry->max_attempts == 2);
    CHECK(w.call.give_up == topology::on_give_up::cancelled);
    CHECK(w.call.priority == 5);
    CHECK(w.start == 5s);
    CHECK(w.stop == duration{50s});
    CHECK(w.limit == 1000u);
}

TEST_CASE("policies lie over edges, which may be any") {
    const auto s = shop_with(R"({"policies":{
        "*->*":{"timeout":"2s"}, "web->pay":{"timeout":"1s"}, "readers->web":{"timeout":"9s"},
        "*->pay.POST /charge":{"retry":{"max_attempts":2}}}})");
    REQUIRE(s.policies.size() == 4);
    CHECK(s.policies[0].caller == "*");
    CHECK(s.policies[0].policies.timeout == duration{2s});
    CHECK(s.policies[1].callee == "pay");
    CHECK(s.policies[2].caller == "readers");
    CHECK(s.policies[3].callee == "pay.POST /charge");
}

TEST_CASE("tracing says what is recorded and what is kept of it") {
    CHECK_FALSE(shop_with("{}").tracing);
    const auto usual = shop_with(R"({"tracing":{}})");
    REQUIRE(usual.tracing);
    CHECK(usual.tracing->head == 1);
    CHECK_FALSE(usual.tracing->window);
    const auto s = shop_with(R"({"tracing":{"head":"1%","slowest":3,"window":"5s","errors":7,
        "sample":0,"spans":50}})");
    CHECK(s.tracing->head == 0.01);
    CHECK(s.tracing->slowest == 3);
    CHECK(s.tracing->window == duration{5s});
    CHECK(s.tracing->errors == 7);
    CHECK(s.tracing->sample == 0);
    CHECK(s.tracing->spans == 50);
}

TEST_CASE("tracing that cannot be gets a message that says what to do") {
    const auto message = [](const std::string& patch) {
        return message_of([&] { shop_with(patch); });
    };
    CHECK_THAT(message(R"({"tracing":{"heads":1}})"), Contains("did you mean") && Contains("head"));
    CHECK_THAT(message(R"({"tracing":{"head":5}})"), Contains("/tracing/head"));
    CHECK_THAT(message(R"({"tracing":{"window":"1ms"}})"),
               Contains("/tracing/window") && Contains("the run has 110000 windows of 1ms") &&
                   Contains("write a longer one, such as \"window\": \"1.1s\""));
    CHECK_THAT(message(R"({"topology_patch":{"services":{"web":{"trace_context":"lose"}}}})"),
               Contains("carry") && Contains("x-trace-id") && Contains("drop"));
}

TEST_CASE("expectations are read with their place") {
    const auto s = shop_with(R"({"expect":["readers: p99 < 1s always",
        "web: recovers within 5s after 'slow pay'"]})");
    REQUIRE(s.expectations.size() == 2);
    CHECK(s.expectations[0].text == "readers: p99 < 1s always");
    CHECK(s.expectations[1].where.line == 2);
    CHECK(s.expectations[1].where.pointer == "/expect/1");
}

TEST_CASE("the topology is a file beside the scenario, or inline, and may be patched") {
    const folder files;
    files.write("t.json", R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}}})");
    const auto path = files.write("sub/s.json", R"j({"topology":"../t.json",
        "topology_patch":{"services":{"a":{"replicas":4}}}, "duration":"10s",
        "workload":[{"name":"w","to":"a.x","arrivals":"constant(1/s)"}]})j");
    const auto s = load_scenario(path);
    CHECK(s.name == "s");
    CHECK(s.topology.name == "t");
    CHECK(s.topology.services.front().replicas == 4);
    CHECK(shop_with(R"({"topology_patch":{"services":{"pay":{"workers":9}}}})")
              .topology.find("pay")
              ->workers == 9);
}

TEST_CASE("a variant is a patch over the scenario") {
    const std::string variants = R"("variants":{
        "calm":{"faults":null,"duration":"50s"},
        "v2":{"topology_patch":{"services":{"pay":{"replicas":3}}}}}})";
    const auto file =
        topology::document::parse(shop.substr(0, shop.rfind('}')) + "," + variants, "shop.json");
    const auto with = [&](const std::string& variant) {
        return parse_scenario(file, ".", "shop", {.variant = variant});
    };
    CHECK(with("").variants == std::vector<std::string>{"calm", "v2"});
    CHECK(with("").variant.empty());
    CHECK(with("").faults.size() == 1);
    CHECK(with("calm").variant == "calm");
    CHECK(with("calm").faults.empty());
    CHECK(with("calm").length == 50s);
    CHECK(with("v2").topology.find("pay")->replicas == 3);
    CHECK(message_of([&] { with("clam"); }) ==
          "shop.json:11:13: error: no variant is called \"clam\"; there is calm, v2 (at "
          "/variants); did you mean \"calm\"?");
    CHECK(broken("{}", {.variant = "calm"}) ==
          "shop.json:1:1: error: the scenario has no variants, so none called \"calm\"");
}

TEST_CASE("values can be overridden from outside, after the variant") {
    const std::string variants = R"({"variants":{"long":{"duration":"500s","seed":5}}})";
    load_options options{.variant = "long", .set = {{"/duration", "200s", ""}}};
    CHECK(shop_with(variants, options).length == 200s);
    CHECK(shop_with(variants, options).seed == 5);
    options.seed = 9;
    options.length = 90s;
    options.warmup = 1500ms;
    options.replications = 4;
    const auto s = shop_with(variants, options);
    CHECK(s.seed == 9);
    CHECK(s.length == 90s);
    CHECK(s.warmup == 1500ms);
    CHECK(s.replications == 4);
}

TEST_CASE("what is read in the end can be shown, without the variants") {
    const auto file = topology::document::parse(
        R"({"seed":1,"variants":{"v":{"seed":2}},"duration":"1s","topology":{"name":"t"},)"
        R"("topology_patch":{"services":{"db":{"workers":1}}}})",
        "f");
    const auto shown = [&](const load_options& options) {
        return effective_scenario(file, "", options).root().text();
    };
    const std::string end = R"(,"topology":{"name":"t","services":{"db":{"workers":1}}}})";
    CHECK(shown({}) == R"({"seed":1,"duration":"1s")" + end);
    CHECK(shown({.variant = "v", .set = {{"duration", "2s", ""}}}) ==
          R"({"seed":2,"duration":"2s")" + end);
    CHECK(shown({.set = {{"topology.services.db.workers", "4", ""}}})
              .ends_with(R"("workers":4}}}})"));
    CHECK(variant_names(file) == std::vector<std::string>{"v"});
}

TEST_CASE("a value of the topology is changed like one of the scenario, over its patch") {
    const std::string patch = R"({"topology_patch":{"services":{"pay":{"replicas":2}}}})";
    const auto replicas = [&](const load_options& options) {
        return shop_with(patch, options).topology.services[2].replicas;
    };
    CHECK(replicas({}) == 2);
    CHECK(replicas({.set = {{"topology.services.pay.replicas", "5", ""}}}) == 5);
    CHECK(replicas({.set = {{"/topology/services/pay/replicas", "5", ""}}}) == 5);
    const auto broken = [&](const std::string& path, const std::string& value) {
        return message_of([&] { shop_with(patch, {.set = {{path, value, ""}}}); });
    };
    CHECK(broken("topology.services.pay.replicas", "0")
              .starts_with("-D topology.services.pay.replicas=0: error: expected"));
    CHECK(broken("topology.services.web.endpoints.GET /.steps.7.call", "x")
              .starts_with("-D topology.services.web.endpoints.GET /.steps.7.call=x: error: the "
                           "array has no element \"7\""));
    CHECK(broken("topology.services.pay.replicsa", "3").find("did you mean \"replicas\"?") !=
          std::string::npos);
}

TEST_CASE("a broken scenario gets a message that says what to do") {
    CHECK(message_of([] { load_scenario("no/such/file.json"); }) ==
          "no/such/file.json: error: no such file");
    CHECK(broken("[]") == "patch:1:1: error: expected an object (scenario), found an empty array");
    CHECK(broken(R"({"topology":null})") ==
          "shop.json:1:1: error: the scenario lacks the key \"topology\": the file of the "
          "architecture, or the architecture itself");
    CHECK(broken(R"({"topology":5})") == "patch:1:13: error: expected the path of a topology file "
                                         "or a topology, found the number 5 (at /topology)");
    CHECK(broken(R"({"topology":"no/such.json"})") ==
          "patch:1:13: error: there is no topology file \"no/such.json\"; the path is relative to "
          "the scenario's folder (at /topology)");
    CHECK(broken(R"({"topology_patch":{"services":{"pay":{"replica":2}}}})") ==
          "patch:1:39: error: unknown key \"replica\" in service (at "
          "/topology_patch/services/pay/replica); did you mean \"replicas\"?");
    CHECK(broken(R"({"policies":{"*->pay":{"health_check":{"endpoint":"GET /helth"}}}})")
              .starts_with("patch:1:51: error: the health check asks pay for \"GET /helth\""));
    CHECK(broken(R"({"policies":{"*->pay":{"circuit_breaker":true}}})")
              .find("expected a circuit_breaker (an object; {} has all its defaults) or \"off\"") !=
          std::string::npos);
    CHECK(broken(R"({"duration":null})") ==
          "shop.json:1:1: error: scenario lacks the key \"duration\"");
    CHECK(broken(R"({"duration":"0s"})") == "patch:1:13: error: expected a duration above zero, "
                                            "found the string \"0s\" (at /duration)");
    CHECK(broken(R"({"duration":100})") ==
          "patch:1:13: error: expected a duration, found the number 100: write it as text, with "
          "its unit (at /duration)");
    CHECK(broken(R"({"duration":"400d"})") ==
          "patch:1:13: error: at most 366d (a year) can be simulated (at /duration)");
    CHECK(broken(R"({"window":"200s"})") ==
          "patch:1:11: error: the window (3m20s) is longer than the duration (1m40s) (at /window)");
    CHECK(
        broken(R"({"window":"1us","duration":"1h"})") ==
        "patch:1:11: error: warmup, duration and drain come to 1h10s, which is 3610000000 windows "
        "of 1us; there may be at most 1000000: write a longer one, such as \"window\": \"10ms\" "
        "(at /window)");
    CHECK_THAT(broken(R"({"duration":"366d"})"),
               Catch::Matchers::StartsWith("patch:1:13: error: warmup, duration and drain"));
    CHECK(broken(R"({"warmup":"0s","duration":"100s","window":"100us"})") == "no error");
    CHECK(broken(R"({"warm_up":"5s"})") == "patch:1:2: error: unknown key \"warm_up\" in scenario "
                                           "(at /warm_up); did you mean \"warmup\"?");
}

TEST_CASE("a scenario with a part of the wrong kind gets a message that says what to do") {
    CHECK(broken(R"({"seed":-1})") ==
          "patch:1:9: error: expected an integer of at least 0, found the number -1 (at /seed)");
    CHECK(broken(R"({"seed":"x"})") ==
          "patch:1:9: error: expected an integer of at least 0, found the string \"x\" (at /seed)");
    CHECK(broken(R"({"replications":0})") == "patch:1:17: error: expected an integer from 1 to "
                                             "100000, found the number 0 (at /replications)");
    CHECK(broken(R"({"workload":[]})") ==
          "patch:1:13: error: a scenario needs at least one workload (at /workload)");
    CHECK(broken(R"({"workload":{}})") ==
          "patch:1:13: error: expected an array (workload), found an empty object (at /workload)");
    CHECK(broken(R"({"expect":"readers: p99 < 1s"})") ==
          "patch:1:11: error: expected an array (expectation), found the string \"readers: p99 < "
          "1s\" (at /expect)");
    CHECK(broken(R"({"expect":[5]})") ==
          "patch:1:12: error: expected an expectation, found the number 5 (at /expect/0)");
    CHECK(
        broken(R"({"variants":{"v":5}})") ==
        "patch:1:18: error: expected an object (merge patch), found the number 5 (at /variants/v)");
    CHECK(broken(R"({"variants":{"v":{"variants":{}}}})") ==
          "patch:1:19: error: a variant has no variants of its own (at /variants/v/variants)");
    CHECK(broken(R"({"policies":{"pay":{"timeout":"1s"}}})") ==
          "patch:1:14: error: policies lie over edges: expected \"caller->callee\", found \"pay\" "
          "(at /policies/pay)");
    CHECK(
        broken(R"({"policies":{"pay->web":{"timeout":"1s"}}})") ==
        "patch:1:14: error: \"pay\" never calls \"web\"; it calls nobody (at /policies/pay->web)");
    CHECK(broken(R"({"policies":{"*->pai":{"timeout":"1s"}}})") ==
          "patch:1:14: error: no workload, service or endpoint is called \"pai\"; there is "
          "readers, web, cart, pay (at /policies/*->pai); did you mean \"pay\"?");
    CHECK(broken(R"({"policies":{"web->pay":{"timeouts":"1s"}}})") ==
          "patch:1:26: error: unknown key \"timeouts\" in policies (at "
          "/policies/web->pay/timeouts); did you mean \"timeout\"?");
}

TEST_CASE("a broken workload gets a message that says what to do") {
    CHECK(broken_workload(R"("name":"w")") == "patch:1:14: error: a workload needs \"to\" or "
                                              "\"mix\": what does it ask for? (at /workload/0)");
    CHECK(broken_workload(R"("name":"w","to":"web.GET /")") ==
          "patch:1:14: error: a workload needs \"arrivals\" or \"users\": how often does it ask? "
          "(at /workload/0)");
    CHECK(broken_workload(R"j("to":"web.GET /","arrivals":"poisson(1/s)")j") ==
          "patch:1:14: error: workload lacks the key \"name\" (at /workload/0)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /x","arrivals":"poisson(1/s)")j") ==
          "patch:1:31: error: \"web\" has no endpoint \"GET /x\"; it has GET / (at "
          "/workload/0/to); did you mean \"web.GET /\"?");
    CHECK(broken_workload(R"j("name":"w","to":"wep.GET /","arrivals":"poisson(1/s)")j") ==
          "patch:1:31: error: no service is called \"wep\"; there is web, cart, pay (at "
          "/workload/0/to); did you mean \"web\"?");
    CHECK(broken_workload(R"j("name":"w","to":"web","arrivals":"poisson(1/s)")j") ==
          "patch:1:31: error: expected \"service.endpoint\" such as \"reviews.GET /reviews\", "
          "found \"web\" (at /workload/0/to)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poison(1/s)")j") ==
          "patch:1:54: error: \"poison(1/s)\" says no way to arrive; there is constant(100/s), "
          "poisson(200/s), batches(100/s, size=5), on_off(on=160/s, off=20/s, on_mean=10s, "
          "off_mean=10s), ramp(from=10/s, to=100/s, over=60s), spike(base=50/s, peak=200/s, "
          "at=30s, for=10s) (at /workload/0/arrivals); did you mean \"poisson\"?");
    CHECK(broken_workload(R"("name":"w","to":"web.GET /","arrivals":5)") ==
          "patch:1:54: error: expected arrivals such as \"poisson(200/s)\", found the number 5 (at "
          "/workload/0/arrivals)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "users":{"count":1,"think":"1s"})j") ==
          "patch:2:9: error: a workload has \"arrivals\" or \"users\", "
          "not both (at /workload/0/users)");
    CHECK(broken_workload(R"("name":"w","to":"web.GET /","users":{"count":0,"think":"1s"})") ==
          "patch:1:60: error: expected an integer from 1 to 10000000, found the number 0 (at "
          "/workload/0/users/count)");
    CHECK(broken_workload(R"("name":"w","to":"web.GET /","users":{"count":1})") ==
          "patch:1:51: error: users lacks the key \"think\" (at /workload/0/users)");
    for (const char* think : {"0s", "999ns", "exponential(mean=999ns)"})
        CHECK(broken_workload(R"("name":"w","to":"web.GET /","users":{"count":1,"think":")" +
                              std::string(think) + R"("})") ==
              "patch:1:70: error: users must think for at least 1us in the mean, or they would ask "
              "without end at one instant: write a time such as \"exponential(mean=1s)\" (at "
              "/workload/0/users/think)");
    CHECK(broken_workload(R"("name":"w","to":"web.GET /","users":{"count":1,"think":"1us"})") ==
          "no error");
}

TEST_CASE("a workload with broken options gets a message that says what to do") {
    CHECK(broken_workload(R"("name":"w","mix":[],"users":{"count":1,"think":"1s"})") ==
          "patch:1:32: error: a mix needs at least one target (at /workload/0/mix)");
    CHECK(broken_workload(R"("name":"w","mix":[{"to":"web.GET /","weight":0}],
        "users":{"count":1,"think":"1s"})") ==
          "patch:1:60: error: expected a number from 1e-06 to 1000000000, "
          "found the number 0 (at /workload/0/mix/0/weight)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "timout":"1s")j") == "patch:2:9: error: unknown key \"timout\" in workload (at "
                             "/workload/0/timout); did you mean \"timeout\"?");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "retry":{"max_attempt":2})j") ==
          "patch:2:18: error: unknown key \"max_attempt\" in retry (at "
          "/workload/0/retry/max_attempt); did you mean \"max_attempts\"?");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "timeout":"3s","total_timeout":"2s")j") ==
          "patch:1:14: error: the timeout of an attempt (3s) is longer than total_timeout (2s) (at "
          "/workload/0)");
    CHECK(broken_workload(R"j("name":"pay","to":"web.GET /","arrivals":"poisson(1/s)")j") ==
          "patch:1:22: error: \"pay\" is the name of a service, an endpoint or another workload: a "
          "workload needs its own (at /workload/0/name)");
    CHECK(broken_workload(R"j("name":"a->b","to":"web.GET /","arrivals":"poisson(1/s)")j") ==
          "patch:1:22: error: the name of a workload must not hold \"->\" (at /workload/0/name)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "start":"2m")j") == "patch:2:17: error: the workload starts at 2m, but the run ends at "
                            "1m50s (warmup + duration) (at /workload/0/start)");
    CHECK(broken_workload(R"j("name":"w","to":"web.GET /","arrivals":"poisson(1/s)",
        "start":"20s","stop":"20s")j") ==
          "patch:2:30: error: the workload stops at 20s, but starts at 20s only: stop it later (at "
          "/workload/0/stop)");
}

TEST_CASE("an error in an expectation points into its text") {
    CHECK(broken(R"({"expect":["readers: p99 < 1s","readers: p99 < 5"]})") ==
          "patch:1:48: error: p99 is a time: write 5ms or 5s, not \"5\" (at /expect/1)");
    CHECK(broken("{\"expect\":[\n  \"readers: p99 < 1s after 'slow pya'\"]}") ==
          "patch:2:29: error: no fault is called \"slow pya\"; there is slow pay (at /expect/0); "
          "did you mean \"slow pay\"?");
    CHECK(broken(R"({"expect":["größe: p99 < 1s", "readers: p98 < 1s"]})") ==
          "patch:1:13: error: no workload, service or endpoint is called \"größe\"; there is "
          "readers, web, cart, pay (at /expect/0)\npatch:1:41: error: \"p98\" is no metric; a "
          "workload has mean, p50, p90, p95, p99, p99.9, max, requests, errors, rate, goodput, "
          "degraded, lost, attempts, done, recovers within (at /expect/1); did you mean \"p90\"?");
}

TEST_CASE("errors of several sections are told together, what follows from them is not") {
    CHECK(broken(R"j({"seed":-1,"workload":[{"name":"w","to":"wep.GET /",
        "arrivals":"poisson(1/s)"}],"expect":["w: p99 < 1s"]})j") ==
          "patch:1:9: error: expected an integer of at least 0, found the number -1 (at "
          "/seed)\npatch:1:41: error: no service is called \"wep\"; there is web, cart, pay (at "
          "/workload/0/to); did you mean \"web\"?");
}

} // namespace windtunnel::scenario
