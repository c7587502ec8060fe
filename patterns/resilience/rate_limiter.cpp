// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/rate_limiter.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

const rate_limiter_options& validated(const rate_limiter_options& options) {
    options.validate();
    return options;
}

} // namespace

rate_limiter::rate_limiter(const rate_limiter_options& options, time_point now)
    : options_(validated(options)), schedule_(options, now), log_(logs() ? options.permits : 1),
      spent_(schedule_.fresh()), now_(now) {}

rate_limiter::~rate_limiter() {
    WINDTUNNEL_ASSERT(first_ == nullptr);
}

rate_decision rate_limiter::try_acquire(time_point now, int cost) {
    WINDTUNNEL_ASSERT(cost >= 1);
    advance(now);
    if (cost > options_.most_at_once())
        return {.retry_after = duration::max()};
    const auto ready = earliest(last_, cost);
    if (ready > now_)
        return {.retry_after = until(ready)};
    spend(after(spent_, ready, cost), ready, cost);
    return {.admitted = true};
}

rate_limiter::reservation rate_limiter::reserve(time_point now, duration max_wait, int cost) {
    WINDTUNNEL_ASSERT(cost >= 1);
    advance(now);
    if (cost > options_.most_at_once())
        return {};
    const auto ready = earliest(last_, cost);
    if (ready == never || until(ready) > max_wait)
        return {};
    if (ready > now_)
        return {*this, ready, cost};
    spend(after(spent_, ready, cost), ready, cost);
    return reservation{ready};
}

int rate_limiter::available(time_point now) {
    advance(now);
    int enough = 0; // the largest cost that passes now: it is monotone
    for (int too_many = options_.most_at_once() + 1; enough + 1 < too_many;) {
        const int cost = enough + (too_many - enough) / 2;
        (earliest(last_, cost) <= now_ ? enough : too_many) = cost;
    }
    return enough;
}

duration rate_limiter::effective_window(time_point now) {
    const int n = available(now);
    if (n == 0)
        return until(earliest(last_, 1));
    if (!logs())
        return until(earliest(after(spent_, now_, n), now_, 1));
    return n < options_.permits ? until(earliest(last_, n + 1)) : options_.period;
}

void rate_limiter::reset() {
    WINDTUNNEL_ASSERT(first_ == nullptr);
    spent_ = schedule_.fresh();
    log_.clear();
}

void rate_limiter::advance(time_point now) {
    now_ = std::max(now_, now);
    while (first_ != nullptr && first_->ready_at_ <= now_) {
        auto& due = *first_;
        spend(due.after_, due.ready_at_, due.cost_);
        due.unlink();
    }
}

bool rate_limiter::cancel(reservation& r, time_point now) {
    advance(now);
    if (r.owner_ == nullptr)
        return false;
    auto* behind = r.next_;
    r.unlink();
    repack(behind);
    announce();
    return true;
}

/// Those due at once stay in the queue until the next call, so that they are told.
void rate_limiter::repack(reservation* first) {
    for (auto* r = first; r != nullptr; r = r->next_) {
        const auto ready = earliest(r->previous_, r->cost_);
        r->moved_ = r->moved_ || ready != r->ready_at_;
        r->ready_at_ = ready;
        r->after_ = after(r->previous_ != nullptr ? r->previous_->after_ : spent_, ready, r->cost_);
    }
}

/// Never nested: a cancellation from within makes the outer loop start again.
void rate_limiter::announce() {
    cursor_ = first_;
    if (announcing_)
        return;
    announcing_ = true;
    while (cursor_ != nullptr) {
        auto& r = *std::exchange(cursor_, cursor_->next_);
        if (std::exchange(r.moved_, false) && r.tell_ != nullptr)
            r.tell_(r.context_);
    }
    announcing_ = false;
}

/// For one who stands behind the given one, or in front.
time_point rate_limiter::earliest(const reservation* behind, int cost) const {
    return behind == nullptr ? earliest(spent_, now_, cost)
                             : earliest(behind->after_, std::max(now_, behind->ready_at_), cost);
}

time_point rate_limiter::earliest(const detail::rate_account& a, time_point from, int cost) const {
    if (!logs())
        return schedule_.earliest(a, from, cost);
    const auto leaving = static_cast<std::int64_t>(a.amount) + cost - 1 - options_.permits;
    return leaving < 0 ? from : std::max(from, saturating_add(given_at(leaving), options_.period));
}

detail::rate_account rate_limiter::after(const detail::rate_account& a, time_point at,
                                         int cost) const {
    return logs() ? detail::rate_account{a.amount + cost, at} : schedule_.after(a, at, cost);
}

void rate_limiter::spend(const detail::rate_account& then, time_point at, int cost) {
    spent_ = then;
    if (logs())
        log_.add(at, cost);
}

/// Also of a permit that is not due yet.
time_point rate_limiter::given_at(std::int64_t permit) const {
    if (permit < log_.count())
        return log_.at(permit);
    const auto* r = first_;
    while (r->after_.amount <= permit)
        r = r->next_;
    return r->ready_at_;
}

duration rate_limiter::until(time_point t) const {
    constexpr auto longest = duration::max().count();
    if (t == never)
        return duration::max();
    const auto wait = static_cast<detail::wide_count>(t.time_since_epoch().count()) -
                      now_.time_since_epoch().count();
    return duration{static_cast<std::int64_t>(std::min<detail::wide_count>(wait, longest))};
}

rate_limiter::reservation::reservation(rate_limiter& owner, time_point ready_at, int cost)
    : owner_(&owner), previous_(owner.last_), ready_at_(ready_at), cost_(cost), held_(true) {
    after_ = owner.after(previous_ != nullptr ? previous_->after_ : owner.spent_, ready_at, cost);
    (previous_ != nullptr ? previous_->next_ : owner.first_) = this;
    owner.last_ = this;
    ++owner.waiting_;
}

void rate_limiter::reservation::take(time_point now) {
    WINDTUNNEL_ASSERT(held_ && now >= ready_at_);
    if (owner_ != nullptr)
        owner_->advance(now);
    held_ = false;
}

bool rate_limiter::reservation::cancel(time_point now) {
    held_ = false;
    return owner_ != nullptr && owner_->cancel(*this, now);
}

/// Takes the other's place; this holds nothing yet.
void rate_limiter::reservation::adopt(reservation& other) noexcept {
    owner_ = std::exchange(other.owner_, nullptr);
    next_ = std::exchange(other.next_, nullptr);
    previous_ = std::exchange(other.previous_, nullptr);
    tell_ = other.tell_;
    context_ = other.context_;
    after_ = other.after_;
    ready_at_ = other.ready_at_;
    cost_ = other.cost_;
    held_ = std::exchange(other.held_, false);
    moved_ = other.moved_;
    if (owner_ == nullptr)
        return;
    (previous_ != nullptr ? previous_->next_ : owner_->first_) = this;
    (next_ != nullptr ? next_->previous_ : owner_->last_) = this;
    if (owner_->cursor_ == &other)
        owner_->cursor_ = this;
}

void rate_limiter::reservation::unlink() noexcept {
    (previous_ != nullptr ? previous_->next_ : owner_->first_) = next_;
    (next_ != nullptr ? next_->previous_ : owner_->last_) = previous_;
    if (owner_->cursor_ == this)
        owner_->cursor_ = next_;
    --owner_->waiting_;
    owner_ = nullptr;
    next_ = previous_ = nullptr;
}

void rate_limiter::reservation::drop() noexcept {
    held_ = false;
    if (owner_ != nullptr)
        owner_->cancel(*this, owner_->now_);
}

} // namespace windtunnel
