// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/graphql_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/graphql_steps.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

constexpr std::string_view meta_field = "__typename";

/// Where a string stands in its file as it is: no character of it was escaped.
bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

/// At line and column of the query, and of the file where the two can be put together.
[[noreturn]] void refuse(const node& query, int line, int column, const std::string& message,
                         const std::string& suggestion = {}) {
    location where = query.where();
    const auto before = static_cast<std::size_t>(std::max(column - 1, 0));
    if (line == 1 && is_plain(std::string_view{query.string()}.substr(0, before)))
        where.column += column; // behind the quote
    const std::string place =
        line > 0 ? fmt::format(" (at {}:{} of the query)", line, column) : std::string{};
    throw input_error({where, message + place, suggestion});
}

std::string limits_text(const graphql_limits_spec& limits) {
    return fmt::format("; the limits are max_depth {}, max_fields {}, max_aliases {}, max_tokens "
                       "{}, max_bytes {}: ask for less, or raise them",
                       limits.max_depth, limits.max_fields, limits.max_aliases, limits.max_tokens,
                       limits.max_bytes);
}

/// Runs what may throw graphql_error, which becomes an error of the file.
template <class Run>
auto located_in(const node& query, const graphql_limits_spec& limits, Run&& run) {
    try {
        return run();
    } catch (const graphql_error& error) {
        std::string what = error.what();
        if (error.line() > 0)
            what.erase(0, what.find(": ") + 2);
        if (what.find("too ") != std::string::npos)
            what += limits_text(limits);
        else if (what.find(" must be 0 to ") != std::string::npos)
            what += ", the schema's max_list";
        refuse(query, error.line(), error.column(), what);
    }
}

graphql_value value_of(const node& at) {
    switch (at.type()) {
    case node::kind::null:
        return {};
    case node::kind::boolean:
        return {.kind = graphql_kind::boolean, .text = at.boolean() ? "true" : "false"};
    case node::kind::number:
        return {.kind = at.integer() ? graphql_kind::integer : graphql_kind::real,
                .text = at.number_text()};
    case node::kind::string:
        return {.kind = graphql_kind::string, .text = at.string()};
    case node::kind::array:
    case node::kind::object:
        break;
    }
    graphql_value all{.kind = at.is_array() ? graphql_kind::list : graphql_kind::object};
    for (const node& each : at.children()) {
        if (at.is_object())
            all.names.push_back(each.key());
        all.items.push_back(value_of(each));
    }
    return all;
}

/// What a query asks for, as far as it was read.
class planner {
  public:
    planner(const node& at, const graphql_schema& schema)
        : at_(at), query_(*at.find("query")), schema_(schema),
          document_(located_in(query_, schema.limits,
                               [&] { return parse_graphql(query_.string(), schema.limits); })),
          operation_(chosen()), root_(root_type()) {}

    void plan(endpoint_spec& endpoint) {
        const auto fields = located_in(query_, schema_.limits, [&] {
            return select_fields(document_, operation_.name, variables(), schema_.limits);
        });
        check(fields, root_);
        const auto cost = located_in(query_, schema_.limits,
                                     [&] { return cost_of(fields, schema_.costs(root_.name)); });
        check_cost(cost);
        graphql_steps steps{schema_, root_, endpoint.name};
        steps.add(fields, operation_.type == "mutation");
        endpoint.steps = steps.finish(cost.fields, query_.where());
        endpoint.response_size = static_cast<std::uint64_t>(std::llround(cost.bytes));
        endpoint.query = {query_.string(), operation_.name, cost.cost, cost.fields, cost.depth};
    }

  private:
    const graphql_operation& chosen() const {
        std::vector<std::string> names;
        for (const graphql_operation& each : document_.operations)
            names.push_back(each.name);
        const node* said = at_.find("operation");
        if (said == nullptr && names.size() != 1)
            refuse(query_, 0, 0,
                   names.empty() ? "the query has fragments and no operation"
                                 : fmt::format("the query has the operations {}: say which one the "
                                               "endpoint runs with \"operation\"",
                                               fmt::join(names, ", ")));
        const std::string name = said == nullptr ? names.front() : said->string();
        if (said != nullptr && (name.empty() || !std::count(names.begin(), names.end(), name)))
            fail(*said,
                 fmt::format("the query has no operation {}; it has {}", in_quotes(name),
                             fmt::join(names, ", ")),
                 nearest(name, names));
        return find_operation(document_, name);
    }

    const graphql_type& root_type() const {
        if (operation_.type == "subscription")
            refuse(query_, 0, 0,
                   "a subscription is answered many times, an endpoint once: let it be a query, "
                   "and publish the events to a topic");
        const char* name = operation_.type == "mutation" ? graphql_schema::mutation_type
                                                         : graphql_schema::query_type;
        const graphql_type* found = schema_.find(name);
        if (found == nullptr)
            refuse(query_, 0, 0,
                   fmt::format("the schema has no type \"{}\", whose fields a {} begins with: add "
                               "it to the types",
                               name, operation_.type));
        return *found;
    }

