// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/gate_tables.hpp"

#include <fmt/format.h>

#include <utility>

#include "topologies/src/call_options.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/gateway_tables.hpp"
#include "topologies/src/policy_tables.hpp"

namespace windtunnel::topology {

namespace {

const field_table<mirror_step>& mirror_table() {
    static const auto table =
        field_table<mirror_step>("mirror", "Sends copies of a share of the requests elsewhere: "
                                           "nobody waits for their answers, and they have none of "
                                           "the policies of the request.")
            .with("to", [](mirror_step& m) -> endpoint_ref& { return m.copy.to; }, endpoint_kind(),
                  {.help = "Who gets the copies.", .required = true})
            .with("share", [](mirror_step& m) -> double& { return m.options.share; }, share_kind(),
                  {.help = "Of the requests that take the route.", .fallback = "100%"})
            .with("max_in_flight", [](mirror_step& m) -> int& { return m.options.max_in_flight; },
                  count_kind(1, 1'000'000),
                  {.help = "Copies of a replica under way at once; above it there is no copy.",
                   .fallback = "100"})
            .with(
                "timeout", [](mirror_step & m) -> auto& { return m.copy.policies.timeout; },
                duration_kind(),
                {.help = "After which a copy without an answer is forgotten.", .fallback = "none"});
    return table;
}

// ---- who may ------------------------------------------------------------------------------------

/// Whether there is a token shows without asking.
steps_spec introspection(const node& at, call_step call) {
    call.introspects = true;
    call.where = at.find("call")->where();
    check_policies(at, call.policies);
    return {{authenticate_step{}, at.where()}, {std::move(call), at.where()}};
}

const value_kind<limit_step::by>& by_kind() {
    static const auto kind = enum_kind<limit_step::by>({{"caller", limit_step::by::caller},
                                                        {"key", limit_step::by::key},
                                                        {"token", limit_step::by::token}});
    return kind;
}

field_table<limit_step> own_limit_fields() {
    return field_table<limit_step>("keyed_rate_limit",
                                   "How fast requests of one key may come to each replica of the "
                                   "gateway; more are answered 429.")
        .with("by", &limit_step::keys, by_kind(),
              {.help = "Whose requests are counted together: those of one service or workload, for "
                       "one `key`, or with one token.",
               .fallback = "caller"})
        .with("max_keys", [](limit_step& l) -> int& { return l.options.max_keys; },
              count_kind(1, 10'000'000),
              {.help = "Keys that are remembered; the one that was used longest ago is forgotten.",
               .fallback = "10000"});
}

const field_table<limit_step>& limit_table() {
    static const auto table = [] {
        auto made = own_limit_fields();
        for (const auto& field : rate_limiter_table().describe().fields) {
            if (field.key == "max_wait")
                continue;
            made = std::move(made).with_custom(
                field.key, field.kind, field.schema,
                {.help = field.help, .fallback = field.fallback},
                [key = field.key](limit_step& l, const node& at) {
                    const auto empty = document::parse("{}", at.where().file);
                    const auto only = document::with(empty.root(), key, at);
                    rate_limiter_table().read(only.root(), l.options.limit);
                });
        }
        return std::move(made).not_here("max_wait", "a limit at a gateway refuses and holds "
                                                    "nothing back: leave it out");
    }();
    return table;
}

} // namespace

mirror_step read_mirror(const node& at) {
    mirror_step mirror;
    mirror.options.share = 1;
    mirror_table().read(at, mirror);
    mirror.copy.waits = false;
    mirror.copy.where = at.find("to")->where();
    return mirror;
}

steps_spec read_authentication(const node& at) {
    expect_object(at, "authentication");
    const node* jwt = at.find("jwt");
    const node* call = at.find("call");
    if ((jwt == nullptr) == (call == nullptr))
        fail(at, jwt != nullptr
                     ? "authentication is \"jwt\" (the gateway verifies the token) or \"call\" "
                       "(it asks a service whether the token is good), not both"
                     : "authentication needs \"jwt\", such as { \"jwt\": { \"keys\": [...] } }, "
                       "where the gateway verifies the token, or \"call\", such as { \"call\": "
                       "\"auth.POST /introspect\" }, where it asks a service");
    if (call != nullptr) {
        call_step ask;
        call_table().read(at, ask);
        return introspection(at, std::move(ask));
    }
    for (const node& member : at.children())
        if (!is_note(member) && member.key() != "jwt")
            fail_key(member, fmt::format("{} belongs to a \"call\": leave it out, or put it into "
                                         "\"jwt\"",
                                         in_quotes(member.key())));
    authenticate_step step;
    jwt_table().read(*jwt, step);
    return {{std::move(step), jwt->where()}};
}

limit_step read_limit(const node& at) {
    limit_step limit;
    limit_table().read(at, limit);
    validated(at, [&] { limit.options.validate(); });
    return limit;
}

std::vector<definition> gate_definitions() {
    return {mirror_table().describe(), limit_table().describe()};
}

} // namespace windtunnel::topology
