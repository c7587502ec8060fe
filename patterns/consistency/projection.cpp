// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/projection.hpp"

#include <stdexcept>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

projection::projection(event_store& events, projection_definition definition)
    : events_(events), definition_(std::move(definition)),
      state_("projection/" + definition_.name + "/state"),
      old_("projection/" + definition_.name + "/old") {
    if (definition_.name.empty())
        throw std::invalid_argument("projection: its name is empty");
    if (!definition_.apply)
        throw std::invalid_argument("projection \"" + definition_.name + "\": apply is not there");
    if (definition_.version == 0)
        throw std::invalid_argument("projection \"" + definition_.name +
                                    "\": version is 0; versions begin with 1");
}

std::size_t projection::run(std::size_t limit) {
    const auto t = events_.where().begin();
    const both before = load(*t);
    both b = before;
    if (b.live.number == 0)
        b.live = {++b.last_number, 0, definition_.version};
    if (b.live.version != definition_.version && b.next.version != definition_.version)
        begin_generation(*t, b); // the view was made by code that is gone: it stays as it is
    std::size_t applied = 0;
    if (b.live.version == definition_.version)
        applied += advance(*t, b.live, limit);
    if (b.next.number != 0) {
        const std::size_t more = advance(*t, b.next, limit);
        applied += more;
        if (more < limit) { // it has caught up
            retire(*t, b.live);
            b.live = b.next;
            b.next = {};
        }
    }
    if (b == before)
        return 0; // nothing to wait for the disk for
    save(*t, b);
    t->commit();
    return applied;
}

void projection::rebuild() {
    const auto t = events_.where().begin();
    both b = load(*t);
    begin_generation(*t, b);
    save(*t, b);
    t->commit();
}

projection_progress projection::progress() const {
    const auto t = events_.where().begin_read();
    const both b = load(*t);
    return {.position = b.live.position,
            .head = events_.head(*t),
            .rebuilding = b.next.number != 0,
            .rebuilt = b.next.position,
            .version = b.live.version};
}

projection_view projection::view(storage_transaction& t) const {
    return {t, table_of(load(t).live.number)};
}

std::size_t projection::purge(std::size_t limit) {
    const auto t = events_.where().begin();
    std::size_t erased = 0;
    for (const auto& entry : t->scan(old_, {}, limit)) {
        const std::string table = table_of(storage_key_reader{entry.key}.number());
        const auto rows = t->scan(table, {}, limit - erased);
        for (const auto& row : rows)
            t->erase(table, row.key);
        erased += rows.size();
        if (erased >= limit)
            break;
        t->erase(old_, entry.key);
    }
    t->commit();
    return erased;
}

void projection::begin_generation(storage_transaction& t, both& b) {
    if (b.next.number != 0)
        retire(t, b.next);
    b.next = {++b.last_number, 0, definition_.version};
}

void projection::retire(storage_transaction& t, const generation& g) {
    t.put(old_, storage_key{}.number(g.number).take(), "");
}

std::size_t projection::advance(storage_transaction& t, generation& g, std::size_t limit) {
    projection_view rows{t, table_of(g.number)};
    const auto events = events_.read_all(t, g.position, limit);
    for (const auto& e : events)
        definition_.apply(rows, e);
    if (!events.empty())
        g.position = events.back().position;
    return events.size();
}

std::string projection::table_of(std::uint64_t number) const {
    return "projection/" + definition_.name + "/view/" + std::to_string(number);
}

projection::both projection::load(storage_transaction& t) const {
    both b;
    const auto record = t.get(state_, "");
    if (!record)
        return b;
    record_reader r{*record};
    for (generation* g : {&b.live, &b.next}) {
        g->number = r.number();
        g->position = r.number();
        g->version = static_cast<std::uint32_t>(r.number());
    }
    b.last_number = r.number();
    return b;
}

void projection::save(storage_transaction& t, const both& b) {
    record_writer w;
    for (const generation* g : {&b.live, &b.next})
        w.number(g->number).number(g->position).number(g->version);
    t.put(state_, "", w.number(b.last_number).take());
}

} // namespace windtunnel
