// SPDX-License-Identifier: BSL-1.0
// A client that holds back by itself when the backend refuses much: it refuses a share of its own
// requests, at random, before they cost anything. Over a sliding window:
//   sre: p = max(0, (requests - k * accepts) / (requests + 1)); `requests` are those that ended and
//     those refused here. Source: Google, "Site Reliability Engineering", chapter 21.
//   admission_control: p = min(((n - s / sr_threshold) / (n + 1))^(1 / aggression), max); n ended,
//     s of them well; what is refused here is in neither. Below rps_threshold p is 0. Source:
//     Envoy's admission control filter.
// A request is refused if u < p, for a draw u in [0, 1). Neutral outcomes count nowhere. Health
// checks, and whatever must find out whether the backend is well again, do not ask.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/base/time.hpp"
#include "patterns/resilience/classification.hpp"
#include "patterns/resilience/sliding_window.hpp"

namespace windtunnel {

enum class client_throttle_kind : std::uint8_t { sre, admission_control };
std::string_view to_string(client_throttle_kind kind);

struct client_throttle_options {
    client_throttle_kind kind = client_throttle_kind::sre;
    /// In 30 slices. Zero: as the source has it, 2 min (sre) or 30 s (admission_control).
    duration window{};

    double k = 2; ///< sre: sends up to k times what is accepted; at least 1

    double sr_threshold = 0.95; ///< admission_control: success rate below which p > 0; 0.01 to 1
    double aggression = 1;      ///< admission_control: 1 is linear, more refuses more; 1 to 100
    double rps_threshold = 0;   ///< admission_control: requests a second over the window
    double max_rejection_probability = 0.8; ///< admission_control: above 0 to 1

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const client_throttle_options&,
                           const client_throttle_options&) = default;
};
static_assert(std::is_aggregate_v<client_throttle_options> &&
              std::is_trivially_copyable_v<client_throttle_options>);

/// Allocates in the constructor only. `now` never goes back.
class client_throttle {
  public:
    explicit client_throttle(const client_throttle_options& options, time_point now = {});

    /// Whether to send a request; false: refuse it here.
    bool admit(time_point now, double u);
    /// A request that was sent ended. Failure: the backend refused it, or could not answer. Whether
    /// an error that it answered with is one is the caller's to say (for sre: no, it was accepted).
    void on_outcome(time_point now, verdict result);

    /// That the next request is refused here.
    double rejection_probability(time_point now) const;
    std::uint64_t rejected() const { return rejected_; } ///< here, since construction
    const client_throttle_options& options() const { return options_; }

  private:
    double sre(const call_counts& seen) const;
    double admission_control(const call_counts& seen) const;
    duration window() const;

    client_throttle_options options_;
    sliding_window seen_;
    std::uint64_t rejected_ = 0;
};

} // namespace windtunnel
