// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <stdexcept>

#include "patterns/gateway/jwt/base64url.hpp"
#include "patterns/gateway/jwt/jwt_verifier.hpp"

using namespace windtunnel;

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

const sys_seconds now{seconds{1'000'000}};

/// The key and the token of RFC 7515, appendix A.1, which is also the example of RFC 7519, 3.1.
const std::string rfc_secret = *from_base64url(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
const std::string rfc_header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
const std::string rfc_payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                                "\"http://example.com/is_root\":true}";
const std::string rfc_token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                              "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
                              "LmNvbS9pc19yb290Ijp0cnVlfQ."
                              "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

jwt_key key(std::string id, jws_algorithm algorithm = jws_algorithm::hs256) {
    return {std::move(id), algorithm, std::string(64, 'k') + id};
}

jwt_verifier_options options() {
    return {.keys = {key("one"), key("two", jws_algorithm::hs512)},
            .allowed = {jws_algorithm::hs256, jws_algorithm::hs512},
            .issuer = "https://auth.example",
            .audience = "shop",
            .type = "JWT",
            .required_claims = {"exp", "sub"},
            .leeway = seconds{10},
            .max_size = 1000,
            .max_depth = 4};
}

const std::string good_claims =
    R"({"iss":"https://auth.example","aud":["x","shop"],"sub":"anna","exp":1000100,"iat":999999,)"
    R"("nbf":999999,"scope":"read write","jti":"7"})";

/// Good claims with one exchanged.
std::string claims_with(const std::string& from, const std::string& to) {
    auto text = good_claims;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string head(const std::string& members) {
    return "{" + members + "}";
}
const std::string good_head = R"({"alg":"HS256","typ":"JWT","kid":"one"})";

std::string signed_with(const std::string& header, const std::string& claims) {
    return sign_jws(key("one"), header, claims);
}

jwt_refusal verified(const std::string& token) {
    return jwt_verifier{options()}.verify(token, now).refusal;
}

std::string changed(std::string text, std::size_t at) {
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
}

using refusals = std::vector<std::pair<std::string, jwt_refusal>>;

void check_all(const refusals& table) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        CAPTURE(i, table[i].first);
        CHECK(to_string(verified(table[i].first)) == to_string(table[i].second));
    }
}

} // namespace

TEST_CASE("the example of RFC 7515 A.1 and RFC 7519 3.1 is signed and verified to the letter") {
    const jwt_key rfc{"", jws_algorithm::hs256, rfc_secret};
    CHECK(sign_jws(rfc, rfc_header, rfc_payload) == rfc_token);
    const jwt_verifier verifier{{.keys = {rfc}, .leeway = seconds{0}}};
    const auto verdict = verifier.verify(rfc_token, sys_seconds{seconds{1300819379}});
    REQUIRE(verdict);
    CHECK(verdict.claims.issuer == "joe");
    CHECK(verdict.claims.json == rfc_payload);
    CHECK(verifier.verify(rfc_token, sys_seconds{seconds{1300819380}}).refusal ==
          jwt_refusal::expired);
}

