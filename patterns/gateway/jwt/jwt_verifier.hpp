// SPDX-License-Identifier: BSL-1.0
// Verifies JSON Web Tokens (RFC 7519, with the advice of RFC 8725): the signature before any claim
// is read, algorithms by allow-list and by the key's own, `none` never, no extension marked
// critical, no member twice. Comparisons: expired at now >= exp + leeway, not yet valid at now <
// nbf - leeway, issued in the future at iat > now + leeway. A refusal of who the caller is is a
// 401, of what it may do a 403.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/gateway/jwt/jws.hpp"

namespace windtunnel {

enum class jwt_refusal : std::uint8_t {
    none,
    missing_token,
    too_large,
    malformed,    ///< not three parts
    bad_encoding, ///< not strict base64url
    bad_header,   ///< not a JSON object, or a member of a wrong type
    bad_payload,
    duplicate_member,
    wrong_type,      ///< `typ`
    critical_header, ///< `crit`: an extension that must be understood and is not
    algorithm_none,
    algorithm_not_allowed,
    unknown_key,
    algorithm_mismatch, ///< not the key's
    bad_signature,
    bad_claim, ///< of a wrong JSON type
    missing_claim,
    expired,
    not_yet_valid,
    issued_in_future,
    wrong_issuer,
    wrong_audience,
    insufficient_scope, ///< the only 403
};
std::string_view to_string(jwt_refusal refusal);
/// A sentence for a log or an error_description; says nothing of keys.
std::string_view explain(jwt_refusal refusal);
/// 0 of none, 401, or 403.
int status_of(jwt_refusal refusal);
/// The value of WWW-Authenticate (RFC 6750 section 3); "Bearer" alone where no token was sent.
std::string challenge(jwt_refusal refusal);

struct jwt_verifier_options {
    std::vector<jwt_key> keys{}; ///< at least one; ids differ
    std::vector<jws_algorithm> allowed{jws_algorithm::hs256, jws_algorithm::hs384,
                                       jws_algorithm::hs512};
    std::string issuer{};   ///< "": any
    std::string audience{}; ///< that the token must name; "": tokens for anybody
    std::string type{};     ///< `typ` without case, for example "at+jwt" (RFC 9068); "": any
    std::vector<std::string> required_claims{"exp"}; ///< RFC 7519 requires none: ours
    /// Between the clocks; 0 to 5 min. RFC 7519: "usually no more than a few minutes".
    std::chrono::seconds leeway{60};
    int max_size = 8192; ///< bytes of a token, 64 to 1048576; 8 KiB is a header of nginx
    int max_depth = 8;   ///< of JSON, 1 to 64

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

struct jwt_claims {
    std::string issuer;
    std::string subject;
    std::string id;
    std::vector<std::string> audience;
    std::vector<std::string> scopes; ///< `scope` (RFC 8693), else `scp`
    std::optional<double> expires;   ///< seconds since 1970
    std::string key_id;
    std::string json; ///< the whole payload, for claims of your own

    bool has_scope(std::string_view scope) const;
};

struct jwt_verdict {
    jwt_refusal refusal = jwt_refusal::none;
    std::string what;  ///< the claim or member that it is about, where it is about one
    jwt_claims claims; ///< where nothing was refused

    explicit operator bool() const { return refusal == jwt_refusal::none; }
};

/// What follows "Bearer " (without case), or nothing.
std::optional<std::string_view> bearer_token(std::string_view authorization);

/// 403 where a scope is missing.
jwt_refusal authorise(const jwt_claims& claims, const std::vector<std::string>& scopes);

/// Not thread-safe against replace_keys; verify by itself may run on many threads.
class jwt_verifier {
  public:
    explicit jwt_verifier(jwt_verifier_options options);

    jwt_verdict verify(std::string_view token, std::chrono::sys_seconds now) const;

    /// Rotation: give old and new for as long as tokens of the old live, then the new alone.
    void replace_keys(std::vector<jwt_key> keys);
    const jwt_verifier_options& options() const { return options_; }

  private:
    std::string open(std::string_view token, std::string& key_id) const;
    const jwt_key* find_key(const std::optional<std::string>& id) const;

    jwt_verifier_options options_;
};

} // namespace windtunnel
