// SPDX-License-Identifier: BSL-1.0
// Deadlines: absolute monotonic instants here, the time that remains on the wire, because two
// machines' clocks have no common epoch. The wire form is gRPC's `grpc-timeout` header: 1 to 8
// digits and a unit, H M S m u n (PROTOCOL-HTTP2.md of the gRPC project). A call may still answer
// at its deadline, but none starts at it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "patterns/base/assert.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

/// min(parent, now + timeout): what is nested never has more time than what it is nested in.
constexpr time_point child_deadline(time_point parent, time_point now, duration timeout) {
    WINDTUNNEL_ASSERT(timeout >= duration::zero());
    const auto own = saturating_add(now, timeout);
    return own < parent ? own : parent;
}

/// No time is left to start anything.
constexpr bool expired(time_point deadline, time_point now) {
    return deadline != never && now >= deadline;
}

/// Never negative; duration::max() without a deadline.
constexpr duration remaining(time_point deadline, time_point now) {
    if (deadline == never)
        return duration::max();
    return now < deadline ? deadline - now : duration::zero();
}

/// The deadline at the callee: `left` as the wire says, less the time that the message travelled
/// (measured or assumed). duration::max() stands for none.
constexpr time_point deadline_on_arrival(time_point now, duration left, duration transit) {
    if (left == duration::max())
        return never;
    return left > transit ? saturating_add(now, left - transit) : now;
}

/// A `grpc-timeout` value, without allocation.
class timeout_text {
  public:
    std::string_view view() const { return {text_.data(), size_}; }
    operator std::string_view() const { return view(); } // NOLINT(google-explicit-constructor)

  private:
    friend timeout_text encode_timeout(duration left);
    std::array<char, 12> text_{};
    std::size_t size_ = 0;
};

/// In the finest unit that 8 digits can say, rounded down, so that the callee's deadline is never
/// later than the caller's; negative is "0n". Without a deadline send no header instead.
timeout_text encode_timeout(duration left);

/// Saturates at duration::max(). Nothing where the text is not of the wire form: empty, a sign, a
/// space, no digit, more than 8, no unit or one unknown.
std::optional<duration> parse_timeout(std::string_view text);

} // namespace windtunnel
