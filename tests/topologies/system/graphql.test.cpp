// SPDX-License-Identifier: BSL-1.0
// Queries that run: what their resolvers call and how long they take, level by level.
#include <catch2/catch.hpp>

#include "topologies/graphql_topology.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

struct ran {
    duration took{};
    std::uint64_t posts = 0, authors = 0; ///< calls of those services
    bool ok = false, degraded = false;
};

/// One request of a query whose answer has 100 values, 0.1 ms of work: 25 posts (4 ms for all),
/// with their authors (2 ms a call).
ran run(const std::string& author, const std::string& service = "") {
    world w(graph_topology({.endpoint = query_of("{ feed { title author { name } } }"),
                            .author = author,
                            .service = service}),
            {R"({"call":"graph.q"})"});
    const visit& v = w.send(0ms);
    w.run();
    CHECK(w.settled());
    return {v.ended - v.sent, w.pool(2).started, w.pool(1).started, v.result.ok(),
            v.result.ok() && v.result.value().degraded};
}

} // namespace

TEST_CASE("N+1 calls of resolvers run at once or in turn, and a batch makes few of them") {
    const ran together = run("");
    CHECK(together.took == 4ms + 2ms + 100us);
    CHECK(together.posts == 1);
    CHECK(together.authors == 25);
    const ran in_turn = run(R"(,"parallel":false)");
    CHECK(in_turn.took == 4ms + 25 * 2ms + 100us);
    CHECK(in_turn.authors == 25);
    const ran batched = run(R"(,"batch":{"max_batch":10})");
    CHECK(batched.took == 4ms + 2ms + 100us);
    CHECK(batched.authors == 3);
    CHECK(run(R"(,"batch":{"max_batch":10},"parallel":false)").took == 4ms + 3 * 2ms + 100us);
    CHECK(run(R"(,"batch":{})").authors == 1);
}

TEST_CASE("calls of one field share one bulkhead, however many there are") {
    const ran narrow =
        run(R"(,"options":{"bulkhead":{"max_concurrent":5,"max_queue":20,"max_wait":"1s"}})");
    CHECK(narrow.ok);
    CHECK(narrow.authors == 25);
    CHECK(narrow.took == 4ms + 5 * 2ms + 100us);
}

TEST_CASE("a resolver that fails fails the query, or leaves a null in it") {
    const std::string late = R"(,"options":{"timeout":"1ms")";
    CHECK_FALSE(run(late + "}").ok);
    const ran nulls = run(late + R"(,"on_error":"ignore"})");
    CHECK(nulls.ok);
    CHECK(nulls.degraded);
    CHECK(nulls.took == 4ms + 1ms + 100us);
}

TEST_CASE("of two resolvers of a level the slower one counts") {
    world w(graph_topology({.endpoint = query_of("{ feed { title } user { name } }")}),
            {R"({"call":"graph.q"})"});
    const visit& v = w.send(0ms);
    w.run();
    CHECK(v.ended - v.sent == 4ms + 52us); // 25 posts and titles, a user and a name
    CHECK(w.pool(1).started == 1);
}

TEST_CASE("an answer travels with what was selected") {
    const std::string far = R"(,"network":{"links":[{"from":"user","to":"graph",
        "bandwidth":"1MB/s"}]}})";
    const auto took = [&](const std::string& fields) {
        std::string text = graph_topology({.endpoint = query_of("{ feed { " + fields + " } }"),
                                           .graphql = R"("value_cost":"0s",)"});
        text.pop_back();
        world w(text + far, {R"({"call":"graph.q"})"});
        const visit& v = w.send(0ms);
        w.run();
        return v.ended - v.sent;
    };
    CHECK(took("title") == 4ms + 1500us);        // 25 titles of 60 B
    CHECK(took("title text") == 4ms + 26'500us); // and texts of 1 kB
}

} // namespace windtunnel::topology
