// SPDX-License-Identifier: BSL-1.0
// How calls travel: connections that are set up, shared and lost, what encodings cost, and modules
// that call each other without a message.
#include <catch2/catch.hpp>

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/policy_readings.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

/// A "web" (0) that calls "db.q" (1), which works 5 ms; 1 ms each way.
std::string pair(const std::string& protocol, const std::string& call = "",
                 const std::string& web = "", const std::string& db = "") {
    return R"({"name":"t","services":{
        "web":{"workers":50)" +
           web + R"(,"endpoints":{"x":{"steps":[{"call":"db.q","protocol":)" + protocol + call +
           R"(}]}}},
        "db":{"workers":50)" +
           db + R"(,"endpoints":{"q":{"work":"5ms"}}}},"network":{"latency":"1ms"}})";
}

const std::string free_rest = R"({"kind":"rest","read_cost":0,"write_cost":0})";
const std::string free_grpc = R"({"kind":"grpc","read_cost":0,"write_cost":0})";
const std::vector<std::string> asks{R"({"call":"web.x"})"};

std::uint64_t count(world& w, std::string_view counter) {
    for (const policy_reading& each : policy_readings(*w.running)) {
        if (each.caller != "web" || each.kind->name != "protocol")
            continue;
        policy_figures told;
        each.read(w.simulation.now(), told);
        for (const auto& [name, value] : told.counters())
            if (name == counter)
                return value;
    }
    throw std::out_of_range("no protocol");
}

} // namespace

TEST_CASE("the first request waits for its connection to be set up, the next one finds it") {
    world w(pair(free_rest), asks);
    w.send(0ms);
    w.send(100ms);
    w.run();
    CHECK(w.visits[0].ended ==
          at(11ms)); // 2 to the web and back, 2 to connect, 2 to ask, 5 of work
    CHECK(w.visits[1].ended == at(109ms));
    CHECK(count(w, "set_up") == 1);
    CHECK(w.settled());
}

TEST_CASE("a connection that stood idle is closed, and another is set up") {
    world w(pair(R"({"kind":"rest","read_cost":0,"write_cost":0,"idle_timeout":"1s"})"), asks);
    w.send(0ms);
    w.send(3s);
    w.run();
    CHECK(w.visits[1].ended == at(3s + 11ms));
    CHECK(count(w, "set_up") == 2);
    CHECK(count(w, "hung_up") == 2);
}

TEST_CASE("requests wait in line for HTTP/1.1's connections, and share HTTP/2's") {
    const auto last = [](const std::string& protocol) {
        world w(pair(protocol), asks);
        for (int i = 0; i < 18; ++i)
            w.send(0ms);
        w.run();
        time_point end{};
        for (const visit& v : w.visits)
            end = std::max(end, v.ended);
        CHECK(w.settled());
        return end;
    };
    CHECK(last(free_rest) == at(2ms + 2ms + 3 * 7ms)); // three after each other on six
    CHECK(last(free_grpc) == at(2ms + 2ms + 7ms));
}

TEST_CASE("who gives up an HTTP/1.1 request gives up its connection, too") {
    for (const bool http2 : {false, true}) {
        INFO(http2);
        world w(pair(http2 ? free_grpc : free_rest, R"(,"timeout":"6ms","on_error":"ignore")"),
                asks);
        w.send(0ms); // 2 ms to connect, then 7 ms to ask: too long
        w.send(100ms);
        w.run();
        CHECK(count(w, "set_up") == (http2 ? 1U : 2U));
        CHECK(w.settled());
    }
}

TEST_CASE("who waits for a connection and gives up leaves the line") {
    world w(pair(R"({"kind":"rest","read_cost":0,"write_cost":0,"max_connections":1})",
                 R"(,"timeout":"10ms","on_error":"ignore")"),
            asks);
    for (int i = 0; i < 5; ++i)
        w.send(0ms);
    w.run();
    CHECK(w.settled());
    CHECK(w.visits[0].ended == at(11ms));
    CHECK(w.visits[4].ended == at(12ms)); // 10 ms, and to the web and back
}

