// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/aggregation.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

void check_shape(const client_shape& shape) {
    const std::string who = "aggregation of " + (shape.client.empty() ? "\"\"" : shape.client);
    const option_check check{who};
    check(!shape.client.empty(), "client", "\"\"", "not be empty");
    check(!shape.parts.empty(), "parts", 0, "have at least one");
    std::set<std::string_view> names;
    for (const auto& part : shape.parts) {
        check(!part.name.empty(), "part", "\"\"", "have a name");
        check(part.timeout >= duration::zero(), "timeout", part.timeout, "be at least 0");
        for (const auto& before : part.after)
            check(names.contains(before), "after", before,
                  "name a part that is given before " + part.name);
        check(names.insert(part.name).second, "part", part.name,
              "have a name of its own: two would answer under one key");
    }
}

std::uint32_t index_of(const client_shape& shape, const std::string& name) {
    const auto found = std::ranges::find(shape.parts, name, &part_options::name);
    return static_cast<std::uint32_t>(found - shape.parts.begin());
}

const client_shape& checked_shape(const aggregation_options& options, int shape) {
    options.validate();
    return options.shapes.at(static_cast<std::size_t>(shape));
}

} // namespace

void aggregation_options::validate() const {
    const option_check check{"aggregation"};
    check(!shapes.empty(), "shapes", 0, "have at least one");
    check(max_parallel >= 1 && max_parallel <= 1000, "max_parallel", max_parallel, "be 1 to 1000");
    check(deadline > duration::zero(), "deadline", deadline, "be above 0");
    check(reserve >= duration::zero() && reserve < deadline, "reserve", reserve,
          "be at least 0 and below the deadline");
    std::set<std::string_view> clients;
    for (const auto& shape : shapes) {
        check_shape(shape);
        check(clients.insert(shape.client).second, "client", shape.client, "have one shape");
    }
}

int aggregation_options::shape_of(std::string_view client) const {
    const auto found = std::ranges::find(shapes, client, &client_shape::client);
    return found == shapes.end() ? -1 : static_cast<int>(found - shapes.begin());
}

aggregation::aggregation(const aggregation_options& options, int shape)
    : options_(options), shape_(checked_shape(options, shape)) {
    for (const auto& p : shape_.parts) {
        auto& made = parts_.emplace_back();
        for (const auto& before : p.after)
            made.after.push_back(index_of(shape_, before));
    }
}

aggregation_step aggregation::start(time_point now) {
    end_ = saturating_add(now, options_.deadline - options_.reserve);
    aggregation_step step;
    advance(step, now);
    return step;
}

aggregation_step aggregation::part_finished(std::uint32_t index, part_result result,
                                            time_point now) {
    aggregation_step step;
    if (parts_[index].state != part_state::under_way)
        return step;
    settle(index, result);
    advance(step, now);
    return step;
}

aggregation_step aggregation::cancel() {
    aggregation_step step;
    if (state_ == aggregation_state::under_way)
        fail(step, -1);
    return step;
}

time_point aggregation::next_deadline() const {
    time_point next = never;
    for (const auto& p : parts_)
        if (p.state == part_state::under_way)
            next = std::min(next, p.deadline);
    return next;
}

std::vector<std::string> aggregation::degraded() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (parts_[i].state == part_state::missing || parts_[i].state == part_state::stood_in)
            names.push_back(shape_.parts[i].name);
    return names;
}

void aggregation::settle(std::uint32_t index, part_result result) {
    const auto need = shape_.parts[index].need;
    --in_flight_;
    if (result == part_result::ok)
        parts_[index].state = part_state::done;
    else if (result == part_result::failed_with_cached && need == part_need::cached)
        parts_[index].state = part_state::stood_in;
    else
        parts_[index].state = part_state::missing;
    if (need == part_need::required && parts_[index].state == part_state::missing &&
        failed_part_ < 0)
        failed_part_ = static_cast<int>(index);
}

void aggregation::fail(aggregation_step& step, int index) {
    failed_part_ = index;
    for (std::uint32_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i].state == part_state::under_way)
            step.cancel.push_back(i);
        if (parts_[i].state == part_state::under_way || parts_[i].state == part_state::waiting)
            parts_[i].state = part_state::cancelled;
    }
    step.launch.clear();
    in_flight_ = 0;
    step.state = state_ = aggregation_state::failed;
}

/// Whether it may start; one that comes after a missing part is missing.
bool aggregation::ready(std::uint32_t index) {
    bool all = true;
    for (const auto before : parts_[index].after) {
        const auto state = parts_[before].state;
        if (state == part_state::missing)
            parts_[index].state = part_state::missing;
        all = all && (state == part_state::done || state == part_state::stood_in);
    }
    if (parts_[index].state == part_state::missing &&
        shape_.parts[index].need == part_need::required && failed_part_ < 0)
        failed_part_ = static_cast<int>(index);
    return all;
}

void aggregation::launch(std::uint32_t index, aggregation_step& step, time_point now) {
    auto& p = parts_[index];
    const auto timeout = shape_.parts[index].timeout;
    p.state = part_state::under_way;
    p.deadline = timeout > duration::zero() ? std::min(end_, saturating_add(now, timeout)) : end_;
    ++in_flight_;
    step.launch.push_back({index, p.deadline});
}

void aggregation::advance(aggregation_step& step, time_point now) {
    if (state_ != aggregation_state::under_way)
        return;
    for (std::uint32_t i = 0; i < parts_.size() && failed_part_ < 0; ++i)
        if (parts_[i].state == part_state::waiting && ready(i) && failed_part_ < 0 &&
            in_flight_ < options_.max_parallel)
            launch(i, step, now);
    if (failed_part_ >= 0) {
        for (const auto& launched : step.launch)
            parts_[launched.part].state = part_state::waiting;
        fail(step, failed_part_);
        return;
    }
    WINDTUNNEL_ASSERT(in_flight_ <= options_.max_parallel);
    if (in_flight_ == 0)
        step.state = state_ =
            degraded().empty() ? aggregation_state::complete : aggregation_state::partial;
}

} // namespace windtunnel
