// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/canary.hpp"

#include <utility>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void canary_options::validate() const {
    const option_check check{"canary"};
    check(!weights.empty(), "weights", "empty", "have at least one step");
    double before = 0;
    for (const double weight : weights) {
        check(weight > before && weight <= 100, "weights", weight,
              "be above the one before and at most 100");
        before = weight;
    }
    check(interval > duration{}, "interval", interval, "be above 0");
    check(failure_limit >= 1, "failure_limit", failure_limit, "be at least 1");
    check(max_error_share >= 0 && max_error_share <= 1, "max_error_share", max_error_share,
          "be from 0 to 1");
    check(max_latency > duration{}, "max_latency", max_latency, "be above 0");
}

canary::canary(canary_options options, time_point now) : options_(std::move(options)) {
    options_.validate();
    next_at_ = saturating_add(now, options_.interval);
}

bool canary::look(const figures& seen, time_point now) {
    if (state_ != canary_state::running)
        return false;
    next_at_ = saturating_add(now, options_.interval);
    if (seen.requests == 0 || seen.requests < options_.min_requests)
        return false;
    const double errors = static_cast<double>(seen.errors) / static_cast<double>(seen.requests);
    if (errors > options_.max_error_share || seen.latency > options_.max_latency) {
        if (++failures_ < options_.failure_limit)
            return false;
        state_ = canary_state::aborted;
    } else if (++step_ == options_.weights.size()) {
        state_ = canary_state::promoted;
    }
    return true;
}

double canary::weight() const {
    switch (state_) {
    case canary_state::promoted:
        return 100;
    case canary_state::aborted:
        return 0;
    case canary_state::running:
        break;
    }
    return options_.weights[step_];
}

} // namespace windtunnel
