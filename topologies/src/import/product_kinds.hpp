// SPDX-License-Identifier: BSL-1.0
// Values as other products write them, each as strict as the product is. Internal to import/.
#pragma once

#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

/// Spring's: "500ms", "10s", "2h" (an integer and ns, us, ms, s, m, h or d), ISO 8601 "PT10S", or
/// an integer of milliseconds.
value_kind<duration> spring_duration_kind(zero z = zero::refused);
/// Protobuf's in JSON, which is gRPC's and Envoy's: seconds, "1.5s" or "0.250s", up to nine
/// decimals.
value_kind<duration> proto_duration_kind(zero z = zero::refused);
/// Go's, which is Istio's: "1h", "1m30s", "500ms", "1.5s".
value_kind<duration> go_duration_kind(zero z = zero::refused);

/// A number from 0 to 100, read as it stands.
value_kind<double> percentage_kind();
/// The same, but zero is refused, and read as a share of 1.
value_kind<double> positive_percentage_kind();
/// An integer that may be as large as an unsigned 32-bit one; what is larger than ours is "no
/// limit", INT_MAX.
value_kind<int> uint32_kind();

} // namespace windtunnel::topology
