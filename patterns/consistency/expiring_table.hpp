// SPDX-License-Identifier: BSL-1.0
// A table whose records end, with an index by their end beside it, so that what is over is found
// without looking at the rest. A record is over at >= its end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "patterns/base/time.hpp"
#include "patterns/consistency/storage.hpp"

namespace windtunnel {

/// As thread-safe as its storage: not. Keys are made with storage_key.
class expiring_table {
  public:
    expiring_table(storage& s, std::string records, std::string ends)
        : storage_(s), records_(std::move(records)), ends_(std::move(ends)) {}

    std::optional<std::string> get(storage_transaction& t, std::string_view key) const {
        return t.get(records_, key);
    }
    /// There must be none of this key.
    void add(storage_transaction& t, std::string_view key, std::string_view value, time_point end);
    void erase(storage_transaction& t, std::string_view key, time_point end);

    /// Erases at most `limit` that are over, in a transaction of its own; how many it erased.
    std::size_t advance(time_point now, std::size_t limit);
    /// When to call `advance` next; `never`: there is nothing.
    time_point next_event() const;

  private:
    storage& storage_;
    std::string records_, ends_; ///< names of tables
};

} // namespace windtunnel
