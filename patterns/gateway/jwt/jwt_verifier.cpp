// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/jwt/jwt_verifier.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "patterns/gateway/http_fields.hpp"
#include "patterns/gateway/jwt/base64url.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

using nlohmann::json;

struct refusal_text {
    std::string_view name;
    std::string_view text;
};
constexpr std::array<refusal_text, 23> texts{{
    {"none", "The token is valid"},
    {"missing_token", "No bearer token was sent"},
    {"too_large", "The token is too large"},
    {"malformed", "The token does not have three parts"},
    {"bad_encoding", "A part of the token is not base64url"},
    {"bad_header", "The header is not what a JWS header must be"},
    {"bad_payload", "The payload is not a JSON object"},
    {"duplicate_member", "A member is given twice"},
    {"wrong_type", "The token is of another type"},
    {"critical_header", "The token needs an extension that is not supported"},
    {"algorithm_none", "The token is not signed"},
    {"algorithm_not_allowed", "The algorithm is not allowed"},
    {"unknown_key", "The key is not known"},
    {"algorithm_mismatch", "The algorithm is not that of the key"},
    {"bad_signature", "The signature does not match"},
    {"bad_claim", "A claim has a wrong type"},
    {"missing_claim", "A required claim is missing"},
    {"expired", "The token has expired"},
    {"not_yet_valid", "The token is not valid yet"},
    {"issued_in_future", "The token was issued in the future"},
    {"wrong_issuer", "The token is of another issuer"},
    {"wrong_audience", "The token is for another audience"},
    {"insufficient_scope", "The token does not have the scope"},
}};
static_assert(texts.size() == static_cast<std::size_t>(jwt_refusal::insufficient_scope) + 1);

/// Leaves the checks below; it does not leave verify().
struct refused {
    jwt_refusal refusal;
    std::string what;
};

/// Refuses what the grammar lets pass: members given twice, and too much nesting.
class strict_events {
  public:
    strict_events(int max_depth, jwt_refusal bad) : max_depth_(max_depth), bad_(bad) {}

    bool operator()(int /*depth*/, json::parse_event_t event, json& parsed) {
        switch (event) {
        case json::parse_event_t::object_start:
        case json::parse_event_t::array_start:
            names_.emplace_back();
            if (names_.size() > static_cast<std::size_t>(max_depth_))
                throw refused{bad_, "too deep"};
            break;
        case json::parse_event_t::object_end:
        case json::parse_event_t::array_end:
            names_.pop_back();
            break;
        case json::parse_event_t::key:
            if (!names_.back().insert(parsed.get<std::string>()).second)
                throw refused{jwt_refusal::duplicate_member, parsed.get<std::string>()};
            break;
        case json::parse_event_t::value:
            break;
        }
        return true;
    }

  private:
    std::vector<std::set<std::string>> names_;
    int max_depth_;
    jwt_refusal bad_;
};

json parse_object(const std::string& text, int max_depth, jwt_refusal bad) {
    // The library copies its callback; a reference keeps one state.
    strict_events events{max_depth, bad};
    try {
        auto value = json::parse(
            text, [&events](int d, json::parse_event_t e, json& p) { return events(d, e, p); });
        if (value.is_object())
            return value;
    } catch (const json::exception&) {
        throw refused{bad, {}};
    }
    throw refused{bad, {}};
}

std::string decode(std::string_view part) {
    auto bytes = from_base64url(part);
    if (!bytes)
        throw refused{jwt_refusal::bad_encoding, {}};
    return std::move(*bytes);
}

std::optional<std::string> text_of(const json& object, const char* name, jwt_refusal bad) {
    const auto found = object.find(name);
    if (found == object.end())
        return std::nullopt;
    if (!found->is_string())
        throw refused{bad, name};
    return found->get<std::string>();
}

std::optional<double> number_of(const json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end())
        return std::nullopt;
    if (!found->is_number())
        throw refused{jwt_refusal::bad_claim, name};
    return found->get<double>();
}

