// SPDX-License-Identifier: BSL-1.0
// Versions of an API in a running topology: who gets answers that lack what it reads.
#include <catch2/catch.hpp>

#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

const std::string catalogue = R"("catalogue":{"replicas":2,"runs":["1","2"],"endpoints":{
    "get":{"versions":{"1":["id","name"],"2":["id","title"]}}}})";

std::string read_by(const std::string& options) {
    return R"({"name":"t","services":{
        "web":{"endpoints":{"x":{"steps":[{"call":"catalogue.get")" +
           options + R"(}]}}},)" + catalogue + "}}";
}

std::size_t broken(const world& w) {
    return static_cast<std::size_t>(
        std::count_if(w.books.calls.begin(), w.books.calls.end(), [](const call_record& c) {
            return !c.ok && c.why == failure_kind::contract_broken;
        }));
}

} // namespace

TEST_CASE("half way through a rollout half of the answers lack what is read") {
    world w(read_by(R"(,"reads":["name"])"), {R"({"call":"web.x"})"});
    for (int i = 0; i < 10; ++i)
        w.send(i * 1ms);
    w.run();
    CHECK(broken(w) == 5);
    CHECK(w.settled());
}

TEST_CASE("who reads what both versions have, or says nothing, gets what it needs") {
    for (const char* options : {R"(,"reads":["id"])", ""}) {
        world w(read_by(options), {R"({"call":"web.x"})"});
        for (int i = 0; i < 10; ++i)
            w.send(i * 1ms);
        w.run();
        CHECK(broken(w) == 0);
    }
}

TEST_CASE("a broken contract is not tried again, and a fallback may stand in") {
    world w(read_by(R"(,"reads":["name"],"retry":{},"fallback":{})"), {R"({"call":"web.x"})"});
    for (int i = 0; i < 10; ++i)
        w.send(i * 1ms);
    w.run();
    std::uint32_t attempts = 0;
    for (const call_record& c : w.books.calls)
        attempts = std::max(attempts, c.attempts);
    CHECK(attempts == 1);
    for (const visit& v : w.visits)
        CHECK(v.result.ok());
}

TEST_CASE("a version that is deployed is rolled back") {
    world w(read_by(R"(,"reads":["name"])"), {R"({"call":"web.x"})"});
    w.act(10ms, [&] { w.at_replica(1, 1).deploy(0); });
    w.act(20ms, [&] { w.at_replica(1, 1).roll_back(0); });
    for (const duration at : {0ms, 1ms, 12ms, 13ms, 22ms, 23ms})
        w.send(at);
    w.run();
    CHECK(broken(w) == 2);
}

} // namespace windtunnel::topology
