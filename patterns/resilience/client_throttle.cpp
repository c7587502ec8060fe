// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/client_throttle.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr int slices = 30;
constexpr std::array<std::string_view, 2> throttle_names{"sre", "admission_control"};

duration window_of(const client_throttle_options& options) {
    if (options.window > duration::zero())
        return options.window;
    return options.kind == client_throttle_kind::sre ? std::chrono::minutes{2}
                                                     : std::chrono::seconds{30};
}

const client_throttle_options& validated(const client_throttle_options& options) {
    options.validate();
    return options;
}

} // namespace

std::string_view to_string(client_throttle_kind kind) {
    return throttle_names.at(static_cast<std::size_t>(kind));
}

void client_throttle_options::validate() const {
    constexpr option_check check{"client_throttle"};
    check(window == duration::zero() || window >= std::chrono::milliseconds{1}, "window", window,
          "be at least 1ms, or 0s for the default of its kind");
    check(k >= 1 && k <= 1000, "k", k, "be from 1 to 1000");
    check(sr_threshold >= 0.01 && sr_threshold <= 1, "sr_threshold", sr_threshold,
          "be from 0.01 to 1");
    check(aggression >= 1 && aggression <= 100, "aggression", aggression, "be from 1 to 100");
    check(rps_threshold >= 0 && rps_threshold <= 1e9, "rps_threshold", rps_threshold,
          "be from 0 to 1e9");
    check(max_rejection_probability > 0 && max_rejection_probability <= 1,
          "max_rejection_probability", max_rejection_probability, "be above 0 and at most 1");
}

client_throttle::client_throttle(const client_throttle_options& options, time_point now)
    : options_(validated(options)),
      seen_(sliding_window_type::time, slices, window_of(options), now) {}

bool client_throttle::admit(time_point now, double u) {
    if (u >= rejection_probability(now))
        return true;
    ++rejected_;
    if (options_.kind == client_throttle_kind::sre)
        seen_.add(true, false, now);
    return false;
}

void client_throttle::on_outcome(time_point now, verdict result) {
    if (result != verdict::neutral)
        seen_.add(result == verdict::failure, false, now);
}

double client_throttle::rejection_probability(time_point now) const {
    const auto seen = seen_.counts(now);
    const bool plain = options_.kind == client_throttle_kind::sre;
    return plain ? sre(seen) : admission_control(seen);
}

double client_throttle::sre(const call_counts& seen) const {
    const double requests = seen.calls;
    const double accepts = seen.calls - seen.failed;
    return std::max(0.0, (requests - options_.k * accepts) / (requests + 1));
}

double client_throttle::admission_control(const call_counts& seen) const {
    const double n = seen.calls;
    const double s = seen.calls - seen.failed;
    const bool few = n * 1e9 / static_cast<double>(window().count()) < options_.rps_threshold;
    const double excess = (n - s / options_.sr_threshold) / (n + 1);
    if (few || excess <= 0)
        return 0;
    const double p = options_.aggression > 1 ? std::pow(excess, 1 / options_.aggression) : excess;
    return std::min(p, options_.max_rejection_probability);
}

duration client_throttle::window() const {
    return window_of(options_);
}

} // namespace windtunnel