/// A string, or an array of strings.
std::vector<std::string> texts_of(const json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end())
        return {};
    if (found->is_string())
        return {found->get<std::string>()};
    const auto is_text = [](const json& v) { return v.is_string(); };
    if (!found->is_array() || !std::ranges::all_of(*found, is_text))
        throw refused{jwt_refusal::bad_claim, name};
    return found->get<std::vector<std::string>>();
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0)
            words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::vector<std::string> scopes_of(const json& claims) {
    if (const auto scope = text_of(claims, "scope", jwt_refusal::bad_claim))
        return words_of(*scope);
    std::vector<std::string> scopes;
    for (const auto& entry : texts_of(claims, "scp"))
        for (auto& word : words_of(entry))
            scopes.push_back(std::move(word));
    return scopes;
}

void check_times(const json& claims, double now, double leeway) {
    const auto exp = number_of(claims, "exp");
    const auto nbf = number_of(claims, "nbf");
    const auto iat = number_of(claims, "iat");
    if (exp && now >= *exp + leeway)
        throw refused{jwt_refusal::expired, "exp"};
    if (nbf && now < *nbf - leeway)
        throw refused{jwt_refusal::not_yet_valid, "nbf"};
    if (iat && *iat > now + leeway)
        throw refused{jwt_refusal::issued_in_future, "iat"};
}

jwt_claims read_claims(const json& claims, const jwt_verifier_options& o) {
    for (const auto& name : o.required_claims)
        if (!claims.contains(name))
            throw refused{jwt_refusal::missing_claim, name};
    jwt_claims read;
    read.issuer = text_of(claims, "iss", jwt_refusal::bad_claim).value_or("");
    read.subject = text_of(claims, "sub", jwt_refusal::bad_claim).value_or("");
    read.id = text_of(claims, "jti", jwt_refusal::bad_claim).value_or("");
    read.audience = texts_of(claims, "aud");
    read.scopes = scopes_of(claims);
    read.expires = number_of(claims, "exp");
    return read;
}

void check_parties(const jwt_claims& claims, const jwt_verifier_options& o) {
    if (!o.issuer.empty() && claims.issuer != o.issuer)
        throw refused{jwt_refusal::wrong_issuer, "iss"};
    if (!o.audience.empty() &&
        std::ranges::find(claims.audience, o.audience) == claims.audience.end())
        throw refused{jwt_refusal::wrong_audience, "aud"};
}

void check_keys(const std::vector<jwt_key>& keys) {
    const option_check check{"jwt_verifier"};
    check(!keys.empty(), "keys", 0, "have at least one");
    std::set<std::string_view> ids;
    for (const auto& key : keys) {
        key.validate();
        check(ids.insert(key.id).second, "key", key.id.empty() ? "\"\"" : key.id,
              "have an id of its own");
    }
}

/// Those parts of the header that are not about the signature.
void check_header(const json& header, const jwt_verifier_options& o) {
    if (header.contains("crit"))
        throw refused{jwt_refusal::critical_header, "crit"};
    const auto type = text_of(header, "typ", jwt_refusal::bad_header);
    if (!o.type.empty() && !same_name(type.value_or(""), o.type))
        throw refused{jwt_refusal::wrong_type, "typ"};
}

jws_algorithm algorithm_of(const json& header, const jwt_verifier_options& o) {
    const auto name = text_of(header, "alg", jwt_refusal::bad_header);
    if (!name)
        throw refused{jwt_refusal::bad_header, "alg"};
    if (same_name(*name, "none"))
        throw refused{jwt_refusal::algorithm_none, "alg"};
    const auto algorithm = to_jws_algorithm(*name);
    if (!algorithm || std::ranges::find(o.allowed, *algorithm) == o.allowed.end())
        throw refused{jwt_refusal::algorithm_not_allowed, *name};
    return *algorithm;
}

} // namespace

std::string_view to_string(jwt_refusal refusal) {
    return texts.at(static_cast<std::size_t>(refusal)).name;
}

std::string_view explain(jwt_refusal refusal) {
    return texts.at(static_cast<std::size_t>(refusal)).text;
}

int status_of(jwt_refusal refusal) {
    if (refusal == jwt_refusal::none)
        return 0;
    return refusal == jwt_refusal::insufficient_scope ? 403 : 401;
}

