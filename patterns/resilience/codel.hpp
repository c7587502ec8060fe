// SPDX-License-Identifier: BSL-1.0
// Controlled delay: which of the waiting to drop as they leave a queue, judged by how long each has
// waited (its sojourn) and not by how many wait. A burst may wait long; a queue that does not come
// below the target for a whole interval has no end in sight.
//   rfc8289: sojourns >= target for an interval: one is dropped, the next after interval / sqrt(1),
//     the next after interval / sqrt(2), and so on, until a sojourn < target. Source: RFC 8289.
//   slough: while the least sojourn of the last interval was > target, all with a sojourn
//     > 2 * target are dropped. Source: folly's Codel, which finds it better for servers.
// Instants are compared with >=. Integers within (floor of interval / sqrt(count)): the same drops
// everywhere.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"

namespace windtunnel {

enum class codel_kind : std::uint8_t { rfc8289, slough };
std::string_view to_string(codel_kind kind);

struct codel_options {
    codel_kind kind = codel_kind::rfc8289;
    duration target = std::chrono::milliseconds{5};     ///< above 0
    duration interval = std::chrono::milliseconds{100}; ///< longer than target, at most 1 h

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const codel_options&, const codel_options&) = default;
};
static_assert(std::is_aggregate_v<codel_options> && std::is_trivially_copyable_v<codel_options>);

enum class queue_verdict : std::uint8_t { keep, drop };
std::string_view to_string(queue_verdict verdict);

/// A value. `now` never goes back.
class codel {
  public:
    explicit codel(const codel_options& options);

    /// One leaves the queue after `sojourn`: serve it, or refuse it and ask for the next at once.
    /// `last`: nobody waits behind it. rfc8289 keeps the last one, so that dropping never leaves
    /// the server idle; slough does not look.
    queue_verdict on_dequeue(time_point now, duration sojourn, bool last = false);

    /// Dropping state: the queue stands and does not drain.
    bool overloaded() const { return dropping_; }
    std::uint64_t dropped() const { return dropped_; }
    const codel_options& options() const { return options_; }

  private:
    bool stands(time_point now, duration sojourn, bool last);
    void start_dropping(time_point now);
    bool due(time_point now);
    duration spacing() const;
    bool sloughs(time_point now, duration sojourn);

    codel_options options_;
    bool dropping_ = false;
    bool counted_ = false; ///< rfc8289: a drop whose successor has not been seen; slough: a first
    std::uint32_t count_ = 0;        ///< drops since it began, slowed down as the RFC says
    std::uint32_t last_count_ = 0;   ///< count_ when it last began
    time_point above_since_ = never; ///< rfc8289: and an interval on; never: it is not above
    time_point drop_next_{};         ///< rfc8289; slough: the end of the interval
    duration least_{};               ///< slough: sojourn in this interval
    std::uint64_t dropped_ = 0;
};

} // namespace windtunnel
