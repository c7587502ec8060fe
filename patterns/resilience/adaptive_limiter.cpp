// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/adaptive_limiter.hpp"

#include <array>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {
constexpr std::array<std::string_view, 3> lesson_names{"latency", "dropped", "nothing"};
} // namespace

std::string_view to_string(limit_lesson lesson) {
    return lesson_names.at(static_cast<std::size_t>(lesson));
}

limit_lesson lesson_of(const failure& f) {
    const bool too_much = f.kind == failure_kind::overloaded || f.kind == failure_kind::timed_out;
    return too_much ? limit_lesson::dropped : limit_lesson::nothing;
}

void adaptive_limiter::permit::record(limit_lesson lesson, time_point now) {
    WINDTUNNEL_ASSERT(owner_ != nullptr && now >= admitted_at_);
    std::exchange(owner_, nullptr)->record(*this, lesson, now);
}

void adaptive_limiter::permit::drop() noexcept {
    if (owner_ != nullptr)
        std::exchange(owner_, nullptr)->forget(*this);
}

adaptive_limiter::adaptive_limiter(const concurrency_limit_options& options, random_stream probes,
                                   time_point now)
    : limit_(options, probes), limits_(limit_.limit(), now) {}

adaptive_limiter::~adaptive_limiter() {
    WINDTUNNEL_ASSERT(in_flight_ == 0);
}

adaptive_limiter::permit adaptive_limiter::try_acquire(time_point now) {
    if (in_flight_ >= limit_.limit()) {
        ++totals_.rejected;
        return {};
    }
    ++in_flight_;
    ++totals_.admitted;
    return {this, now};
}

void adaptive_limiter::reset() {
    ++generation_;
    limit_.forget();
}

adaptive_limiter_metrics adaptive_limiter::metrics() const {
    auto result = totals_;
    result.limit = limit();
    result.in_flight = in_flight_;
    return result;
}

void adaptive_limiter::record(const permit& ended, limit_lesson lesson, time_point now) {
    const bool late = ended.generation_ != generation_;
    if (late || lesson == limit_lesson::nothing) {
        totals_.late_results += late && lesson != limit_lesson::nothing;
        return forget(ended);
    }
    --in_flight_;
    const bool dropped = lesson == limit_lesson::dropped;
    totals_.dropped += dropped;
    limits_.set(limit_.update(now, now - ended.admitted_at_, ended.in_flight_, dropped), now);
}

void adaptive_limiter::forget(const permit& ended) noexcept {
    --in_flight_;
    totals_.neutral += ended.generation_ == generation_;
}

} // namespace windtunnel