std::string challenge(jwt_refusal refusal) {
    if (refusal == jwt_refusal::none || refusal == jwt_refusal::missing_token)
        return "Bearer";
    std::string text = refusal == jwt_refusal::insufficient_scope
                           ? "Bearer error=\"insufficient_scope\""
                           : "Bearer error=\"invalid_token\"";
    return text.append(", error_description=\"").append(explain(refusal)).append("\"");
}

void jwt_verifier_options::validate() const {
    const option_check check{"jwt_verifier"};
    check_keys(keys);
    check(!allowed.empty(), "allowed", 0, "have at least one algorithm");
    check(leeway.count() >= 0 && leeway <= std::chrono::minutes{5}, "leeway",
          std::to_string(leeway.count()) + "s", "be 0 to 300s");
    check(max_size >= 64 && max_size <= 1'048'576, "max_size", max_size, "be 64 to 1048576");
    check(max_depth >= 1 && max_depth <= 64, "max_depth", max_depth, "be 1 to 64");
}

bool jwt_claims::has_scope(std::string_view scope) const {
    return std::ranges::find(scopes, scope) != scopes.end();
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (!same_name(authorization.substr(0, scheme.size()), scheme))
        return std::nullopt;
    const auto token = trimmed(authorization.substr(scheme.size()));
    return token.empty() ? std::nullopt : std::optional{token};
}

jwt_refusal authorise(const jwt_claims& claims, const std::vector<std::string>& scopes) {
    const bool all =
        std::ranges::all_of(scopes, [&](const auto& scope) { return claims.has_scope(scope); });
    return all ? jwt_refusal::none : jwt_refusal::insufficient_scope;
}

jwt_verifier::jwt_verifier(jwt_verifier_options options) : options_(std::move(options)) {
    options_.validate();
}

void jwt_verifier::replace_keys(std::vector<jwt_key> keys) {
    check_keys(keys);
    options_.keys = std::move(keys);
}

/// A token without `kid` is taken only where there is no choice of keys.
const jwt_key* jwt_verifier::find_key(const std::optional<std::string>& id) const {
    if (!id)
        return options_.keys.size() == 1 ? &options_.keys.front() : nullptr;
    const auto found = std::ranges::find(options_.keys, *id, &jwt_key::id);
    return found == options_.keys.end() ? nullptr : &*found;
}

/// The payload, once its signature is known to be right.
std::string jwt_verifier::open(std::string_view token, std::string& key_id) const {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        throw refused{jwt_refusal::malformed, {}};
    const auto header =
        parse_object(decode(token.substr(0, first)), options_.max_depth, jwt_refusal::bad_header);
    check_header(header, options_);
    const auto algorithm = algorithm_of(header, options_);
    const auto id = text_of(header, "kid", jwt_refusal::bad_header);
    const auto* key = find_key(id);
    if (key == nullptr)
        throw refused{jwt_refusal::unknown_key, "kid"};
    if (key->algorithm != algorithm)
        throw refused{jwt_refusal::algorithm_mismatch, "alg"};
    if (!same_mac(jws_mac(*key, token.substr(0, second)), decode(token.substr(second + 1))))
        throw refused{jwt_refusal::bad_signature, {}};
    key_id = key->id;
    return decode(token.substr(first + 1, second - first - 1));
}

jwt_verdict jwt_verifier::verify(std::string_view token, std::chrono::sys_seconds now) const {
    if (token.empty())
        return {.refusal = jwt_refusal::missing_token, .what = {}, .claims = {}};
    if (token.size() > static_cast<std::size_t>(options_.max_size))
        return {.refusal = jwt_refusal::too_large, .what = {}, .claims = {}};
    try {
        std::string key_id;
        auto payload = open(token, key_id);
        const auto json = parse_object(payload, options_.max_depth, jwt_refusal::bad_payload);
        auto claims = read_claims(json, options_);
        check_times(json, static_cast<double>(now.time_since_epoch().count()),
                    static_cast<double>(options_.leeway.count()));
        check_parties(claims, options_);
        claims.key_id = std::move(key_id);
        claims.json = std::move(payload);
        return {.refusal = jwt_refusal::none, .what = {}, .claims = std::move(claims)};
    } catch (refused& r) {
        return {.refusal = r.refusal, .what = std::move(r.what), .claims = {}};
    }
}

} // namespace windtunnel
