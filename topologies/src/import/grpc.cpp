// SPDX-License-Identifier: BSL-1.0
// gRPC's service config in JSON (grpc/doc/service_config.md): methodConfig with timeout,
// retryPolicy or hedgingPolicy (proposal A6), retryThrottling, loadBalancingConfig (A24), outlier
// detection (A50). The most specific name that matches a method decides alone: what it does not say
// is off.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "topologies/src/import/grpc_parts.hpp"
#include "topologies/src/import/product_kinds.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

namespace {

// ---- status codes -----------------------------------------------------------------------------

/// Which failures here a set of codes stands for.
struct failures {
    bool errors = false, overloaded = false, unreachable = false, timeouts = false;
};

constexpr std::array<std::string_view, 17> code_names{
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

/// The name of a code, which may be written as its number; letters of any case.
std::string code_name(const node& at) {
    if (at.is_number() && at.integer() && *at.integer() >= 0 && *at.integer() <= 16)
        return std::string(code_names.at(static_cast<std::size_t>(*at.integer())));
    const std::vector<std::string> known(code_names.begin(), code_names.end());
    if (!at.is_string())
        fail_expected(at, "status code");
    std::string name = at.string();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (std::find(known.begin(), known.end(), name) == known.end())
        fail(at, fmt::format("{} is no status code of gRPC", in_quotes(at.string())),
             nearest(name, known));
    return name;
}

/// Adds what a code stands for; false where nothing here does.
bool add_code(const std::string& name, failures& to) {
    if (name == "UNAVAILABLE") // also what gRPC makes of HTTP's 429 and 503
        to.unreachable = to.overloaded = true;
    else if (name == "RESOURCE_EXHAUSTED")
        to.overloaded = true;
    else if (name == "DEADLINE_EXCEEDED")
        to.timeouts = true;
    else if (name == "UNKNOWN" || name == "INTERNAL" || name == "ABORTED" || name == "DATA_LOSS")
        to.errors = true;
    else
        return false;
    return true;
}

failures read_codes(const node& at, import_draft& draft) {
    expect_array(at, "status codes");
    failures result;
    for (const node& each : at.children()) {
        const std::string name = code_name(each);
        if (!add_code(name, result))
            draft.note(each.where(), name + " is not taken over: no failure here stands for it");
    }
    return result;
}

// ---- policies ---------------------------------------------------------------------------------

constexpr int most_attempts = 5; ///< what gRPC's clients cap both policies at (A6)

int capped_attempts(const node& at, import_draft& draft) {
    const int attempts = count_kind(2).read(at);
    if (attempts > most_attempts)
        draft.note(at.where(),
                   fmt::format("maxAttempts of {} is {} there, too: gRPC allows no more", attempts,
                               most_attempts));
    return std::min(attempts, most_attempts);
}

struct grpc_retry : product_object {
    int max_attempts = 0;
    std::optional<duration> initial, most, per_attempt;
    std::optional<double> multiplier;
    std::optional<failures> codes;
};

const product_table<grpc_retry>& retry_table_of_grpc() {
    using o = grpc_retry;
    static const auto table =
        camel_table<o>("retryPolicy")
            .with_custom("maxAttempts",
                         [](o& target, const node& at) {
                             target.max_attempts = capped_attempts(at, *target.draft);
                         })
            .with("initialBackoff", &o::initial, proto_duration_kind())
            .with("maxBackoff", &o::most, proto_duration_kind())
            .with("backoffMultiplier", &o::multiplier, number_kind(0, 1e9))
            .with("perAttemptRecvTimeout", &o::per_attempt, proto_duration_kind())
            .with_custom("retryableStatusCodes", [](o& target, const node& at) {
                target.codes = read_codes(at, *target.draft);
                if (at.children().empty())
                    fail(at, "retryableStatusCodes must not be empty");
            });
    return table;
}

void check_complete(const node& at, const grpc_retry& from) {
    const std::array<std::pair<bool, const char*>, 5> all{
        {{from.max_attempts > 0, "maxAttempts"},
         {from.initial.has_value(), "initialBackoff"},
         {from.most.has_value(), "maxBackoff"},
         {from.multiplier.has_value(), "backoffMultiplier"},
         {from.codes.has_value(), "retryableStatusCodes"}}};
    for (const auto& [there, key] : all)
        if (!there)
            fail(at, fmt::format("retryPolicy lacks the key \"{}\", which gRPC requires", key));
    if (*from.multiplier <= 0)
        fail(*at.find("backoffMultiplier"), "backoffMultiplier must be above 0");
}

/// A6: min(initial * multiplier^(n-1), max), plus or minus a fifth.
retry_options options_of(const grpc_retry& from, const node& at, import_draft& draft) {
    if (*from.multiplier < 1)
        draft.note(at.find("backoffMultiplier")->where(),
                   fmt::format("backoffMultiplier of {} lets backoffs shrink, which they do not do "
                               "here",
                               *from.multiplier),
                   "1, the same backoff each time");
    return {.max_attempts = from.max_attempts,
            .initial_backoff = std::min(*from.initial, *from.most),
            .max_backoff = *from.most,
            .backoff_multiplier = std::max(1.0, *from.multiplier),
            .jitter = jitter_kind::proportional,
            .jitter_factor = 0.2,
            .retry_errors = from.codes->errors,
            .retry_overloaded = from.codes->overloaded,
            .retry_unreachable = from.codes->unreachable,
            .retry_timeouts = from.codes->timeouts,
            .retry_rejections = false,
            .transparent_retry = true};
}

struct grpc_hedging : product_object {
    int max_attempts = 0;
    duration delay{};
    failures codes;
};

const product_table<grpc_hedging>& hedging_table() {
    using o = grpc_hedging;
    static const auto table =
        camel_table<o>("hedgingPolicy")
            .with_custom("maxAttempts",
                         [](o& target, const node& at) {
                             target.max_attempts = capped_attempts(at, *target.draft);
                         })
            .with("hedgingDelay", &o::delay, proto_duration_kind(zero::allowed))
            .with_custom("nonFatalStatusCodes", [](o& target, const node& at) {
                target.codes = read_codes(at, *target.draft);
            });
    return table;
}

hedge_options options_of(const grpc_hedging& from) {
    return {.max_attempts = from.max_attempts,
            .delay_from = hedge_delay::fixed,
            .delay = from.delay,
            .hedge_errors = from.codes.errors,
            .hedge_overloaded = from.codes.overloaded,
            .hedge_unreachable = from.codes.unreachable,
            .hedge_timeouts = from.codes.timeouts,
            .hedge_rejections = false};
}

// ---- methods ----------------------------------------------------------------------------------

struct method_name : product_object {
    std::string service, method;
};

struct method_config : product_object {
    std::vector<method_name> names;
    std::optional<duration> timeout;
    const node* retry = nullptr;
    const node* hedging = nullptr;
};

value_kind<std::string> any_text_kind() {
    return {"text", {}, [](const node& at) {
                if (!at.is_string())
                    fail_expected(at, "text");
                return at.string();
            }};
}

void read_names(method_config& target, const node& at) {
    static const auto table = camel_table<method_name>("name")
                                  .with("service", &method_name::service, any_text_kind())
                                  .with("method", &method_name::method, any_text_kind());
    expect_array(at, "name");
    for (const node& each : at.children()) {
        method_name name;
        table.read(each, name);
        if (name.service.empty() && !name.method.empty())
            fail(each, "a name with a method needs its service");
        target.names.push_back(std::move(name));
    }
}

const product_table<method_config>& method_table() {
    using o = method_config;
    static const auto table =
        camel_table<o>("methodConfig")
            .with_custom("name", read_names)
            .with("timeout", &o::timeout, proto_duration_kind(zero::allowed))
            .with_custom("retryPolicy", [](o& target, const node& at) { target.retry = &at; })
            .with_custom("hedgingPolicy", [](o& target, const node& at) { target.hedging = &at; })
            .not_expressed({"waitForReady"}, "a call does not wait for a connection here",
                           "a retry with a longer backoff")
            .not_expressed({"maxRequestMessageBytes", "maxResponseMessageBytes"},
                           "messages are not refused for their size");
    return table;
}

/// "pkg.Greeter" is called Greeter here, "pkg.Greeter/SayHello" Greeter.SayHello, unless names say
/// otherwise of one of the two.
std::string callee_of(const method_name& name, const import_draft& draft) {
    if (name.service.empty())
        return "*";
    const std::string whole = name.method.empty() ? name.service : name.service + "/" + name.method;
    if (const std::string ours = draft.ours(whole); ours != whole)
        return ours;
    std::string service = draft.ours(name.service);
    if (service == name.service)
        service = service.substr(service.rfind('.') + 1);
    return name.method.empty() ? service : service + "." + name.method;
}

void say_policies(const method_config& config, drafted_edge& edge, const node& at,
                  import_draft& draft) {
    policies_spec& p = edge.policies;
    if (config.retry != nullptr) {
        grpc_retry retry;
        retry.draft = &draft;
        retry_table_of_grpc().read(*config.retry, retry);
        check_complete(*config.retry, retry);
        draft.say(edge, "retry", p.retry, options_of(retry, *config.retry, draft), *config.retry);
        if (retry.per_attempt)
            draft.say(edge, "timeout", p.timeout, *retry.per_attempt, *config.retry);
    }
    if (config.hedging != nullptr) {
        grpc_hedging hedging;
        hedging.draft = &draft;
        hedging_table().read(*config.hedging, hedging);
        if (hedging.max_attempts == 0)
            fail(*config.hedging,
                 "hedgingPolicy lacks the key \"maxAttempts\", which gRPC requires");
        draft.say(edge, "hedge", p.hedge, options_of(hedging), *config.hedging);
    }
    if (config.timeout)
        draft.say(edge, "total_timeout", p.total_timeout, *config.timeout, at);
}

struct named_edge {
    method_name name;
    drafted_edge* edge;
};

void read_method(const node& at, import_draft& draft, std::vector<named_edge>& all) {
    method_config config;
    config.draft = &draft;
    method_table().read(at, config);
    if (config.retry != nullptr && config.hedging != nullptr)
        fail(*config.hedging, "a methodConfig has either a retryPolicy or a hedgingPolicy");
    if (config.names.empty())
        draft.note(at.where(), "a methodConfig without names is of no method; it is not read");
    for (const method_name& name : config.names) {
        drafted_edge& edge = draft.edge("", callee_of(name, draft), at);
        say_policies(config, edge, at, draft);
        all.push_back({name, &edge});
    }
}

bool covers(const method_name& general, const method_name& special) {
    if (general.service.empty())
        return !special.service.empty();
    return general.service == special.service && general.method.empty() && !special.method.empty();
}

template <class T>
void turn_off_unless_said(const choice<T>& general, choice<T>& special) {
    if (general && !special.is_said())
        special = off;
}

/// What a less specific name says does not hold where a more specific one is silent.
void turn_off_what_is_not_said(const std::vector<named_edge>& all) {
    for (const named_edge& general : all) {
        for (const named_edge& special : all) {
            if (!covers(general.name, special.name))
                continue;
            const policies_spec& from = general.edge->policies;
            policies_spec& to = special.edge->policies;
            turn_off_unless_said(from.retry, to.retry);
            turn_off_unless_said(from.hedge, to.hedge);
            turn_off_unless_said(from.timeout, to.timeout);
            turn_off_unless_said(from.total_timeout, to.total_timeout);
        }
    }
}

void read_methods(const node& at, import_draft& draft) {
    expect_array(at, "methodConfig");
    std::vector<named_edge> all;
    error_collector errors;
    for (const node& each : at.children())
        errors.run([&] { read_method(each, draft, all); });
    errors.finish();
    turn_off_what_is_not_said(all);
}

// ---- throttling -------------------------------------------------------------------------------

struct throttling : product_object {
    double max_tokens = 0, token_ratio = 0;
};

void read_throttling(const node& at, import_draft& draft) {
    static const auto table =
        camel_table<throttling>("retryThrottling")
            .with("maxTokens", &throttling::max_tokens, number_kind(0, 1000))
            .with("tokenRatio", &throttling::token_ratio, number_kind(0, 1000));
    throttling from;
    table.read(at, from);
    for (const char* key : {"maxTokens", "tokenRatio"})
        if (at.find(key) == nullptr)
            fail(at, fmt::format("retryThrottling lacks the key \"{}\", which gRPC requires", key));
    draft.note(at.where(), "there all methods of a server share the tokens",
               "here the calls of an edge share them");
    drafted_edge& edge = edge_to_server(at, draft);
    draft.say(edge, "retry_budget", edge.policies.retry_budget,
              retry_budget_options{.kind = retry_budget_kind::grpc_tokens,
                                   .max_tokens = from.max_tokens,
                                   .token_ratio = from.token_ratio},
              at);
}

} // namespace

drafted_edge& edge_to_server(const node& at, import_draft& draft) {
    if (draft.ours("*") == "*")
        draft.note(at.where(), "it is of the channel's server, which the config does not name",
                   "all that the caller calls; --as '*=SERVICE' names it");
    return draft.edge("", "*", at);
}

void read_grpc_service_config(const node& root, import_draft& draft) {
    static const auto reader = [](void (*read)(const node&, import_draft&)) {
        return [read](product_object& target, const node& at) { read(at, *target.draft); };
    };
    static const auto table =
        camel_table<product_object>("service config")
            .with_custom("methodConfig", reader(read_methods))
            .with_custom("retryThrottling", reader(read_throttling))
            .with_custom("loadBalancingConfig", reader(read_grpc_balancers))
            .with_custom("loadBalancingPolicy", [](product_object&, const node&) {})
            .not_expressed({"healthCheckConfig"}, "health is the server's to say",
                           "health_check of the edge");
    product_object target{&draft, {}};
    table.read(root, target);
    const node* name = root.find("loadBalancingPolicy"); // the older form
    if (name != nullptr && root.find("loadBalancingConfig") == nullptr)
        read_grpc_balancer_name(*name, draft);
}

} // namespace windtunnel::topology
