// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/idempotency_store.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "patterns/consistency/definite_failure.hpp"
#include "patterns/consistency/record_codec.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

struct idempotency_store::record {
    bool done = false;
    std::uint64_t token = 0;
    time_point end{};
    std::string fingerprint;
    idempotency_response response;
};

namespace {

constexpr std::array<std::string_view, 4> idempotency_names{"started", "in_progress", "replay",
                                                            "mismatch"};

std::string table_key(const idempotency_key& k) {
    if (k.key.empty())
        throw std::invalid_argument("idempotency_store: operation \"" + k.operation +
                                    "\": the key is empty");
    return storage_key{}.text(k.tenant).text(k.operation).text(k.key).take();
}

} // namespace

std::string_view to_string(idempotency_status status) {
    return idempotency_names.at(static_cast<std::size_t>(status));
}

std::uint16_t http_status(idempotency_status status) {
    switch (status) {
    case idempotency_status::in_progress:
        return 409;
    case idempotency_status::mismatch:
        return 422;
    default:
        return 0;
    }
}

idempotency_ending idempotency_ending_of(const failure& f) {
    return is_definite(f) ? idempotency_ending::store : idempotency_ending::forget;
}

std::string request_fingerprint(std::initializer_list<std::string_view> parts) {
    record_writer w;
    for (const auto part : parts)
        w.text(part);
    return w.take();
}

std::string derived_key(const idempotency_key& k, std::string_view call) {
    std::string key; // a length before each part: no two lists of parts give the same
    for (const std::string_view part :
         {std::string_view{k.tenant}, std::string_view{k.operation}, std::string_view{k.key}, call})
        key.append(std::to_string(part.size())).append(":").append(part).append("/");
    key.pop_back();
    return key;
}

void idempotency_options::validate() const {
    constexpr option_check check{"idempotency_store"};
    check(lease > duration::zero(), "lease", lease, "be above 0");
    check(expiry > duration::zero(), "expiry", expiry, "be above 0");
}

idempotency_store::idempotency_store(storage& s, const idempotency_options& options,
                                     std::string name)
    : storage_(s), options_(options), records_(s, name + "/records", name + "/ends"),
      counters_(name + "/counters") {
    options_.validate();
}

idempotency_result idempotency_store::begin(storage_transaction& t, const idempotency_key& k,
                                            std::string_view fingerprint, time_point now) {
    const std::string key = table_key(k);
    const auto before = load(t, key);
    if (before && now < before->end) {
        if (before->fingerprint != fingerprint)
            return {.status = idempotency_status::mismatch};
        if (before->done)
            return {.status = idempotency_status::replay, .response = before->response};
        return {.status = idempotency_status::in_progress, .until = before->end};
    }
    const auto last = t.get(counters_, "token");
    record r;
    r.token = (last ? record_reader{*last}.number() : 0) + 1;
    r.end = saturating_add(now, options_.lease);
    r.fingerprint = fingerprint;
    t.put(counters_, "token", record_writer{}.number(r.token).take());
    save(t, key, before, r);
    return {.status = idempotency_status::started, .token = r.token, .until = r.end};
}

idempotency_result idempotency_store::begin(const idempotency_key& k, std::string_view fingerprint,
                                            time_point now) {
    const auto t = storage_.begin();
    auto result = begin(*t, k, fingerprint, now);
    if (result.status == idempotency_status::started)
        t->commit();
    return result;
}

bool idempotency_store::complete(storage_transaction& t, const idempotency_key& k,
                                 std::uint64_t token, const idempotency_response& r,
                                 time_point now) {
    const std::string key = table_key(k);
    const auto before = owned(t, key, token);
    if (!before)
        return false;
    record after = *before;
    after.done = true;
    after.end = saturating_add(now, options_.expiry);
    after.response = r;
    save(t, key, before, after);
    return true;
}

bool idempotency_store::forget(storage_transaction& t, const idempotency_key& k,
                               std::uint64_t token) {
    const std::string key = table_key(k);
    const auto before = owned(t, key, token);
    if (before)
        records_.erase(t, key, before->end);
    return before.has_value();
}

std::optional<time_point> idempotency_store::extend(storage_transaction& t,
                                                    const idempotency_key& k, std::uint64_t token,
                                                    time_point now) {
    const std::string key = table_key(k);
    const auto before = owned(t, key, token);
    if (!before)
        return std::nullopt;
    record after = *before;
    after.end = saturating_add(now, options_.lease);
    save(t, key, before, after);
    return after.end;
}

/// In progress, under that token. Its lease may have ended, as long as nobody else has begun.
std::optional<idempotency_store::record> idempotency_store::owned(storage_transaction& t,
                                                                  const std::string& key,
                                                                  std::uint64_t token) const {
    auto r = load(t, key);
    return r && !r->done && r->token == token ? std::move(r) : std::nullopt;
}

std::optional<idempotency_store::record> idempotency_store::load(storage_transaction& t,
                                                                 const std::string& key) const {
    const auto bytes = records_.get(t, key);
    if (!bytes)
        return std::nullopt;
    record_reader from{*bytes};
    record r;
    r.done = from.number() != 0;
    r.token = from.number();
    r.end = from.time();
    r.fingerprint = from.text();
    r.response.status = static_cast<std::uint16_t>(from.number());
    r.response.body = from.text();
    return r;
}

void idempotency_store::save(storage_transaction& t, const std::string& key,
                             const std::optional<record>& before, const record& r) {
    if (before)
        records_.erase(t, key, before->end);
    records_.add(t, key,
                 record_writer{}
                     .number(r.done ? 1 : 0)
                     .number(r.token)
                     .time(r.end)
                     .text(r.fingerprint)
                     .number(r.response.status)
                     .text(r.response.body)
                     .take(),
                 r.end);
}

} // namespace windtunnel
