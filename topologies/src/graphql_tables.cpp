// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/graphql_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "topologies/src/call_options.hpp"

namespace windtunnel::topology {

namespace {

constexpr const char* name_pattern = "^[A-Za-z][A-Za-z0-9_]*$";
constexpr std::array<std::string_view, 5> scalars{"Int", "Float", "String", "Boolean", "ID"};

bool is_scalar(const std::string& type) {
    return std::find(scalars.begin(), scalars.end(), type) != scalars.end();
}

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

/// A field while it is read: its call is made with these options unless it says others.
struct field_draft : graphql_field_spec {
    const call_step* calls = nullptr;
};

/// "Post", "[Post]", "[Post!]!": GraphQL's own notation; whether it may be null takes no time.
void read_type(field_draft& field, const node& at) {
    std::string_view text = at.is_string() ? std::string_view{at.string()} : std::string_view{};
    const auto without = [&](char c) {
        const bool there = text.ends_with(c);
        text.remove_suffix(there ? 1 : 0);
        return there;
    };
    without('!');
    field.list = text.starts_with('[') && without(']');
    text.remove_prefix(field.list ? 1 : 0);
    if (field.list)
        without('!');
    if (!is_name(text))
        fail(at, fmt::format("expected a type such as \"Post\", or \"[Post]\" for a list of them, "
                             "found {}",
                             at.describe()));
    field.type = text;
}

void read_resolver(field_draft& field, const node& at) {
    field.resolver = *field.calls;
    field.resolver->to = endpoint_kind().read(at);
    field.resolver->where = at.where();
}

void read_options(field_draft& field, const node& at) {
    call_step made = parse_call_options(at, *field.calls);
    if (!field.resolver)
        return;
    made.to = field.resolver->to;
    made.where = field.resolver->where;
    field.resolver = std::move(made);
}

const field_table<graphql_batch_spec>& batch_table() {
    static const auto table =
        field_table<graphql_batch_spec>(
            "graphql_batch",
            "A [data loader](../patterns/gateway/data_loader.hpp): what the resolvers of one level "
            "ask for is gathered, each key once, and asked for in few calls, all at once.")
            .with("max_batch",
                  [](graphql_batch_spec& batch) -> int& { return batch.loader.max_batch; },
                  count_kind(1, 100'000), {.help = "Keys in a call.", .fallback = "100"})
            .with("distinct", &graphql_batch_spec::distinct, count_kind(1),
                  {.help = "How many different keys there are among the parents: ten posts of "
                           "three authors ask for three.",
                   .fallback = "each parent has its own"})
            .with("key_size", &graphql_batch_spec::key_size, size_kind(),
                  {.help = "Of a call's request, for each key. Absent: the endpoint's "
                           "`request_size`, however many."})
            .with("item_size", &graphql_batch_spec::item_size, size_kind(),
                  {.help = "Of its answer, for each key. Absent: the endpoint's `response_size`, "
                           "however many."})
            .not_here("window", "a batch leaves when all resolvers of its level have asked; leave "
                                "it out");
    return table;
}

value_kind<graphql_batch_spec> batch_kind() {
    auto kind = batch_table().kind();
    kind.read = [read = kind.read](const node& at) {
        if (!at.is_object())
            fail_expected(at, "graphql_batch (an object; {} has all its defaults)");
        return read(at);
    };
    return kind;
}

field_table<field_draft> with_resolver(field_table<field_draft> table) {
    return std::move(table)
        .with_custom("call", endpoint_kind().name, endpoint_kind().schema,
                     {.help = "The service and its endpoint that resolve it, such as `users.GET "
                              "/user`: asked once for each parent, an N+1 below a list.",
                      .fallback = "none: it is a part of its parent"},
                     read_resolver)
        .with_custom("options", "call_options", schema_reference("call_options"),
                     {.help = "How those calls are made; `\"on_error\": \"ignore\"` gives a null "
                              "and a degraded answer.",
                      .fallback = "the service's `calls`"},
                     read_options)
        .with("batch", &graphql_field_spec::batch, batch_kind(),
              {.help = "Asks for several parents in one call; `{}`: for up to 100.",
               .fallback = "a call for each"})
        .with("parallel", &graphql_field_spec::parallel, boolean_kind(),
              {.help = "Whether the calls for several parents are made at once, or one after the "
                       "other.",
               .fallback = "true"});
}

const field_table<field_draft>& graphql_field_table() {
    static const auto table = with_resolver(
        field_table<field_draft>("graphql_field",
                                 "A field of a type: what it adds to an answer, and how it is "
                                 "resolved.")
            .with_custom("type", "text", R"({"type":"string"})",
                         {.help = "Of its value, as GraphQL writes it: `Post`, `[Post]` for a "
                                  "list. `Int`, `Float`, `String`, `Boolean` and `ID` are scalars.",
                          .fallback = "a scalar"},
                         read_type)
            .with("items", &graphql_field_spec::items, count_kind(0, 1'000'000),
                  {.help = "How long a list is where neither `first`, `last` nor `limit` says it.",
                   .fallback = "10"})
            .with("size", &graphql_field_spec::size, size_kind(),
                  {.help = "Of each value in the answer, with its name; of an object its braces "
                           "and name. Scalars need it.",
                   .fallback = "0B"})
            .with("cost", &graphql_field_spec::cost, number_kind(0, 1e6),
                  {.help = "Its weight for `max_cost`, once for each value.",
                   .fallback = "1; of a scalar without a call 0"}));
    return table;
}

void check_field(const node& at, const graphql_field_spec& field) {
    const bool has_call = field.resolver.has_value();
    const auto needs = [&](const char* key, bool there, const char* what) {
        if (const node* found = at.find(key); found != nullptr && !there)
            fail(*found, fmt::format("\"{}\" {}", key, what));
    };
    needs("options", has_call, "says how a call is made, and there is none: add \"call\"");
    needs("batch", has_call, "gathers calls, and there is none: add \"call\", or leave it out");
    needs("parallel", has_call, "is about calls, and there is none: add \"call\", or leave it out");
    needs("items", field.list, "is the length of a list: let the type be one, such as \"[Post]\"");
    if (field.scalar() && at.find("size") == nullptr)
        fail(at, fmt::format("the scalar {} needs a \"size\" such as \"20B\", or a \"type\" where "
                             "it is an object",
                             field.name));
}

graphql_field_spec read_field(const node& at, const call_step& calls) {
    field_draft field;
    field.name = at.key();
    field.calls = &calls;
    field.where = at.key_where();
    if (!is_name(field.name))
        fail_key(at, fmt::format("the field name {} is not a letter with letters, digits and _ "
                                 "behind it",
                                 in_quotes(field.name)));
    if (at.is_string())
        field.size = size_kind().read(at);
    else
        graphql_field_table().read(at, field);
    if (is_scalar(field.type))
        field.type.clear();
    if (!at.is_string())
        check_field(at, field);
    return graphql_field_spec(std::move(field)); // without what only the reading needs
}

graphql_type read_fields(const node& at, const call_step& calls) {
    graphql_type type{at.key(), {}};
    if (!is_name(type.name) || is_scalar(type.name))
        fail_key(at, fmt::format("{} cannot be the name of a type: it is {}", in_quotes(type.name),
                                 is_scalar(type.name)
                                     ? "a scalar"
                                     : "not a letter with letters, digits and _ behind it"));
    read_named(at, "fields", [&](const std::string&, const node& field) {
        type.fields.push_back(read_field(field, calls));
    });
    if (type.fields.empty())
        fail(at, fmt::format("the type {} needs at least one field", type.name));
    return type;
}

/// Fields lead to types that are there.
void check_types(const node& at, const graphql_schema& schema) {
    std::vector<std::string> names;
    for (const graphql_type& type : schema.types)
        names.push_back(type.name);
    if (schema.find(graphql_schema::query_type) == nullptr)
        fail(at, "the types lack \"Query\", whose fields queries begin with",
             nearest(graphql_schema::query_type, names));
    error_collector errors;
    for (const graphql_type& type : schema.types)
        for (const graphql_field_spec& field : type.fields)
            if (!field.scalar() && schema.find(field.type) == nullptr)
                errors.add({field.where,
                            fmt::format("{} of {} is of the type {}, which is not among the types",
                                        field.name, type.name, in_quotes(field.type)),
                            nearest(field.type, names)});
    errors.finish();
}

const field_table<graphql_limits_spec>& limits_table() {
    using limits = graphql_limits_spec;
    static const auto table =
        field_table<limits>("graphql_limits", "What a query may ask for. One that asks for more is "
                                              "refused when it is registered: the file does not "
                                              "load.")
            .with("max_cost", &limits::max_cost, number_kind(0, 1e9),
                  {.help = "The sum of the fields' `cost`, lists counted by their length.",
                   .fallback = "10000"})
            .with("max_depth", &limits::max_depth, count_kind(1, 200),
                  {.help = "Fields within fields.", .fallback = "20"})
            .with("max_fields", &limits::max_fields, count_kind(1, 1'000'000),
                  {.help = "Fields that are selected, fragments put in place.", .fallback = "2000"})
            .with("max_list", &limits::max_list, count_kind(0, 1'000'000),
                  {.help = "What `first`, `last` and `limit` may say.", .fallback = "100"})
            .with("max_aliases", &limits::max_aliases, count_kind(1, 1'000'000),
                  {.help = "Fields under another name.", .fallback = "30"})
            .with("max_tokens", &limits::max_tokens, count_kind(1, 1'000'000),
                  {.help = "Of the query's text.", .fallback = "5000"})
            .with("max_bytes", &limits::max_bytes, count_kind(1, 1'000'000),
                  {.help = "The same.", .fallback = "65536"});
    return table;
}

struct schema_draft : graphql_schema {
    const call_step* calls = nullptr;
};

const field_table<schema_draft>& graphql_table() {
    static const auto table =
        field_table<schema_draft>("graphql_schema",
                                  "What a service answers that endpoints with a `query` are "
                                  "planned by: types, and who resolves their fields. See "
                                  "[how services talk](protocols.md#graphql).")
            .with("limits", &schema_draft::limits, limits_table().kind(),
                  {.help = "What a query may ask for.", .fallback = "those of `graphql_limits`"})
            .with("value_cost", &schema_draft::value_cost, duration_kind(zero::allowed),
                  {.help = "Of a worker, for each value of an answer: to complete it and to put "
                           "it in its place.",
                   .fallback = "1us"})
            .with_custom("types", "fields by type",
                         named_schema(named_schema(R"({"anyOf":[)" + size_kind().schema + "," +
                                                       schema_reference("graphql_field") + "]}",
                                                   name_pattern),
                                      name_pattern),
                         {.help = "Each name is a type, such as `Query`, with its fields: a "
                                  "[field](#graphql_field), or the size of a scalar such as "
                                  "`\"20B\"`.",
                          .required = true},
                         [](schema_draft& schema, const node& at) {
                             read_named(at, "types", [&](const std::string&, const node& type) {
                                 schema.types.push_back(read_fields(type, *schema.calls));
                             });
                             check_types(at, schema);
                         });
    return table;
}

} // namespace

std::shared_ptr<const graphql_schema> read_graphql(const node& at, const call_step& calls) {
    schema_draft schema;
    schema.calls = &calls;
    graphql_table().read(at, schema);
    return std::make_shared<const graphql_schema>(std::move(schema));
}

std::vector<definition> graphql_definitions() {
    return {graphql_table().describe(), limits_table().describe(), graphql_field_table().describe(),
            batch_table().describe()};
}

} // namespace windtunnel::topology
