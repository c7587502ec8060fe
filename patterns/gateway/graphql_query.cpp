// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/graphql_query.hpp"

#include <algorithm>
#include <charconv>

namespace windtunnel {

namespace {

class selector {
  public:
    selector(const graphql_document& document, const graphql_variables& values,
             const graphql_limits& limits)
        : document_(document), values_(values), limits_(limits) {}

    void collect(const std::vector<graphql_selection>& selections, std::vector<graphql_field>& into,
                 int depth) {
        for (const auto& s : selections) {
            if (++visited_ > limits_.max_fields)
                throw graphql_error("too many fields", s.line, s.column);
            if (!included(s))
                continue;
            if (s.what == graphql_selection::kind::field)
                add_field(s, into, depth);
            else if (s.what == graphql_selection::kind::spread)
                spread(s, into, depth);
            else
                collect(s.selections, into, depth);
        }
    }

  private:
    void add_field(const graphql_selection& s, std::vector<graphql_field>& into, int depth) {
        if (depth > limits_.max_depth)
            throw graphql_error("too deep", s.line, s.column);
        graphql_arguments arguments;
        for (const auto& [name, value] : s.arguments)
            arguments.emplace_back(name, resolved(value, s));
        auto found = std::ranges::find(into, s.key, &graphql_field::key);
        if (found == into.end())
            found = into.insert(into.end(),
                                {s.key, s.name, std::move(arguments), {}, s.line, s.column});
        else if (found->name != s.name || !same(found->arguments, arguments))
            throw graphql_error("fields of the key " + s.key + " cannot be merged", s.line,
                                s.column);
        collect(s.selections, found->fields, depth + 1);
    }

    void spread(const graphql_selection& s, std::vector<graphql_field>& into, int depth) {
        const auto found = document_.fragments.find(s.name);
        if (found == document_.fragments.end())
            throw graphql_error("there is no fragment " + s.name, s.line, s.column);
        if (std::ranges::find(open_, s.name) != open_.end())
            throw graphql_error("the fragment " + s.name + " is inside itself", s.line, s.column);
        open_.push_back(s.name);
        collect(found->second, into, depth);
        open_.pop_back();
    }

    bool included(const graphql_selection& s) const {
        bool in = true;
        for (const auto& directive : s.directives) {
            const bool skip = directive.name == "skip";
            if (!skip && directive.name != "include")
                continue;
            if (directive.arguments.size() != 1 || directive.arguments[0].first != "if")
                throw graphql_error("@" + directive.name + " needs if", s.line, s.column);
            const auto value = resolved(directive.arguments[0].second, s);
            if (value.kind != graphql_kind::boolean)
                throw graphql_error("if of @" + directive.name + " must be a Boolean", s.line,
                                    s.column);
            in = in && (value.text == "true") != skip;
        }
        return in;
    }

    graphql_value resolved(const graphql_value& value, const graphql_selection& s) const {
        if (value.kind == graphql_kind::variable) {
            const auto found = values_.find(value.text);
            if (found == values_.end())
                throw graphql_error("there is no variable $" + value.text, s.line, s.column);
            return found->second;
        }
        auto copy = value;
        for (auto& item : copy.items)
            item = resolved(item, s);
        return copy;
    }

    static bool same_value(const graphql_value& a, const graphql_value& b) {
        return a.kind == b.kind && a.text == b.text && a.names == b.names &&
               std::ranges::equal(a.items, b.items, same_value);
    }
    static bool same(const graphql_arguments& a, const graphql_arguments& b) {
        return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
            return x.first == y.first && same_value(x.second, y.second);
        });
    }

    const graphql_document& document_;
    const graphql_variables& values_;
    const graphql_limits& limits_;
    std::vector<std::string> open_;
    int visited_ = 0;
};

graphql_variables with_defaults(const graphql_operation& operation,
                                const graphql_variables& given) {
    graphql_variables all;
    for (const auto& v : operation.variables) {
        const auto found = given.find(v.name);
        if (found == given.end() && !v.has_default && v.type.ends_with('!'))
            throw graphql_error("the variable $" + v.name + " needs a value", 0, 0);
        all[v.name] = found == given.end() ? v.fallback : found->second;
    }
    return all;
}

void add_cost(const std::vector<graphql_field>& fields, const graphql_costs& costs,
              const std::string& type, double times, int depth, graphql_cost& sum) {
    for (const auto& field : fields) {
        const auto known = costs.fields.find(type.empty() ? field.name : type + "." + field.name);
        const graphql_field_cost unknown{.weight = field.fields.empty() ? 0.0 : 1.0};
        const auto& cost = known == costs.fields.end() ? unknown : known->second;
        const bool sized = cost.list || type.empty(); // of a type it is known what is a list
        const double each =
            sized ? times * list_size(field, costs, cost.list ? cost.default_size : 1) : times;
        sum.cost += each * cost.weight;
        sum.fields += each;
        sum.bytes += each * cost.bytes;
        sum.depth = std::max(sum.depth, depth);
        add_cost(field.fields, costs, cost.type, each, depth + 1, sum);
    }
}

} // namespace

const graphql_operation& find_operation(const graphql_document& document, std::string_view name) {
    if (name.empty() && document.operations.size() == 1)
        return document.operations.front();
    const auto found = std::ranges::find(document.operations, name, &graphql_operation::name);
    if (name.empty() || found == document.operations.end())
        throw graphql_error("there is no operation " + std::string{name}, 0, 0);
    return *found;
}

std::vector<graphql_field> select_fields(const graphql_document& document,
                                         std::string_view operation,
                                         const graphql_variables& variables,
                                         const graphql_limits& limits) {
    const auto& chosen = find_operation(document, operation);
    const auto values = with_defaults(chosen, variables);
    std::vector<graphql_field> fields;
    selector{document, values, limits}.collect(chosen.selections, fields, 1);
    return fields;
}

int list_size(const graphql_field& field, const graphql_costs& costs, int otherwise) {
    for (const auto& [name, value] : field.arguments) {
        if (std::ranges::find(costs.size_arguments, name) == costs.size_arguments.end() ||
            value.kind == graphql_kind::null)
            continue;
        int size = -1;
        const auto* end = value.text.data() + value.text.size();
        const auto read = std::from_chars(value.text.data(), end, size);
        if (value.kind != graphql_kind::integer || read.ec != std::errc{} || read.ptr != end ||
            size < 0 || size > costs.max_list)
            throw graphql_error(name + " of " + field.key + " must be 0 to " +
                                    std::to_string(costs.max_list),
                                field.line, field.column);
        return size;
    }
    return otherwise;
}

graphql_cost cost_of(const std::vector<graphql_field>& fields, const graphql_costs& costs) {
    graphql_cost sum;
    add_cost(fields, costs, costs.type, 1, 1, sum);
    return sum;
}

} // namespace windtunnel
