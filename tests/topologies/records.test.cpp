// SPDX-License-Identifier: BSL-1.0
// Records in a topology file: how they are read, and the message that each mistake gets.
#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

/// `a` keeps "stock" and "price", `b` keeps "order"; `a.x` has these steps, and may call `a.get`,
/// `a.put`, `b.get`. `more`: other endpoints of `a`.
std::string shop(const std::string& steps, const std::string& more = "") {
    return R"({"name":"t","services":{"a":{"records":["stock","price"],"endpoints":{)"
           R"("x":{"steps":)" +
           steps + R"(},"get":{"steps":[{"read":"stock"}]})" + more +
           R"(}},"b":{"records":["order"],"endpoints":{"get":{"steps":[{"read":"order"}]}}},
              "c":{"endpoints":{"get":{}}}}})";
}

std::string problem_of(const std::string& steps, const std::string& more = "") {
    const std::string message = message_of([&] { topology_from(shop(steps, more)); });
    const auto begin = message.find("error: ");
    return begin == std::string::npos ? message : message.substr(begin + 7);
}

const std::string place = " (at /services/a/endpoints/x/steps/";

constexpr const char* unread = "a write of \"stock\" if unchanged, but no request that comes here "
                               "has read it: read it in a step before, or let who calls this "
                               "endpoint call one that reads it first";

} // namespace

TEST_CASE("records, reads and writes are read from a file") {
    const auto topology =
        topology_from(shop(R"([{"read":"stock"},{"write":"stock","if":"unchanged","conflict":409},
                 {"write":"price"}])"));
    const service_spec& a = *topology.find("a");
    CHECK(a.records == std::vector<std::string>{"stock", "price"});
    const steps_spec& steps = a.endpoints[0].steps;
    CHECK(std::get<read_record_step>(steps[0].what).record == "stock");
    const auto& conditional = std::get<write_record_step>(steps[1].what);
    CHECK(conditional.if_unchanged);
    CHECK(conditional.conflict == 409);
    const auto& plain = std::get<write_record_step>(steps[2].what);
    CHECK_FALSE(plain.if_unchanged);
    CHECK(plain.conflict == 412);
}

TEST_CASE("a record that is not there is an error that says where it is") {
    CHECK(problem_of(R"([{"read":"stok"}])") ==
          "a has no record \"stok\"; it has stock, price" + place + "0); did you mean \"stock\"?");
    CHECK(problem_of(R"([{"write":"order"}])") ==
          "\"order\" is a record of b, and a is another service: call an endpoint of b that reads "
          "or writes it" +
              place + "0)");
    const std::string none = R"({"name":"t","services":{"a":{"endpoints":{"x":{"steps":[
        {"read":"stock"}]}}}}})";
    CHECK(message_of([&] { topology_from(none); }) ==
          "file.json:2:9: error: a keeps no records: add \"records\": [\"stock\"] to it" + place +
              "0)");
    CHECK(message_of([&] {
              topology_from(
                  R"({"name":"t","services":{"a":{"records":["r","r"],"endpoints":{"x":{}}}}})");
          }) ==
          "file.json:1:45: error: the record \"r\" is there already (at /services/a/records/1)");
}

TEST_CASE("a write that no read can have come before is an error") {
    const std::string write = R"({"write":"stock","if":"unchanged"})";
    CHECK(problem_of("[" + write + "]") == unread + place + "0)");
    CHECK(problem_of(R"([{"call":"c.get"},)" + write + "]") == unread + place + "1)");
    CHECK(problem_of(R"([{"read":"stock"},{"read":"price"},)" + write + "]") ==
          "a write of \"stock\" if unchanged, but a request carries one version, that of the "
          "record read or written last, which is a.price here: read \"stock\" last" +
              place + "2)");
    CHECK(problem_of(R"([{"read":"stock"},{"call":"b.get"},)" + write + "]") ==
          "a write of \"stock\" if unchanged, but a request carries one version, that of the "
          "record read or written last, which is b.order here: read \"stock\" last" +
              place + "2)");
    CHECK(problem_of(R"([{"probability":0.5,"do":[{"work":"1ms"}]},)" + write + "]") ==
          unread + place + "1)");
}

TEST_CASE("a write that some way of reading leads to is none") {
    const std::string write = R"({"write":"stock","if":"unchanged"})";
    const auto before =
        GENERATE(as<std::string>{}, R"({"read":"stock"})", R"({"call":"a.get"})",
                 R"({"write":"stock"})", R"({"probability":0.5,"do":[{"read":"stock"}]})",
                 R"({"read":"stock"},{"probability":0.5,"do":[{"call":"b.get"}]})",
                 R"({"read":"stock"},{"call":"b.get","on_error":"ignore"})",
                 R"({"parallel":[{"work":"1ms"},{"read":"stock"}]})",
                 R"({"repeat":2,"do":[{"read":"stock"}]})");
    INFO(before);
    CHECK(problem_of("[" + before + "," + write + "]") == "no error");
}

TEST_CASE("a version comes with the requests of those who have read it") {
    const std::string put = R"(,"put":{"steps":[{"write":"stock","if":"unchanged"}]})";
    const std::string deep = R"(,"pass":{"steps":[{"call":"a.put"}]})";
    CHECK(problem_of(R"([{"call":"a.get"},{"call":"a.put"}])", put) == "no error");
    CHECK(problem_of(R"([{"call":"a.get"},{"call":"a.pass"}])", put + deep) == "no error");
    CHECK(problem_of(R"([{"repeat":2,"do":[{"call":"a.pass"},{"call":"a.get"}]}])", put + deep) ==
          "no error");
    CHECK(problem_of(R"([{"call":"a.pass"},{"call":"a.get"}])", put + deep) ==
          std::string(unread) + " (at /services/a/endpoints/put/steps/0)");
}

TEST_CASE("a write says what it is about, or gets a message") {
    CHECK(problem_of(R"([{"write":"stock","conflict":409}])") ==
          "a write that is not conditional meets no conflict: add \"if\": \"unchanged\", or leave "
          "it out" +
              place + "0/conflict)");
    CHECK(problem_of(R"([{"read":"stock"},{"write":"stock","if":"unchanged","conflict":500}])") ==
          "expected 409 (Conflict) or 412 (Precondition Failed), found the number 500" + place +
              "1/conflict)");
    CHECK(problem_of(R"([{"read":"stock"},{"write":"stock","if":"unchangd"}])") ==
          "expected one of unchanged, found \"unchangd\"" + place +
              "1/if); did you mean \"unchanged\"?");
    CHECK(problem_of(R"([{"read":["stock"]}])") ==
          "expected a text, found an array" + place + "0/read)");
}

} // namespace windtunnel::topology