    graphql_variables variables() const {
        graphql_variables all;
        const node* said = at_.find("variables");
        if (said == nullptr)
            return all;
        std::vector<std::string> names;
        for (const graphql_variable& each : operation_.variables)
            names.push_back(each.name);
        read_named(*said, "variables", [&](const std::string& name, const node& value) {
            if (!std::count(names.begin(), names.end(), name))
                fail_key(value, fmt::format("the query declares no variable ${}", name),
                         nearest(name, names));
            all[name] = value_of(value);
        });
        return all;
    }

    void check(const std::vector<graphql_field>& fields, const graphql_type& type) const {
        for (const graphql_field& field : fields)
            check(field, type);
    }
    void check(const graphql_field& field, const graphql_type& type) const {
        const graphql_field_spec* given = type.find(field.name);
        if (given == nullptr && field.name != meta_field)
            refuse_unknown(field, type);
        const bool scalar = given == nullptr || given->scalar();
        if (scalar && !field.fields.empty())
            refuse(query_, field.line, field.column,
                   fmt::format("{} of {} is a scalar, which has no fields: leave its selection out",
                               field.name, type.name));
        if (scalar)
            return;
        const graphql_type& inner = *schema_.find(given->type);
        if (field.fields.empty())
            refuse(query_, field.line, field.column,
                   fmt::format("{} of {} is an object: say which fields of {} it is to have, such "
                               "as {{ {} }}",
                               field.name, type.name, inner.name, inner.fields.front().name));
        check(field.fields, inner);
    }
    [[noreturn]] void refuse_unknown(const graphql_field& field, const graphql_type& type) const {
        std::vector<std::string> names;
        for (const graphql_field_spec& each : type.fields)
            names.push_back(each.name);
        const std::string near = nearest(field.name, names);
        std::string message =
            fmt::format("the type {} has no field {}", type.name, in_quotes(field.name));
        if (near.empty())
            message += fmt::format("; it has {}", fmt::join(names, ", "));
        refuse(query_, field.line, field.column, message, near);
    }

    void check_cost(const graphql_cost& cost) const {
        if (cost.cost > schema_.limits.max_cost)
            refuse(query_, 0, 0,
                   fmt::format("the query costs {:.10g}, and the service refuses what costs more "
                               "than {:.10g} (max_cost of its limits): ask for less, or raise it",
                               cost.cost, schema_.limits.max_cost));
        if (cost.fields > most_values || cost.bytes > most_bytes)
            refuse(query_, 0, 0,
                   fmt::format("the answer would have {:.3g} values and {:.3g} bytes; at most "
                               "{:.3g} and {:.3g} are allowed: let its lists be shorter",
                               cost.fields, cost.bytes, most_values, most_bytes));
        if (static_cast<double>(schema_.value_cost.count()) * cost.fields >
            static_cast<double>(most_work.count()))
            refuse(query_, 0, 0,
                   fmt::format("{:.3g} values would take a worker more than {}: lower the "
                               "schema's value_cost",
                               cost.fields, format_duration(most_work)));
    }

    const node& at_;
    const node& query_;
    const graphql_schema& schema_;
    graphql_document document_;
    const graphql_operation& operation_;
    const graphql_type& root_;
};

/// What the query says is not said again.
void check_alone(const node& at) {
    const auto refuse_key = [&](const char* key, const char* why) {
        if (const node* found = at.find(key))
            fail_key(*found, why);
    };
    refuse_key("steps", "an endpoint has \"steps\" or a \"query\", whose resolvers are its steps: "
                        "leave out one of the two");
    refuse_key("response_size", "the answer of a query has what the query selects, of the sizes of "
                                "the schema: leave \"response_size\" out");
    refuse_key("consumes", "a query is asked and answered, and messages are not: let an endpoint "
                           "with \"steps\" consume them");
}

} // namespace

void plan_query(endpoint_spec& endpoint, const node& at, const graphql_schema* schema) {
    const node* query = at.find("query");
    if (query == nullptr) {
        for (const char* key : {"variables", "operation"})
            if (const node* found = at.find(key))
                fail_key(*found, fmt::format("\"{}\" belongs to a \"query\", which the endpoint "
                                             "does not have: add it, or leave this out",
                                             key));
        return;
    }
    check_alone(at);
    if (schema == nullptr)
        fail_key(*query, "a query needs a schema: give the service a \"graphql\" with its types");
    if (!schema->types.empty())
        planner{at, *schema}.plan(endpoint);
}

} // namespace windtunnel::topology
