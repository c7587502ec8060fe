// SPDX-License-Identifier: BSL-1.0
// The calls of a query's resolvers as steps, level by level. The fields were checked against the
// schema. Errors: input_error where a field would be resolved for too many parents.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/graphql_schema.hpp"

namespace windtunnel::topology {

class graphql_steps {
  public:
    /// `endpoint` is for messages; the schema must stay.
    graphql_steps(const graphql_schema& schema, const graphql_type& root, std::string endpoint);

    /// `in_turn`: each of the fields, with all below it, before the next; else all at once.
    void add(const std::vector<graphql_field>& fields, bool in_turn);

    /// The steps, and behind them the worker's time for so many values.
    steps_spec finish(double values, const location& where);

  private:
    /// Fields that are asked for of so many values of a type.
    struct group {
        const std::vector<graphql_field>* fields;
        const graphql_type* type;
        double parents;
    };
    /// Which group's parent, and which of them: what a field is resolved for.
    using key = std::pair<std::size_t, int>;
    struct gathered {
        const graphql_field_spec* field;
        std::string arguments; ///< keys are those of a call with the same ones
        data_loader<key, bool> loader;
    };

    void add_levels(const std::vector<graphql_field>& fields);
    std::vector<group> add_level(const std::vector<group>& level);
    void resolve(const graphql_field& asked, const graphql_field_spec& given, const group& of);
    void gather(const graphql_field& asked, const graphql_field_spec& given, int parents);
    void send(gathered& all);
    double values_of(const graphql_field& asked, const graphql_field_spec& given) const;

    const graphql_schema& schema_;
    const graphql_type& root_;
    std::string endpoint_;
    graphql_costs costs_;
    steps_spec steps_;
    // Of the level that is added:
    std::vector<steps_spec> branches_;
    std::vector<gathered> loaders_;
    // So far, of all levels:
    std::size_t groups_ = 0;
    double resolved_ = 0; ///< parents of all fields with a resolver
};

} // namespace windtunnel::topology
