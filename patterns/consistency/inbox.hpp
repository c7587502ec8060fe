// SPDX-License-Identifier: BSL-1.0
// Which messages a consumer has had. Asked in the transaction of the effect, so effect and
// knowledge are there together or not at all: a message that comes again has no second effect. An
// id is known for `retention` from when it was first seen, and forgotten at >= its end (once
// advance() ran): a message that comes again after that has its effect again.
#pragma once

#include <cstdint>
#include <string>

#include "patterns/base/time.hpp"
#include "patterns/consistency/expiring_table.hpp"

namespace windtunnel {

struct inbox_options {
    /// Above 0; longer than any message can be on its way: a week is how long Kafka keeps records
    /// (log.retention.hours 168).
    duration retention = std::chrono::hours{168};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// As thread-safe as its storage: not.
class inbox {
  public:
    explicit inbox(storage& s, const inbox_options& options = {}, std::string name = "inbox");

    /// True the first time: go on and have the effect, in this transaction. Consumers are told
    /// apart by name, and each has a message once. Throws std::invalid_argument without an id.
    bool first(storage_transaction& t, const std::string& consumer, const std::string& id,
               time_point now);
    bool contains(storage_transaction& t, const std::string& consumer, const std::string& id) const;

    /// Forgets at most `limit` that are over; how many it forgot.
    std::size_t advance(time_point now, std::size_t limit) { return ids_.advance(now, limit); }
    /// When to call `advance` next; `never`: nothing is kept.
    time_point next_event() const { return ids_.next_event(); }

  private:
    inbox_options options_;
    expiring_table ids_;
};

} // namespace windtunnel