TEST_CASE("HMAC gives test case 6 of RFC 4231, of a key of 131 bytes") {
    const auto mac = [](jws_algorithm algorithm) {
        std::string hex;
        for (const char c : jws_mac({"", algorithm, std::string(131, '\xaa')},
                                    "Test Using Larger Than Block-Size Key - Hash Key First"))
            for (const int nibble : {(c >> 4) & 15, c & 15})
                hex.push_back("0123456789abcdef"[nibble]);
        return hex;
    };
    CHECK(mac(jws_algorithm::hs256) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(mac(jws_algorithm::hs384) == "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033"
                                       "ac4c60c2ef6ab4030fe8296248df163f44952");
    CHECK(mac(jws_algorithm::hs512) ==
          "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd221"
          "5d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST_CASE("a token that is signed here is taken, with what it says") {
    const auto verdict = jwt_verifier{options()}.verify(sign_jwt(key("one"), good_claims), now);
    REQUIRE(verdict);
    CHECK(verdict.claims.subject == "anna");
    CHECK(verdict.claims.audience == std::vector<std::string>{"x", "shop"});
    CHECK(verdict.claims.scopes == std::vector<std::string>{"read", "write"});
    CHECK(verdict.claims.key_id == "one");
    CHECK(verdict.claims.expires == 1000100.0);
    CHECK(verified(sign_jwt(key("two", jws_algorithm::hs512), good_claims)) == jwt_refusal::none);
    CHECK(verified(signed_with(good_head, claims_with(R"(["x","shop"])", R"("shop")"))) ==
          jwt_refusal::none);
}

TEST_CASE("each token of a forged form, header or signature is refused for its own reason") {
    using enum jwt_refusal;
    const auto good = signed_with(good_head, good_claims);
    const auto dot = good.rfind('.');
    const auto body = good.find('.') + 1;
    const auto h = [](const std::string& members) {
        return signed_with(head(members), good_claims);
    };
    const auto unsigned_head = to_base64url(R"({"alg":"none","typ":"JWT"})");
    const auto payload = to_base64url(good_claims);
    check_all({
        {"", missing_token},
        {std::string(1001, 'a'), too_large},
        {"abc", malformed},
        {"a.b", malformed},
        {good + ".", malformed},
        {good + ".x.y", malformed},
        {"." + good.substr(body), bad_header},
        {"!" + good, bad_encoding},
        {good + "=", bad_encoding},
        {good + " ", bad_encoding},
        {good.substr(0, good.size() - 1) + "+", bad_encoding},
        {good.substr(0, dot + 2), bad_encoding},
        {unsigned_head + "." + payload + ".", algorithm_none},
        {unsigned_head + good.substr(body - 1), algorithm_none},
        {h(R"("alg":"NoNe","kid":"one","typ":"JWT")"), algorithm_none},
        {h(R"("alg":"HS384","kid":"one","typ":"JWT")"), algorithm_not_allowed},
        {h(R"("alg":"RS256","kid":"one","typ":"JWT")"), algorithm_not_allowed},
        {h(R"("alg":"hs256","kid":"one","typ":"JWT")"), algorithm_not_allowed},
        {h(R"("alg":"HS512","kid":"one","typ":"JWT")"), algorithm_mismatch},
        {h(R"("alg":"HS256","kid":"two","typ":"JWT")"), algorithm_mismatch},
        {h(R"("alg":"HS256","kid":"three","typ":"JWT")"), unknown_key},
        {h(R"("alg":"HS256","kid":"","typ":"JWT")"), unknown_key},
        {h(R"("alg":"HS256","typ":"JWT")"), unknown_key},
        {h(R"("alg":"HS256","kid":1,"typ":"JWT")"), bad_header},
        {h(R"("alg":256,"kid":"one","typ":"JWT")"), bad_header},
        {h(R"("kid":"one","typ":"JWT")"), bad_header},
        {h(R"("alg":"HS256","kid":"one","typ":"JWT","crit":["exp"])"), critical_header},
        {h(R"("alg":"HS256","kid":"one","typ":"at+jwt")"), wrong_type},
        {h(R"("alg":"HS256","kid":"one")"), wrong_type},
        {h(R"("alg":"HS256","alg":"none","kid":"one","typ":"JWT")"), duplicate_member},
        {h(R"("alg":"HS256","\u0061lg":"none","kid":"one","typ":"JWT")"), duplicate_member},
        {signed_with("[]", good_claims), bad_header},
        {signed_with(good_head + "x", good_claims), bad_header},
        {signed_with(R"({"a":[[[[1]]]],"alg":"HS256"})", good_claims), bad_header},
        {changed(good, dot + 1), bad_signature},
        {changed(good, body + 3), bad_signature},
        {good.substr(0, dot + 1), bad_signature},
        {good.substr(0, dot + 1) + to_base64url("short"), bad_signature},
        {sign_jws({"one", jws_algorithm::hs256, std::string(32, 'x')}, good_head, good_claims),
         bad_signature},
    });
}

TEST_CASE("each signed token of a broken payload is refused for its own reason") {
    using enum jwt_refusal;
    const auto c = [](const std::string& from, const std::string& to) {
        return signed_with(good_head, claims_with(from, to));
    };
    check_all({
        {signed_with(good_head, "[]"), bad_payload},
        {signed_with(good_head, "not json"), bad_payload},
        {signed_with(good_head, ""), bad_payload},
        {signed_with(good_head, "{\"a\":\"\xff\"}"), bad_payload},
        {signed_with(good_head, R"({"a":{"b":{"c":{"d":{"e":1}}}}})"), bad_payload},
        {c("1000100", "1e999"), bad_payload},
        {c(R"("exp":1000100)", R"("exp":999990)"), expired},
        {c(R"("exp":1000100)", R"("exp":1,"exp":2000000)"), duplicate_member},
        {c(R"("exp":1000100)", R"("exp":"1000100")"), bad_claim},
        {c(R"("exp":1000100,)", ""), missing_claim},
        {c(R"("sub":"anna",)", ""), missing_claim},
        {c(R"("sub":"anna")", R"("sub":7)"), bad_claim},
        {c(R"("nbf":999999)", R"("nbf":1000011)"), not_yet_valid},
        {c(R"("iat":999999)", R"("iat":1000011)"), issued_in_future},
        {c("https://auth.example", "https://auth.example.evil"), wrong_issuer},
        {c(R"("iss":"https://auth.example",)", ""), wrong_issuer},
        {c(R"(["x","shop"])", R"(["x","shop2"])"), wrong_audience},
        {c(R"("aud":["x","shop"],)", ""), wrong_audience},
        {c(R"(["x","shop"])", R"(["shop",1])"), bad_claim},
        {c(R"("read write")", "[1]"), bad_claim},
    });
}

TEST_CASE("leeway is counted at both ends to the second") {
    const auto at = [](const std::string& from, const std::string& to) {
        return verified(signed_with(good_head, claims_with(from, to)));
    };
    CHECK(at("1000100", "999991") == jwt_refusal::none);
    CHECK(at("1000100", "999990") == jwt_refusal::expired);
    CHECK(at(R"("nbf":999999)", R"("nbf":1000010)") == jwt_refusal::none);
    CHECK(at(R"("nbf":999999)", R"("nbf":1000010.5)") == jwt_refusal::not_yet_valid);
    CHECK(at(R"("iat":999999)", R"("iat":1000010)") == jwt_refusal::none);
}

TEST_CASE("who it is and what it may do are refused apart") {
    const auto verdict = jwt_verifier{options()}.verify(
        signed_with(good_head,
                    claims_with(R"("scope":"read write")", R"("scp":["read","list all"])")),
        now);
    REQUIRE(verdict);
    CHECK(verdict.claims.scopes == std::vector<std::string>{"read", "list", "all"});
    CHECK(authorise(verdict.claims, {"read", "all"}) == jwt_refusal::none);
    const auto refused = authorise(verdict.claims, {"read", "write"});
    CHECK(refused == jwt_refusal::insufficient_scope);
    CHECK(status_of(refused) == 403);
    CHECK(status_of(jwt_refusal::expired) == 401);
    CHECK(status_of(jwt_refusal::none) == 0);
    CHECK(challenge(jwt_refusal::missing_token) == "Bearer");
    CHECK(challenge(jwt_refusal::expired) ==
          "Bearer error=\"invalid_token\", error_description=\"The token has expired\"");
}

TEST_CASE("keys rotate: both are taken while both are given, then the new alone") {
    jwt_verifier verifier{{.keys = {key("old")}}};
    const auto old_token = sign_jwt(key("old"), good_claims);
    const auto new_token = sign_jwt(key("new"), good_claims);
    CHECK(verifier.verify(old_token, now));
    CHECK(verifier.verify(new_token, now).refusal == jwt_refusal::unknown_key);
    verifier.replace_keys({key("old"), key("new")});
    CHECK(verifier.verify(old_token, now));
    CHECK(verifier.verify(new_token, now));
    verifier.replace_keys({key("new")});
    CHECK(verifier.verify(old_token, now).refusal == jwt_refusal::unknown_key);
    CHECK_THROWS_AS(verifier.replace_keys({}), std::invalid_argument);
    CHECK(verifier.verify(new_token, now));
}

TEST_CASE("keys that are too short for their hash are refused, and the secret is not told") {
    for (const auto& [algorithm, size] :
         {std::pair{jws_algorithm::hs256, 31U}, std::pair{jws_algorithm::hs384, 47U},
          std::pair{jws_algorithm::hs512, 63U}}) {
        const jwt_key weak{"weak", algorithm, std::string(size, 's')};
        CHECK_THROWS_WITH(jwt_verifier({.keys = {weak}}),
                          Catch::StartsWith("jwt_key weak: size of the secret is " +
                                            std::to_string(size) + "; it must be at least"));
        CHECK_THROWS_AS(sign_jwt(weak, "{}"), std::invalid_argument);
        CHECK_NOTHROW(jwt_verifier({.keys = {{"strong", algorithm, std::string(size + 1, 's')}}}));
    }
    CHECK_THROWS_WITH(jwt_verifier({.keys = {key("a"), key("a")}}),
                      "jwt_verifier: key is a; it must have an id of its own");
    CHECK_THROWS_WITH(jwt_verifier({.keys = {}}),
                      "jwt_verifier: keys is 0; it must have at least one");
}

TEST_CASE("base64url takes one text for one value") {
    for (const std::string bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
        CHECK(from_base64url(to_base64url(bytes)) == bytes);
    CHECK(to_base64url("foobar") == "Zm9vYmFy");
    CHECK(to_base64url("\xfb\xff") == "-_8");
    for (const auto* text : {"Z", "Zg==", "Zh", "Zm9=", "Zm8\n", "Zm9v ", "+_8", "Zm9vY"})
        CHECK_FALSE(from_base64url(text));
}

TEST_CASE("a bearer token is taken from its header, whatever the case of the scheme") {
    CHECK(bearer_token("Bearer abc") == "abc");
    CHECK(bearer_token("bEARER  abc ") == "abc");
    CHECK_FALSE(bearer_token("Basic abc"));
    CHECK_FALSE(bearer_token("Bearer"));
    CHECK_FALSE(bearer_token("Bearer "));
}
