// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/inbox.hpp"

#include <stdexcept>

#include "patterns/consistency/record_codec.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void inbox_options::validate() const {
    constexpr option_check check{"inbox"};
    check(retention > duration::zero(), "retention", retention, "be above 0");
}

inbox::inbox(storage& s, const inbox_options& options, std::string name)
    : storage_(s), options_(options), ids_(name + "/ids"), ends_(name + "/ends") {
    options_.validate();
}

bool inbox::first(storage_transaction& t, const std::string& consumer, const std::string& id,
                  time_point now) {
    if (id.empty())
        throw std::invalid_argument("inbox: a message has no id");
    const std::string key = storage_key{}.text(consumer).text(id).take();
    if (t.get(ids_, key))
        return false;
    t.put(ids_, key, "");
    const time_point end = saturating_add(now, options_.retention);
    t.put(ends_, storage_key{}.time(end).text(key).take(), "");
    return true;
}

bool inbox::contains(storage_transaction& t, const std::string& consumer,
                     const std::string& id) const {
    return t.get(ids_, storage_key{}.text(consumer).text(id).take()).has_value();
}

std::size_t inbox::advance(time_point now, std::size_t limit) {
    const auto t = storage_.begin();
    const auto over = t->scan(ends_, {{}, storage_key{}.time(now).prefix().to}, limit);
    for (const auto& entry : over) {
        storage_key_reader r{entry.key};
        r.time();
        t->erase(ids_, r.text());
        t->erase(ends_, entry.key);
    }
    if (!over.empty())
        t->commit();
    return over.size();
}

time_point inbox::next_event() const {
    const auto first = storage_.begin_read()->scan(ends_, {}, 1);
    return first.empty() ? never : storage_key_reader{first.front().key}.time();
}

} // namespace windtunnel
