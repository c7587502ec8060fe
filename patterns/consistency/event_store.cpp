// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/event_store.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 5> append_status_names{
    "appended", "already_appended", "wrong_version", "id_conflict", "stream_deleted"};

std::string place_in_stream(const std::string& stream, std::uint64_t version) {
    return storage_key{}.text(stream).number(version).take();
}

std::string encoded(const recorded_event& e) {
    return record_writer{}
        .text(e.stream)
        .number(e.version)
        .time(e.recorded_at)
        .number(e.erased ? 1 : 0)
        .text(e.data.id)
        .text(e.data.type)
        .number(e.data.schema)
        .text(e.data.body)
        .text(e.data.metadata)
        .take();
}

void check_events(const std::string& stream, std::span<const event_data> events) {
    const auto refuse = [&](const char* rule) {
        throw std::invalid_argument("event_store: stream \"" + stream + "\": " + rule);
    };
    if (stream.empty())
        refuse("its name is empty");
    if (events.empty())
        refuse("there are no events to append");
    std::set<std::string_view> ids;
    for (const auto& e : events) {
        if (e.type.empty())
            refuse("an event has no type");
        if (e.schema == 0)
            refuse("an event has schema 0; schemas begin with 1");
        if (!e.id.empty() && !ids.insert(e.id).second)
            refuse("two events have the same id");
    }
}

} // namespace

std::string_view to_string(event_append_status status) {
    return append_status_names.at(static_cast<std::size_t>(status));
}

event_store::event_store(storage& s, std::string name, upcaster old)
    : storage_(s), upcast_(std::move(old)), events_(name + "/events"), streams_(name + "/streams"),
      heads_(name + "/heads"), ids_(name + "/ids"), snapshots_(name + "/snapshots") {
    upcast_.validate();
}

event_append event_store::append(storage_transaction& t, const std::string& stream,
                                 std::span<const event_data> events, expected_version expected,
                                 time_point now) {
    check_events(stream, events);
    auto [version, erased] = head_of(t, stream);
    if (erased)
        return {event_append_status::stream_deleted, version, 0};
    if (const auto again = known(t, stream, events, version))
        return *again;
    if (!expected.admits(version))
        return {event_append_status::wrong_version, version, 0};
    store_head all = head_of_all(t);
    all.time = std::max(all.time, now);
    for (const auto& e : events)
        write(t, {++all.position, stream, ++version, all.time, false, e});
    t.put(heads_, stream, record_writer{}.number(version).number(0).take());
    t.put(heads_, "", record_writer{}.number(all.position).time(all.time).take());
    return {event_append_status::appended, version, all.position};
}

event_append event_store::append(const std::string& stream, std::span<const event_data> events,
                                 expected_version expected, time_point now) {
    const auto t = storage_.begin();
    const auto result = append(*t, stream, events, expected, now);
    if (result.status == event_append_status::appended)
        t->commit();
    return result;
}

/// What is to be said if any of the ids is there.
std::optional<event_append> event_store::known(storage_transaction& t, const std::string& stream,
                                               std::span<const event_data> events,
                                               std::uint64_t version) const {
    std::size_t found = 0;
    std::uint64_t before = 0;
    bool in_order = true;
    for (const auto& e : events) {
        const auto record =
            e.id.empty() ? std::nullopt : t.get(ids_, storage_key{}.text(stream).text(e.id).take());
        if (!record) {
            in_order = false;
            continue;
        }
        const auto place = record_reader{*record}.number();
        in_order = in_order && (found == 0 || place == before + 1);
        before = place;
        ++found;
    }
    if (found == 0)
        return std::nullopt;
    if (!in_order)
        return event_append{event_append_status::id_conflict, version, 0};
    return event_append{event_append_status::already_appended, version,
                        position_of(t, stream, before)};
}

void event_store::write(storage_transaction& t, recorded_event e) {
    t.put(events_, storage_key{}.number(e.position).take(), encoded(e));
    t.put(streams_, place_in_stream(e.stream, e.version),
          record_writer{}.number(e.position).take());
    if (!e.data.id.empty())
        t.put(ids_, storage_key{}.text(e.stream).text(e.data.id).take(),
              record_writer{}.number(e.version).take());
}

std::vector<recorded_event> event_store::read(storage_transaction& t, const std::string& stream,
                                              const event_range& which) const {
    key_range places{place_in_stream(stream, which.first), storage_key{}.text(stream).prefix().to};
    if (which.last < ~std::uint64_t{0})
        places.to = place_in_stream(stream, which.last + 1);
    std::vector<recorded_event> found;
    for (const auto& place : t.scan(streams_, places, which.limit))
        found.push_back(at_position(t, record_reader{place.value}.number()));
    return found;
}

std::vector<recorded_event> event_store::read(const std::string& stream,
                                              const event_range& which) const {
    return read(*storage_.begin_read(), stream, which);
}

std::vector<recorded_event> event_store::read_all(storage_transaction& t, std::uint64_t after,
                                                  std::size_t limit) const {
    std::vector<recorded_event> found;
    if (after == ~std::uint64_t{0})
        return found;
    for (const auto& [key, record] :
         t.scan(events_, {storage_key{}.number(after + 1).take(), {}}, limit))
        found.push_back(decode(storage_key_reader{key}.number(), record));
    return found;
}

