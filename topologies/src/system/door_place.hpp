// SPDX-License-Identifier: BSL-1.0
// A request's place at the door of its replica, as its record holds it.
#pragma once

#include <memory>

namespace windtunnel::topology {

class door_place;

struct door_place_end {
    void operator()(door_place* place) const; ///< gives up what it holds, and tells nobody
};

/// Empty where the service has no such door.
using door_ticket = std::unique_ptr<door_place, door_place_end>;

} // namespace windtunnel::topology
