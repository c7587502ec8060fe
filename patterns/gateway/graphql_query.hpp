// SPDX-License-Identifier: BSL-1.0
// Queries of GraphQL (October 2021) as a gateway reads them: the executable part of the language,
// without a schema, so types are not checked. Parsing gives a document; choosing an operation with
// its variables gives the tree of fields that it asks for, fragments put in place, @skip and
// @include decided, fields of one response key merged. Costs are static, before anything is run:
// each field costs its weight once for each value that it gives, lists counted by their `first`,
// `last` or `limit` (the cost directives of IBM's specification; GitHub's node count).
// Block strings and escapes \uXXXX are kept as they are written.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace windtunnel {

struct graphql_limits {
    int max_bytes = 65'536;
    int max_tokens = 5'000; ///< of the document; graphql-java: 15,000, Apollo's parser: 15,000
    int max_depth = 20;     ///< of fields, and of values in one another; ours
    int max_fields = 2'000; ///< after fragments are put in place; ours
    int max_aliases = 30;   ///< ours; GraphQL Armor: 15

    /// Throws std::invalid_argument naming option, value and rule: all are 1 to 1e6.
    void validate() const;
};

/// what() says "3:14: ..."; line and column count from 1, in bytes; 0 where there is no place.
class graphql_error : public std::runtime_error {
  public:
    graphql_error(const std::string& what, int line, int column);
    int line() const { return line_; }
    int column() const { return column_; }

  private:
    int line_;
    int column_;
};

enum class graphql_kind : std::uint8_t {
    null,
    boolean,
    integer,
    real,
    string,
    enumeration,
    variable,
    list,
    object,
};

struct graphql_value {
    graphql_kind kind = graphql_kind::null;
    std::string text{};                 ///< of scalars; the name of a variable
    std::vector<std::string> names{};   ///< of the members of an object
    std::vector<graphql_value> items{}; ///< of a list or an object
};
using graphql_arguments = std::vector<std::pair<std::string, graphql_value>>;

struct graphql_directive {
    std::string name;
    graphql_arguments arguments;
};

struct graphql_selection {
    enum class kind : std::uint8_t { field, spread, inline_fragment };
    kind what = kind::field;
    std::string key{};  ///< alias, or else the name
    std::string name{}; ///< of field or fragment; the type of an inline fragment, "" where none
    graphql_arguments arguments{};
    std::vector<graphql_directive> directives{};
    std::vector<graphql_selection> selections{};
    int line = 0;
    int column = 0;
};

struct graphql_variable {
    std::string name;
    std::string type; ///< as written: "[ID!]!"
    graphql_value fallback{};
    bool has_default = false;
};

struct graphql_operation {
    std::string type{"query"}; ///< query, mutation, subscription
    std::string name{};
    std::vector<graphql_variable> variables{};
    std::vector<graphql_selection> selections{};
};

struct graphql_document {
    std::vector<graphql_operation> operations;
    std::map<std::string, std::vector<graphql_selection>> fragments;
};

/// Throws graphql_error.
graphql_document parse_graphql(std::string_view text, const graphql_limits& limits = {});

/// One field that is asked for, with its variables put in place.
struct graphql_field {
    std::string key;
    std::string name;
    graphql_arguments arguments;
    std::vector<graphql_field> fields;
    int line = 0; ///< where it is asked for first
    int column = 0;
};
using graphql_variables = std::map<std::string, graphql_value>;

/// `name` may be "" where there is one. Throws graphql_error where there is no such operation.
const graphql_operation& find_operation(const graphql_document& document, std::string_view name);

/// `operation` may be "" where there is one. Throws graphql_error: no such operation or fragment, a
/// fragment inside itself, a required variable without a value, fields that cannot be merged.
std::vector<graphql_field> select_fields(const graphql_document& document,
                                         std::string_view operation,
                                         const graphql_variables& variables,
                                         const graphql_limits& limits = {});

struct graphql_field_cost {
    double weight = 1;
    bool list = false;
    int default_size = 10; ///< of a list, where no argument says it
    double bytes = 0;      ///< of the value of a scalar, with its name
    std::string type{};    ///< of the value, for tables by type
};

struct graphql_costs {
    /// By name; or, where `type` is said, by type and name ("Post.author"): then only lists count
    /// by size arguments.
    std::map<std::string, graphql_field_cost, std::less<>> fields;
    std::string type{}; ///< whose fields are asked for at the top: "Query"
    std::vector<std::string> size_arguments{"first", "last", "limit"};
    int max_list = 100; ///< a larger size is refused; GitHub's bound of first and last
};

struct graphql_cost {
    double cost = 0;   ///< a field that is not in the table: 1 with fields of its own, 0 without
    double fields = 0; ///< in the answer
    double bytes = 0;  ///< of what was chosen; against the whole object it tells over-fetching
    int depth = 0;
};

/// How many values a list gives: what its size argument says, else `otherwise`. Throws
/// graphql_error where that is not a whole number from 0 to max_list.
int list_size(const graphql_field& field, const graphql_costs& costs, int otherwise);

/// Throws as list_size does.
graphql_cost cost_of(const std::vector<graphql_field>& fields, const graphql_costs& costs);

} // namespace windtunnel