std::vector<recorded_event> event_store::read_all(std::uint64_t after, std::size_t limit) const {
    return read_all(*storage_.begin_read(), after, limit);
}

std::uint64_t event_store::version(storage_transaction& t, const std::string& stream) const {
    return head_of(t, stream).version;
}

std::uint64_t event_store::version(const std::string& stream) const {
    return version(*storage_.begin_read(), stream);
}

std::uint64_t event_store::version_at(storage_transaction& t, const std::string& stream,
                                      time_point at) const {
    std::uint64_t known_before = 0; // recorded by then
    std::uint64_t known_after = version(t, stream) + 1;
    while (known_after - known_before > 1) {
        const std::uint64_t middle = known_before + (known_after - known_before) / 2;
        const auto e = at_position(t, position_of(t, stream, middle));
        (e.recorded_at <= at ? known_before : known_after) = middle;
    }
    return known_before;
}

std::uint64_t event_store::version_at(const std::string& stream, time_point at) const {
    return version_at(*storage_.begin_read(), stream, at);
}

std::uint64_t event_store::head(storage_transaction& t) const {
    return head_of_all(t).position;
}

std::uint64_t event_store::head() const {
    return head(*storage_.begin_read());
}

void event_store::save_snapshot(storage_transaction& t, const std::string& stream,
                                const event_snapshot& s) {
    const auto now_at = head_of(t, stream);
    if (s.version == 0 || s.version > now_at.version)
        throw std::invalid_argument("event_store: stream \"" + stream +
                                    "\": a snapshot of version " + std::to_string(s.version) +
                                    ", which is not there");
    const auto before = snapshot(t, stream, s.schema);
    if (now_at.erased || (before && before->version >= s.version))
        return;
    t.put(snapshots_, stream,
          record_writer{}.number(s.schema).number(s.version).text(s.state).take());
}

void event_store::save_snapshot(const std::string& stream, const event_snapshot& s) {
    const auto t = storage_.begin();
    save_snapshot(*t, stream, s);
    t->commit();
}

std::optional<event_snapshot> event_store::snapshot(storage_transaction& t,
                                                    const std::string& stream,
                                                    std::uint32_t schema) const {
    const auto record = t.get(snapshots_, stream);
    if (!record)
        return std::nullopt;
    record_reader r{*record};
    if (r.number() != schema)
        return std::nullopt;
    event_snapshot s{.version = r.number(), .schema = schema, .state = {}};
    s.state = r.text();
    return s;
}

void event_store::discard_snapshot(storage_transaction& t, const std::string& stream) {
    t.erase(snapshots_, stream);
}

bool event_store::erase_stream(storage_transaction& t, const std::string& stream) {
    const auto [version, erased] = head_of(t, stream);
    if (version == 0)
        return false;
    for (std::uint64_t v = 1; v <= version && !erased; ++v) {
        recorded_event e = at_position(t, position_of(t, stream, v));
        e.erased = true;
        e.data.body.clear();
        e.data.metadata.clear();
        t.put(events_, storage_key{}.number(e.position).take(), encoded(e));
    }
    t.put(heads_, stream, record_writer{}.number(version).number(1).take());
    discard_snapshot(t, stream);
    return true;
}

event_store::stream_head event_store::head_of(storage_transaction& t,
                                              const std::string& stream) const {
    const auto record = stream.empty() ? std::nullopt : t.get(heads_, stream);
    if (!record)
        return {};
    record_reader r{*record};
    stream_head h;
    h.version = r.number();
    h.erased = r.number() != 0;
    return h;
}

event_store::store_head event_store::head_of_all(storage_transaction& t) const {
    const auto record = t.get(heads_, "");
    if (!record)
        return {};
    record_reader r{*record};
    store_head h;
    h.position = r.number();
    h.time = r.time();
    return h;
}

std::uint64_t event_store::position_of(storage_transaction& t, const std::string& stream,
                                       std::uint64_t version) const {
    const auto record = t.get(streams_, place_in_stream(stream, version));
    if (!record)
        throw storage_error(storage_failure::corrupt, "event_store: stream \"" + stream +
                                                          "\" lacks version " +
                                                          std::to_string(version));
    return record_reader{*record}.number();
}

recorded_event event_store::at_position(storage_transaction& t, std::uint64_t position) const {
    const auto record = t.get(events_, storage_key{}.number(position).take());
    if (!record)
        throw storage_error(storage_failure::corrupt,
                            "event_store: no event at position " + std::to_string(position));
    return decode(position, *record);
}

recorded_event event_store::decode(std::uint64_t position, std::string_view record) const {
    record_reader r{record};
    recorded_event e;
    e.position = position;
    e.stream = r.text();
    e.version = r.number();
    e.recorded_at = r.time();
    e.erased = r.number() != 0;
    e.data.id = r.text();
    e.data.type = r.text();
    e.data.schema = static_cast<std::uint32_t>(r.number());
    e.data.body = r.text();
    e.data.metadata = r.text();
    if (!e.erased)
        e.data = upcast_(std::move(e.data));
    return e;
}

} // namespace windtunnel
