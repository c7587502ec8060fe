// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/choreography.hpp"

#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 5> choreography_names{"handled", "duplicate", "stale",
                                                             "waiting", "refused"};
constexpr std::size_t every_one = std::numeric_limits<std::size_t>::max();

std::string seen_key(const std::string& aggregate) {
    return storage_key{}.text("seen").text(aggregate).take();
}

std::string waiting_key(const choreography_event& e) {
    return storage_key{}.text(e.aggregate).number(e.version).take();
}

std::string encoded(const choreography_event& e) {
    const outbox_message m = message_of(e);
    return record_writer{}.text(m.id).text(m.key).text(m.topic).text(m.body).text(m.headers).take();
}

choreography_event decoded_event(std::string_view bytes) {
    record_reader r{bytes};
    outbox_message m;
    for (auto* field : {&m.id, &m.key, &m.topic, &m.body, &m.headers})
        *field = r.text();
    return event_of(m);
}

} // namespace

std::string_view to_string(choreography_status status) {
    return choreography_names.at(static_cast<std::size_t>(status));
}

outbox_message message_of(const choreography_event& e) {
    return {.id = e.id,
            .key = e.aggregate,
            .topic = e.type,
            .body = e.body,
            .headers = record_writer{}
                           .text(e.correlation)
                           .number(e.version)
                           .number(static_cast<std::uint64_t>(e.hops))
                           .take()};
}

choreography_event event_of(const outbox_message& m) {
    choreography_event e{.id = m.id, .type = m.topic, .aggregate = m.key, .body = m.body};
    record_reader r{m.headers};
    e.correlation = r.text();
    e.version = r.number();
    e.hops = static_cast<int>(r.number());
    return e;
}

choreography::choreography(storage& s, inbox& in, outbox& out, std::string service, int max_hops)
    : storage_(s), inbox_(in), outbox_(out), service_(std::move(service)), max_hops_(max_hops),
      counters_("choreography/" + service_ + "/counters"),
      waiting_("choreography/" + service_ + "/waiting"),
      expected_("choreography/" + service_ + "/expected"),
      due_("choreography/" + service_ + "/due"), notes_("choreography/" + service_ + "/notes") {
    if (max_hops < 1)
        throw std::invalid_argument("choreography: max_hops is " + std::to_string(max_hops) +
                                    "; it must be at least 1");
}

void choreography::on(const std::string& type, reaction r) {
    if (!r || !reactions_.try_emplace(type, std::move(r)).second)
        throw std::invalid_argument("choreography: \"" + type +
                                    "\" has a reaction already, or none is given");
}

void choreography::emit(storage_transaction& t, const std::string& correlation,
                        const std::string& id, const choreography_effect& e) {
    send(t, {.id = id,
             .type = e.type,
             .correlation = correlation,
             .aggregate = e.aggregate,
             .hops = 0,
             .body = e.body});
}

choreography_status choreography::handle(const choreography_event& e, time_point now) {
    if (e.hops > max_hops_)
        return choreography_status::refused;
    const auto t = storage_.begin();
    if (!inbox_.first(*t, service_, e.id, now))
        return choreography_status::duplicate;
    if (e.version > 0) {
        const std::uint64_t seen = counter(*t, seen_key(e.aggregate));
        if (e.version <= seen) {
            t->commit();
            return choreography_status::stale;
        }
        if (e.version > seen + 1) {
            t->put(waiting_, waiting_key(e), encoded(e));
            t->commit();
            return choreography_status::waiting;
        }
    }
    react(*t, e);
    if (e.version > 0)
        handle_waiting(*t, e.aggregate);
    t->commit();
    return choreography_status::handled;
}

