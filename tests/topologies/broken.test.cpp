// SPDX-License-Identifier: BSL-1.0
// Broken topologies and the message that each must get, word for word.
#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

struct broken {
    std::string text, message;
};

void check(const broken& each) {
    INFO(each.text);
    CHECK(message_of([&] { topology_from(each.text); }) == each.message);
}

const std::string step_place = "(at /services/a/endpoints/GET ~1/steps/0";

} // namespace

TEST_CASE("a broken topology gets a message that says what to do") {
    const auto each = GENERATE(values<broken>({
        {"[]", "file.json:1:1: error: expected an object (topology), found an empty array"},
        {"{}", "file.json:1:1: error: topology lacks the key \"name\"\n"
               "file.json:1:1: error: topology lacks the key \"services\""},
        {R"({"name":"t","services":{}})",
         "file.json:1:24: error: a topology needs at least one service (at /services)"},
        {R"({"name":"","services":{"a":{"endpoints":{"x":{}}}}})",
         "file.json:1:9: error: expected a text, found an empty string (at /name)"},
        {R"({"name":"t","services":{"a b":{"endpoints":{"x":{}}}}})",
         "file.json:1:25: error: the service name \"a b\" is not made of letters, digits, - and _ "
         "(at /services/a b)"},
        {R"({"name":"t","services":{"a":{"endpoints":{}}}})",
         "file.json:1:42: error: a service needs at least one endpoint (at "
         "/services/a/endpoints)"},
        {R"({"name":"t","services":{"a":{"endpoints":{" x":{}}}}})",
         "file.json:1:43: error: an endpoint's name must not be empty, nor begin or end with a "
         "space (at /services/a/endpoints/ x)"},
        {R"({"name":"t","service":{"a":{}}})",
         "file.json:1:1: error: topology lacks the key \"services\"\n"
         "file.json:1:13: error: unknown key \"service\" in topology (at /service); did you mean "
         "\"services\"?"},
        {R"({"name":"t","description":1,"services":{"a":{"endpoints":{"x":{}}}}})",
         "file.json:1:27: error: expected a text, found the number 1 (at /description)"},
    }));
    check(each);
}

TEST_CASE("a broken service or endpoint gets a message that says what to do") {
    const auto service = [](const std::string& fields) {
        return R"({"name":"t","services":{"a":{)" + fields + R"(,"endpoints":{"x":{}}}}})";
    };
    check({service(R"("replica":2)"),
           "file.json:1:30: error: unknown key \"replica\" in service (at /services/a/replica); "
           "did you mean \"replicas\"?"});
    check({service(R"("replicas":0)"),
           "file.json:1:41: error: expected an integer from 1 to 10000, found the number 0 (at "
           "/services/a/replicas)"});
    check({service(R"("replicas":1e9)"),
           "file.json:1:41: error: expected an integer from 1 to 10000, found the number 1e9 (at "
           "/services/a/replicas)"});
    check({service(R"("replicas":20000)"),
           "file.json:1:41: error: expected at most 10000, found the number 20000 (at "
           "/services/a/replicas)"});
    check({service(R"("workers":"two")"),
           "file.json:1:40: error: expected an integer from 1 to 1000000, found the string "
           "\"two\" (at /services/a/workers)"});
    check({service(R"("waiting":"hold")"),
           "file.json:1:40: error: expected one of releases, holds, found \"hold\" (at "
           "/services/a/waiting); did you mean \"holds\"?"});
    check({service(R"("queue":{"discipline":"random"})"),
           "file.json:1:52: error: expected one of fifo, lifo, priority, preemptive_priority, "
           "processor_sharing, found \"random\" (at /services/a/queue/discipline)"});
    check({service(R"("queue":{"capacity":-1})"),
           "file.json:1:50: error: expected an integer of at least 0, found the number -1 (at "
           "/services/a/queue/capacity)"});
    check({service(R"("cold_start":{"takes":"1s"})"),
           "file.json:1:43: error: cold_start lacks the key \"after_idle\" (at "
           "/services/a/cold_start)"});
    check({service(R"("cpu":{"limit":0})"),
           "file.json:1:45: error: expected a number from 0.001 to 1000000, found the number 0 (at "
           "/services/a/cpu/limit)"});
    check({service(R"("cpu":{"limit":1,"period":"5s"})"),
           "file.json:1:56: error: expected from 1ms to 1s, found 5s; the kernel takes no other "
           "period, and 100ms where none is given (at /services/a/cpu/period)"});
    check({service(R"("garbage_collection":{"every":"0s","takes":"1s"})"),
           "file.json:1:60: error: expected a time above 0: a replica that pauses all the time "
           "never works (at /services/a/garbage_collection/every)"});
    check({with_endpoint(R"({"work":5})"),
           "file.json:1:59: error: expected a distribution, found the number 5: write it as text, "
           "with its unit, such as \"4ms\" (at /services/a/endpoints/GET ~1/work)"});
    check({with_endpoint(R"({"errors":5})"),
           "file.json:1:61: error: expected a share, found the number 5: write \"5%\" or 0.05 (at "
           "/services/a/endpoints/GET ~1/errors)"});
    check({with_endpoint(R"({"request_size":512})"),
           "file.json:1:67: error: expected a size, found the number 512: write it as text, with "
           "its unit (at /services/a/endpoints/GET ~1/request_size)"});
}

