// SPDX-License-Identifier: BSL-1.0
// Moves messages from an outbox to a broker: claims when it has nothing, hands out one message of
// a key at a time, marks what was published, backs off what was not. It hands nothing out under a
// lease that has ended; what then is in flight may be published twice, by it and by another relay.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "patterns/consistency/outbox.hpp"

namespace windtunnel {

struct relay_metrics {
    std::uint64_t published = 0;
    std::uint64_t failed = 0;
    std::uint64_t stale = 0; ///< answers under a claim that another relay has taken over
};

/// Not thread-safe; must not outlive its outbox. `now` never goes back.
class outbox_relay {
  public:
    /// max_in_flight: messages at once, at least 1, else std::invalid_argument.
    explicit outbox_relay(outbox& from, int max_in_flight = 1);

    /// What to publish now, if there is something and room for it. Call it until there is nothing:
    /// after each answer, at next_event(), and when something was added.
    std::optional<claimed_message> next(time_point now);
    void published(const outbox_receipt& r);
    /// `u`: uniform in [0, 1).
    void failed(const outbox_receipt& r, const std::string& reason, time_point now, double u);
    /// Gives back what is not in flight, for an orderly end.
    void stop();

    /// When to call next() again if nothing else happens.
    time_point next_event() const;
    int in_flight() const { return in_flight_; }
    const relay_metrics& metrics() const { return metrics_; }

  private:
    struct lane {
        std::deque<claimed_message> rest;
        std::uint64_t token = 0;
        std::uint64_t busy = 0; ///< position of the one in flight; 0: none
    };

    bool claim(time_point now);
    void drop_late(time_point now);
    lane* answered(const outbox_receipt& r);

    outbox& outbox_;
    int max_in_flight_;
    int in_flight_ = 0;
    std::map<std::string, lane> lanes_;
    relay_metrics metrics_;
};

} // namespace windtunnel
