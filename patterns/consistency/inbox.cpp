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
    : options_(options), ids_(s, name + "/ids", name + "/ends") {
    options_.validate();
}

bool inbox::first(storage_transaction& t, const std::string& consumer, const std::string& id,
                  time_point now) {
    if (id.empty())
        throw std::invalid_argument("inbox: a message has no id");
    const std::string key = storage_key{}.text(consumer).text(id).take();
    if (ids_.get(t, key))
        return false;
    ids_.add(t, key, "", saturating_add(now, options_.retention));
    return true;
}

bool inbox::contains(storage_transaction& t, const std::string& consumer,
                     const std::string& id) const {
    return ids_.get(t, storage_key{}.text(consumer).text(id).take()).has_value();
}

} // namespace windtunnel
