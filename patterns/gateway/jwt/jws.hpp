// SPDX-License-Identifier: BSL-1.0
// Signatures of compact JWS (RFC 7515) by HMAC with SHA-2 (RFC 7518 section 3.2), through OpenSSL.
// A key is bound to one algorithm, so a token cannot choose how its key is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace windtunnel {

enum class jws_algorithm : std::uint8_t { hs256, hs384, hs512 };
std::string_view to_string(jws_algorithm algorithm); ///< as in the header: "HS256"
std::optional<jws_algorithm> to_jws_algorithm(std::string_view name);

struct jwt_key {
    std::string id; ///< `kid`; may be empty where it is the only key
    jws_algorithm algorithm = jws_algorithm::hs256;
    std::string secret; ///< bytes; at least as many as the hash has: 32, 48, 64 (RFC 7518, 3.2)

    /// Throws std::invalid_argument naming the key and the rule, never the secret.
    void validate() const;
};

/// The bytes of the MAC. Throws std::runtime_error where OpenSSL fails.
std::string jws_mac(const jwt_key& key, std::string_view signing_input);
/// In a time that does not depend on where they differ.
bool same_mac(std::string_view a, std::string_view b);

/// header.payload.signature, all given as they are to be encoded.
std::string sign_jws(const jwt_key& key, std::string_view header_json, std::string_view payload);
/// With the header {"alg":...,"kid":...,"typ":"JWT"}, the kid where the key has one.
std::string sign_jwt(const jwt_key& key, std::string_view claims_json);

} // namespace windtunnel
