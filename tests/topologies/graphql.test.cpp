// SPDX-License-Identifier: BSL-1.0
// What a registered query is planned to be: calls of resolvers, sizes, costs.
#include <catch2/catch.hpp>
#include <chrono>
#include <fmt/format.h>

#include "support/files.hpp"
#include "support/repository.hpp"
#include "topologies/graphql_topology.hpp"
#include "topologies/src/call_options.hpp"
#include "topologies/src/graphql_schema.hpp"
#include "topologies/support.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

/// "a > b" one after the other, "(a | b)" at once, "a*3" three at once, "3 x a" three in turn;
/// calls with the size of their answer where they say one. Work is left out.
struct plan_text {
    std::string operator()(const call_step& call) const {
        return to_string(call.to) +
               (call.response_size ? fmt::format("<{}>", *call.response_size) : "");
    }
    std::string operator()(const parallel_step& step) const {
        std::string all;
        for (const steps_spec& branch : step.branches)
            all += (all.empty() ? "" : " | ") + of(branch);
        return step.times > 1 ? fmt::format("{}*{}", all, step.times) : "(" + all + ")";
    }
    std::string operator()(const repeat_step& step) const {
        return fmt::format("{} x {}", step.times, of(step.body));
    }
    template <class Other>
    std::string operator()(const Other&) const {
        return "";
    }
    std::string of(const steps_spec& steps) const {
        std::string all;
        for (const step_spec& step : steps)
            if (const std::string text = std::visit(*this, step.what); !text.empty())
                all += (all.empty() ? "" : " > ") + text;
        return all;
    }
};

endpoint_spec loaded(const graph_json& g) {
    return topology_from(graph_topology(g)).find("graph")->endpoints[0];
}
endpoint_spec planned(const std::string& query, const std::string& author = "") {
    return loaded({.endpoint = query_of(query), .author = author});
}
std::string plan(const std::string& query, const std::string& author = "") {
    return plan_text{}.of(planned(query, author).steps);
}
std::uint64_t size(const std::string& query) {
    return planned(query).response_size;
}

} // namespace

TEST_CASE("resolvers are called level by level, parents before children, a level at once") {
    CHECK(plan("{ user { name } }") == "users.one");
    CHECK(plan("{ user { posts(first: 1) { author { name } } } }") ==
          "users.one > posts.of > users.one");
    CHECK(plan("{ feed(first: 2) { title author { name } comments { text } } user { name } }") ==
          "(posts.list | users.one) > (users.one*2 | comments.of*2)");
    CHECK(plan("{ tags __typename }") == "");
}

TEST_CASE("fields that are not asked for are not resolved, and what has no call is its parent's") {
    CHECK(plan("{ feed { title stats { likes } } }") == "posts.list");
    CHECK(plan("{ feed(first: 1) { stats { likes } author { id } } }") == "posts.list > users.one");
}

TEST_CASE("without a batch each parent asks, at once or in turn") {
    const std::string query = "{ feed { author { name } } }";
    CHECK(plan(query) == "posts.list > users.one*25");
    CHECK(plan(query, R"(,"parallel":false)") == "posts.list > 25 x users.one");
}

TEST_CASE("a batch asks for 25 keys in three calls of up to ten") {
    const std::string query = "{ feed { author { name } } }";
    CHECK(plan(query, R"(,"batch":{"max_batch":10})") == "posts.list > users.one*3");
    CHECK(plan(query, R"(,"batch":{})") == "posts.list > users.one");
    CHECK(plan(query, R"(,"batch":{"max_batch":10},"parallel":false)") ==
          "posts.list > 3 x users.one");
    CHECK(plan(query, R"(,"batch":{"max_batch":10,"item_size":"4B"})") ==
          "posts.list > (users.one<40>*2 | users.one<20>)");
    CHECK(plan(query, R"(,"batch":{"max_batch":10,"item_size":"4B"},"parallel":false)") ==
          "posts.list > 2 x users.one<40> > users.one<20>");
}

