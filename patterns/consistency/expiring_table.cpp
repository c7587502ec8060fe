// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/expiring_table.hpp"

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

void expiring_table::add(storage_transaction& t, std::string_view key, std::string_view value,
                         time_point end) {
    t.put(ends_, storage_key{}.time(end).text(key).take(), "");
    t.put(records_, key, value);
}

void expiring_table::erase(storage_transaction& t, std::string_view key, time_point end) {
    t.erase(ends_, storage_key{}.time(end).text(key).take());
    t.erase(records_, key);
}

std::size_t expiring_table::advance(time_point now, std::size_t limit) {
    const auto t = storage_.begin();
    const auto over = t->scan(ends_, {{}, storage_key{}.time(now).prefix().to}, limit);
    for (const auto& entry : over) {
        storage_key_reader r{entry.key};
        r.time();
        t->erase(records_, r.text());
        t->erase(ends_, entry.key);
    }
    if (!over.empty())
        t->commit();
    return over.size();
}

time_point expiring_table::next_event() const {
    const auto first = storage_.begin_read()->scan(ends_, {}, 1);
    return first.empty() ? never : storage_key_reader{first.front().key}.time();
}

} // namespace windtunnel
