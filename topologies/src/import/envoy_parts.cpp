// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/envoy_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

std::string short_name(const std::string& host, const import_draft& draft) {
    if (draft.ours(host) != host)
        return host;
    const std::string name = host.substr(host.rfind('|') + 1);
    return name.substr(0, name.find('.'));
}

// ---- retries ----------------------------------------------------------------------------------

namespace {

constexpr const char* by_status = "error answers are not told apart by their status here";

/// What a condition of retry_on stands for. Source: Envoy's router filter, x-envoy-retry-on and
/// x-envoy-retry-grpc-on.
struct retry_condition {
    std::string_view name;
    bool errors, overloaded, unreachable, timeouts;
    const char* caveat; ///< empty: it is all of that, and nothing else
};

constexpr std::array conditions{
    retry_condition{"5xx", true, true, true, true, ""},
    retry_condition{"gateway-error", false, true, true, true, ""},
    retry_condition{"reset", false, false, true, true, ""},
    retry_condition{"reset-before-request", false, false, true, false, ""},
    retry_condition{"connect-failure", false, false, true, false, ""},
    retry_condition{"refused-stream", false, true, false, false, ""},
    retry_condition{"retriable-status-codes", true, true, false, false, by_status},
    retry_condition{"retriable-4xx", false, false, false, false, by_status},
    retry_condition{"retriable-headers", false, false, false, false, "answers have no headers"},
    retry_condition{"envoy-ratelimited", false, true, false, false, ""},
    retry_condition{"http3-post-connect-failure", false, false, false, false,
                    "there is no HTTP/3 here"},
    retry_condition{"cancelled", false, false, false, false, "it is no failure of the callee"},
    retry_condition{"deadline-exceeded", false, false, false, true, ""},
    retry_condition{"internal", true, false, false, false, ""},
    retry_condition{"resource-exhausted", false, true, false, false, ""},
    retry_condition{"unavailable", false, true, true, false, ""},
};

std::string_view without_spaces(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Istio's short form: a status code in place of a condition.
bool is_status(std::string_view text) {
    return text.size() == 3 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void add_status(const node& at, std::string_view status, retry_options& options,
                import_draft& draft) {
    const bool overload = status == "503" || status == "429";
    (overload ? options.retry_overloaded : options.retry_errors) = true;
    if (!overload)
        draft.note(at.where(), fmt::format("retry on {}: {}", status, by_status),
                   "retry_errors, for all of them");
}

void add_condition(const node& at, std::string_view name, retry_options& options,
                   import_draft& draft) {
    const auto* found = std::find_if(conditions.begin(), conditions.end(),
                                     [&](const auto& each) { return each.name == name; });
    if (found == conditions.end()) {
        std::vector<std::string> known;
        for (const auto& each : conditions)
            known.emplace_back(each.name);
        fail(at, fmt::format("{} is no condition to retry on", in_quotes(name)),
             nearest(name, known));
    }
    options.retry_errors |= found->errors;
    options.retry_overloaded |= found->overloaded;
    options.retry_unreachable |= found->unreachable;
    options.retry_timeouts |= found->timeouts;
    if (*found->caveat != '\0')
        draft.note(at.where(), fmt::format("retry on {}: {}", name, found->caveat),
                   found->errors ? "retry_errors and retry_overloaded, for all of them" : "");
}

} // namespace

void read_retry_on(const node& at, std::string_view text, retry_options& options,
                   import_draft& draft) {
    for (std::size_t from = 0; from <= text.size();) {
        const auto comma = std::min(text.find(',', from), text.size());
        const auto name = without_spaces(text.substr(from, comma - from));
        if (is_status(name))
            add_status(at, name, options, draft);
        else if (!name.empty())
            add_condition(at, name, options, draft);
        from = comma + 1;
    }
}

retry_options envoy_retries() {
    return {.max_attempts = 2,
            .initial_backoff = std::chrono::milliseconds{25},
            .max_backoff = std::chrono::milliseconds{250},
            .jitter = jitter_kind::full,
            .retry_errors = false,
            .retry_overloaded = false,
            .retry_unreachable = false,
            .retry_timeouts = false,
            .retry_rejections = false};
}

retry_budget_options at_most_retries(int at_once) {
    return {.kind = retry_budget_kind::concurrent, .ratio = 0, .min_concurrency = at_once};
}

namespace {

struct wrapped_percentage : product_object {
    double value = 0;
};

} // namespace

value_kind<double> percent_message_kind() {
    return {"percent", {}, [](const node& at) {
                static const auto table = snake_table<wrapped_percentage>("percent").with(
                    "value", &wrapped_percentage::value, percentage_kind());
                wrapped_percentage target;
                table.read(at, target);
                return target.value;
            }};
}

product_table<retry_budget_message> budget_table(product_table<retry_budget_message> table,
                                                 const std::string& percent,
                                                 const value_kind<double>& kind) {
    return std::move(table)
        .with(percent, &retry_budget_message::percent, kind)
        .with("minRetryConcurrency", &retry_budget_message::min_concurrency, count_kind(0))
        .not_expressed({"budgetInterval"}, "what is under way counts, not what was");
}

retry_budget_options read_retry_budget(const product_table<retry_budget_message>& table,
                                       const node& at, import_draft& draft) {
    retry_budget_message from;
    from.draft = &draft;
    table.read(at, from);
    return {.kind = retry_budget_kind::concurrent,
            .ratio = from.percent / 100,
            .min_concurrency = from.min_concurrency};
}

// ---- connections ------------------------------------------------------------------------------

void say_bulkhead(drafted_edge& edge, const connection_limits& limits, const node& at,
                  import_draft& draft) {
    constexpr int none = std::numeric_limits<int>::max();
    const int connections = limits.http2 ? none : limits.connections.value_or(limits.standard);
    const int requests = limits.requests.value_or(limits.standard);
    const bool queues = connections != none && connections <= requests;
    const int queue = queues ? limits.pending.value_or(limits.standard) : 0;
    if (limits.http2 && limits.connections.value_or(none) != none)
        draft.note(at.where(), "HTTP/2 sends all requests over one connection: the limit of "
                               "connections is not taken over");
    if (!queues && limits.pending.value_or(none) != none)
        draft.note(at.where(),
                   "no request waits for a connection: the limit of pending requests is "
                   "not taken over");
    int at_once = std::min(connections, requests);
    if (at_once == none)
        return;
    if (at_once == 0) {
        draft.note(at.where(), "0 refuses every call, which a bulkhead here cannot", "1");
        at_once = 1;
    }
    draft.say(edge, "bulkhead", edge.policies.bulkhead,
              bulkhead_options{.max_concurrent = at_once,
                               .max_queue = queue,
                               .max_wait = queue > 0 ? until_its_timeout : duration::zero()},
              at);
}

} // namespace windtunnel::topology
