// SPDX-License-Identifier: BSL-1.0
// What one result of one host brings about, at once.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "patterns/base/assert.hpp"
#include "patterns/discovery/outlier_detector.hpp"

namespace windtunnel {

namespace {

duration own_or(duration own, duration general) {
    return own > duration::zero() ? own : general;
}

void count_up(std::uint32_t& counter) {
    counter += counter < std::numeric_limits<std::uint32_t>::max();
}

} // namespace

void outlier_detector::bucket::count(bool success) {
    count_up(success ? good : bad);
    if (success)
        bad_in_a_row = 0;
    else
        count_up(bad_in_a_row);
}

/// What one result brings about, the longest ejection first.
class outlier_detector::findings {
  public:
    void add(const finding& found) {
        const auto shorter = [&](const finding& f) { return f.base < found.base; };
        auto at = std::find_if(all_.begin(), all_.begin() + size_, shorter);
        std::move_backward(at, all_.begin() + size_, all_.begin() + size_ + 1);
        *at = found;
        ++size_;
    }
    auto begin() const { return all_.begin(); }
    auto end() const { return all_.begin() + size_; }

  private:
    std::array<finding, 4> all_{}; ///< two rows, an average, a cost
    std::ptrdiff_t size_ = 0;
};

void outlier_detector::on_start(host h, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size());
    advance(now);
    host_state& s = hosts_[h];
    if (s.probation > 0 && ++s.probes >= s.probation)
        ++revision_;
}

void outlier_detector::on_result(host h, const host_result& ended, time_point now) {
    changeable();
    WINDTUNNEL_ASSERT(h < hosts_.size());
    advance(now);
    host_state& s = hosts_[h];
    if (!s.present)
        return;
    const bool late = s.ejected || (s.probation > 0 && ended.sent < s.back);
    if (late)
        metrics_.late_results += ended.result != verdict::neutral;
    else if (s.probation > 0)
        judge_probe(h, ended, now);
    else if (ended.result != verdict::neutral)
        judge(h, ended, now);
}

/// Where local origins are split off, whatever the host answered shows that it was reached.
void outlier_detector::judge(host h, const host_result& ended, time_point now) {
    const auto& o = options_;
    host_state& s = hosts_[h];
    const bool success = ended.result == verdict::success;
    if (o.split_local_origin)
        s.seen[local].count(success || !ended.local_origin);
    if (!o.split_local_origin || !ended.local_origin)
        s.seen[external].count(success);
    if (ended.overloaded && !o.overloaded_is_failure_in_a_row)
        s.seen[external].bad_in_a_row = 0;
    findings bad;
    judge_row(h, external, o.consecutive_failures,
              {ejection_reason::consecutive_failures, o.enforcing_consecutive_failures,
               o.base_ejection_time},
              bad);
    judge_row(h, local, o.consecutive_local_origin_failures,
              {ejection_reason::consecutive_local_origin_failures,
               o.enforcing_consecutive_local_origin_failures, o.base_ejection_time},
              bad);
    if (o.average_success_rate.threshold > 0)
        judge_average(h, success, bad, now);
    if (o.error_cost.enforcement > 0 && !ended.overloaded)
        judge_cost(h, ended, bad, now);
    for (const finding& each : bad)
        if (!s.ejected)
            found(h, each, now);
}

/// A neutral end frees the place for another probe.
void outlier_detector::judge_probe(host h, const host_result& ended, time_point now) {
    host_state& s = hosts_[h];
    s.probes -= s.probes > 0;
    ++revision_;
    if (ended.result == verdict::neutral)
        return;
    if (ended.result == verdict::failure || ended.overloaded)
        return found(h, {ejection_reason::probation, 100, options_.base_ejection_time}, now);
    if (--s.probation > 0)
        return;
    s.probes = 0;
    s.rate = {.value = 1, .last = now};
    if (options_.memory == ejection_memory::until_recovered)
        s.multiplier = 0;
    ++metrics_.recovered;
    report({outlier_event_kind::recovered, h, s.reason, now, now});
}

/// By requests as Finagle's: of what is so many requests old 1/e is left after a window of them.
void outlier_detector::average::count(bool success, const average_success_rate_ejection& o,
                                      time_point now) {
    if (o.decay > duration::zero()) {
        const bool cold = (now - last) / 3 > o.decay;
        seen = cold ? 0 : seen;
        count_by_time(success, o.decay, now);
    } else {
        const double kept = seen == 0 ? 0 : std::exp(-1.0 / o.window);
        value = kept * value + (1 - kept) * (success ? 1 : 0);
    }
    seen += seen < o.window;
}

void outlier_detector::average::count_by_time(bool success, duration decay, time_point now) {
    const double kept = std::exp(-to_seconds(now - last) / to_seconds(decay));
    value = kept * value + (1 - kept) * (success ? 1 : 0);
    last = now;
}

void outlier_detector::judge_average(host h, bool success, findings& to, time_point now) {
    const auto& o = options_.average_success_rate;
    host_state& s = hosts_[h];
    s.rate.count(success, o, now);
    if (o.enforcement == 0 || s.rate.seen < o.window || 100 * s.rate.value >= o.threshold)
        return;
    s.rate = {.value = 1, .last = now}; // spared or ejected, it is seen anew
    to.add({ejection_reason::average_success_rate, o.enforcement,
            own_or(o.base_ejection_time, options_.base_ejection_time)});
}

void outlier_detector::judge_cost(host h, const host_result& ended, findings& to, time_point now) {
    const auto& o = options_.error_cost;
    host_state& s = hosts_[h];
    if (s.cost.on_result(o, ended.result == verdict::failure, now - ended.sent))
        return;
    s.cost.reset(o);
    to.add({ejection_reason::error_cost, o.enforcement,
            own_or(o.base_ejection_time, options_.base_ejection_time)});
}

/// Found or spared, the row begins anew.
void outlier_detector::judge_row(host h, origin from, int most, finding as, findings& to) {
    std::uint32_t& row = hosts_[h].seen[from].bad_in_a_row;
    if (most == 0 || row < static_cast<std::uint32_t>(most))
        return;
    row = 0;
    if (as.enforcement > 0)
        to.add(as);
}

} // namespace windtunnel
