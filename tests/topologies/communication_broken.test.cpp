// SPDX-License-Identifier: BSL-1.0
// What cannot be of protocols, modules, versions and swapped edges, and the message that each must
// get.
#include <catch2/catch.hpp>

#include "topologies/src/styles.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

struct broken {
    std::string text, message;
};

std::string found(const std::string& text) {
    return message_of([&] { topology_from(text); });
}

/// "a" calls "b.x" with these options.
std::string call(const std::string& options, const std::string& a = "", const std::string& b = "",
                 const std::string& x = "{}") {
    return R"({"name":"t","services":{"a":{)" + a + R"("endpoints":{"y":{"steps":[{"call":"b.x")" +
           options + R"(}]}}},"b":{)" + b + R"("endpoints":{"x":)" + x + "}}}}";
}

std::string message_of_swap(const std::string& caller, const std::string& callee, style to) {
    auto topology = topology_from(R"({"name":"t","services":{
        "a":{"workers":2,"endpoints":{"y":{"steps":[{"call":"b.x"}]}}},
        "b":{"endpoints":{"x":{}}},
        "c":{"in":"a","endpoints":{"z":{}}}}})");
    return message_of([&] { swap_style(topology, {caller, callee, to, {"--swap", 0, 0, {}}}); });
}

void contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
}

} // namespace

TEST_CASE("a protocol that cannot be gets a message that says what to do") {
    contains(found(call(R"(,"protocol":"gprc")")), "did you mean \"grpc\"?");
    contains(found(call(R"(,"protocol":{"max_connections":3})")), "lacks the key \"kind\"");
    contains(found(call(R"(,"protocol":{"kind":"rest","max_connections":0})")),
             "expected an integer from 1 to 100000, found the number 0");
    contains(found(call(R"(,"protocol":{"kind":"rest","max_streams":10})")),
             "rest is HTTP/1.1 here, which carries one request at a time on a connection");
    contains(found(call(R"(,"protocol":{"kind":"graphql","stream_window":"64KiB"})")),
             "graphql is HTTP/1.1 here, which has no streams");
    contains(found(call(R"(,"protocol":{"kind":"grpc","tls":"TLSv1.1"})")),
             "expected one of none, TLSv1.2, TLSv1.3, found \"TLSv1.1\"");
    contains(found(call(R"(,"protocol":{"kind":"grpc","size_factor":0})")),
             "expected a number from 0.001 to 1000");
    contains(found(call(R"(,"protocol":{"kind":"rest","segment":"0B"})")),
             "expected a size above zero");
    contains(found(call(R"(,"protocol":{"kind":"grpc","maxconnections":2})")),
             "did you mean \"max_connections\"?");
}

TEST_CASE("a module that cannot be gets a message that says what to do") {
    contains(found(call("", "", R"("in":"aa",)")), "did you mean \"a\"?");
    contains(found(call("", "", R"("in":"b",)")), "which is no service with a process of its own");
    contains(found(call("", "", R"("in":"a","workers":4,)")), "whose workers it shares");
    contains(found(call("", "", R"("in":"a","replicas":3,)")), "whose replicas it shares");
    contains(found(call("", R"("replicas":3,)", R"("in":"a","queue":{"capacity":3},)")),
             "whose queue it shares");
    contains(found(call("", R"("waiting":"holds",)", R"("in":"a",)")),
             "a request that holds a worker would need another one for the module");
    CHECK(found(call("", R"("replicas":3,)", R"("in":"a",)")) == "no error");
}

TEST_CASE("versions and readers that do not fit get a message that says what to do") {
    const std::string two = R"({"versions":{"1":["id","name"],"2":["id","title"]}})";
    CHECK(found(call(R"(,"reads":["name"])", "", "", two)) == "no error");
    contains(found(call(R"(,"reads":["nam"])", "", "", two)),
             "no version of \"b.x\" has the field \"nam\" that the call reads");
    contains(found(call(R"(,"reads":["name"])")), "does not say what its answers have");
    contains(found(call("", "", R"("runs":["3"],)", two)), "b has no version \"3\"; its endpoints "
                                                           "have 1, 2");
    contains(found(call("", "", R"("runs":["1"],)")), "no endpoint of it has \"versions\"");
    contains(found(call("", "", "", R"({"versions":{}})")), "expected at least one version");
}

TEST_CASE("an edge that cannot be swapped gets a message that says why") {
    contains(message_of_swap("aa", "b", style::queue), "did you mean \"a\"?");
    contains(message_of_swap("a", "c", style::queue), "a does not call \"c\"");
    contains(message_of_swap("b", "a", style::in_process), "b does not call \"a\"");
    CHECK(message_of_swap("a", "b", style::queue) == "no error");
    CHECK(message_of_swap("a", "b.x", style::stream) == "no error");
    CHECK(message_of_swap("a", "b", style::in_process) == "no error"); // beside the module c
}

TEST_CASE("a swapped edge leads over a broker, or into the process") {
    auto topology = topology_from(R"({"name":"t","services":{
        "a":{"workers":2,"endpoints":{"y":{"steps":[{"call":"b.x","timeout":"1s"}]}}},
        "b":{"replicas":3,"workers":2,"endpoints":{"x":{"work":"1ms"}}}}})");
    auto moved = topology;
    swap_style(topology, {"a", "b", style::stream, {}});
    REQUIRE(topology.services.size() == 3);
    CHECK(topology.services[2].name == "b-stream");
    CHECK(topology.services[2].replicas == 3);
    const auto& call = std::get<call_step>(topology.services[0].endpoints[0].steps[0].what);
    CHECK(call.publishes);
    CHECK(call.to == endpoint_ref{"b-stream", "x"});
    CHECK(call.policies.timeout.has_value());
    CHECK(topology.services[1].endpoints[0].consumes->from == endpoint_ref{"b-stream", "x"});
    swap_style(moved, {"a", "b", style::in_process, {}});
    CHECK(moved.services[1].in == "a");
    CHECK(moved.services[0].workers == 8); // its own, and b's
}

} // namespace windtunnel::topology