TEST_CASE("a broken step gets a message that says what to do") {
    const auto each = GENERATE(values<broken>({
        {R"({"call":"b.GET /"})", "file.json:1:60: error: expected an array (steps), found an "
                                  "object (at /services/a/endpoints/GET ~1/steps)"},
        {R"([{"cal":"b.GET /"}])",
         "file.json:1:61: error: a step needs one of the keys call, publish, work, sleep, "
         "parallel, repeat, probability, read, write, authenticate (at "
         "/services/a/endpoints/GET ~1/steps/0); did you mean \"call\"?"},
        {R"([{"call":"b.GET /","work":"1ms"}])",
         "file.json:1:61: error: a step is one thing, this is both \"call\" and \"work\": make "
         "two steps of it (at /services/a/endpoints/GET ~1/steps/0)"},
        {R"([{"call":"c.GET /"}])",
         "file.json:1:69: error: no service is called \"c\" (at /services/a/endpoints/GET "
         "~1/steps/0/call); did you mean \"a.GET /\"?"},
        {R"([{"call":"b.GET"}])",
         "file.json:1:69: error: b has no endpoint \"GET\"; it has GET / (at "
         "/services/a/endpoints/GET ~1/steps/0/call)"},
        {R"([{"call":"b.GET \\"}])",
         "file.json:1:69: error: b has no endpoint \"GET \\\" (at /services/a/endpoints/GET "
         "~1/steps/0/call); did you mean \"b.GET /\"?"},
        {R"([{"call":"b"}])",
         "file.json:1:69: error: expected \"service.endpoint\" such as \"reviews.GET /reviews\", "
         "found \"b\" (at /services/a/endpoints/GET ~1/steps/0/call)"},
        {R"([{"call":"a.GET /"}])",
         "file.json:1:69: error: this call never ends: a.GET / -> a.GET /; put a call of the "
         "cycle under a \"probability\" below 1 (at /services/a/endpoints/GET ~1/steps/0/call)"},
        {R"([{"parallel":[]}])", "file.json:1:73: error: expected at least one branch, found an "
                                 "empty array (at /services/a/endpoints/GET ~1/steps/0/parallel)"},
        {R"([{"parallel":[{"work":"1ms"}],"need":2}])",
         "file.json:1:97: error: need is 2, but there is only 1 branch (at "
         "/services/a/endpoints/GET ~1/steps/0/need)"},
        {R"([{"repeat":0,"do":[]}])",
         "file.json:1:71: error: expected an integer from 1 to 1000000, found the number 0 (at "
         "/services/a/endpoints/GET ~1/steps/0/repeat)"},
        {R"([{"repeat":2}])", "file.json:1:61: error: repeat lacks the key \"do\" (at "
                              "/services/a/endpoints/GET ~1/steps/0)"},
        {R"([{"probability":50,"do":[]}])",
         "file.json:1:76: error: expected a share, found the number 50: write \"5%\" or 0.05 (at "
         "/services/a/endpoints/GET ~1/steps/0/probability)"},
    }));
    check({with_steps(each.text), each.message});
}

