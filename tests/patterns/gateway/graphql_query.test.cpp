// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/graphql_query.hpp"

#include <catch2/catch.hpp>

using namespace windtunnel;

namespace {

/// "a{b c}": the keys that are asked for.
std::string text_of(const std::vector<graphql_field>& fields) {
    std::string text;
    for (const auto& field : fields) {
        text.append(text.empty() ? "" : " ").append(field.key);
        if (!field.fields.empty())
            text.append("{").append(text_of(field.fields)).append("}");
    }
    return text;
}

std::vector<graphql_field> chosen(std::string_view query, const graphql_variables& values = {},
                                  const graphql_limits& limits = {}) {
    return select_fields(parse_graphql(query, limits), "", values, limits);
}

std::string refusal(std::string_view query, const graphql_variables& values = {},
                    const graphql_limits& limits = {}) {
    try {
        chosen(query, values, limits);
    } catch (const graphql_error& e) {
        return e.what();
    }
    return "accepted";
}

const graphql_value yes{.kind = graphql_kind::boolean, .text = "true"};
const graphql_value no{.kind = graphql_kind::boolean, .text = "false"};

} // namespace

TEST_CASE("an operation with variables, arguments, aliases and values is read whole") {
    const auto d = parse_graphql(R"(# a comment
query Shop($n: Int = 5, $ids: [ID!]!) @live {
  best: items(first: $n, ids: $ids, where: {price: 1.5e3, tags: ["a", "b\"c"], kind: NEW}) { id }
  note(text: """two
lines""", none: null, on: true, less: -7)
})");
    REQUIRE(d.operations.size() == 1);
    const auto& o = d.operations[0];
    CHECK(o.name == "Shop");
    CHECK(o.variables[0].fallback.text == "5");
    CHECK(o.variables[1].type == "[ID!]!");
    const auto& items = o.selections[0];
    CHECK(items.key == "best");
    CHECK(items.name == "items");
    CHECK(items.line == 3);
    CHECK(items.column == 3);
    const auto& where = items.arguments[2].second;
    CHECK(where.names == std::vector<std::string>{"price", "tags", "kind"});
    CHECK(where.items[0].kind == graphql_kind::real);
    CHECK(where.items[1].items[1].text == "b\\\"c");
    CHECK(where.items[2].kind == graphql_kind::enumeration);
    CHECK(o.selections[1].arguments[0].second.text == "two\nlines");
    CHECK(o.selections[1].arguments[3].second.text == "-7");
}

TEST_CASE("fragments are put in place and fields of one key are merged") {
    CHECK(text_of(chosen("{ a { b } ...f a { c } } fragment f on T { a { d ... on U { e } } }")) ==
          "a{b d e c}");
    CHECK(text_of(chosen("{ x: a(n: 1) { b } x: a(n: 1) { c } }")) == "x{b c}");
    CHECK(refusal("{ x: a x: b }") == "1:8: fields of the key x cannot be merged");
    CHECK(refusal("{ a(n: 1) a(n: 2) }") == "1:11: fields of the key a cannot be merged");
    CHECK(refusal("{ ...f } fragment f on T { a { ...g } } fragment g on T { ...f }") ==
          "1:59: the fragment f is inside itself");
    CHECK(refusal("{ ...f }") == "1:3: there is no fragment f");
}

TEST_CASE("skip and include decide, also of fragments, and both must agree") {
    const auto* query = "query ($v: Boolean!) { a @skip(if: $v) b @include(if: $v) "
                        "... @include(if: $v) { c } d @include(if: true) @skip(if: $v) }";
    CHECK(text_of(chosen(query, {{"v", yes}})) == "b c");
    CHECK(text_of(chosen(query, {{"v", no}})) == "a d");
    CHECK(refusal(query) == "the variable $v needs a value");
    CHECK(refusal("{ a @skip(if: 1) }") == "1:3: if of @skip must be a Boolean");
    CHECK(refusal("{ a @skip(if: $v) }") == "1:3: there is no variable $v");
}

TEST_CASE("one of several operations is chosen by name") {
    const auto d = parse_graphql("query A { a } mutation B { b }");
    CHECK(text_of(select_fields(d, "B", {})) == "b");
    CHECK(d.operations[1].type == "mutation");
    CHECK_THROWS_WITH(select_fields(d, "", {}), "there is no operation ");
}