TEST_CASE("more than may wait for a connection are refused") {
    world w(
        pair(R"({"kind":"rest","read_cost":0,"write_cost":0,"max_connections":1,"max_waiting":2})"),
        asks);
    for (int i = 0; i < 5; ++i)
        w.send(0ms);
    w.run();
    const auto good = std::count_if(w.visits.begin(), w.visits.end(),
                                    [](const visit& v) { return v.result.ok(); });
    CHECK(good == 2);
    CHECK(count(w, "bulkhead_full") == 3);
    CHECK(w.settled());
}

TEST_CASE(
    "a crash ends connections, nobody can connect meanwhile, and later they are set up anew") {
    world w(pair(free_rest, R"(,"on_error":"ignore")"), asks);
    w.send(0ms);
    w.act(50ms, [&] { w.at_replica(1).crash(); });
    w.send(60ms);
    w.act(90ms, [&] { w.at_replica(1).restart(); });
    w.send(100ms);
    w.run();
    CHECK(w.visits[1].result.value().degraded);
    CHECK(w.visits[1].ended == at(64ms)); // refused after a round trip
    CHECK(w.visits[2].ended == at(111ms));
    CHECK(count(w, "set_up") == 2);
    CHECK(count(w, "not_connected") == 1);
    CHECK(w.settled());
}

TEST_CASE("reading and writing take workers on both sides") {
    const std::string costly = R"({"kind":"rest","read_cost":1000,"write_cost":2000,
                                   "request_head":"0B","response_head":"0B"})";
    world w(pair(costly, R"(,"request_size":"1kB","response_size":"2kB")"), asks);
    w.send(0ms);
    w.run();
    // The web writes 2 ms and reads 2 ms, the db reads 1 ms and writes 4 ms besides its 5 ms.
    CHECK(w.pool(0).working_ns == 4'000'000);
    CHECK(w.pool(1).working_ns == 10'000'000);
    CHECK(w.visits[0].ended == at(2ms + 2ms + 2ms + 2ms + 10ms + 2ms));
}

TEST_CASE("gRPC tells the callee that its caller has given up, and until when it waits") {
    world w(pair(free_grpc, R"(,"timeout":"5ms","on_error":"ignore")"), asks);
    w.send(0ms);
    w.run();
    CHECK(w.books.count(request_record::end::abandoned) == 1);
    CHECK(w.settled());
}

TEST_CASE("a module's work is its process's, and takes no time on the network") {
    world w(R"({"name":"t","services":{
        "web":{"replicas":2,"workers":1,
            "endpoints":{"x":{"work":"1ms","steps":[{"call":"part.q"}]}}},
        "part":{"in":"web","endpoints":{"q":{"work":"5ms"}}}},"network":{"latency":"1ms"}})",
            asks);
    w.send(0ms);
    w.run();
    CHECK(w.visits[0].ended == at(8ms));
    CHECK(w.pool(0, 0).working_ns == 6'000'000);
    CHECK(w.running->services()[1]->replicas.size() == 2);
    CHECK(w.settled());
}

TEST_CASE("a module that crashes takes its process with it, and they come back together") {
    world w(R"({"name":"t","services":{
        "web":{"workers":4,
            "endpoints":{"x":{"work":"1ms","steps":[{"call":"part.q"}]},"y":{"work":"1ms"}}},
        "part":{"in":"web","endpoints":{"q":{"work":"5ms"}}}}})",
            {R"({"call":"web.x"})", R"({"call":"web.y"})"});
    const visit& caught = w.send(0ms);
    w.act(3ms, [&] { w.at_replica(1).crash(); });
    const visit& refused = w.send(5ms, 1);
    w.act(10ms, [&] { w.at_replica(1).restart(); });
    const visit& later = w.send(20ms);
    w.run();
    CHECK(caught.result.failed().kind == failure_kind::connection_lost);
    CHECK(refused.result.failed().kind == failure_kind::unavailable);
    CHECK(later.result.ok());
    CHECK(w.settled());
}

} // namespace windtunnel::topology
