// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/call_options.hpp"

#include "topologies/src/discovery_tables.hpp"
#include "topologies/src/gateway_tables.hpp"
#include "topologies/src/key_text.hpp"
#include "topologies/src/policy_tables.hpp"
#include "topologies/src/protocol_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace windtunnel::topology {

namespace {

/// The word "off" in place of a policy: none, whatever a default or the topology says.
template <class T>
value_kind<choice<T>> or_off(const value_kind<T>& plain) {
    return {plain.name + " or off", R"({"anyOf":[{"const":"off"},)" + plain.schema + "]}",
            [read = plain.read](const node& at) -> choice<T> {
                if (at.is_string() && at.string() == "off")
                    return off;
                return read(at);
            }};
}

template <class T>
value_kind<choice<T>> or_off(const field_table<T>& options) {
    auto plain = options.kind();
    const auto fields = options.describe().fields;
    const bool has_defaults = std::none_of(fields.begin(), fields.end(),
                                           [](const described_field& f) { return f.required; });
    const std::string name =
        plain.name + (has_defaults ? " (an object; {} has all its defaults)" : " (an object)") +
        " or \"off\"";
    plain.read = [read = plain.read, name](const node& at) {
        if (!at.is_object())
            fail_expected(at, name);
        return read(at);
    };
    return or_off(plain);
}

/// Adds the policies' fields to the table of a T, in which `get` finds the policies.
template <class T, class Get>
field_table<T> with_policies(field_table<T> table, Get get) {
    const auto of = [get](auto member) {
        return [ get, member ](T & target) -> auto& {
            return get(target).*member;
        };
    };
    using p = policies_spec;
    return std::move(table)
        .with("timeout", of(&p::timeout), or_off(duration_kind()),
              {.help = "Cuts each attempt short that takes longer. Absent: none."})
        .with("total_timeout", of(&p::total_timeout), or_off(duration_kind()),
              {.help = "Cuts the whole call short, its retries and waits included. Absent: none."})
        .with("retry", of(&p::retry), or_off(retry_table()),
              {.help = "Tries again what failed, after a back-off. Absent: one attempt."})
        .with(
            "retry_budget", of(&p::retry_budget), or_off(retry_budget_table()),
            {.help = "Rations the retries and hedges of all calls together. Absent: they are not."})
        .with("circuit_breaker", of(&p::circuit_breaker), or_off(circuit_breaker_table()),
              {.help =
                   "Refuses calls while too many fail or are slow. Absent: none; `{}`: one with "
                   "its defaults."})
        .with("bulkhead", of(&p::bulkhead), or_off(bulkhead_table()),
              {.help = "Bounds the calls at once, and those that wait for it. Absent: any number."})
        .with("rate_limiter", of(&p::rate_limiter), or_off(rate_limiter_table()),
              {.help = "Bounds the calls a period. Absent: they are made as fast as they come."})
        .with("hedge", of(&p::hedge), or_off(hedge_table()),
              {.help = "Asks again while an answer is awaited. Absent: one attempt at a time; "
                       "`{}`: after the 95th percentile a second one."})
        .with("adaptive_limit", of(&p::adaptive_limit), or_off(adaptive_limit_table()),
              {.help =
                   "Bounds the calls at once by what their latencies teach. Absent: none; `{}`: "
                   "Gradient2 with its defaults."})
        .with("throttle", of(&p::throttle), or_off(throttle_table()),
              {.help = "Holds calls back at random while the backend refuses much. Absent: none; "
                       "`{}`: as the SRE book's chapter 21."})
        .with("fallback", of(&p::fallback), or_off(fallback_table()),
              {.help = "Gives a lesser answer in place of a failure. Absent: a failure stays one; "
                       "`{}`: a degraded answer takes its place."})
        .with("cache", of(&p::cache), or_off(cache_table()),
              {.help = "Keeps answers by the call's `key`. Absent: every call asks; `{}`: 1000 "
                       "answers, for 60s."})
        .with("coalescing", of(&p::coalescing), or_off(coalescing_table()),
              {.help =
                   "Asks once for calls of the same `key` at the same time. Absent: none; `{}`: "
                   "they share one."})
        .with(
            "balancer", of(&p::balancer), balancer_kind(),
            {.help = "Chooses the callee's replica that gets the call.", .fallback = "round_robin"})
        .with("outlier_detection", of(&p::outlier_detection), or_off(outlier_detection_table()),
              {.help =
                   "Ejects replicas that answer worse than the others. Absent: none is; `{}`: as "
                   "Envoy does it."})
        .with("health_check", of(&p::health_check), or_off(health_check_table()),
              {.help = "Asks each replica how it is, and calls none that is ill. Absent: it does "
                       "not ask."})
        .with("protocol", of(&p::protocol), or_off(protocol_value_kind()),
              {.help = "How the calls travel: over connections that are set up and shared, with "
                       "heads and encodings that cost (see [how services talk](protocols.md)). "
                       "Absent: as "
                       "messages of the sizes that are said, and nothing else."})
        .not_here("admission", "what a replica lets in is a member of its service, in the topology "
                               "(or in a scenario's \"topology_patch\")");
}

field_table<call_step> with_call_options(field_table<call_step> table) {
    const auto policies = [](call_step& call) -> policies_spec& { return call.policies; };
    return with_policies(std::move(table), policies)
        .with("on_error", &call_step::error,
              enum_kind<on_error>({{"fail", on_error::fail}, {"ignore", on_error::ignore}}),
              {.help = "Whether its failure fails the request, or makes its answer poorer.",
               .fallback = "fail"})
        .with("on_give_up", &call_step::give_up,
              enum_kind<on_give_up>({{"runs_on", on_give_up::runs_on},
                                     {"dropped_at_dequeue", on_give_up::dropped_at_dequeue},
                                     {"cancelled", on_give_up::cancelled}}),
              {.help = "What becomes of the callee's work when the caller gives up: it runs on in "
                       "vain, a worker that takes it up drops it, or it is cancelled with all that "
                       "it called.",
               .fallback = "runs_on"})
        .with("deadline", &call_step::deadline_travels,
              enum_kind<bool>({{"travels", true}, {"stays", false}}),
              {.help = "Whether the callee is told until when its answer is wanted.",
               .fallback = "stays"})
        .with("idempotent", &call_step::idempotent, boolean_kind(),
              {.help = "Whether a repeat is safe; if not, only what was certainly not processed is "
                       "retried.",
               .fallback = "true"})
        .with("request_size", &call_step::request_size, size_kind(),
              {.help = "Overrides the endpoint's."})
        .with("response_size", &call_step::response_size, size_kind(),
              {.help = "Overrides the endpoint's."})
        .with("priority", &call_step::priority, count_kind(-1'000'000, 1'000'000),
              {.help = "Larger is more important. Absent: that of the request that calls."})
        .with("key", &call_step::key, keys_kind(),
              {.help =
                   "What each call asks for, drawn anew: of the same key caches have one answer "
                   "and hashing balancers one replica. Absent: the key of the request that "
                   "calls."})
        .with("reads", &call_step::reads, list_kind(text_kind()),
              {.help = "The fields of the answer that the caller needs, of an endpoint with "
                       "`versions`: an answer that lacks one is worth nothing "
                       "(`contract_broken`). Absent: it takes whatever comes."})
        .with("user", &call_step::user, keys_kind(),
              {.help = "For whom each call is made, drawn anew: priority shedders refuse some "
                       "users, others in each hour, rather than some calls. Absent: for whom the "
                       "request was that calls."});
}

const std::string order =
    "fallback, cache and coalescing, total timeout, retry, throttle, hedge, rate limiter, circuit "
    "breaker, adaptive limit, bulkhead, attempt timeout";

} // namespace

