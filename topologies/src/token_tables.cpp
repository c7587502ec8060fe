// SPDX-License-Identifier: BSL-1.0
// Tokens: how workloads get them, and how they are verified.
#include <utility>

#include "patterns/resilience/option_check.hpp"
#include "topologies/src/distribution_text.hpp"
#include "topologies/src/gateway_tables.hpp"

namespace windtunnel::topology {

namespace {

value_kind<jws_algorithm> algorithm_kind() {
    return enum_kind<jws_algorithm>({{"HS256", jws_algorithm::hs256},
                                     {"HS384", jws_algorithm::hs384},
                                     {"HS512", jws_algorithm::hs512}});
}

const field_table<jwt_key>& key_table() {
    static const auto table =
        field_table<jwt_key>("jwt_key", "A secret that signs tokens and verifies them.")
            .with("secret", &jwt_key::secret, text_kind(),
                  {.help = "At least as many bytes as the hash has: 32, 48 or 64 (RFC 7518).",
                   .required = true})
            .with("id", &jwt_key::id, text_kind(),
                  {.help = "Its `kid`; needed where there are several.", .fallback = "none"})
            .with("algorithm", &jwt_key::algorithm, algorithm_kind(),
                  {.help = "The one algorithm that it is for.", .fallback = "HS256"});
    return table;
}

/// A text is the secret of an HS256 key without an id.
value_kind<jwt_key> key_kind() {
    const auto whole = key_table().kind();
    return {"text or jwt_key", R"({"anyOf":[{"type":"string"},)" + whole.schema + "]}",
            [read = whole.read](const node& at) {
                if (!at.is_string())
                    return read(at);
                jwt_key key{.id = {}, .algorithm = jws_algorithm::hs256, .secret = at.string()};
                located(at, [&] { key.validate(); });
                return key;
            }};
}

duration whole_seconds(const node& at, std::chrono::seconds least, std::chrono::seconds most) {
    const duration read = duration_kind(zero::allowed).read(at);
    if (read % std::chrono::seconds{1} != duration::zero() || read < least || read > most)
        fail(at, "expected whole seconds from " + format_duration(least) + " to " +
                     format_duration(most) + ", because tokens count in seconds; found " +
                     at.describe());
    return read;
}

jwt_verifier_options& verifier_of(authenticate_step& step) {
    if (!step.verifier)
        step.verifier.emplace();
    return *step.verifier;
}

} // namespace

void token_spec::validate() const {
    const option_check check{"token"};
    check(expired + forged <= 1, "expired + forged", expired + forged, "be at most 100%");
}

const field_table<authenticate_step>& jwt_table() {
    using s = authenticate_step;
    const auto of = [](auto member) {
        return [member](s & step) -> auto& {
            return verifier_of(step).*member;
        };
    };
    using o = jwt_verifier_options;
    static const auto table =
        field_table<s>("jwt",
                       "Verifies the JSON Web Token that a request carries (RFC 7519, RFC 8725), "
                       "with the code that a live gateway runs: who has none, or one that is "
                       "forged, expired or for somebody else, is answered 401, who lacks a scope "
                       "403.")
            .with_custom("keys", list_kind(key_kind()).name, list_kind(key_kind()).schema,
                         {.help = "Those that it trusts: the secret of an HS256 key, or keys with "
                                  "their ids.",
                          .required = true},
                         [](s& step, const node& at) {
                             auto& verifier = verifier_of(step);
                             verifier.keys = list_kind(key_kind()).read(at);
                             located(at, [&] { verifier.validate(); });
                         })
            .with("issuer", of(&o::issuer), text_kind(),
                  {.help = "Who must have issued it.", .fallback = "anybody"})
            .with("audience", of(&o::audience), text_kind(),
                  {.help = "Whom it must be for.", .fallback = "anybody"})
            .with_custom("leeway", "duration", schema_reference("duration"),
                         {.help = "Between the clocks of who issues and who verifies: a token is "
                                  "good for so much longer. Whole seconds, at most 5m.",
                          .fallback = "1m"},
                         [](s& step, const node& at) {
                             using namespace std::chrono;
                             verifier_of(step).leeway =
                                 duration_cast<seconds>(whole_seconds(at, seconds{0}, minutes{5}));
                         })
            .with("scopes", &s::scopes, list_kind(text_kind()),
                  {.help = "All that it must have.", .fallback = "none"})
            .with("revocations", &s::revocations, boolean_kind(),
                  {.help = "Whether it looks up which tokens were revoked, as who issues them "
                           "can; the tokens themselves do not say it.",
                   .fallback = "false"})
            .with("work", &s::work, distribution_kind(),
                  {.help = "What a verification costs a worker.", .fallback = "nothing"});
    return table;
}

const field_table<token_spec>& token_table() {
    using t = token_spec;
    static const auto table =
        field_table<t>("token", "The JSON Web Tokens that a workload's requests carry, and that "
                                "travel on with the calls made for them.")
            .with("key", &t::key, key_kind(),
                  {.help = "What signs them: a secret of at least 32 bytes, or a key.",
                   .required = true})
            .with("issuer", &t::issuer, text_kind(),
                  {.help = "Who issues them.", .fallback = "not said"})
            .with("audience", &t::audience, text_kind(),
                  {.help = "Whom they are for.", .fallback = "not said"})
            .with("scopes", &t::scopes, list_kind(text_kind()),
                  {.help = "What they allow.", .fallback = "nothing"})
            .with_custom(
                "lifetime", "duration", schema_reference("duration"),
                {.help = "From the issue of each to its expiry; whole seconds.", .fallback = "5m"},
                [](t& token, const node& at) {
                    using namespace std::chrono;
                    token.lifetime = whole_seconds(at, seconds{1}, hours{24 * 365});
                })
            .with("holders", &t::holders, count_kind(1, 100'000),
                  {.help = "How many have one; each request is one holder's, at random.",
                   .fallback = "100"})
            .with("renewed", &t::renewed, boolean_kind(),
                  {.help = "Whether a holder whose token has expired gets a new one before it "
                           "asks; else it asks on with the old one.",
                   .fallback = "true"})
            .with("expired", &t::expired, share_kind(),
                  {.help = "Requests whose token has expired long ago.", .fallback = "0"})
            .with("forged", &t::forged, share_kind(),
                  {.help = "Requests whose token is signed with a key of the caller's own.",
                   .fallback = "0"})
            .with("revoked", &t::revoked, duration_kind(zero::allowed),
                  {.help = "When, from the beginning of the run, all are revoked; later ones are "
                           "good again.",
                   .fallback = "never"});
    return table;
}

std::vector<definition> token_definitions() {
    return {token_table().describe(), key_table().describe()};
}

} // namespace windtunnel::topology
