// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/saga_log.hpp"

#include <limits>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

namespace {

constexpr std::size_t all_of_them = std::numeric_limits<std::size_t>::max();

std::string encoded(const saga_record& r) {
    return record_writer{}
        .number(static_cast<std::uint64_t>(r.kind))
        .time(r.at)
        .number(r.step)
        .number(static_cast<std::uint64_t>(r.direction))
        .number(static_cast<std::uint64_t>(r.attempt))
        .number(static_cast<std::uint64_t>(r.result))
        .number(static_cast<std::uint64_t>(r.state))
        .time(r.until)
        .text(r.text)
        .take();
}

template <class Enum>
Enum enum_from(record_reader& r, Enum last) {
    const std::uint64_t n = r.number();
    if (n > static_cast<std::uint64_t>(last))
        throw storage_error(storage_failure::corrupt, "saga_log: an unknown kind of record");
    return static_cast<Enum>(n);
}

saga_record decoded_record(std::string_view bytes) {
    record_reader from{bytes};
    saga_record r;
    r.kind = enum_from(from, saga_record_kind::ended);
    r.at = from.time();
    r.step = static_cast<std::uint32_t>(from.number());
    r.direction = enum_from(from, saga_direction::compensation);
    r.attempt = static_cast<int>(from.number());
    r.result = enum_from(from, saga_result::unknown);
    r.state = enum_from(from, saga_state::failed);
    r.until = from.time();
    r.text = from.text();
    return r;
}

} // namespace

bool saga_log::contains(storage_transaction& t, const std::string& saga) const {
    return t.get(records_, storage_key{}.text(saga).number(0).take()).has_value();
}

void saga_log::append(storage_transaction& t, const active_saga& saga, std::uint64_t number,
                      const saga_record& r) const {
    t.put(records_, storage_key{}.text(saga.id).number(number).take(), encoded(r));
    if (r.kind == saga_record_kind::started)
        t.put(active_, saga.id, record_writer{}.text(saga.definition).text(saga.shape).take());
    if (r.kind == saga_record_kind::ended)
        t.erase(active_, saga.id);
}

std::vector<saga_record> saga_log::read(storage_transaction& t, const std::string& saga) const {
    std::vector<saga_record> all;
    for (const auto& entry : t.scan(records_, storage_key{}.text(saga).prefix(), all_of_them))
        all.push_back(decoded_record(entry.value));
    return all;
}

std::vector<active_saga> saga_log::active(storage_transaction& t) const {
    std::vector<active_saga> all;
    for (auto& entry : t.scan(active_, {}, all_of_them)) {
        record_reader r{entry.value};
        active_saga saga{.id = std::move(entry.key)};
        saga.definition = r.text();
        saga.shape = r.text();
        all.push_back(std::move(saga));
    }
    return all;
}

void saga_log::erase(storage_transaction& t, const std::string& saga) const {
    for (const auto& entry : t.scan(records_, storage_key{}.text(saga).prefix(), all_of_them))
        t.erase(records_, entry.key);
    t.erase(active_, saga);
}

} // namespace windtunnel