TEST_CASE("what is not a query is refused at its place") {
    CHECK(refusal("") == "1:1: expected an operation, found the end");
    CHECK(refusal("{ }") == "1:3: expected a name, found }");
    CHECK(refusal("{ a\n  b(") == "2:5: expected a name, found the end");
    CHECK(refusal("{ a } }") == "1:7: expected an operation, found }");
    CHECK(refusal("{ a(n: 1, n: 2) }") == "1:11: the argument n is given twice");
    CHECK(refusal("{ a(n: 01) }") == "1:8: not a number");
    CHECK(refusal("{ a(n: 1x) }") == "1:8: not a number");
    CHECK(refusal("{ a(n: \"x) }") == "1:8: a string does not end");
    CHECK(refusal("{ a(n: \"\\") == "1:8: a string does not end");
    CHECK(refusal("{ a ? }") == "1:5: unexpected character");
    CHECK(refusal("fragment on on T { a }") == "1:10: a fragment cannot be named on");
}

TEST_CASE("limits hold for depth, tokens, aliases, size and what fragments multiply") {
    CHECK(refusal("{a{b{c}}}", {}, {.max_depth = 3}) == "accepted");
    CHECK(refusal("{a{b{c{d}}}}", {}, {.max_depth = 3}) == "1:7: too deep");
    CHECK(refusal("{a(n:[[[[1]]]])}", {}, {.max_depth = 3}) == "1:9: too deep");
    CHECK(refusal("{...f} fragment f on T {a{...g}} fragment g on T {b{c}}", {},
                  {.max_depth = 2}) == "1:53: too deep");
    CHECK(refusal("{a b c}", {}, {.max_tokens = 4}) == "1:7: too many tokens");
    CHECK(refusal("{x:a y:a}", {}, {.max_aliases = 1}).ends_with("too many aliases"));
    CHECK(refusal("{abc}", {}, {.max_bytes = 4}) == "the query is too large");
    std::string bomb = "{...f0}";
    for (int i = 0; i < 30; ++i)
        bomb += " fragment f" + std::to_string(i) + " on T {...f" + std::to_string(i + 1) +
                " ...f" + std::to_string(i + 1) + "}";
    CHECK(refusal(bomb + " fragment f30 on T {a}").ends_with("too many fields"));
    CHECK_THROWS_WITH(parse_graphql("{a}", {.max_depth = 0}),
                      "graphql_limits: max_depth is 0; it must be 1 to 1000000");
}

TEST_CASE("a cost is weights times list sizes, and bytes tell over-fetching") {
    graphql_costs costs;
    costs.fields["items"] = {.weight = 1, .list = true, .default_size = 10};
    costs.fields["reviews"] = {.weight = 2, .list = true, .default_size = 3};
    costs.fields["id"] = {.weight = 0, .bytes = 10};
    costs.fields["text"] = {.weight = 0, .bytes = 500};
    // 50 items, 50 * 4 reviews at 2 each, and "shop" once, which is not in the table.
    const auto few = cost_of(chosen("{shop{items(first:50){id reviews(last:4){id}}}}"), costs);
    CHECK(few.cost == 1 + 50 + 50 * 4 * 2);
    CHECK(few.fields == 1 + 50 + 50 + 200 + 200);
    CHECK(few.bytes == 50 * 10 + 200 * 10);
    CHECK(few.depth == 4);
    const auto all = cost_of(chosen("{items{id text reviews{id text}}}"), costs);
    CHECK(all.cost == 10 + 10 * 3 * 2);
    CHECK(all.bytes == 10 * 510 + 30 * 510);
    const graphql_value huge{.kind = graphql_kind::integer, .text = "101"};
    CHECK_THROWS_WITH(cost_of(chosen("query($n:Int){items(first:$n){id}}", {{"n", huge}}), costs),
                      "1:15: first of items must be 0 to 100");
    CHECK_THROWS_WITH(cost_of(chosen("{items(first:-1){id}}"), costs),
                      "1:2: first of items must be 0 to 100");
}

TEST_CASE("a table by type tells fields of one name apart, and only its lists have a size") {
    graphql_costs costs{.type = "Query"};
    costs.fields["Query.user"] = {.type = "User"};
    costs.fields["User.name"] = {.weight = 0, .bytes = 20};
    costs.fields["User.posts"] = {.list = true, .default_size = 4, .type = "Post"};
    costs.fields["Post.name"] = {.weight = 0, .bytes = 300};
    const auto cost = cost_of(chosen("{user(first: 7){name posts{name}}}"), costs);
    CHECK(cost.cost == 1 + 4);
    CHECK(cost.bytes == 20 + 4 * 300);
    CHECK(cost.fields == 1 + 1 + 4 + 4);
}

TEST_CASE("a field that was chosen knows where it is asked for") {
    const auto fields = chosen("{ a {\n  b } ...f } fragment f on T { c }");
    CHECK(fields[0].fields[0].line == 2);
    CHECK(fields[0].fields[0].column == 3);
    CHECK(fields[1].column == 32);
}
