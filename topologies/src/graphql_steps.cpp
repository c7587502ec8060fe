// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/graphql_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/graphql_plan.hpp"

namespace windtunnel::topology {

namespace {

/// As GraphQL writes it.
std::string text_of(const graphql_value& value) {
    if (value.kind != graphql_kind::list && value.kind != graphql_kind::object)
        return fmt::format("{}:{}", static_cast<int>(value.kind), value.text);
    std::string text = value.kind == graphql_kind::list ? "[" : "{";
    for (std::size_t i = 0; i < value.items.size(); ++i)
        text +=
            (i < value.names.size() ? value.names[i] + ":" : "") + text_of(value.items[i]) + ",";
    return text + (value.kind == graphql_kind::list ? "]" : "}");
}

std::string text_of(const graphql_arguments& arguments) {
    std::string text;
    for (const auto& [name, value] : arguments)
        text += name + ":" + text_of(value) + ",";
    return text;
}

/// The same call so often, of one call site.
step_spec calls(const call_step& call, int times, bool parallel) {
    step_spec one{call, call.where};
    if (times == 1)
        return one;
    if (!parallel)
        return {repeat_step{times, {std::move(one)}}, call.where};
    parallel_step all;
    all.branches.push_back({std::move(one)});
    all.times = times;
    return {std::move(all), call.where};
}

/// At most what a size may be (parse_size).
std::uint64_t times(std::uint64_t size, std::uint64_t keys) {
    constexpr auto most = std::uint64_t{1} << 53;
    return size > most / keys ? most : size * keys;
}

/// A call for so many keys.
call_step batch_call(const graphql_field_spec& field, std::size_t keys) {
    call_step call = *field.resolver;
    if (field.batch->key_size)
        call.request_size = times(*field.batch->key_size, keys);
    if (field.batch->item_size)
        call.response_size = times(*field.batch->item_size, keys);
    return call;
}

} // namespace

graphql_steps::graphql_steps(const graphql_schema& schema, const graphql_type& root,
                             std::string endpoint)
    : schema_(schema), root_(root), endpoint_(std::move(endpoint)), costs_(schema.costs({})) {}

void graphql_steps::add(const std::vector<graphql_field>& fields, bool in_turn) {
    if (!in_turn)
        return add_levels(fields);
    for (const graphql_field& field : fields)
        add_levels({field});
}

steps_spec graphql_steps::finish(double values, const location& where) {
    if (schema_.value_cost > duration::zero() && values > 0) {
        const duration work{static_cast<duration::rep>(
            std::llround(static_cast<double>(schema_.value_cost.count()) * values))};
        steps_.push_back({work_step{sim::distribution::constant(work)}, where});
    }
    return std::move(steps_);
}

void graphql_steps::add_levels(const std::vector<graphql_field>& fields) {
    std::vector<group> level{{&fields, &root_, 1}};
    while (!level.empty())
        level = add_level(level);
}

/// The groups of the level below.
std::vector<graphql_steps::group> graphql_steps::add_level(const std::vector<group>& level) {
    std::vector<group> below;
    for (const group& of : level) {
        ++groups_;
        for (const graphql_field& asked : *of.fields) {
            const graphql_field_spec* given = of.type->find(asked.name);
            if (given == nullptr) // __typename
                continue;
            if (given->resolver)
                resolve(asked, *given, of);
            const double values = of.parents * values_of(asked, *given);
            if (!given->scalar() && values > 0)
                below.push_back({&asked.fields, schema_.find(given->type), values});
        }
    }
    for (gathered& each : loaders_)
        send(each);
    loaders_.clear();
    if (branches_.size() == 1)
        std::move(branches_[0].begin(), branches_[0].end(), std::back_inserter(steps_));
    else if (!branches_.empty()) {
        const location where = branches_[0][0].where;
        steps_.push_back({parallel_step{std::move(branches_)}, where});
    }
    branches_.clear();
    return below;
}

double graphql_steps::values_of(const graphql_field& asked, const graphql_field_spec& given) const {
    return given.list ? list_size(asked, costs_, given.items) : 1;
}

void graphql_steps::resolve(const graphql_field& asked, const graphql_field_spec& given,
                            const group& of) {
    const auto refuse = [&](double parents, double most, const char* what) {
        throw input_error(
            {given.where,
             fmt::format("{} of {} would be resolved for {:.6g} parents{} in the "
                         "query of {}; at most {:.0f} are allowed: let the lists of "
                         "the query be shorter",
                         given.name, of.type->name, parents, what, in_quotes(endpoint_), most),
             {}});
    };
    if (of.parents > most_parents)
        refuse(of.parents, most_parents, "");
    resolved_ += of.parents;
    if (resolved_ > most_resolved)
        refuse(resolved_, most_resolved, ", with the fields before it,");
    const int parents = static_cast<int>(of.parents);
    if (given.batch)
        gather(asked, given, parents);
    else
        branches_.push_back({calls(*given.resolver, parents, given.parallel)});
}

void graphql_steps::gather(const graphql_field& asked, const graphql_field_spec& given,
                           int parents) {
    std::string arguments = text_of(asked.arguments);
    auto found = std::find_if(loaders_.begin(), loaders_.end(), [&](const gathered& each) {
        return each.field == &given && each.arguments == arguments;
    });
    if (found == loaders_.end())
        found = loaders_.insert(
            found, {&given, std::move(arguments), data_loader<key, bool>{given.batch->loader}});
    const int distinct = given.batch->distinct;
    for (int i = 0; i < parents; ++i)
        found->loader.load({groups_, distinct > 0 ? i % distinct : i}, 0, {});
}

/// Batches of one size are made by one call site. Those of a level leave together, unless the
/// resolver asks for one after the other.
void graphql_steps::send(gathered& all) {
    std::vector<std::pair<call_step, int>> sent;
    while (const auto batch = all.loader.flush()) {
        call_step call = batch_call(*all.field, batch->keys.size());
        if (!sent.empty() && sent.back().first.request_size == call.request_size &&
            sent.back().first.response_size == call.response_size)
            ++sent.back().second;
        else
            sent.emplace_back(std::move(call), 1);
    }
    if (!all.field->parallel)
        branches_.emplace_back();
    for (const auto& [call, times] : sent) {
        if (all.field->parallel)
            branches_.emplace_back();
        branches_.back().push_back(calls(call, times, all.field->parallel));
    }
}

} // namespace windtunnel::topology
