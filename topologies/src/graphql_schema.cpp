// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/graphql_schema.hpp"

#include <algorithm>

namespace windtunnel::topology {

namespace {

template <class T>
const T* find_name(const std::vector<T>& all, std::string_view name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const T& each) { return each.name == name; });
    return found == all.end() ? nullptr : &*found;
}

graphql_field_cost cost_of(const graphql_field_spec& field) {
    return {.weight = field.weight(),
            .list = field.list,
            .default_size = field.items,
            .bytes = static_cast<double>(field.size),
            .type = field.type};
}

} // namespace

const graphql_field_spec* graphql_type::find(std::string_view field) const {
    return find_name(fields, field);
}

const graphql_type* graphql_schema::find(std::string_view type) const {
    return find_name(types, type);
}

graphql_costs graphql_schema::costs(const std::string& root) const {
    graphql_costs costs;
    costs.type = root;
    costs.max_list = limits.max_list;
    for (const graphql_type& type : types) {
        costs.fields[type.name + ".__typename"] = {.weight = 0,
                                                   .bytes = static_cast<double>(typename_size)};
        for (const graphql_field_spec& field : type.fields)
            costs.fields[type.name + "." + field.name] = cost_of(field);
    }
    return costs;
}

} // namespace windtunnel::topology