const field_table<policies_spec>& policies_table() {
    static const auto table = with_policies(
        field_table<policies_spec>(
            "policies",
            "What guards the calls of an edge. The order is, outermost first: " + order + "."),
        [](policies_spec& policies) -> policies_spec& { return policies; });
    return table;
}

const field_table<call_step>& call_options_table() {
    static const auto table = with_call_options(
        field_table<call_step>("call_options", "How calls are made: defaults for the calls of a "
                                               "service or a topology, or a client's own."));
    return table;
}

const field_table<call_step>& call_table() {
    static const auto table = with_request_head(
        with_call_options(
            field_table<call_step>(
                "call",
                "Calls another service and waits for its answer. Its policies are, outermost "
                "first: " +
                    order + ".")
                .with("call", &call_step::to, endpoint_kind(),
                      {.help = "The service and its endpoint, such as `reviews.GET /reviews`, or a "
                               "gateway and a request.",
                       .required = true})),
        [](call_step& call) -> request_head& { return call.head; });
    return table;
}

const field_table<call_step>& publish_table() {
    static const auto table = with_call_options(
        field_table<call_step>(
            "publish",
            "Publishes a message, and waits until the broker has accepted it. Who consumes it and "
            "when is nothing that the request waits for.")
            .with("publish", &call_step::to, endpoint_kind(),
                  {.help = "The broker and its queue or topic, such as `rabbit.orders`.",
                   .required = true})
            .with("confirm", &call_step::waits, boolean_kind(),
                  {.help = "Whether it waits until the broker has accepted the message; if not, a "
                           "message that the broker refuses is lost and nobody hears of it.",
                   .fallback = "true"}));
    return table;
}

policies_spec parse_policies(const node& at, policies_spec initial) {
    policies_table().read(at, initial);
    check_policies(at, initial);
    return initial;
}

call_step parse_call_options(const node& at, call_step initial) {
    call_options_table().read(at, initial);
    check_policies(at, initial.policies);
    return initial;
}

endpoint_ref parse_endpoint_ref(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size())
        throw bad_quantity(
            fmt::format("expected \"service.endpoint\" such as \"reviews.GET /reviews\", found {}",
                        in_quotes(text)));
    return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::string to_string(const endpoint_ref& endpoint) {
    return endpoint.service + "." + endpoint.endpoint;
}

value_kind<endpoint_ref> endpoint_kind() {
    return {"service.endpoint", R"({"type":"string","pattern":"^[^.]+\\..+$"})",
            [](const node& at) {
                if (!at.is_string())
                    fail_expected(at, "service.endpoint");
                return located(at, [&] { return parse_endpoint_ref(at.string()); });
            }};
}

void check_policies(const node& at, const policies_spec& policies) {
    if (policies.timeout && policies.total_timeout && *policies.timeout > *policies.total_timeout)
        fail(at, fmt::format("the timeout of an attempt ({}) is longer than total_timeout ({})",
                             format_duration(*policies.timeout),
                             format_duration(*policies.total_timeout)));
}

} // namespace windtunnel::topology
