// SPDX-License-Identifier: BSL-1.0
// What cannot be of schemas and queries, and the message that each must get.
#include <catch2/catch.hpp>

#include "topologies/graphql_topology.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

struct broken {
    graph_json graph;
    std::string message;
};

std::string found(const graph_json& g) {
    return message_of([&] { topology_from(graph_topology(g)); });
}

void contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
}

broken query(const std::string& text, const std::string& message) {
    return {{.endpoint = query_of(text)}, message};
}
/// With these members of Post's author, in a query that asks for it.
broken author(const std::string& members, const std::string& message) {
    return {{.endpoint = query_of("{ feed { author { name } } }"), .author = members}, message};
}
/// With these limits, in a query of depth 3 that costs 50.
broken limits(const std::string& members, const std::string& message) {
    return {{.endpoint = query_of("{ feed { a: author { name } } }"),
             .graphql = R"("limits":{)" + members + "},"},
            message};
}

} // namespace

TEST_CASE("a query that cannot be gets a message that says where and what to do") {
    const broken all[] = {
        query("{ feed { titel } }", R"(the type Post has no field "titel" (at 1:10 of the query))"),
        query("{ feed { titel } }", R"(did you mean "title"?)"),
        query("{ feed { price } }", "it has title, text, author, stats, comments"),
        query("{ feed { title { x } } }", "title of Post is a scalar, which has no fields"),
        query("{ feed { __typename { x } } }", "__typename of Post is a scalar"),
        query("{ feed { author } }", "author of Post is an object: say which fields of User it is "
                                     "to have, such as { id }"),
        query("{ feed { title }", "expected a name, found the end (at 1:17 of the query)"),
        query("{ feed(first: 101) { title } }",
              "first of feed must be 0 to 100, the schema's max_list (at 1:3 of the query)"),
        query("{ feed(first: -1) { title } }", "first of feed must be 0 to 100"),
        query("{ ...p }", "there is no fragment p"),
        query("{ feed { x: title x: text } }", "fields of the key x cannot be merged"),
        query("fragment p on Post { title }", "the query has fragments and no operation"),
        query("query($n: Int!) { feed(first: $n) { title } }", "the variable $n needs a value"),
        query("subscription { feed { title } }", "a subscription is answered many times"),
        query("query A { tags } query B { tags }",
              R"(the query has the operations A, B: say which one)"),
        {{.endpoint = query_of("query Aa { tags } query Bb { tags }") + R"(,"operation":"Ab")"},
         R"(the query has no operation "Ab"; it has Aa, Bb)"},
        {{.endpoint = query_of("query($count: Int) { feed(first: $count) { title } }") +
                      R"(,"variables":{"cuont":3})"},
         "the query declares no variable $cuont (at /services/graph/endpoints/q/variables/cuont); "
         R"(did you mean "count"?)"},
        {{.endpoint = query_of("query($n: Int) { feed(first: $n) { title } }") +
                      R"(,"variables":{"n":"3"})"},
         "first of feed must be 0 to 100"},
        {{.endpoint = query_of("{ tags }") + R"(,"steps":[])"},
         R"(an endpoint has "steps" or a "query")"},
        {{.endpoint = query_of("{ tags }") + R"(,"response_size":"1kB")"},
         R"(leave "response_size" out)"},
        {{.endpoint = query_of("{ tags }") + R"(,"consumes":{"from":"mq.q"})"},
         R"(let an endpoint with "steps" consume them)"},
        {{.endpoint = R"("operation":"A")"}, R"("operation" belongs to a "query")"},
        {{.endpoint = R"("query":5)"}, "expected a text, found the number 5"},
    };
    for (const broken& each : all)
        contains(found(each.graph), each.message);
}

TEST_CASE("a query over a limit is refused when it is registered") {
    const broken all[] = {
        limits(R"("max_cost":49)", "the query costs 50, and the service refuses what costs more "
                                   "than 49 (max_cost of its limits): ask for less, or raise it"),
        limits(R"("max_depth":2)", "too deep; the limits are max_depth 2"),
        limits(R"("max_fields":2)", "too many fields; the limits are max_depth 20, max_fields 2"),
        limits(R"("max_bytes":9)", "the query is too large; the limits are"),
        limits(R"("max_tokens":9)", "too many tokens"),
        limits(R"("max_depth":0)", "expected an integer from 1 to 200"),
        limits(R"("max_cots":5)", R"(did you mean "max_cost"?)"),
        {{.endpoint = query_of("{ feed(first: 200) { comments(first: 200) { author { id } } } }"),
          .graphql = R"("limits":{"max_list":200,"max_cost":1e6},)"},
         "author of Comment would be resolved for 40000 parents in the query of \"q\"; at most "
         "10000 are allowed"},
        {{.endpoint = query_of("{ feed(first: 300) { author { posts(first: 300) { comments(first: "
                               "300) { text } } } } }"),
          .graphql = R"("limits":{"max_list":300,"max_cost":1e9},)"},
         "the answer would have 5.41e+07 values and 2.7e+09 bytes; at most 1e+07 and 1e+12"},
        {{.endpoint = query_of("{ feed(first: 300) { title } }"),
          .graphql = R"("value_cost":"1m","limits":{"max_list":300},)"},
         "600 values would take a worker more than 1h: lower the schema's value_cost"},
    };
    CHECK(found(limits(R"("max_cost":50,"max_depth":3,"max_fields":3)", "").graph) == "no error");
    for (const broken& each : all)
        contains(found(each.graph), each.message);
}

