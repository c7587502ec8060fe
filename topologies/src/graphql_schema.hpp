// SPDX-License-Identifier: BSL-1.0
// The schema of a service that answers queries of GraphQL, as data: which fields each type has, how
// large they are, and which calls resolve them. Endpoints with a "query" are planned by it when
// they are loaded; nothing of it runs. Sizes are bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/gateway/data_loader.hpp"
#include "patterns/gateway/graphql_query.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Calls for several parents are gathered: one call for the keys of up to max_batch of them.
struct graphql_batch_spec {
    data_loader_options loader;
    int distinct = 0;                                 ///< different keys among the parents; 0: all
    std::optional<std::uint64_t> key_size, item_size; ///< of request and answer, for each key
};

struct graphql_field_spec {
    std::string name;
    std::string type; ///< an object type of the schema; empty: its values are scalars
    bool list = false;
    int items = 10;         ///< of a list, where no argument says it
    std::uint64_t size = 0; ///< of each value, with its name
    std::optional<double> cost;
    std::optional<call_step> resolver; ///< none: it is a part of its parent
    std::optional<graphql_batch_spec> batch;
    bool parallel = true; ///< calls for several parents: at once, or one after the other
    location where;

    bool scalar() const { return type.empty(); }
    /// As the library's table has it by default: what has fields of its own, or asks for it, costs.
    double weight() const { return cost.value_or(scalar() && !resolver ? 0 : 1); }
};

struct graphql_type {
    std::string name;
    std::vector<graphql_field_spec> fields; ///< in the file's order

    const graphql_field_spec* find(std::string_view field) const;
};

struct graphql_limits_spec : graphql_limits {
    double max_cost = 10'000;
    int max_list = 100;
};

struct graphql_schema {
    static constexpr const char* query_type = "Query";
    static constexpr const char* mutation_type = "Mutation";
    static constexpr std::uint64_t typename_size = 24; ///< of `__typename`, which all types have

    graphql_limits_spec limits;
    /// Of a worker for each value of an answer. Assumed: graphql-js completes some hundred thousand
    /// to a million values a second.
    duration value_cost = std::chrono::microseconds{1};
    std::vector<graphql_type> types;

    const graphql_type* find(std::string_view type) const;
    /// The same as the library's table of costs, for an operation whose fields are those of `root`.
    graphql_costs costs(const std::string& root) const;
};

} // namespace windtunnel::topology
