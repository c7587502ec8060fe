// SPDX-License-Identifier: BSL-1.0
// Where something is wrong: a service, some of its instances, one of its endpoints, the calls of
// one caller, or a combination; and how the smallest place is found that explains what was
// measured. Each measured part (the tries of one edge to one replica, or one replica) has a weight
// and an excess over what is usual. A place predicts the mean excess of its parts inside and none
// outside; the place whose prediction has the least weighted squared error is named, the larger
// place where two have the same parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace windtunnel::scenario::explain {

struct place {
    std::string service;
    std::vector<std::uint32_t> instances; ///< ascending; empty: all
    std::string endpoint;                 ///< empty: all
    std::string caller;                   ///< empty: whoever calls

    bool operator==(const place&) const = default;
    /// "payment", "payment#0", "payment.POST /charge", "checkout->payment".
    std::string text() const;
};

struct part {
    std::string caller, endpoint; ///< empty: a replica as such
    std::uint32_t instance = 0;
    double weight = 0;
    double excess = 0;
};

bool covers(const place& where, const part& p);

/// Parts without weight are not looked at. `instances`: how many the service has.
place smallest_place(const std::string& service, const std::vector<part>& parts);

} // namespace windtunnel::scenario::explain