TEST_CASE("a resolver that cannot be gets a message that says what to do") {
    const broken all[] = {
        author(R"(,"batch":{"max_batch":0})", "expected an integer from 1 to 100000, found the "
                                              "number 0"),
        author(R"(,"batch":true)",
               "graphql_batch (an object; {} has all its defaults), found true"),
        author(R"(,"batch":{"window":"1ms"})", "a batch leaves when all resolvers of its level "
                                               "have asked"),
        author(R"(,"options":{"timout":"1s"})", R"(did you mean "timeout"?)"),
        author(R"(,"items":5)", R"("items" is the length of a list)"),
        author(R"(,"paralel":true)", R"(did you mean "parallel"?)"),
        {{.endpoint = query_of("{ user { name } }"), .user_call = "users.on"},
         R"(users has no endpoint "on" (at /services/graph/graphql/types/Query/user/call); )"
         R"(did you mean "users.one"?)"},
        {{.endpoint = query_of("{ tags }"), .user_call = "usres.one"},
         R"(no service is called "usres")"},
        {{.endpoint = query_of("{ user { name } }"),
          .service = R"(},"mq":{"queues":{"q":{}})",
          .user_call = "mq.q"},
         R"("mq.q" is a queue)"},
        {{.endpoint = query_of("{ user { name } }"), .user_call = "graph.q"},
         "this call never ends"},
    };
    for (const broken& each : all)
        contains(found(each.graph), each.message);
}

TEST_CASE("a schema that cannot be gets a message that says what to do") {
    const auto schema = [](const std::string& graphql) {
        return message_of([&] {
            topology_from(R"({"name":"t","services":{"a":{"graphql":)" + graphql +
                          R"(,"endpoints":{"q":{"query":"{ x }"}}}}})");
        });
    };
    const auto types = [&](const std::string& text) { return schema(R"({"types":)" + text + "}"); };
    CHECK(types(R"({"Query":{"x":"5B"}})") == "no error");
    contains(schema("{}"), "graphql_schema lacks the key \"types\"");
    contains(types(R"({"Qurey":{"x":"5B"}})"), "the types lack \"Query\"");
    contains(types(R"({"Query":{}})"), "the type Query needs at least one field");
    contains(types(R"({"Query":{"x":"5B","y":{"type":"Psot"}},"Post":{"x":"5B"}})"),
             "y of Query is of the type \"Psot\", which is not among the types");
    contains(types(R"({"Query":{"x":{}}})"), "the scalar x needs a \"size\" such as \"20B\"");
    contains(types(R"({"Query":{"x":{"type":"[Int]"}}})"), "the scalar x needs a \"size\"");
    contains(types(R"({"Query":{"x":{"type":"[[Int]]"}}})"), "expected a type such as \"Post\"");
    contains(types(R"({"Query":{"x":{"size":"5B","batch":{}}}})"),
             "\"batch\" gathers calls, and there is none");
    contains(types(R"({"Query":{"x":{"size":"5B","options":{}}}})"), "add \"call\"");
    contains(types(R"({"Query":{"__x":"5B"}})"), "the field name \"__x\" is not a letter");
    contains(types(R"({"Query":{"x":"5B"},"Int":{"x":"5B"}})"), "it is a scalar");
    contains(message_of([] { topology_from(with_endpoint(R"({"query":"{ x }"})")); }),
             "a query needs a schema: give the service a \"graphql\" with its types");
    contains(types(R"({"Query":{"y":"5B"}})") + message_of([] {
                 topology_from(R"({"name":"t","services":{"a":{
                     "graphql":{"types":{"Query":{"x":"5B"}}},
                     "endpoints":{"q":{"query":"mutation { x }"}}}}})");
             }),
             "the schema has no type \"Mutation\"");
}

TEST_CASE("what is wrong with a schema is said once, however many queries ask for it") {
    const auto at = [](const std::string& text) {
        try {
            topology_from(text);
        } catch (const input_error& error) {
            REQUIRE(error.diagnostics().size() == 1);
            return error.diagnostics()[0].where;
        }
        return location{};
    };
    const location place = at(R"({"name":"t","services":{"a":{
"graphql":{"types":{"Query":{"x":{"size":"5B","call":"b.c"}}}},
"endpoints":{"q":{"query":"{ x }"},"r":{"query":"{ x }"}}}}})");
    CHECK(place.line == 2);
    // A bad schema does not make its queries bad.
    CHECK(at(R"({"name":"t","services":{"a":{
"graphql":{"types":{"Query":{"x":{"size":"5"}}}},
"endpoints":{"q":{"query":"{ y }"}}}}})")
              .line == 2);
}

TEST_CASE("an error in a query points into its text") {
    const auto column = [](const std::string& query) {
        try {
            topology_from(R"({"name":"t","services":{"a":{"graphql":{"types":{"Query":{"x":"5B"}}},
"endpoints":{"q":{"query":")" +
                          query + R"("}}}}})");
        } catch (const input_error& error) {
            return error.diagnostics()[0].where.column;
        }
        return 0;
    };
    // The quote stands in column 27.
    CHECK(column("{ y }") == 27 + 3);
    CHECK(column("{ x ?") == 27 + 5);
    CHECK(column("{ x, y }") == 27 + 6);
    CHECK(column(R"({ x @include(if: \"1\") y })") == 27 + 3);
    CHECK(column(R"({\n y })") == 27); // its own line and column are in the message
}

} // namespace windtunnel::topology
