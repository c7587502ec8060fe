// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/call_options.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace windtunnel::topology {

namespace {

const field_table<retry_options>& retry_table() {
    using o = retry_options;
    static const auto table =
        field_table<o>("retry", "When and how often a failed call is tried again.")
            .with("max_attempts", &o::max_attempts, count_kind(1, 1000),
                  {.help = "Attempts, the first one included.", .fallback = "3"})
            .with("initial_backoff", &o::initial_backoff, duration_kind(zero::allowed),
                  {.help = "Before the second attempt; `0s`: retry at once.", .fallback = "50ms"})
            .with("max_backoff", &o::max_backoff, duration_kind(zero::allowed),
                  {.help = "No backoff is longer, before jitter.", .fallback = "1s"})
            .with("backoff_multiplier", &o::backoff_multiplier, number_kind(1, 1e9),
                  {.help = "Of the exponential backoff.", .fallback = "2"})
            .with("backoff", &o::backoff,
                  enum_kind<backoff_kind>({{"constant", backoff_kind::constant},
                                           {"linear", backoff_kind::linear},
                                           {"exponential", backoff_kind::exponential}}),
                  {.help = "How the backoff grows.", .fallback = "exponential"})
            .with("jitter", &o::jitter,
                  enum_kind<jitter_kind>({{"none", jitter_kind::none},
                                          {"full", jitter_kind::full},
                                          {"equal", jitter_kind::equal},
                                          {"decorrelated", jitter_kind::decorrelated},
                                          {"proportional", jitter_kind::proportional}}),
                  {.help = "How the backoff is spread.", .fallback = "full"})
            .with("jitter_factor", &o::jitter_factor, share_kind(),
                  {.help = "Of proportional jitter.", .fallback = "20%"})
            .with("retry_errors", &o::retry_errors, boolean_kind(),
                  {.help = "Whether an error answer is worth another attempt.", .fallback = "true"})
            .with("retry_overloaded", &o::retry_overloaded, boolean_kind(),
                  {.help = "Whether a refusal for overload is.", .fallback = "true"})
            .with("retry_unreachable", &o::retry_unreachable, boolean_kind(),
                  {.help = "Whether a refused or broken connection is.", .fallback = "true"})
            .with("retry_timeouts", &o::retry_timeouts, boolean_kind(),
                  {.help = "Whether an attempt that timed out is.", .fallback = "true"})
            .with("retry_rejections", &o::retry_rejections, boolean_kind(),
                  {.help = "Whether a refusal by the own breaker or bulkhead is.",
                   .fallback = "true"})
            .with("transparent_retry", &o::transparent_retry, boolean_kind(),
                  {.help = "One more attempt, at once and for free, for what was certainly not "
                           "processed.",
                   .fallback = "false"});
    return table;
}

const field_table<retry_budget_options>& retry_budget_table() {
    using o = retry_budget_options;
    static const auto table =
        field_table<o>("retry_budget", "How many retries the caller may make of all its calls of "
                                       "this edge together.")
            .with("kind", &o::kind,
                  enum_kind<retry_budget_kind>({{"ratio", retry_budget_kind::ratio},
                                                {"grpc_tokens", retry_budget_kind::grpc_tokens}}),
                  {.help = "`ratio` as Finagle, `grpc_tokens` as gRPC's throttling (A6).",
                   .fallback = "ratio"})
            .with("ratio", &o::ratio, number_kind(0, 1000),
                  {.help = "Retries for each request.", .fallback = "0.2"})
            .with(
                "min_per_second", &o::min_per_second, number_kind(0, 1e6),
                {.help = "Retries a second that are allowed whatever the load.", .fallback = "10"})
            .with("ttl", &o::ttl, duration_kind(),
                  {.help = "How long a request counts.", .fallback = "10s"})
            .with("max_tokens", &o::max_tokens, number_kind(0, 1000),
                  {.help = "Of `grpc_tokens`; retries stop at half of it.", .fallback = "100"})
            .with("token_ratio", &o::token_ratio, number_kind(0, 1000),
                  {.help = "Of `grpc_tokens`: what a success gives back.", .fallback = "0.1"});
    return table;
}

/// A duration, or "off", which is duration::max().
value_kind<duration> duration_or_off_kind() {
    const auto plain = duration_kind();
    return {"duration or off", R"({"anyOf":[{"const":"off"},)" + plain.schema + "]}",
            [plain](const node& at) {
                return at.is_string() && at.string() == "off" ? duration::max() : plain.read(at);
            }};
}

field_table<circuit_breaker_options> with_window(field_table<circuit_breaker_options> table) {
    using o = circuit_breaker_options;
    return std::move(table)
        .with("sliding_window_type", &o::sliding_window_type,
              enum_kind<sliding_window_type>(
                  {{"count", sliding_window_type::count}, {"time", sliding_window_type::time}}),
              {.help = "Whether it looks at the last calls or at the last seconds.",
               .fallback = "time"})
        .with("sliding_window_size", &o::sliding_window_size, count_kind(1, 1'000'000),
              {.help = "Calls of a count window, buckets of a time window.", .fallback = "10"})
        .with("sliding_window_duration", &o::sliding_window_duration, duration_kind(),
              {.help = "Of a time window.", .fallback = "10s"})
        .with("minimum_number_of_calls", &o::minimum_number_of_calls, count_kind(1),
              {.help = "No decision with fewer calls in the window.", .fallback = "20"});
}

field_table<circuit_breaker_options> with_waits(field_table<circuit_breaker_options> table) {
    using o = circuit_breaker_options;
    return std::move(table)
        .with("wait_in_open", &o::wait_in_open, duration_kind(),
              {.help = "How long it stays open the first time.", .fallback = "5s"})
        .with("max_wait_in_open", &o::max_wait_in_open, duration_kind(),
              {.help = "The longest wait, before jitter.", .fallback = "60s"})
        .with("wait_multiplier", &o::wait_multiplier, number_kind(1, 1e6),
              {.help = "By which each reopening waits longer.", .fallback = "2"})
        .with("wait_jitter", &o::wait_jitter, share_kind(),
              {.help = "By which each wait varies, either way.", .fallback = "20%"})
        .with("permitted_calls_in_half_open", &o::permitted_calls_in_half_open, count_kind(1),
              {.help = "Calls that are let through to see.", .fallback = "5"})
        .with("max_wait_in_half_open", &o::max_wait_in_half_open, duration_kind(zero::allowed),
              {.help = "By then half-open ends, decided or not.", .fallback = "10s"})
        .with("state_after_max_wait", &o::state_after_max_wait,
              enum_kind<breaker_state>(
                  {{"open", breaker_state::open}, {"closed", breaker_state::closed}}),
              {.help = "Where half-open ends when it was not decided.", .fallback = "open"})
        .with("initial_state", &o::initial_state,
              enum_kind<breaker_state>({{"closed", breaker_state::closed},
                                        {"open", breaker_state::open},
                                        {"forced_open", breaker_state::forced_open},
                                        {"disabled", breaker_state::disabled},
                                        {"metrics_only", breaker_state::metrics_only}}),
              {.help = "In what state it begins.", .fallback = "closed"});
}

const field_table<circuit_breaker_options>& circuit_breaker_table() {
    using o = circuit_breaker_options;
    static const auto table = with_waits(with_window(
        field_table<o>("circuit_breaker",
                       "Refuses calls while too many fail or are slow; one for each caller's "
                       "replica and edge.")
            .with("failure_rate_threshold", &o::failure_rate_threshold, share_kind(),
                  {.help = "Opens at this share of failed calls.", .fallback = "50%"})
            .with("slow_call_rate_threshold", &o::slow_call_rate_threshold, share_kind(),
                  {.help = "Opens at this share of slow calls.", .fallback = "60%"})
            .with("slow_call_duration_threshold", &o::slow_call_duration_threshold,
                  duration_or_off_kind(),
                  {.help = "A call that takes longer is slow; `off`: none is.", .fallback = "2s"})
            .with(
                "slow_call_pending", &o::slow_call_pending, boolean_kind(),
                {.help = "Whether calls under way count as slow already.", .fallback = "false"})));
    return table;
}

const field_table<bulkhead_options>& bulkhead_table() {
    using o = bulkhead_options;
    static const auto table =
        field_table<o>("bulkhead", "How many calls of this edge a caller's replica makes at once.")
            .with("max_concurrent", &o::max_concurrent, count_kind(1),
                  {.help = "Calls at once.", .fallback = "25"})
            .with("max_queue", &o::max_queue, count_kind(0),
                  {.help = "Calls that wait for their turn; 0: refuse at once.", .fallback = "0"})
            .with("max_wait", &o::max_wait, duration_kind(zero::allowed),
                  {.help = "The longest wait; needed where calls wait.", .fallback = "0s"});
    return table;
}

value_kind<balancer_policy> balancer_kind() {
    return enum_kind<balancer_policy>({{"round_robin", balancer_policy::round_robin},
                                       {"random", balancer_policy::random},
                                       {"least_request", balancer_policy::least_request},
                                       {"power_of_two", balancer_policy::power_of_two}});
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
        .with("timeout", of(&p::timeout), duration_kind(), {.help = "Of each attempt."})
        .with("total_timeout", of(&p::total_timeout), duration_kind(),
              {.help = "Of the whole call, its retries and waits included."})
        .with("retry", of(&p::retry), retry_table().kind(), {.help = "Absent: one attempt."})
        .with("retry_budget", of(&p::retry_budget), retry_budget_table().kind(),
              {.help = "Absent: retries are not rationed."})
        .with("circuit_breaker", of(&p::circuit_breaker), circuit_breaker_table().kind(),
              {.help = "Absent: none; `{}`: one with its defaults."})
        .with("bulkhead", of(&p::bulkhead), bulkhead_table().kind(),
              {.help = "Absent: any number of calls at once."})
        .with("balancer", of(&p::balancer), balancer_kind(),
              {.help = "Which of the callee's replicas gets the call.", .fallback = "round_robin"});
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
              {.help = "Larger is more important. Absent: that of the request that calls."});
}

} // namespace

const field_table<policies_spec>& policies_table() {
    static const auto table = with_policies(
        field_table<policies_spec>("policies", "What guards the calls of an edge. The order is, "
                                               "outermost first: total timeout, retry, circuit "
                                               "breaker, bulkhead, attempt timeout."),
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
    static const auto table = with_call_options(
        field_table<call_step>("call", "Calls another service and waits for its answer. Its "
                                       "policies are, outermost first: total timeout, retry, "
                                       "circuit breaker, bulkhead, attempt timeout.")
            .with("call", &call_step::to, endpoint_kind(),
                  {.help = "The service and its endpoint, such as `reviews.GET /reviews`.",
                   .required = true}));
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

std::vector<definition> policy_definitions() {
    return {retry_table().describe(), retry_budget_table().describe(),
            circuit_breaker_table().describe(), bulkhead_table().describe()};
}

} // namespace windtunnel::topology
