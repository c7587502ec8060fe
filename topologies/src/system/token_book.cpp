// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/token_book.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace windtunnel::topology {

namespace {

std::string claims(const token_spec& spec, std::size_t holder, std::chrono::sys_seconds issued) {
    const auto since_1970 = [](std::chrono::sys_seconds t) { return t.time_since_epoch().count(); };
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(spec.lifetime);
    nlohmann::json all{{"sub", "holder " + std::to_string(holder)},
                       {"iat", since_1970(issued)},
                       {"exp", since_1970(issued + lifetime)}};
    if (!spec.issuer.empty())
        all["iss"] = spec.issuer;
    if (!spec.audience.empty())
        all["aud"] = spec.audience;
    if (!spec.scopes.empty())
        all["scope"] = fmt::format("{}", fmt::join(spec.scopes, " "));
    return all.dump();
}

/// Of the same id and algorithm, and another secret.
jwt_key other_key(jwt_key key) {
    for (char& each : key.secret)
        each = static_cast<char>(each ^ 1);
    return key;
}

time_point whole_second(time_point t) {
    return time_point{std::chrono::floor<std::chrono::seconds>(t.time_since_epoch())};
}

} // namespace

token_source::token_source(token_spec spec, token_book& book, random_stream random)
    : spec_(std::move(spec)), book_(book), random_(random),
      holders_(static_cast<std::size_t>(spec_.holders)) {}

std::uint32_t token_source::mint(std::size_t holder, time_point issued, const jwt_key& key) {
    const bool ends = spec_.revoked && issued < time_point{*spec_.revoked};
    return book_.add({sign_jwt(key, claims(spec_, holder, token_time(issued))),
                      ends ? time_point{*spec_.revoked} : never});
}

std::uint32_t token_source::draw(time_point now) {
    if (spec_.forged + spec_.expired > 0) {
        const double kind = random_.uniform();
        if (kind < spec_.forged)
            return forged(now);
        if (kind < spec_.forged + spec_.expired)
            return expired(now);
    }
    const auto holder =
        static_cast<std::size_t>(random_.uniform() * static_cast<double>(holders_.size()));
    held& own = holders_[holder];
    const bool over = spec_.renewed && now >= own.expires;
    if (own.number == 0 || over)
        own = {mint(holder, now, spec_.key), whole_second(now) + spec_.lifetime};
    return own.number;
}

std::uint32_t token_source::forged(time_point now) {
    if (forged_.number == 0 || now >= forged_.expires)
        forged_ = {mint(0, now, other_key(spec_.key)), whole_second(now) + spec_.lifetime};
    return forged_.number;
}

/// Longer ago than any leeway.
std::uint32_t token_source::expired(time_point now) {
    if (expired_ == 0)
        expired_ = mint(0, now - spec_.lifetime - std::chrono::hours{1}, spec_.key);
    return expired_;
}

} // namespace windtunnel::topology
