// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/semantic_lock.hpp"

#include <limits>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

bool semantic_lock::try_acquire(storage_transaction& t, const std::string& resource,
                                const std::string& saga) {
    if (const auto has_it = t.get(holders_, resource))
        return *has_it == saga;
    t.put(holders_, resource, saga);
    t.put(held_, storage_key{}.text(saga).text(resource).take(), "");
    return true;
}

bool semantic_lock::release(storage_transaction& t, const std::string& resource,
                            const std::string& saga) {
    if (t.get(holders_, resource) != saga)
        return false;
    t.erase(holders_, resource);
    t.erase(held_, storage_key{}.text(saga).text(resource).take());
    return true;
}

std::size_t semantic_lock::release_all(storage_transaction& t, const std::string& saga) {
    const auto all =
        t.scan(held_, storage_key{}.text(saga).prefix(), std::numeric_limits<std::size_t>::max());
    for (const auto& entry : all) {
        storage_key_reader r{entry.key};
        r.text();
        release(t, r.text(), saga);
    }
    return all.size();
}

std::optional<std::string> semantic_lock::holder(storage_transaction& t,
                                                 const std::string& resource) const {
    return t.get(holders_, resource);
}

} // namespace windtunnel