TEST_CASE("a call that is never made has to be possible, too") {
    const auto found = [](const std::string& share, const std::string& now,
                          const std::string& else_) {
        return message_of([&] {
            topology_from(with_steps(R"([{"probability":)" + share + R"(,"do":[{"call":")" + now +
                                     R"(.GET /"}],"else":[{"call":")" + else_ + R"(.GET /"}]}])"));
        });
    };
    CHECK(found("0", "b", "b") == "no error");
    CHECK(found("1", "b", "b") == "no error");
    CHECK(found("0", "c", "b").find("no service is called \"c\"") != std::string::npos);
    CHECK(found("1", "b", "c").find("no service is called \"c\"") != std::string::npos);
}

TEST_CASE("a broken call option gets a message that says what to do") {
    const auto call = [](const std::string& options) {
        return with_steps(R"([{"call":"b.GET /",)" + options + "}]");
    };
    check({call(R"("timeuot":"1s")"), "file.json:1:79: error: unknown key \"timeuot\" in call " +
                                          step_place + "/timeuot); did you mean \"timeout\"?"});
    check({call(R"("timeout":"0s")"), "file.json:1:89: error: expected a duration above zero, "
                                      "found the string \"0s\" " +
                                          step_place + "/timeout)"});
    check({call(R"("timeout":250)"),
           "file.json:1:89: error: expected a duration, found the number 250: write it as text, "
           "with its unit " +
               step_place + "/timeout)"});
    check({call(R"("timeout":"3s","total_timeout":"1s")"),
           "file.json:1:61: error: the timeout of an attempt (3s) is longer than total_timeout "
           "(1s) " +
               step_place + ")"});
    check({call(R"("retry":{"max_backoff":"10ms"})"),
           "file.json:1:87: error: retry: max_backoff is 10ms; it must be at least "
           "initial_backoff " +
               step_place + "/retry)"});
    check({call(R"("retry":"none")"),
           "file.json:1:87: error: expected a retry (an object; {} has all its defaults) or "
           "\"off\", found the string \"none\" " +
               step_place + "/retry)"});
    check({call(R"("retry":3)"),
           "file.json:1:87: error: expected a retry (an object; {} has all its defaults) or "
           "\"off\", found the number 3 " +
               step_place + "/retry)"});
    check({call(R"("circuit_breaker":null)"),
           "file.json:1:97: error: expected a circuit_breaker (an object; {} has all its defaults) "
           "or \"off\", found null " +
               step_place + "/circuit_breaker)"});
    check({call(R"("health_check":true)"),
           "file.json:1:94: error: expected a health_check (an object) or \"off\", found true " +
               step_place + "/health_check)"});
    check({call(R"("admission":{"codel":{}})"),
           "file.json:1:79: error: unknown key \"admission\" in call: what a replica lets in is a "
           "member of its service, in the topology (or in a scenario's \"topology_patch\") " +
               step_place + "/admission)"});
    check({call(R"("idempotent":"no")"), "file.json:1:92: error: expected true or false, found "
                                         "the string \"no\" " +
                                             step_place + "/idempotent)"});
    check({call(R"("balancer":"roundrobin")"),
           "file.json:1:90: error: expected one of round_robin, random, least_request, "
           "power_of_two, weighted_round_robin, peak_ewma, ring_hash, maglev, found "
           "\"roundrobin\" " +
               step_place + "/balancer); did you mean \"round_robin\"?"});
}

