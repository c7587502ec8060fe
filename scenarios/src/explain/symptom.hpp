// SPDX-License-Identifier: BSL-1.0
// What went wrong by itself: measurements that a victim of somebody else's failure does not show.
// A service that waits for a slow callee has slow answers, a long queue and no free worker, but its
// work takes what it took, its requests do not stand still in its own hands, and the errors that it
// answers come from calls. So each symptom is of its own place's making, and the first in time is
// where a failure began. Of those that begin within `together` windows the earlier row of `causes`
// goes first: it can bring the later ones about, and not the other way round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"
#include "scenarios/src/explain/instruments.hpp"
#include "scenarios/src/explain/place.hpp"
#include "scenarios/src/explain/series.hpp"

namespace windtunnel::scenario::explain {

enum class cause : std::uint8_t {
    crash,       ///< it is not up
    pause,       ///< it is up, has work and free hands, and does nothing
    blocked,     ///< a broker keeps who publishes waiting
    out_of_sync, ///< replicas of a topic cannot keep what is published
    election,    ///< partitions of a topic get other leaders
    errors,      ///< it answers errors that none of its calls made
    unreadable,  ///< it answers what its callers cannot read
    network,     ///< requests take longer to get there
    loss,        ///< requests do not get there
    slow_work,   ///< a piece of work takes its workers longer
    registry,    ///< it does not answer who asks where the services are
    reread,      ///< consumers read again what they had read
    load,        ///< more is asked for than before
    saturation,  ///< the workers have no time left, and nothing else has changed
};

struct cause_row {
    cause what;
    std::string_view key;     ///< "slow_work"
    std::string_view meaning; ///< "its work takes longer"
};
/// In the order of precedence.
std::span<const cause_row> causes();
const cause_row& row_of(cause what);

struct symptom {
    cause what{};
    place where;
    window_range when;
    std::size_t over = 0; ///< the window in which it has ended, for the last time if it came again
    bool goes_on = false; ///< to the end of the run
    double before = 0;    ///< usual; seconds, a share, or a count a second, as the cause is
    double worst = 0;     ///< of its windows
    double samples = 0;   ///< behind it
};

inline constexpr std::size_t together = 2; ///< windows

/// In the order in which they are to be told: the first one is where it began.
std::vector<symptom> find_symptoms(const instruments& of);

} // namespace windtunnel::scenario::explain
