// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/jwt/jws.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdexcept>

#include "patterns/gateway/jwt/base64url.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array algorithm_names{"HS256", "HS384", "HS512"};

int hash_size(jws_algorithm algorithm) {
    return 32 + 16 * static_cast<int>(algorithm);
}

const EVP_MD* hash_of(jws_algorithm algorithm) {
    switch (algorithm) {
    case jws_algorithm::hs256:
        return EVP_sha256();
    case jws_algorithm::hs384:
        return EVP_sha384();
    case jws_algorithm::hs512:
        return EVP_sha512();
    }
    throw std::logic_error("jws: no such algorithm");
}

} // namespace

std::string_view to_string(jws_algorithm algorithm) {
    return algorithm_names.at(static_cast<std::size_t>(algorithm));
}

std::optional<jws_algorithm> to_jws_algorithm(std::string_view name) {
    for (std::size_t i = 0; i < algorithm_names.size(); ++i)
        if (name == algorithm_names.at(i))
            return static_cast<jws_algorithm>(i);
    return std::nullopt;
}

void jwt_key::validate() const {
    const std::string who = "jwt_key " + (id.empty() ? "without an id" : id);
    const int least = hash_size(algorithm);
    option_check{who}(secret.size() >= static_cast<std::size_t>(least) && secret.size() <= 4096,
                      "size of the secret", static_cast<int>(secret.size()),
                      "be at least the " + std::to_string(least) + " bytes of the hash of " +
                          std::string{to_string(algorithm)} + ", and at most 4096");
}

std::string jws_mac(const jwt_key& key, std::string_view signing_input) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    const auto* input = reinterpret_cast<const unsigned char*>(signing_input.data());
    if (HMAC(hash_of(key.algorithm), key.secret.data(), static_cast<int>(key.secret.size()), input,
             signing_input.size(), mac.data(), &size) == nullptr)
        throw std::runtime_error("jws: OpenSSL could not make the HMAC");
    return {reinterpret_cast<const char*>(mac.data()), size};
}

bool same_mac(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string sign_jws(const jwt_key& key, std::string_view header_json, std::string_view payload) {
    key.validate();
    auto token = to_base64url(header_json) + '.' + to_base64url(payload);
    return token + '.' + to_base64url(jws_mac(key, token));
}

std::string sign_jwt(const jwt_key& key, std::string_view claims_json) {
    nlohmann::json header{{"alg", to_string(key.algorithm)}, {"typ", "JWT"}};
    if (!key.id.empty())
        header["kid"] = key.id;
    return sign_jws(key, header.dump(), claims_json);
}

} // namespace windtunnel
