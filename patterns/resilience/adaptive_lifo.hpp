// SPDX-License-Identifier: BSL-1.0
// Whom to serve next: the oldest while the queue drains, the newest while it stands. When more
// comes than can be served, first come first served makes everybody wait until nobody is left who
// still wants the answer; the newest has the best chance to be served in time. Source: Maurer,
// "Fail at scale" (ACM Queue, 2015). Whether the queue stands, and when the oldest is dropped,
// CoDel says: it is always shown the wait of the oldest, whoever is served.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/resilience/codel.hpp"

namespace windtunnel {

struct adaptive_lifo_options {
    /// slough, as the oldest pile up while the newest are served: they must go all, not one by one.
    codel_options codel{.kind = codel_kind::slough};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const { codel.validate(); }

    friend bool operator==(const adaptive_lifo_options&, const adaptive_lifo_options&) = default;
};
static_assert(std::is_aggregate_v<adaptive_lifo_options> &&
              std::is_trivially_copyable_v<adaptive_lifo_options>);

enum class queue_pick : std::uint8_t {
    oldest,      ///< serve the one that came first
    newest,      ///< serve the one that came last
    drop_oldest, ///< refuse the one that came first, and ask again
};
std::string_view to_string(queue_pick pick);

/// A value. `now` never goes back.
class adaptive_lifo {
  public:
    explicit adaptive_lifo(const adaptive_lifo_options& options) : codel_(options.codel) {}

    /// Somebody can be served, and somebody waits: the oldest for `oldest_wait`. `last`: it is the
    /// only one.
    queue_pick next(time_point now, duration oldest_wait, bool last = false);

    bool overloaded() const { return codel_.overloaded(); }
    std::uint64_t dropped() const { return codel_.dropped(); }

  private:
    codel codel_;
};

} // namespace windtunnel
