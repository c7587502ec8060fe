// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/sliding_window.hpp"

#include <algorithm>

namespace windtunnel {

namespace {

constexpr duration longest_call{(std::int64_t{1} << 61) - 1};

} // namespace

void call_counts::add(bool has_failed, bool was_slow) {
    ++calls;
    failed += has_failed;
    slow += was_slow;
    slow_failed += has_failed && was_slow;
}

call_counts& call_counts::operator-=(const call_counts& other) {
    calls -= other.calls;
    failed -= other.failed;
    slow -= other.slow;
    slow_failed -= other.slow_failed;
    return *this;
}

sliding_window::sliding_window(sliding_window_type type, std::uint32_t size, duration length,
                               time_point start)
    : type_(type), size_(size), width_(std::max(length / size, duration{1})) {
    if (type == sliding_window_type::count) {
        calls_.resize(size);
    } else {
        buckets_.resize(size);
        bucket_took_.resize(size);
    }
    clear(start);
}

void sliding_window::clear(time_point start) {
    place_ = 0;
    total_ = {};
    total_took_ = 0;
    bucket_end_ = saturating_add(start, width_);
    std::fill(buckets_.begin(), buckets_.end(), call_counts{});
    std::fill(bucket_took_.begin(), bucket_took_.end(), wide_integer{0});
}

void sliding_window::add(bool failed, bool slow, time_point now, duration took) {
    if (type_ == sliding_window_type::count)
        return add_to_ring(failed, slow, took);
    roll(now);
    buckets_[place_].add(failed, slow);
    bucket_took_[place_] += took.count();
    total_.add(failed, slow);
    total_took_ += took.count();
}

void sliding_window::add_to_ring(bool failed, bool slow, duration took) {
    auto& call = calls_[place_];
    if (total_.calls == size_) {
        call_counts oldest;
        oldest.add((call & 1) != 0, (call & 2) != 0);
        total_ -= oldest;
        total_took_ -= static_cast<std::int64_t>(call >> 2);
    }
    const auto counted = static_cast<std::uint64_t>(std::min(took, longest_call).count());
    call = counted << 2 | (slow ? 2U : 0U) | (failed ? 1U : 0U);
    total_.add(failed, slow);
    total_took_ += static_cast<std::int64_t>(counted);
    place_ = after(place_, 1);
}

call_counts sliding_window::counts(time_point now) const {
    if (type_ == sliding_window_type::count)
        return total_;
    const auto passed = buckets_passed(now);
    if (passed >= size_)
        return {};
    call_counts result = total_;
    for (std::int64_t step = 1; step <= passed; ++step)
        result -= buckets_[after(place_, step)];
    return result;
}

duration sliding_window::total_duration(time_point now) const {
    wide_integer result = total_took_;
    if (type_ == sliding_window_type::time) {
        const auto passed = std::min<std::int64_t>(buckets_passed(now), size_);
        for (std::int64_t step = 1; step <= passed; ++step)
            result -= bucket_took_[after(place_, step)];
    }
    constexpr wide_integer longest = duration::max().count();
    return duration{static_cast<duration::rep>(std::min(result, longest))};
}

void sliding_window::roll(time_point now) {
    const auto passed = buckets_passed(now);
    if (passed == 0)
        return;
    for (std::int64_t step = 0; step < std::min<std::int64_t>(passed, size_); ++step) {
        place_ = after(place_, 1);
        total_ -= buckets_[place_];
        buckets_[place_] = {};
        total_took_ -= bucket_took_[place_];
        bucket_took_[place_] = 0;
    }
    bucket_end_ = saturating_add(bucket_end_, width_ * passed);
}

std::int64_t sliding_window::buckets_passed(time_point now) const {
    return now < bucket_end_ ? 0 : (now - bucket_end_) / width_ + 1;
}

std::uint32_t sliding_window::after(std::uint32_t place, std::int64_t steps) const {
    const auto next = place + static_cast<std::uint32_t>(steps);
    return next < size_ ? next : next - size_;
}

pending_calls::pending_calls(duration threshold, time_point start)
    : width_(threshold / (slots - 1) + duration{1}), start_(start) {}

void pending_calls::clear(time_point start) {
    start_ = start;
    current_ = 0;
    overdue_ = 0;
    live_ = {};
}

void pending_calls::started(time_point now) {
    advance(now);
    ++live_[static_cast<std::size_t>(current_ % slots)];
}

void pending_calls::ended(time_point started_at) {
    const auto slot = slot_of(started_at);
    --(slot + slots <= current_ ? overdue_ : live_[static_cast<std::size_t>(slot % slots)]);
}

std::uint32_t pending_calls::overdue(time_point now) {
    advance(now);
    return overdue_;
}

void pending_calls::advance(time_point now) {
    const auto latest = slot_of(now);
    for (auto slot = current_ + 1; slot <= std::min(latest, current_ + slots); ++slot) {
        auto& oldest = live_[static_cast<std::size_t>(slot % slots)];
        overdue_ += oldest;
        oldest = 0;
    }
    current_ = std::max(current_, latest);
}

} // namespace windtunnel
