// SPDX-License-Identifier: BSL-1.0
// Records with versions: optimistic writes, their conflicts, and who learns of a version.
#include <catch2/catch.hpp>

#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

const std::string store =
    R"("store":{"replicas":2,"records":["r","other"],"endpoints":{
        "get":{"steps":[{"read":"r"}]},
        "put":{"steps":[{"write":"r","if":"unchanged"}]},
        "force":{"steps":[{"write":"r"}]}}})";

/// A writer that reads, and writes 10 ms later, with these options for its calls, over what is
/// called `via`.
std::string writers(const std::string& get = R"("call":"store.get")",
                    const std::string& put = R"("call":"store.put")",
                    const std::string& more = "") {
    return R"({"name":"t","services":{"writer":{"endpoints":{"x":{"steps":[{)" + get +
           R"(},{"sleep":"10ms"},{)" + put + R"(}]}}},)" + more + store + "}}";
}

const std::string update = R"({"call":"writer.x"})";

/// With which status it failed; 0: it did not.
int status_of(const visit& v) {
    return v.result.ok() ? 0 : v.result.failed().status;
}

/// The tries of each call that failed.
std::vector<std::uint32_t> failed_tries(const world& w) {
    std::vector<std::uint32_t> all;
    for (const call_record& c : w.books.calls)
        if (!c.ok)
            all.push_back(c.attempts);
    return all;
}

} // namespace

TEST_CASE("of two who read the same version the second to write meets a conflict") {
    world w(writers(), {update});
    w.send(0ms);
    w.send(5ms);
    w.send(20ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(w.visits[1].ended == at(15ms));
    CHECK(w.visits[1].result.failed() == failure{.kind = failure_kind::error, .status = 500});
    CHECK(status_of(w.visits[2]) == 0);
    CHECK(w.settled());
}

TEST_CASE("a retry of the whole update reads anew, and succeeds") {
    world w(writers(), {R"({"call":"writer.x","retry":{"initial_backoff":"0s"}})"});
    w.send(0ms);
    w.send(5ms);
    w.run();
    CHECK(status_of(w.visits[1]) == 0);
    CHECK(w.visits[1].attempts == 2);
    CHECK(w.visits[1].ended == at(25ms));
}

TEST_CASE("a write that met a conflict is not retried by itself, whatever the status") {
    std::string topology =
        writers(R"("call":"store.get")", R"("retry":{"initial_backoff":"1ms"},"call":"store.put")");
    if (GENERATE(true, false)) {
        const std::string condition = R"("if":"unchanged")";
        topology.insert(topology.find(condition) + condition.size(), R"(,"conflict":409)");
    }
    world w(topology, {update});
    w.send(0ms);
    w.send(5ms);
    w.run();
    CHECK(status_of(w.visits[1]) == 500);
    CHECK(failed_tries(w) == std::vector<std::uint32_t>{1, 1}); // of the write, and of the whole
}

TEST_CASE("a conditional write without a version is answered that it needs one") {
    world w(writers(), {R"({"call":"store.put"})"});
    w.send(0ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 428);
}

TEST_CASE("whoever writes unconditionally spoils what others have read") {
    world w(writers(), {update, R"({"call":"store.force"})"});
    w.send(0ms);
    w.send(5ms, 1);
    w.run();
    CHECK(status_of(w.visits[1]) == 0);
    CHECK(status_of(w.visits[0]) == 500);
}

TEST_CASE("each key has a record of its own") {
    world w(writers(), {update, R"-({"call":"writer.x","key":"uniform(1)"})-"});
    w.send(0ms);
    w.send(5ms, 1);
    w.send(6ms, 1);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(status_of(w.visits[1]) == 0);
    CHECK(status_of(w.visits[2]) == 500);
}

TEST_CASE("a version passes through whoever stands between") {
    const std::string between = R"("gateway":{"endpoints":{
        "get":{"steps":[{"call":"store.get"}]},"put":{"steps":[{"call":"store.put"}]}}},)";
    world w(writers(R"("call":"gateway.get")", R"("call":"gateway.put")", between), {update});
    w.send(0ms);
    w.send(5ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(status_of(w.visits[1]) == 500);
}

TEST_CASE("replicas share their records, and a crash of all leaves them as they are") {
    world w(writers(), {update});
    w.send(0ms);
    w.send(5ms);
    for (std::size_t i : {0U, 1U}) {
        w.act(7ms, [&, i] { w.at_replica(1, i).crash(); });
        w.act(8ms, [&, i] { w.at_replica(1, i).restart(); });
    }
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(status_of(w.visits[1]) == 500);
}

TEST_CASE("a cached read brings the version of its time, and so a conflict") {
    world w(writers(R"("call":"store.get","cache":{"ttl":"1s","ttl_jitter":0})"),
            {R"-({"call":"writer.x","key":"uniform(1)"})-"});
    w.send(0ms);
    w.send(500ms);
    w.send(1100ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(status_of(w.visits[1]) == 500);
    CHECK(status_of(w.visits[2]) == 0);
}

TEST_CASE("who has written knows the new version") {
    world w(R"({"name":"t","services":{"store":{"records":["r"],"endpoints":{"x":{"steps":[
                {"read":"r"},{"repeat":3,"do":[{"write":"r","if":"unchanged"}]}]}}}}})",
            {R"({"call":"store.x"})"});
    w.send(0ms);
    w.send(1ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
    CHECK(status_of(w.visits[1]) == 0);
}

TEST_CASE("an answer that brings nothing new does not make its caller forget") {
    const std::string echo = R"("echo":{"endpoints":{"x":{"steps":[{"sleep":"3ms"}]}}},)";
    world w(writers(R"("parallel":[{"call":"echo.x"},[{"call":"store.get"}]])",
                    R"("call":"store.put")", echo),
            {update});
    w.send(0ms);
    w.run();
    CHECK(status_of(w.visits[0]) == 0);
}

} // namespace windtunnel::topology