TEST_CASE("a batch has each key once, also of aliases, and gathers a level from several places") {
    CHECK(plan("{ feed { author { name } } }", R"(,"batch":{"max_batch":2,"distinct":3})") ==
          "posts.list > users.one*2");
    const std::string twice = "{ feed { a: author { name } b: author { id } } }";
    CHECK(plan(twice) == "posts.list > (users.one*25 | users.one*25)");
    CHECK(plan(twice, R"(,"batch":{"max_batch":10})") == "posts.list > users.one*3");
    CHECK(plan("{ x: feed(first: 5) { author { name } } y: feed(first: 6) { author { name } } }",
               R"(,"batch":{"max_batch":20})") == "(posts.list | posts.list) > users.one");
    CHECK(plan("{ feed { a: author(as: 1) { name } b: author(as: 2) { name } } }",
               R"(,"batch":{})") == "posts.list > (users.one | users.one)");
}

TEST_CASE("lists within lists multiply") {
    CHECK(plan("{ feed(first: 4) { comments(first: 3) { author { name } } } }") ==
          "posts.list > comments.of*4 > users.one*12");
    CHECK(size("{ feed(first: 4) { comments(first: 3) { text } } }") == 4 * 3 * 100);
}

TEST_CASE("a list is as long as first, last or limit says, and else as the schema says") {
    CHECK(size("{ feed { title } }") == 25 * 60);
    CHECK(size("{ feed(first: 3) { title } }") == 3 * 60);
    CHECK(size("{ feed(last: 4) { title } }") == 4 * 60);
    CHECK(size("{ feed(limit: 5, after: \\\"x\\\") { title } }") == 5 * 60);
    CHECK(size("{ user(first: 5) { name } }") == 20); // no list
    CHECK(size("{ tags }") == 7 * 10);
    CHECK(plan("{ feed(first: 0) { author { name } } }") == "posts.list");
    const endpoint_spec of_variable =
        loaded({.endpoint = query_of("query Q($n: Int = 9) { feed(first: $n) { title } }")});
    CHECK(of_variable.response_size == 9 * 60);
    const endpoint_spec said =
        loaded({.endpoint = query_of("query Q($n: Int = 9) { feed(first: $n) { title } }") +
                            R"(,"variables":{"n":2})"});
    CHECK(said.response_size == 2 * 60);
}

TEST_CASE("an answer has what was selected, and no more") {
    CHECK(size("{ feed(first: 2) { title } }") == 2 * 60);
    CHECK(size("{ feed(first: 2) { title text } }") == 2 * 1060);
    CHECK(size("{ feed(first: 2) { stats { likes } } }") == 2 * (2 + 8));
    CHECK(size("{ feed(first: 2) { a: title b: title } }") == 2 * 120);
    CHECK(size("{ feed(first: 2) { __typename title } }") == 2 * (60 + 24));
}

TEST_CASE("fragments are put in place, and fields of one key are merged") {
    const std::string query = "{ feed(first: 2) { ...p author { name } } } "
                              "fragment p on Post { title author { id } ... on Post { text } }";
    CHECK(plan(query) == "posts.list > users.one*2");
    CHECK(size(query) == 2 * (60 + 10 + 1000 + 20));
}

TEST_CASE("what variables skip is neither resolved nor answered") {
    const auto with = [](const std::string& value) {
        return loaded(
            {.endpoint =
                 query_of("query Q($brief: Boolean!) { feed(first: 2) { title "
                          "author @skip(if: $brief) { name } text @include(if: $brief) } }") +
                 R"(,"variables":{"brief":)" + value + "}"});
    };
    CHECK(plan_text{}.of(with("true").steps) == "posts.list");
    CHECK(with("true").response_size == 2 * 1060);
    CHECK(plan_text{}.of(with("false").steps) == "posts.list > users.one*2");
    CHECK(with("false").response_size == 2 * 80);
}

