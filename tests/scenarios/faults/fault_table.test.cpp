// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/faults/fault_table.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

fault_spec read(const std::string& fault) {
    return shop_with(R"({"faults":[)" + fault + "]}").faults.front();
}

std::string broken(const std::string& fault) {
    return message_of([&] { read(fault); });
}

} // namespace

TEST_CASE("each kind of fault is read") {
    const auto latency = read(R"j({"name":"f","at":"40s","for":"20s",
        "latency":{"on":"pay","add":"exponential(mean=1s)","share":"30%"}})j");
    CHECK(latency.name == "f");
    CHECK(latency.at == 40s);
    CHECK(latency.length == duration{20s});
    CHECK(std::get<latency_fault>(latency.what).add == sim::distribution::exponential(1s));
    CHECK(std::get<latency_fault>(latency.what).share == 0.3);

    const auto errors = read(R"({"at":"40s","errors":{"on":"pay","share":0.5,"status":503}})");
    CHECK(std::get<error_fault>(errors.what).share == 0.5);
    CHECK(std::get<error_fault>(errors.what).status == 503);
    CHECK_FALSE(errors.length);
    CHECK(std::get<error_fault>(read(R"({"at":"1s","errors":{"on":"pay"}})").what).status == 500);

    CHECK(std::holds_alternative<pause_fault>(read(R"({"at":"0s","pause":{"on":"pay"}})").what));
    CHECK(std::holds_alternative<crash_fault>(read(R"({"at":"0s","crash":{"on":"web#1"}})").what));
    CHECK(std::get<slow_fault>(read(R"({"at":"0s","slow":{"on":"pay","factor":3}})").what).factor ==
          3);
}

TEST_CASE("a fault may come and go") {
    const auto fault = read(R"j({"at":"20s","for":"60s","every":"exponential(mean=8s)",
        "lasts":"2s","pause":{"on":"pay"}})j");
    CHECK(fault.every == sim::distribution::exponential(8s));
    CHECK(fault.lasts == sim::distribution::constant(2s));
}

TEST_CASE("a fault without a name is called by what it does where") {
    CHECK(read(R"({"at":"0s","pause":{"on":"pay"}})").name == "pause on pay");
    CHECK(read(R"({"at":"0s","errors":{"on":"web->pay.POST /charge"}})").name ==
          "errors on web->pay.POST /charge");
}

TEST_CASE("a fault that cannot be is an error") {
    CHECK(broken(R"({"at":"40s","for":"20s"})") ==
          "patch:1:12: error: a fault needs a kind, such as latency, errors or crash; `windtunnel "
          "list faults` has them all (at /faults/0)");
    CHECK(
        broken(R"({"at":"40s","registry_outage":{}})") ==
        "patch:1:24: error: the topology has no \"discovery\", so there is no registry that could "
        "be down (at /faults/0/registry_outage)");
    CHECK(broken(R"({"at":"40s","pause":{"on":"pay"},"crash":{"on":"pay"}})") ==
          "patch:1:12: error: a fault is one thing, and this is both pause and crash: make two "
          "faults of it (at /faults/0)");
    CHECK(broken(R"({"pause":{"on":"pay"}})") ==
          "patch:1:12: error: fault lacks the key \"at\" (at /faults/0)");
    CHECK(broken(R"({"at":"110s","pause":{"on":"pay"}})") ==
          "patch:1:18: error: the fault begins at 1m50s, but the run ends at 1m50s (warmup + "
          "duration): begin it earlier or lengthen `duration` (at /faults/0/at)");
    CHECK(broken(R"({"at":"10s","for":"0s","pause":{"on":"pay"}})") ==
          "patch:1:30: error: expected a duration above zero, found the string \"0s\" (at "
          "/faults/0/for)");
    CHECK(broken(R"({"at":"10s","every":"5s","pause":{"on":"pay"}})") ==
          "patch:1:32: error: a fault with \"every\" needs \"lasts\": how long it is on each time "
          "(at /faults/0/every)");
    CHECK(broken(R"({"at":"10s","lasts":"5s","pause":{"on":"pay"}})") ==
          "patch:1:32: error: \"lasts\" belongs to \"every\"; how long a fault that comes once "
          "lasts is \"for\" (at /faults/0/lasts)");
    CHECK(broken(R"({"at":"10s","every":"0s","lasts":"0s","pause":{"on":"pay"}})") ==
          "patch:1:32: error: \"every\" and \"lasts\" are both zero (at /faults/0/every)");
    CHECK(
        broken(R"({"at":"10s","every":"1us","lasts":"1us","pause":{"on":"pay"}})") ==
        "patch:1:32: error: the fault would come about 50000000 times; at most 1000000 can be kept "
        "account of: make \"every\" and \"lasts\" longer than 100us together (at "
        "/faults/0/every)");
    CHECK(broken(R"({"at":"10s","every":"50us","lasts":"50us","pause":{"on":"pay"}})") ==
          "no error");
    CHECK(broken(R"({"at":"10s","paus":{"on":"pay"}})") ==
          "patch:1:24: error: unknown key \"paus\" in fault (at /faults/0/paus); did you mean "
          "\"pause\"?");
    CHECK(
        broken(R"({"at":"10s","pause":{"on":"web->pay"}})") ==
        "patch:1:38: error: pause happens to a service, an instance, a version, a zone or a node, "
        "not on an edge (at /faults/0/pause/on); did you mean \"pay\"?");
    CHECK(broken(R"({"at":"10s","slow":{"on":"pay.POST /charge","factor":2}})") ==
          "patch:1:37: error: slow happens to a service, an instance, a version, a zone or a node, "
          "not to one endpoint (at /faults/0/slow/on); did you mean \"pay\"?");
    CHECK(broken(R"({"at":"10s","slow":{"on":"pay"}})") ==
          "patch:1:31: error: slow_fault lacks the key \"factor\" (at /faults/0/slow)");
    CHECK(broken(R"({"at":"10s","errors":{"on":"pay","share":5}})") ==
          "patch:1:53: error: expected a share, found the number 5: write \"5%\" or 0.05 (at "
          "/faults/0/errors/share)");
    CHECK(broken(R"({"at":"10s","errors":{"on":"pay","status":200}})") ==
          "patch:1:54: error: expected an integer from 400 to 599, found the number 200 (at "
          "/faults/0/errors/status)");
    CHECK(broken(R"({"at":"10s","latency":{"on":"pay","add":7}})") ==
          "patch:1:52: error: expected a distribution, found the number 7: write it as text, with "
          "its unit, such as \"4ms\" (at /faults/0/latency/add)");
    CHECK(broken(R"({"at":"1s","pause":{"on":"pay"}},{"at":"2s","pause":{"on":"pay"}})") ==
          "patch:1:45: error: another fault is called \"pause on pay\" already: give each its own "
          "\"name\" (at /faults/1)");
}

TEST_CASE("the list of faults has each kind with its name") {
    CHECK(fault_rows().size() == std::variant_size_v<fault_kind>);
    CHECK(name_of(latency_fault{}) == "latency");
    CHECK(name_of(error_fault{}) == "errors");
    CHECK(name_of(pause_fault{}) == "pause");
    CHECK(name_of(crash_fault{}) == "crash");
    CHECK(name_of(slow_fault{}) == "slow");
}

TEST_CASE("a fault comes after another, and grows") {
    const auto faults = [](const std::string& text) {
        return shop_with(R"({"faults":[)" + text + "]}").faults;
    };
    const auto both = faults(R"({"name":"f","at":"10s","for":"5s","pause":{"on":"pay"}},
        {"after":"f","at":"2s","for":"10s","ramp":"10s","slow":{"on":"pay","factor":9}})");
    CHECK(both[1].at == 17s);
    CHECK(both[1].ramp == 10s);
    CHECK(faults(R"({"name":"f","at":"10s","for":"5s","pause":{"on":"pay"}},
        {"after":"f","crash":{"on":"pay"}})")[1]
              .at == 15s);
    CHECK_THAT(broken(R"({"name":"f","at":"1s","pause":{"on":"pay"}},
        {"after":"f","crash":{"on":"pay"}})"),
               Contains("\"f\" lasts to the end of the run") && Contains("/faults/1/after"));
    CHECK_THAT(broken(R"({"after":"f","crash":{"on":"pay"}})"),
               Contains("there is no fault before this one"));
    CHECK_THAT(broken(R"({"at":"1s","ramp":"1s","crash":{"on":"pay"}})"),
               Contains("crash is there or it is not") && Contains("/faults/0/ramp"));
    CHECK_THAT(broken(R"({"at":"1s","for":"1s","ramp":"2s","slow":{"on":"pay","factor":2}})"),
               Contains("it would grow for 2s and lasts 1s"));
}

TEST_CASE("how many are picked is a count or a share of instances") {
    const auto pick = [](const std::string& what) {
        return read(R"({"at":"1s","pick":)" + what + R"(,"crash":{"on":"web"}})").pick;
    };
    CHECK(pick("\"all\"").what == fault_pick::how::all);
    CHECK(pick("\"one\"").number == 1);
    CHECK(pick("2").what == fault_pick::how::count);
    CHECK(pick("\"50%\"").what == fault_pick::how::share);
    CHECK_THAT(broken(R"({"at":"1s","pick":0,"crash":{"on":"web"}})"), Contains("/faults/0/pick"));
    CHECK_THAT(broken(R"({"at":"1s","pick":"0%","crash":{"on":"web"}})"),
               Contains("none would be picked"));
    CHECK_THAT(broken(R"({"at":"1s","pick":1,"latency":{"on":"web->pay","add":"1s"}})"),
               Contains("\"web->pay\" names none"));
}

TEST_CASE("what a fault needs and does not find is told") {
    const auto says = [](const std::string& fault, const std::string& what) {
        CHECK_THAT(broken(R"({"at":"1s",)" + fault + "}"), Contains(what));
    };
    says(R"("slow_close":{"on":"pay","delay":"1s"})", "no call to \"pay\" has connections");
    says(R"("connection_leak":{"on":"pay"})", "give the edge a \"protocol\"");
    says(R"("expired_certificate":{"on":"pay"})", "with TLS");
    says(R"("dns":{"on":"pay","stale":true})", "no \"discovery\"");
    says(R"("cache_flush":{"on":"web"})", "there is no cache at \"web\"");
    says(R"("poison":{"on":"pay.POST /charge"})", "no endpoint that consumes messages");
    says(R"("disk_slow":{"on":"pay","factor":2})", "fault of brokers");
    says(R"("hot_key":{"on":"readers"})", "have no key");
    says(R"("load":{"on":"web","factor":2})", "no workload is called \"web\"; there is readers");
    says(R"("load":{"on":"readers"})", "load_fault lacks the key \"factor\"");
    says(R"("bandwidth":{"on":"pay"})", "bandwidth_fault lacks the key \"limit\"");
    says(R"("quota":{"on":"pay","permits":0})", "/faults/0/quota/permits");
    says(R"("partition":{"on":"web->pay","from":"web"})", "has its other side already");
    says(R"("loss":{"on":"pay","burst":0.5})", "/faults/0/loss/burst");
    says(R"("loss":{"on":"pay.POST /charge"})", "not to one endpoint");
    says(R"("errors":{"on":"pay","grpc":"BUSY"})", "/faults/0/errors/grpc");
    says(R"("clock":{"on":"pay","ahead":"1s","behind":"1s"})", "ahead or behind");
    says(R"("crash_loop":{"on":"pay"})", "crash_loop_fault lacks the key \"up\"");
}

TEST_CASE("faults of brokers happen to brokers alone") {
    CHECK(broken(R"({"at":"10s","disk_full":{"on":"pay"}})") ==
          "patch:1:42: error: disk_full is a fault of brokers with queues or topics, and \"pay\" "
          "has none (at /faults/0/disk_full/on)");
    const std::string broker = R"({"topology":{"services":{"mq":{"queues":{"q":{}}}}},"faults":[)";
    const auto with = [&](const std::string& fault) {
        return message_of([&] { shop_with(broker + fault + "]}"); });
    };
    CHECK(with(R"({"at":"1s","disk_full":{"on":"mq"}})") == "no error");
    CHECK(with(R"({"at":"1s","leader_change":{"on":"mq"}})") ==
          "patch:1:96: error: leader_change is a fault of brokers with topics, and \"mq\" has none "
          "(at /faults/0/leader_change/on)");
}

} // namespace windtunnel::scenario