TEST_CASE("a policy's option that makes no sense is named at its place in the file") {
    const auto at = [](const std::string& policy, const std::string& options) {
        return message_of([&] {
            topology_from(
                with_steps("[{\"call\":\"b.GET /\",\n\"" + policy + "\":{" + options + "}}]"));
        });
    };
    const std::string file = "file.json:2:", error = ": error: ";
    const auto located = [&](int column, const std::string& message, const std::string& key) {
        return file + std::to_string(column) + error + message + " " + step_place + key + ")";
    };
    CHECK(at("circuit_breaker", R"("failure_rate_threshold":50)") ==
          located(45, "expected a share, found the number 50: write \"5%\" or 0.05",
                  "/circuit_breaker/failure_rate_threshold"));
    CHECK(at("circuit_breaker", R"("failure_rate_threshold":"0%")") ==
          located(19,
                  "circuit_breaker: failure_rate_threshold is 0; it must be above 0 and at "
                  "most 1",
                  "/circuit_breaker"));
    CHECK(at("circuit_breaker", R"("sliding_window_duration":"0s")") ==
          located(46, "expected a duration above zero, found the string \"0s\"",
                  "/circuit_breaker/sliding_window_duration"));
    CHECK(at("circuit_breaker", R"("max_wait_in_open":"1s")") ==
          located(19, "circuit_breaker: max_wait_in_open is 1s; it must be at least wait_in_open",
                  "/circuit_breaker"));
    CHECK(at("retry", R"("backoff_multiplier":0.5)") ==
          located(31, "expected a number from 1 to 1000000000, found the number 0.5",
                  "/retry/backoff_multiplier"));
    CHECK(at("bulkhead", R"("max_queue":-1)") ==
          located(25, "expected an integer of at least 0, found the number -1",
                  "/bulkhead/max_queue"));
    CHECK(at("bulkhead", R"("max_queue":5)") ==
          located(12,
                  "bulkhead: max_wait is 0s (its default); it must be above 0 where there is a "
                  "queue: nobody "
                  "would wait in it",
                  "/bulkhead"));
    CHECK(at("retry_budget", R"("ttl":"90s")") ==
          located(16, "retry_budget: ttl is 90s; it must be from 1s to 60s", "/retry_budget"));
}

TEST_CASE("everything that is wrong is reported together, in the order of the file") {
    check({R"({"name":"t","services":{
  "a":{"replicas":0,"endpoints":{"x":{"work":"1","errors":2}}},
  "b":{"replics":1,"endpoints":{"x":{"steps":[{"work":"1ms"},{"sleep":"soon"}]}}}}})",
           "file.json:2:19: error: expected an integer from 1 to 10000, found the number 0 (at "
           "/services/a/replicas)\n"
           "file.json:2:46: error: expected a duration such as \"250ms\", found \"1\": it has no "
           "unit (at /services/a/endpoints/x/work)\n"
           "file.json:2:59: error: expected a share, found the number 2: write \"5%\" or 0.05 (at "
           "/services/a/endpoints/x/errors)\n"
           "file.json:3:8: error: unknown key \"replics\" in service (at /services/b/replics); did "
           "you mean \"replicas\"?\n"
           "file.json:3:71: error: expected a duration such as \"4ms\" or a distribution such as "
           "\"exponential(mean=4ms)\", found \"soon\" (at /services/b/endpoints/x/steps/1/sleep)"});
}

TEST_CASE("a cycle of calls must be able to end") {
    const auto cycle = [](const std::string& back) {
        return R"({"name":"t","services":{
"travel":{"endpoints":{"x":{"steps":[{"call":"seat.x"}]}}},
"seat":{"endpoints":{"x":{"steps":[{"call":"config.x"},)" +
               back + R"(]}}},
"config":{"endpoints":{"x":{}}}}})";
    };
    CHECK(message_of([&] { topology_from(cycle(R"({"call":"travel.x"})")); }) ==
          "file.json:3:64: error: this call never ends: travel.x -> seat.x -> travel.x; put a "
          "call of the cycle under a \"probability\" below 1 (at "
          "/services/seat/endpoints/x/steps/1/call)");
    CHECK(message_of([&] {
              topology_from(cycle(R"({"probability":1,"do":[{"call":"travel.x"}]})"));
          }).find("never ends") != std::string::npos);
    CHECK(message_of([&] {
              topology_from(cycle(R"({"probability":0,"do":[],"else":[{"call":"travel.x"}]})"));
          }).find("never ends") != std::string::npos);
    CHECK_NOTHROW(topology_from(cycle(R"({"probability":"99%","do":[{"call":"travel.x"}]})")));
    CHECK_NOTHROW(topology_from(cycle(R"({"probability":0,"do":[{"call":"travel.x"}]})")));
}