void choreography::react(storage_transaction& t, const choreography_event& e) {
    if (e.version > 0)
        set_counter(t, seen_key(e.aggregate), e.version);
    note(t, e.correlation, "handled " + e.type);
    const auto found = reactions_.find(e.type);
    if (found == reactions_.end())
        return;
    int number = 0;
    for (const auto& effect : found->second(t, e))
        send(t, {.id = e.id + "/" + service_ + "/" + std::to_string(++number),
                 .type = effect.type,
                 .correlation = e.correlation,
                 .aggregate = effect.aggregate,
                 .hops = e.hops + 1,
                 .body = effect.body});
}

void choreography::handle_waiting(storage_transaction& t, const std::string& aggregate) {
    for (;;) {
        const choreography_event key{.aggregate = aggregate,
                                     .version = counter(t, seen_key(aggregate)) + 1};
        const auto record = t.get(waiting_, waiting_key(key));
        if (!record)
            return;
        t.erase(waiting_, waiting_key(key));
        react(t, decoded_event(*record));
    }
}

void choreography::send(storage_transaction& t, choreography_event e) {
    if (!e.aggregate.empty()) {
        const std::string key = storage_key{}.text("sent").text(e.aggregate).take();
        e.version = counter(t, key) + 1;
        set_counter(t, key, e.version);
    }
    note(t, e.correlation, "emitted " + e.type);
    outbox_.add(t, message_of(e));
}

void choreography::expect(storage_transaction& t, const std::string& correlation,
                          const std::string& what, time_point by) {
    met(t, correlation, what);
    const std::string key = storage_key{}.text(correlation).text(what).take();
    t.put(expected_, key, record_writer{}.time(by).take());
    t.put(due_, storage_key{}.time(by).text(correlation).text(what).take(), "");
}

bool choreography::met(storage_transaction& t, const std::string& correlation,
                       const std::string& what) {
    const std::string key = storage_key{}.text(correlation).text(what).take();
    const auto record = t.get(expected_, key);
    if (!record)
        return false;
    const time_point by = record_reader{*record}.time();
    t.erase(due_, storage_key{}.time(by).text(correlation).text(what).take());
    t.erase(expected_, key);
    return true;
}

std::vector<overdue_expectation> choreography::overdue(storage_transaction& t, time_point now,
                                                       std::size_t limit) {
    std::vector<overdue_expectation> all;
    for (const auto& entry : t.scan(due_, {{}, storage_key{}.time(now).prefix().to}, limit)) {
        storage_key_reader r{entry.key};
        r.time();
        overdue_expectation o;
        o.correlation = r.text();
        o.what = r.text();
        met(t, o.correlation, o.what);
        all.push_back(std::move(o));
    }
    return all;
}

time_point choreography::next_event() const {
    const auto first = storage_.begin_read()->scan(due_, {}, 1);
    return first.empty() ? never : storage_key_reader{first.front().key}.time();
}

std::vector<std::string> choreography::history(const std::string& correlation) const {
    std::vector<std::string> all;
    for (auto& entry :
         storage_.begin_read()->scan(notes_, storage_key{}.text(correlation).prefix(), every_one))
        all.push_back(std::move(entry.value));
    return all;
}

std::vector<choreography_event> choreography::waiting(std::size_t limit) const {
    std::vector<choreography_event> all;
    for (const auto& entry : storage_.begin_read()->scan(waiting_, {}, limit))
        all.push_back(decoded_event(entry.value));
    return all;
}

std::uint64_t choreography::counter(storage_transaction& t, const std::string& key) const {
    const auto record = t.get(counters_, key);
    return record ? record_reader{*record}.number() : 0;
}

void choreography::set_counter(storage_transaction& t, const std::string& key,
                               std::uint64_t value) {
    t.put(counters_, key, record_writer{}.number(value).take());
}

void choreography::note(storage_transaction& t, const std::string& correlation,
                        const std::string& text) {
    const std::string key = storage_key{}.text("notes").text(correlation).take();
    const std::uint64_t number = counter(t, key) + 1;
    set_counter(t, key, number);
    t.put(notes_, storage_key{}.text(correlation).number(number).take(), text);
}

} // namespace windtunnel
