// SPDX-License-Identifier: BSL-1.0
// A number of replicas, or a percentage of how many there should be, as Kubernetes has it
// (IntOrString). A percentage becomes a number by rounding up or down, as its user says.
#pragma once

#include <type_traits>

namespace windtunnel {

struct replica_count {
    int value = 0;
    bool percent = false;

    static constexpr replica_count number(int n) { return {.value = n}; }
    static constexpr replica_count percentage(int p) { return {.value = p, .percent = true}; }

    /// `total` must not be negative.
    int rounded_up(int total) const;
    int rounded_down(int total) const;

    friend bool operator==(const replica_count&, const replica_count&) = default;
};
static_assert(std::is_aggregate_v<replica_count> && std::is_trivially_copyable_v<replica_count>);

} // namespace windtunnel