TEST_CASE("a request that would run millions of steps is refused, without running them") {
    check({with_steps(R"([{"repeat":1000000,"do":[{"repeat":1000,"do":[{"work":"1ms"}]}]}])"),
           "file.json:1:43: error: a request of \"a.GET /\" may run 2e+09 steps; at most 1000000 "
           "are allowed (at /services/a/endpoints/GET ~1)"});
    std::string text = R"({"name":"t","services":{)";
    for (int i = 0; i < 60; ++i)
        text += "\"s" + std::to_string(i) + R"(":{"endpoints":{"x":{"steps":[{"call":"s)" +
                std::to_string(i + 1) + R"(.x"},{"call":"s)" + std::to_string(i + 1) +
                R"(.x"}]}}},)";
    text += R"("s60":{"endpoints":{"x":{}}}}})";
    CHECK(message_of([&] { topology_from(text); }).find("may run 1.05e+06 steps") !=
          std::string::npos);
}

TEST_CASE("a long chain of calls is checked without exhausting the stack") {
    std::string text = R"({"name":"t","services":{"s":{"endpoints":{)";
    const int length = 50'000;
    for (int i = 0; i < length; ++i)
        text += "\"" + std::to_string(i) + R"(":{"steps":[{"call":"s.)" + std::to_string(i + 1) +
                R"("}]},)";
    text += "\"" + std::to_string(length) + "\":{}}}}}";
    CHECK_NOTHROW(topology_from(text));
}

TEST_CASE("the turns of a repeat count as steps, also of nothing") {
    check({with_steps(R"([{"repeat":999999,"do":[{"repeat":1000000,"do":[]}]}])"),
           "file.json:1:43: error: a request of \"a.GET /\" may run 1e+12 steps; at most 1000000 "
           "are allowed (at /services/a/endpoints/GET ~1)"});
    CHECK_NOTHROW(topology_from(with_steps(R"([{"repeat":999999,"do":[]}])")));
    CHECK(message_of([] {
              topology_from(with_steps(R"([{"repeat":1000000,"do":[]}])"));
          }).find("may run 1e+06 steps") != std::string::npos);
}

TEST_CASE("repeats are nested at most eight deep, in each branch anew") {
    const auto nested = [](int depth, std::string inside) {
        for (int i = 0; i < depth; ++i)
            inside = R"([{"repeat":1,"do":)" + inside + "}]";
        return with_steps(inside);
    };
    CHECK_NOTHROW(topology_from(nested(8, R"([{"work":"1ms"}])")));
    CHECK(message_of([&] { topology_from(nested(9, R"([{"work":"1ms"}])")); }) ==
          "file.json:1:205: error: repeats are nested more than 8 deep; merge two of them into one "
          "(at /services/a/endpoints/GET "
          "~1/steps/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0/do/0)");
    CHECK_NOTHROW(
        topology_from(nested(8, R"([{"parallel":[[{"repeat":2,"do":[{"work":"1ms"}]}]]}])")));
}