TEST_CASE("the top fields of a mutation run in turn, each with all that is below it") {
    CHECK(plan("mutation { a: like { author { name } } hide b: like { title } }") ==
          "posts.like > users.one > posts.hide > posts.like");
}

TEST_CASE("the operation that is named is the one that runs") {
    const std::string two = query_of("query A { user { name } } query B { feed { title } }");
    CHECK(plan_text{}.of(loaded({.endpoint = two + R"(,"operation":"B")"}).steps) == "posts.list");
    CHECK(loaded({.endpoint = two + R"(,"operation":"A")"}).query->operation == "A");
}

TEST_CASE("a cost is the weights of the values, lists counted by their length") {
    const auto query =
        planned("{ feed(first: 4) { title author { name } comments(first: 3) { author { id } } } }",
                R"(,"cost":5)")
            .query;
    REQUIRE(query);
    CHECK(query->cost == 4 + 4 * 5 + 4 * 3 + 4 * 3);
    CHECK(query->values == 4 + 4 + 4 + 4 + 12 + 12 + 12);
    CHECK(query->depth == 4);
    CHECK(loaded({.endpoint = query_of("{ feed(first: 4) { title } }"),
                  .graphql = R"("limits":{"max_cost":4},)"})
              .query->cost == 4);
}

TEST_CASE("a query's own work is that of its values, done when all is there") {
    const auto work = [](const std::string& graphql) {
        const auto steps =
            loaded({.endpoint = query_of("{ feed(first: 4) { title } }"), .graphql = graphql})
                .steps;
        const auto* last = std::get_if<work_step>(&steps.back().what);
        return last == nullptr ? sim::distribution::constant(0ms) : last->amount;
    };
    CHECK(work("") == sim::distribution::constant(8us));
    CHECK(work(R"("value_cost":"10us",)") == sim::distribution::constant(80us));
    CHECK(work(R"("value_cost":"0s",)") == sim::distribution::constant(0ms));
}

TEST_CASE("the example of the documentation is what the text below it says") {
    const std::string page = test::content(test::in_repository("docs/protocols.md"));
    const std::string begin = "```json\n";
    const auto from = page.find(begin) + begin.size();
    const auto topology = topology_from(R"({"name":"t","services":{)" +
                                        page.substr(from, page.find("```", from) - from) +
                                        R"(,"users":{"endpoints":{"GET /user":{}}},
                          "posts":{"endpoints":{"GET /posts":{}}}}})");
    const endpoint_spec& endpoint = topology.services[0].endpoints[0];
    CHECK(plan_text{}.of(endpoint.steps) ==
          "users.GET /user > posts.GET /posts > users.GET /user*10");
    CHECK(endpoint.response_size == 2400);
    CHECK(endpoint.query->values == 41);
    CHECK(endpoint.query->cost == 1 + 10 + 10);
}

TEST_CASE("a resolver's call has the options of its field, and else those of its service") {
    const auto call = [](const std::string& author) {
        const auto steps = loaded({.endpoint = query_of("{ feed(first: 1) { author { id } } }"),
                                   .author = author,
                                   .service = R"(,"calls":{"timeout":"1s","protocol":"grpc"})"})
                               .steps;
        return std::get<call_step>(steps[1].what);
    };
    CHECK(call("").policies.timeout.value() == 1s);
    CHECK(call("").policies.protocol->kind == protocol_kind::grpc);
    CHECK(call("").error == on_error::fail);
    const call_step own = call(R"(,"options":{"timeout":"2s","on_error":"ignore"})");
    CHECK(own.policies.timeout.value() == 2s);
    CHECK(own.policies.protocol->kind == protocol_kind::grpc);
    CHECK(own.error == on_error::ignore);
    CHECK(own.to == endpoint_ref{"users", "one"});
}

} // namespace windtunnel::topology
