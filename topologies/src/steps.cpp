// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/steps.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "topologies/src/call_options.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/gateway_tables.hpp"

namespace windtunnel::topology {

namespace {

/// A step while it is read: what it holds is read with these defaults for its calls.
template <class Step>
struct nested : Step {
    const call_step* calls = nullptr;
};

steps_spec read_branch(const node& at, const call_step& calls);

/// Reads the steps under one key into `member`.
template <class Step>
auto into(steps_spec Step::*member) {
    return [member](nested<Step>& step, const node& at) {
        step.*member = read_steps(at, *step.calls);
    };
}

const field_table<work_step>& work_table() {
    static const auto table =
        field_table<work_step>("work", "Own work, which takes a worker.")
            .with("work", &work_step::amount, distribution_kind(),
                  {.help = "How long a worker is busy with it.", .required = true});
    return table;
}

const field_table<sleep_step>& sleep_table() {
    static const auto table =
        field_table<sleep_step>("sleep", "Waits for something that takes no worker: a disk, a "
                                         "timer. A service that holds its worker keeps it.")
            .with("sleep", &sleep_step::time, distribution_kind(),
                  {.help = "How long it waits.", .required = true});
    return table;
}

void read_branches(nested<parallel_step>& step, const node& at) {
    expect_array(at, "branches");
    if (at.children().empty())
        fail(at, "expected at least one branch, found an empty array");
    std::vector<steps_spec> branches;
    error_collector errors;
    for (const node& each : at.children())
        errors.run([&] { branches.push_back(read_branch(each, *step.calls)); });
    errors.finish();
    step.branches = std::move(branches);
}

void read_need(nested<parallel_step>& step, const node& at) {
    step.need = count_kind(1).read(at);
    if (const auto branches = static_cast<int>(step.branches.size());
        branches > 0 && step.need > branches)
        fail(at, fmt::format("need is {}, but there {} only {} branch{}", step.need,
                             branches == 1 ? "is" : "are", branches, branches == 1 ? "" : "es"));
}

const field_table<nested<parallel_step>>& parallel_table() {
    static const auto table =
        field_table<nested<parallel_step>>(
            "parallel", "Runs branches at once and goes on when enough of them succeeded.")
            .with_custom("parallel", "array of branch",
                         R"({"type":"array","minItems":1,"items":)" + schema_reference("branch") +
                             "}",
                         {.help = "The branches.", .required = true}, read_branches)
            .with_custom(
                "need", "integer of at least 1", R"({"type":"integer","minimum":1})",
                {.help = "How many must succeed; the others are given up then.", .fallback = "all"},
                read_need);
    return table;
}

const field_table<nested<repeat_step>>& repeat_table() {
    static const auto table =
        field_table<nested<repeat_step>>("repeat", "Runs steps several times, one after the other.")
            .with("repeat", &repeat_step::times, count_kind(1, 1'000'000),
                  {.help = "How often.", .required = true})
            .with_custom("do", "steps", schema_reference("steps"),
                         {.help = "What is repeated.", .required = true}, into(&repeat_step::body));
    return table;
}

const field_table<nested<probability_step>>& probability_table() {
    static const auto table =
        field_table<nested<probability_step>>("probability", "Runs steps for a share of requests.")
            .with("probability", &probability_step::share, share_kind(),
                  {.help = "The share of requests that run `do`.", .required = true})
            .with_custom("do", "steps", schema_reference("steps"),
                         {.help = "What those run.", .required = true},
                         into(&probability_step::body))
            .with_custom("else", "steps", schema_reference("steps"),
                         {.help = "What the others run.", .fallback = "nothing"},
                         into(&probability_step::otherwise));
    return table;
}

template <class Step>
step_spec read_nested(const field_table<nested<Step>>& table, const node& at,
                      const call_step& calls) {
    nested<Step> step;
    step.calls = &calls;
    table.read(at, step);
    return {Step(std::move(step)), at.where()};
}

step_spec read_call(const node& at, const call_step& calls) {
    call_step call = calls;
    call_table().read(at, call);
    check_policies(at, call.policies);
    call.where = at.find("call")->where();
    return {std::move(call), at.where()};
}

step_spec read_publish(const node& at, const call_step& calls) {
    call_step call = calls;
    call.publishes = true;
    publish_table().read(at, call);
    check_policies(at, call.policies);
    call.where = at.find("publish")->where();
    return {std::move(call), at.where()};
}

template <class Step>
step_spec read_plain(const field_table<Step>& table, const node& at) {
    Step step;
    table.read(at, step);
    return {std::move(step), at.where()};
}

const field_table<read_record_step>& read_table() {
    static const auto table =
        field_table<read_record_step>("read",
                                      "Reads a record of the service: its version goes back "
                                      "with the answer. Takes no time of its own.")
            .with("read", &read_record_step::record, text_kind(),
                  {.help = "One of the service's `records`.", .required = true});
    return table;
}

void read_conflict(write_record_step& step, const node& at) {
    const int status = count_kind(0).read(at);
    if (status != 409 && status != 412)
        fail(at, fmt::format("expected 409 (Conflict) or 412 (Precondition Failed), found {}",
                             at.describe()));
    step.conflict = static_cast<std::uint16_t>(status);
}

const field_table<write_record_step>& write_table() {
    static const auto table =
        field_table<write_record_step>("write", "Writes a record of the service, which gives it a "
                                                "new version. Takes no time of its own.")
            .with("write", &write_record_step::record, text_kind(),
                  {.help = "One of the service's `records`.", .required = true})
            .with("if", &write_record_step::if_unchanged, enum_kind<bool>({{"unchanged", true}}),
                  {.help = "Only while the record has the version that the request has read (an "
                           "`If-Match` with its ETag); else the endpoint answers an error.",
                   .fallback = "whatever its version"})
            .with_custom(
                "conflict", "409 or 412", R"({"enum":[409,412]})",
                {.help = "The status of that error. Retries do not repeat it: the same request "
                         "would fail again.",
                 .fallback = "412"},
                read_conflict);
    return table;
}

step_spec read_write(const node& at, const call_step&) {
    write_record_step step;
    write_table().read(at, step);
    if (const node* conflict = at.find("conflict"); conflict != nullptr && !step.if_unchanged)
        fail(*conflict, "a write that is not conditional meets no conflict: add \"if\": "
                        "\"unchanged\", or leave it out");
    return {std::move(step), at.where()};
}

/// What it says stands in an object of its own, as at a route.
const field_table<authenticate_step>& authenticate_table() {
    static const auto table =
        field_table<authenticate_step>("authenticate", jwt_table().describe().help)
            .with_custom(
                "authenticate", "jwt", schema_reference("jwt"), {.help = "How.", .required = true},
                [](authenticate_step& step, const node& at) { jwt_table().read(at, step); });
    return table;
}

struct step_kind {
    std::string_view key;
    step_spec (*read)(const node& at, const call_step& calls);
};

constexpr std::array step_kinds{
    step_kind{"call", read_call},
    step_kind{"publish", read_publish},
    step_kind{"work",
              [](const node& at, const call_step&) { return read_plain(work_table(), at); }},
    step_kind{"sleep",
              [](const node& at, const call_step&) { return read_plain(sleep_table(), at); }},
    step_kind{"parallel",
              [](const node& at, const call_step& calls) {
                  return read_nested(parallel_table(), at, calls);
              }},
    step_kind{"repeat",
              [](const node& at, const call_step& calls) {
                  return read_nested(repeat_table(), at, calls);
              }},
    step_kind{"probability",
              [](const node& at, const call_step& calls) {
                  return read_nested(probability_table(), at, calls);
              }},
    step_kind{"read",
              [](const node& at, const call_step&) { return read_plain(read_table(), at); }},
    step_kind{"write", read_write},
    step_kind{
        "authenticate",
        [](const node& at, const call_step&) { return read_plain(authenticate_table(), at); }},
};

std::vector<std::string> step_names() {
    std::vector<std::string> names;
    for (const step_kind& each : step_kinds)
        names.emplace_back(each.key);
    return names;
}

/// A step, or several.
std::vector<std::string> branch_names() {
    auto names = step_names();
    names.emplace_back("steps");
    return names;
}

[[noreturn]] void fail_no_kind(const node& at) {
    std::string near;
    for (const node& member : at.children())
        if (near.empty())
            near = nearest(member.key(), step_names());
    fail(at, fmt::format("a step needs one of the keys {}", fmt::join(step_names(), ", ")), near);
}

step_spec read_step(const node& at, const call_step& calls) {
    expect_object(at, "step");
    const step_kind* kind = nullptr;
    for (const step_kind& each : step_kinds) {
        if (at.find(each.key) == nullptr)
            continue;
        if (kind != nullptr)
            fail(at, fmt::format("a step is one thing, this is both \"{}\" and \"{}\": make two "
                                 "steps of it",
                                 kind->key, each.key));
        kind = &each;
    }
    if (kind == nullptr)
        fail_no_kind(at);
    return kind->read(at, calls);
}

steps_spec read_branch(const node& at, const call_step& calls) {
    return at.is_object() ? steps_spec{read_step(at, calls)} : read_steps(at, calls);
}

std::string schema_of_any(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names)
        all += (all.empty() ? "" : ",") + schema_reference(name);
    return R"({"anyOf":[)" + all + "]}";
}

} // namespace

steps_spec read_steps(const node& at, const call_step& calls) {
    expect_array(at, "steps");
    steps_spec steps;
    error_collector errors;
    for (const node& each : at.children())
        errors.run([&] { steps.push_back(read_step(each, calls)); });
    errors.finish();
    return steps;
}

std::vector<definition> step_definitions() {
    return {
        {"steps",
         "An array of steps, which run one after the other; a step is one of the kinds below.",
         {},
         R"({"type":"array","items":)" + schema_of_any(step_names()) + "}"},
        {"branch", "A step, or an array of steps.", {}, schema_of_any(branch_names())},
        call_table().describe(),
        publish_table().describe(),
        work_table().describe(),
        sleep_table().describe(),
        parallel_table().describe(),
        repeat_table().describe(),
        probability_table().describe(),
        read_table().describe(),
        write_table().describe(),
        authenticate_table().describe(),
        jwt_table().describe(),
    };
}

} // namespace windtunnel::topology
