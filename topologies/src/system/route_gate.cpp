// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/route_gate.hpp"

#include <utility>

#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/exchange.hpp"
#include "topologies/src/system/replica.hpp"

namespace windtunnel::topology {

namespace {

constexpr std::uint16_t unauthorized = 401, forbidden = 403, too_many_requests = 429,
                        unavailable = 503;

failure answer(std::uint16_t status) {
    return {.kind = failure_kind::error, .status = status};
}

std::string key_of(limit_step::by what, const exchange& x) {
    switch (what) {
    case limit_step::by::key:
        return std::to_string(x.key);
    case limit_step::by::caller:
        return x.through.how().edge->caller;
    case limit_step::by::token:
        return std::to_string(x.token);
    }
    return {};
}

} // namespace

// ---- tokens -------------------------------------------------------------------------------------

token_check::token_check(const authenticate_step& spec)
    : spec_(spec),
      verifier_(spec.verifier ? std::make_unique<jwt_verifier>(*spec.verifier) : nullptr) {}

/// What is too early now is not so for ever.
bool token_check::finding::holds(std::chrono::sys_seconds now) const {
    const bool early =
        refusal == jwt_refusal::not_yet_valid || refusal == jwt_refusal::issued_in_future;
    const bool over = until != std::chrono::sys_seconds{} && now >= until;
    return !early && !over && now >= since;
}

token_check::finding token_check::verified(const std::string& token,
                                           std::chrono::sys_seconds now) const {
    const jwt_verdict verdict = verifier_->verify(token, now);
    if (!verdict)
        return {verdict.refusal, {}, now};
    finding good{authorise(verdict.claims, spec_.scopes), std::chrono::sys_seconds::max(), now};
    if (verdict.claims.expires)
        good.until = std::chrono::sys_seconds{std::chrono::seconds{
                         static_cast<std::int64_t>(*verdict.claims.expires)}} +
                     verifier_->options().leeway;
    return good;
}

jwt_refusal token_check::look_at(const token_book& book, std::uint32_t token, time_point now) {
    if (token == 0)
        return jwt_refusal::missing_token;
    if (verifier_ == nullptr)
        return jwt_refusal::none;
    const token_book::entry& one = book.of(token);
    const auto second = token_time(now);
    auto [place, is_new] = known_.try_emplace(token);
    if (is_new || !place->second.holds(second))
        place->second = verified(one.text, second);
    if (place->second.refusal == jwt_refusal::none && spec_.revocations && now >= one.revoked)
        return jwt_refusal::expired;
    return place->second.refusal;
}

// ---- the gate -----------------------------------------------------------------------------------

route_gate::route_gate(const program& steps, std::size_t replicas, std::uint64_t seed,
                       const std::string& name)
    : steps_(steps), replicas_(replicas), draws_(seed, name + "/mirror") {
    for (const authenticate_step* each : steps.checks)
        checks_.emplace_back(*each);
    for (memory& each : replicas_) {
        for (const limit_step* limit : steps.limits)
            each.limiters.push_back(std::make_unique<keyed_rate_limiter>(limit->options));
        for (const mirror_step* mirror : steps.mirrors)
            each.mirrors.push_back(std::make_unique<mirror_policy>(mirror->options));
    }
}

/// Copies that are under way go on, whoever is there to count them.
void route_gate::restarted(std::uint32_t replica, time_point now) {
    memory& own = replicas_[replica];
    for (std::size_t i = 0; i < own.limiters.size(); ++i)
        own.limiters[i] = std::make_unique<keyed_rate_limiter>(steps_.limits[i]->options, now);
}

failure route_gate::refused(jwt_refusal why) {
    const bool may_not = status_of(why) == forbidden;
    ++(may_not ? books_.forbidden : books_.unauthenticated);
    return answer(may_not ? forbidden : unauthorized);
}

std::optional<failure> route_gate::authenticate(std::uint32_t step, const token_book& book,
                                                std::uint32_t token, time_point now) {
    const jwt_refusal why = checks_[step].look_at(book, token, now);
    if (why == jwt_refusal::none)
        return {};
    return refused(why);
}

failure route_gate::asked_in_vain(const failure& why) {
    if (why.kind == failure_kind::error && why.status == unauthorized)
        return refused(jwt_refusal::bad_signature);
    if (why.kind == failure_kind::error && why.status == forbidden)
        return refused(jwt_refusal::insufficient_scope);
    if (why.kind == failure_kind::cancelled || why.kind == failure_kind::shut_down)
        return {.kind = failure_kind::cancelled};
    ++books_.refused_otherwise;
    return answer(unavailable);
}

std::optional<failure> route_gate::limit(std::uint32_t step, const exchange& x, time_point now) {
    keyed_rate_limiter& limiter = *replicas_[x.at.number()].limiters[step];
    const rate_decision decision = limiter.try_acquire(now, key_of(steps_.limits[step]->keys, x));
    if (decision)
        return {};
    ++books_.rate_limited;
    return failure{.kind = failure_kind::overloaded,
                   .status = too_many_requests,
                   .not_processed = true,
                   .retry_after = decision.retry_after};
}

mirror_policy::copy route_gate::mirror(std::uint32_t step, std::uint32_t replica) {
    auto made = replicas_[replica].mirrors[step]->try_mirror(draws_.uniform());
    books_.mirrored += made ? 1 : 0;
    return made;
}

std::uint64_t route_gate::copies_dropped() const {
    std::uint64_t sum = 0;
    for (const memory& each : replicas_)
        for (const auto& mirror : each.mirrors)
            sum += mirror->metrics().dropped;
    return sum;
}

} // namespace windtunnel::topology