TEST_CASE("a cycle of calls must not grow") {
    const auto branches = [](int n, const std::string& share) {
        std::string all;
        for (int i = 0; i < n; ++i)
            all += std::string(i > 0 ? "," : "") + R"({"probability":")" + share +
                   R"(","do":[{"call":"a.GET /"}]})";
        return with_steps(R"([{"parallel":[)" + all + "]}]");
    };
    CHECK(message_of([&] { topology_from(branches(3, "99%")); }) ==
          "file.json:1:109: error: this call grows without end: each request of \"a.GET /\" leads "
          "to 2.97 more of \"a.GET /\" on average, which must be below 1; lower a "
          "\"probability\" or a \"repeat\" of its cycle (at /services/a/endpoints/GET "
          "~1/steps/0/parallel/0/do/0/call)");
    CHECK_NOTHROW(topology_from(branches(3, "33.3%")));
    CHECK_NOTHROW(topology_from(branches(2, "49.9%")));
    const auto grows = [](const std::string& text) {
        return message_of([&] { topology_from(text); }).find("grows without end") !=
               std::string::npos;
    };
    CHECK(grows(branches(2, "50%"))); // just 1: the sum of all that follow is infinite
    CHECK(grows(branches(10, "10%")));
    CHECK(grows(
        with_steps(R"([{"repeat":2,"do":[{"probability":"50%","do":[{"call":"a.GET /"}]}]}])")));
    // Half of the requests call back, the others three times: 2 in all.
    CHECK(grows(with_steps(R"([{"probability":"50%","do":[{"call":"b.GET /"}],"else":[{"repeat":3,
                               "do":[{"call":"a.GET /"}]}]}])")));
}

TEST_CASE("what a cycle of several endpoints comes to is what counts") {
    const auto round = [](const std::string& twice, const std::string& share) {
        return R"({"name":"t","services":{
"a":{"endpoints":{"x":{"steps":[{"repeat":)" +
               twice + R"(,"do":[{"call":"b.x"}]}]}}},
"b":{"endpoints":{"x":{"steps":[{"call":"c.x"},{"call":"leaf.x"}]}}},
"c":{"endpoints":{"x":{"steps":[{"probability":")" +
               share + R"(","do":[{"call":"a.x"}]}]}}},
"leaf":{"endpoints":{"x":{}}},
"root":{"endpoints":{"x":{"steps":[{"repeat":50,"do":[{"call":"a.x"}]}]}}}}})";
    };
    CHECK_NOTHROW(topology_from(round("4", "24%")));
    CHECK(message_of([&] {
              topology_from(round("4", "25%"));
          }).find("leads to 1 more of \"c.x\" on average") != std::string::npos);
    CHECK(message_of([&] { topology_from(round("4", "26%")); }).find("file.json:4:") == 0);
}

TEST_CASE("cycles without number are accepted or refused in no time") {
    // A chain, in no order, each of which may call all those before it.
    const auto entangled = [](int length) {
        std::string text;
        for (int i = 0; i < length; ++i) {
            const int place = i * 37 % length; // length has no factor 37
            const auto name = [&](int p) { return std::to_string(p); };
            text += (i > 0 ? ",\n\"" : "\"") + name(place) + R"(":{"steps":[{"work":"1ms"})";
            if (place + 1 < length)
                text += R"(,{"call":"a.)" + name(place + 1) + "\"}";
            for (int before = 0; before < place; ++before)
                text += R"(,{"probability":1e-6,"do":[{"call":"a.)" + name(before) + "\"}]}";
            text += "]}";
        }
        return R"({"name":"t","services":{"a":{"endpoints":{)" + text + "}}}}";
    };
    CHECK_NOTHROW(topology_from(entangled(60)));
    CHECK(message_of([&] {
              topology_from(entangled(300));
          }).find("too many to tell whether they end") != std::string::npos);
}

TEST_CASE("a request that holds its worker cannot work in two branches") {
    const auto waiting = [](const std::string& how, const std::string& branch) {
        return R"({"name":"t","services":{"a":{"waiting":")" + how +
               R"(","endpoints":{"x":{"steps":[{"parallel":[)" + branch +
               R"(]}]}}},"b":{"endpoints":{"x":{}}}}})";
    };
    CHECK(message_of([&] { topology_from(waiting("holds", R"({"work":"1ms"})")); }) ==
          "file.json:1:88: error: work in a branch of \"parallel\", of a service whose requests "
          "hold one worker each (\"waiting\": \"holds\"), which works on one thing at a time; put "
          "the work before or behind the parallel step, or let the service release its workers (at "
          "/services/a/endpoints/x/steps/0/parallel/0)");
    CHECK(message_of([&] {
              topology_from(waiting("holds", R"([{"probability":0.5,"do":[{"work":"1ms"}]}])"));
          }).find("works on one thing") != std::string::npos);
    CHECK_NOTHROW(topology_from(waiting("releases", R"({"work":"1ms"})")));
    CHECK_NOTHROW(topology_from(waiting("holds", R"({"call":"b.x"},{"sleep":"1ms"})")));
}

TEST_CASE("a workload needs a place on the platform, and routes to whom it calls") {
    const auto topology = topology_from(R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}},
"platform":{"hosts":{"h1":{},"h2":{}},"placement":{"a":"h1","far":"h2"}}})");
    CHECK(message_of([&] {
              check_clients(topology, {{"far", {}}, {"users", {{"a", "x"}}}});
          }) ==
          "file.json:2:12: error: the placement lacks the workload \"users\"; add the host that it "
          "runs on (at /platform)");
    CHECK(message_of([&] {
              check_clients(topology, {{"far", {{"a", "x"}}}});
          }) ==
          "file.json:2:12: error: no route between \"h2\" and \"h1\", but the workload \"far\" on "
          "the one calls a on the other (at /platform)");
}

