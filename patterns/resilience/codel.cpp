// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/codel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

__extension__ using wide = unsigned __int128;

constexpr std::array<std::string_view, 2> codel_names{"rfc8289", "slough"};
constexpr std::array<std::string_view, 2> codel_verdict_names{"keep", "drop"};

/// The largest integer whose square is at most n; n below 2^90. The estimate is off by a few at
/// most, and what corrects it makes it exact.
std::int64_t square_root(wide n) {
    auto root = static_cast<wide>(std::sqrt(static_cast<double>(n)));
    while (root * root > n)
        --root;
    while ((root + 1) * (root + 1) <= n)
        ++root;
    return static_cast<std::int64_t>(root);
}

} // namespace

std::string_view to_string(codel_kind kind) {
    return codel_names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(queue_verdict verdict) {
    return codel_verdict_names.at(static_cast<std::size_t>(verdict));
}

void codel_options::validate() const {
    constexpr option_check check{"codel"};
    check(target > duration::zero(), "target", target, "be above 0");
    check(interval > target && interval <= std::chrono::hours{1}, "interval", interval,
          "be longer than target and at most 1h");
}

codel::codel(const codel_options& options) : options_(options) {
    options.validate();
}

queue_verdict codel::on_dequeue(time_point now, duration sojourn, bool last) {
    WINDTUNNEL_ASSERT(sojourn >= duration::zero());
    bool drops = false;
    if (options_.kind == codel_kind::slough) {
        drops = sloughs(now, sojourn);
    } else if (!stands(now, sojourn, last)) {
        dropping_ = counted_ = false;
    } else if (dropping_) {
        drops = due(now);
    } else {
        start_dropping(now);
        drops = true;
    }
    dropped_ += drops;
    return drops ? queue_verdict::drop : queue_verdict::keep;
}

/// Whether sojourns have been at or above the target for an interval.
bool codel::stands(time_point now, duration sojourn, bool last) {
    if (sojourn < options_.target || last) {
        above_since_ = never;
        return false;
    }
    if (above_since_ == never) {
        above_since_ = saturating_add(now, options_.interval);
        return false;
    }
    return now >= above_since_;
}

/// Soon after the last time the drops go on at about the pace at which they ended.
void codel::start_dropping(time_point now) {
    const bool soon = now - drop_next_ < 16 * options_.interval;
    const auto before = count_ - last_count_;
    count_ = soon && before > 1 ? before : 1;
    last_count_ = count_;
    drop_next_ = saturating_add(now, spacing());
    dropping_ = true;
}

bool codel::due(time_point now) {
    if (counted_)
        drop_next_ = saturating_add(drop_next_, spacing());
    counted_ = now >= drop_next_;
    if (counted_ && count_ < std::numeric_limits<std::uint32_t>::max())
        ++count_;
    return counted_;
}

/// interval / sqrt(count), rounded down.
duration codel::spacing() const {
    const auto interval = static_cast<wide>(options_.interval.count());
    return duration{square_root(interval * interval / count_)};
}

/// The first of each interval is kept: it says how long the others may have waited.
bool codel::sloughs(time_point now, duration sojourn) {
    if (!counted_ || now >= drop_next_) {
        dropping_ = counted_ && least_ > options_.target;
        counted_ = true;
        drop_next_ = saturating_add(now, options_.interval);
        least_ = sojourn;
        return false;
    }
    least_ = std::min(least_, sojourn);
    return dropping_ && sojourn > 2 * options_.target;
}

} // namespace windtunnel
