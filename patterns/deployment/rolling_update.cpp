// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/rolling_update.hpp"

#include <algorithm>
#include <numeric>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void rolling_update_options::validate() const {
    const option_check check{"rolling_update"};
    constexpr duration zero{};
    check(max_surge.value >= 0, "max_surge", max_surge.value, "not be negative");
    check(max_unavailable.value >= 0, "max_unavailable", max_unavailable.value, "not be negative");
    check(!max_unavailable.percent || max_unavailable.value <= 100, "max_unavailable",
          max_unavailable.value, "be at most 100 per cent");
    check(max_surge.value > 0 || max_unavailable.value > 0, "max_unavailable",
          max_unavailable.value, "be above 0 where max_surge is 0");
    check(min_ready >= zero, "min_ready", min_ready, "not be negative");
    check(progress_deadline > min_ready, "progress_deadline", progress_deadline,
          "be above min_ready");
}

int rolling_update_options::unavailable(int replicas) const {
    const int n = std::min(max_unavailable.rounded_down(replicas), replicas);
    return n == 0 && surge(replicas) == 0 ? 1 : n;
}

rolling_update::rolling_update(const rolling_update_options& options, int replicas,
                               std::uint32_t version, time_point now)
    : options_((options.validate(), options)), replicas_(replicas), target_(version),
      stable_(version), sets_{{.version = version, .desired = replicas}}, progressed_(now) {
    WINDTUNNEL_ASSERT(replicas >= 0);
}

void rolling_update::deploy(std::uint32_t version, time_point now) {
    if (version == target_)
        return;
    if (version == stable_) {
        roll_back(now);
        return;
    }
    aim(version, now);
    state_ = rollout_state::progressing;
}

bool rolling_update::roll_back(time_point now) {
    if (target_ == stable_)
        return false;
    ++rollbacks_;
    aim(stable_, now);
    state_ = rollout_state::rolling_back;
    return true;
}

void rolling_update::scale(int replicas, time_point now) {
    WINDTUNNEL_ASSERT(replicas >= 0);
    if (replicas == replicas_)
        return;
    const int before = total();
    const int wanted = sets_.size() == 1 ? replicas : replicas + options_.surge(replicas);
    replicas_ = replicas;
    progressed_ = now;
    if (state_ == rollout_state::stalled)
        state_ = rollout_state::progressing;
    int left = wanted;
    for (auto& set : sets_) {
        const bool last = &set == &sets_.back();
        const int share =
            before == 0 ? 0 : static_cast<int>(std::int64_t{set.desired} * wanted / before);
        set.desired = last ? left : share;
        set.available = std::min(set.available, set.desired);
        left -= set.desired;
    }
}

bool rolling_update::reconcile(const std::vector<int>& available, time_point now) {
    WINDTUNNEL_ASSERT(available.size() == sets_.size());
    note_progress(available, now);
    const bool grown = grow();
    const bool shrunk = shrink();
    if (grown || shrunk)
        progressed_ = now;
    std::erase_if(sets_,
                  [&](const replica_set& s) { return s.desired == 0 && s.version != target_; });
    judge(now);
    return grown || shrunk;
}

time_point rolling_update::deadline() const {
    const bool waits =
        state_ == rollout_state::progressing || state_ == rollout_state::rolling_back;
    return waits ? saturating_add(progressed_, options_.progress_deadline) : never;
}

rolling_update::replica_set& rolling_update::target_set() {
    return sets_.back();
}

int rolling_update::total() const {
    return std::accumulate(sets_.begin(), sets_.end(), 0,
                           [](int sum, const replica_set& s) { return sum + s.desired; });
}

int rolling_update::total_available() const {
    return std::accumulate(sets_.begin(), sets_.end(), 0,
                           [](int sum, const replica_set& s) { return sum + s.available; });
}

/// The new set, up to what the surge allows.
bool rolling_update::grow() {
    auto& set = target_set();
    const int room = replicas_ + options_.surge(replicas_) - total();
    const int missing = replicas_ - set.desired;
    const int change = missing < 0 ? missing : std::clamp(room, 0, missing);
    set.desired += change;
    set.available = std::min(set.available, set.desired);
    return change != 0;
}

/// The old sets, first by what is not available, then by what is.
bool rolling_update::shrink() {
    const int least = replicas_ - options_.unavailable(replicas_);
    const int newcomers = target_set().desired - target_set().available;
    const int removable = total() - least - newcomers;
    if (removable <= 0)
        return false;
    const int unhealthy = take(removable, true);
    const int healthy = take(std::min(total_available() - least, removable - unhealthy), false);
    return unhealthy + healthy > 0;
}

/// How many were taken from old sets, of at most `limit`.
int rolling_update::take(int limit, bool unavailable_only) {
    int taken = 0;
    for (auto& set : sets_) {
        if (&set == &sets_.back() || taken >= limit)
            break;
        const int there = unavailable_only ? set.desired - set.available : set.desired;
        const int n = std::min(there, limit - taken);
        set.desired -= n;
        set.available = std::min(set.available, set.desired);
        taken += n;
    }
    return taken;
}

void rolling_update::note_progress(const std::vector<int>& available, time_point now) {
    if (std::min(available.back(), target_set().desired) > target_set().available)
        progressed_ = now;
    for (std::size_t i = 0; i < sets_.size(); ++i)
        sets_[i].available = std::clamp(available[i], 0, sets_[i].desired);
}

void rolling_update::judge(time_point now) {
    const bool done = sets_.size() == 1 && target_set().desired == replicas_ &&
                      target_set().available == replicas_;
    if (done) {
        stable_ = target_;
        const bool back =
            state_ == rollout_state::rolling_back || state_ == rollout_state::rolled_back;
        state_ = back ? rollout_state::rolled_back : rollout_state::complete;
    } else if (now >= deadline()) {
        if (!options_.automatic_rollback || !roll_back(now))
            state_ = rollout_state::stalled;
    }
}

void rolling_update::aim(std::uint32_t version, time_point now) {
    target_ = version;
    progressed_ = now;
    const auto old = std::find_if(sets_.begin(), sets_.end(),
                                  [&](const replica_set& s) { return s.version == version; });
    if (old == sets_.end())
        sets_.push_back({.version = version, .desired = 0});
    else
        std::rotate(old, old + 1, sets_.end());
    std::erase_if(sets_,
                  [&](const replica_set& s) { return s.desired == 0 && s.version != target_; });
}

} // namespace windtunnel