TEST_CASE("a network beside a platform is refused") {
    check({R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}},
"network":{"latency":"1ms"},"platform":{"hosts":{"h1":{}},"placement":{"a":"h1"}}})",
           "file.json:2:11: error: a topology has a \"network\" or a \"platform\", not both: the "
           "platform's links carry all messages; say their latency and bandwidth there (at "
           "/network)"});
}

TEST_CASE("a broken network or platform gets a message that says what to do") {
    const auto topology = [](const std::string& rest) {
        return R"({"name":"t","services":{"a":{"endpoints":{"x":{"steps":[{"call":"b.x"}]}}},)"
               R"("b":{"endpoints":{"x":{}}}},
)" + rest + "}";
    };
    check({topology(R"("network":{"latncy":"1ms"})"),
           "file.json:2:12: error: unknown key \"latncy\" in network (at /network/latncy); did you "
           "mean \"latency\"?"});
    check({topology(R"("network":{"links":[{"from":"a"}]})"),
           "file.json:2:21: error: link lacks the key \"to\" (at /network/links/0)"});
    check({topology(R"("platform":{"placement":{}})"),
           "file.json:2:12: error: a platform needs hosts, or the file that has them (at "
           "/platform)"});
    check({topology(R"("platform":{"file":"none.xml","placement":{}})"),
           "file.json:2:20: error: no such file: ./none.xml (at /platform/file)"});
    check({topology(R"("platform":{"hosts":{"h1":{},"h2":{}},"placement":{"a":"h1","b":"h3"}})"),
           "file.json:2:65: error: no host is called \"h3\" (at /platform/placement/b); did you "
           "mean \"h1\"?"});
    check({topology(R"("platform":{"hosts":{"h1":{},"h2":{}},"placement":{"a":"h1"}})"),
           "file.json:2:12: error: the placement lacks the service \"b\" (at /platform)"});
    check({topology(R"("platform":{"hosts":{"h1":{},"h2":{}},"placement":{"a":"h1","b":"h2"}})"),
           "file.json:2:12: error: no route between \"h1\" and \"h2\", but a on the one calls b on "
           "the other (at /platform)"});
    check({topology(R"("platform":{"hosts":{"h1":{},"h2":{}},"links":{"l":{"bandwidth":"1MB/s"}},)"
                    R"("routes":[{"from":"h1","to":"h2","links":["m"]}],)"
                    R"("placement":{"a":"h1","b":"h1"}})"),
           "file.json:2:117: error: no link of the platform is called \"m\" (at "
           "/platform/routes/0/links/0); did you mean \"l\"?"});
    check({topology(R"("platform":{"hosts":{"h1":{},"h2":{}},"links":{"l":{"bandwidth":"1MB/s"}},)"
                    R"("routes":[{"from":"h1","to":"h2","links":["l"]},)"
                    R"({"from":"h2","to":"h1","links":["l"]}],)"
                    R"("placement":{"a":"h1","b":"h1"}})"),
           "file.json:2:123: error: a second route between \"h2\" and \"h1\"; a route leads both "
           "ways (at /platform/routes/1)"});
}

} // namespace windtunnel::topology
