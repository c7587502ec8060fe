// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/replica_lifecycle.hpp"

#include <algorithm>
#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 9> phase_names{"scheduled", "pulling",  "starting",
                                                      "warming",   "ready",    "back_off",
                                                      "pre_stop",  "stopping", "dead"};

} // namespace

std::string_view to_string(replica_phase phase) {
    return phase_names.at(static_cast<std::size_t>(phase));
}

void replica_lifecycle_options::validate() const {
    const option_check check{"replica_lifecycle"};
    constexpr duration zero{};
    check(grace_period >= zero, "grace_period", grace_period, "not be negative");
    check(pre_stop >= zero, "pre_stop", pre_stop, "not be negative");
    check(pre_stop_extra >= zero, "pre_stop_extra", pre_stop_extra, "not be negative");
    check(initial_back_off > zero, "initial_back_off", initial_back_off, "be above 0");
    check(max_back_off >= initial_back_off, "max_back_off", max_back_off,
          "be at least initial_back_off");
}

replica_lifecycle::replica_lifecycle(const replica_lifecycle_options& options) : options_(options) {
    options_.validate();
}

bool replica_lifecycle::pull_began() {
    return phase_ == replica_phase::scheduled && go_to(replica_phase::pulling);
}

bool replica_lifecycle::pulled(time_point now) {
    if (phase_ != replica_phase::scheduled && phase_ != replica_phase::pulling)
        return false;
    restarted_at_ = now;
    return go_to(replica_phase::starting);
}

bool replica_lifecycle::started() {
    return phase_ == replica_phase::starting && go_to(replica_phase::warming);
}

bool replica_lifecycle::set_ready(bool ready) {
    const auto from = ready ? replica_phase::warming : replica_phase::ready;
    return phase_ == from && go_to(ready ? replica_phase::ready : replica_phase::warming);
}

bool replica_lifecycle::ended(time_point now) {
    if (draining())
        return go_to(replica_phase::dead);
    if (!running())
        return false;
    if (now - restarted_at_ > 2 * options_.max_back_off)
        back_off_ = duration{};
    return go_to(replica_phase::back_off, saturating_add(now, back_off_));
}

bool replica_lifecycle::terminate(time_point now) {
    if (draining() || phase_ == replica_phase::dead)
        return false;
    if (!running())
        return go_to(replica_phase::dead);
    grace_ends_ = saturating_add(now, options_.grace_period);
    if (options_.pre_stop == duration{})
        return go_to(replica_phase::stopping, grace_ends_);
    const auto hook_ends = saturating_add(now, options_.pre_stop);
    return go_to(replica_phase::pre_stop, std::min(hook_ends, grace_ends_));
}

bool replica_lifecycle::kill() {
    killed_ = killed_ || running();
    return phase_ != replica_phase::dead && go_to(replica_phase::dead);
}

bool replica_lifecycle::advance(time_point now) {
    if (now < next_at_)
        return false;
    switch (phase_) {
    case replica_phase::back_off:
        return restart(now);
    case replica_phase::pre_stop:
        if (now >= grace_ends_)
            grace_ends_ = saturating_add(now, options_.pre_stop_extra);
        return go_to(replica_phase::stopping, grace_ends_);
    case replica_phase::stopping:
        killed_ = true;
        return go_to(replica_phase::dead);
    default:
        return false;
    }
}

bool replica_lifecycle::running() const {
    return phase_ == replica_phase::starting || phase_ == replica_phase::warming || ready() ||
           draining();
}

bool replica_lifecycle::restart(time_point now) {
    const auto most = options_.max_back_off;
    const auto doubled = back_off_ >= most / 2 ? most : 2 * back_off_;
    back_off_ = std::max(doubled, options_.initial_back_off);
    restarted_at_ = now;
    ++restarts_;
    return go_to(replica_phase::starting);
}

bool replica_lifecycle::go_to(replica_phase next, time_point at) {
    phase_ = next;
    next_at_ = at;
    return true;
}

} // namespace windtunnel
