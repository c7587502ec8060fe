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
      spent_(schedule_.fresh()), now_(now),
      stock_at_(now), queue_{&reservation::place_}, untold_{&reservation::news_} {}

rate_limiter::~rate_limiter() {
    WINDTUNNEL_ASSERT(queue_.first == nullptr && untold_.first == nullptr);
}

rate_decision rate_limiter::try_acquire(time_point now, int cost) {
    WINDTUNNEL_ASSERT(cost >= 1);
    advance(now);
    if (cost > options_.most_at_once())
        return {.retry_after = duration::max()};
    const auto ready = earliest(queue_.last, cost);
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
    const auto ready = earliest(queue_.last, cost);
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
        (earliest(queue_.last, cost) <= now_ ? enough : too_many) = cost;
    }
    return enough;
}

duration rate_limiter::effective_window(time_point now) {
    const int n = available(now);
    if (n == 0)
        return until(earliest(queue_.last, 1));
    if (!logs())
        return until(earliest(after(spent_, now_, n), now_, 1));
    return n < options_.permits ? until(earliest(queue_.last, n + 1)) : options_.period;
}

wide_integer rate_limiter::permits_over_time(time_point now) {
    advance(now);
    return logs() ? stock_until(now_) : stock_until(now_) / options_.period.count();
}

void rate_limiter::reset() {
    WINDTUNNEL_ASSERT(queue_.first == nullptr);
    stock_ = stock_until(now_);
    stock_at_ = now_;
    spent_ = schedule_.fresh();
    log_.clear();
}

void rate_limiter::advance(time_point now) {
    now_ = std::max(now_, now);
    while (queue_.first != nullptr && queue_.first->ready_at_ <= now_) {
        auto& due = *queue_.first;
        spend(due.after_, due.ready_at_, due.cost_);
        --waiting_;
        due.leave(queue_);
    }
}

bool rate_limiter::cancel(reservation& r, time_point now) {
    advance(now);
    if (!r.waits())
        return false;
    auto* behind = r.place_.next;
    --waiting_;
    r.leave(queue_);
    repack(behind);
    announce();
    return true;
}

void rate_limiter::repack(reservation* first) {
    for (auto* r = first; r != nullptr; r = r->place_.next) {
        const auto* before = r->place_.previous;
        const auto ready = earliest(before, r->cost_);
        if (ready != r->ready_at_ && !r->news_.in)
            untold_.append(*r);
        r->ready_at_ = ready;
        r->after_ = after(before != nullptr ? before->after_ : spent_, ready, r->cost_);
    }
}

/// Never nested: whoever moves up in a callback is told by the outer loop.
void rate_limiter::announce() {
    if (announcing_)
        return;
    announcing_ = true;
    while (untold_.first != nullptr) {
        auto& r = *untold_.first;
        const auto tell = r.tell_;
        auto* const context = r.context_;
        r.leave(untold_);
        if (tell != nullptr)
            tell(context);
    }
    announcing_ = false;
}

/// For one who stands behind the given one, or in front.
time_point rate_limiter::earliest(const reservation* behind, int cost) const {
    return behind == nullptr ? earliest(spent_, now_, cost)
                             : earliest(behind->after_, behind->ready_at_, cost);
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
    if (!logs()) {
        stock_ = stock_until(at);
        stock_at_ = at;
    }
    spent_ = then;
    if (logs())
        log_.add(at, cost);
}

detail::wide_count rate_limiter::stock_until(time_point at) const {
    if (!logs())
        return saturating_add(stock_, schedule_.permits_over_time(spent_, stock_at_, at));
    const auto time = static_cast<detail::wide_count>((at - stock_at_).count());
    return stock_ + options_.permits * time - log_.out_over_time(at, options_.period);
}

/// Also of a permit that is not due yet.
time_point rate_limiter::given_at(std::int64_t permit) const {
    if (permit < log_.count())
        return log_.at(permit);
    const auto* r = queue_.first;
    while (r->after_.amount <= permit)
        r = r->place_.next;
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

void rate_limiter::chain::append(reservation& r) {
    r.*by = {nullptr, last, true};
    (last != nullptr ? (last->*by).next : first) = &r;
    last = &r;
}

void rate_limiter::chain::remove(reservation& r) {
    const auto [next, previous, in] = std::exchange(r.*by, {});
    (previous != nullptr ? (previous->*by).next : first) = next;
    (next != nullptr ? (next->*by).previous : last) = previous;
}

void rate_limiter::chain::replace(reservation& old, reservation& r) {
    r.*by = std::exchange(old.*by, {});
    const auto [next, previous, in] = r.*by;
    if (!in)
        return;
    (previous != nullptr ? (previous->*by).next : first) = &r;
    (next != nullptr ? (next->*by).previous : last) = &r;
}

rate_limiter::reservation::reservation(rate_limiter& owner, time_point ready_at, int cost)
    : owner_(&owner), ready_at_(ready_at), cost_(cost), held_(true) {
    const auto* before = owner.queue_.last;
    after_ = owner.after(before != nullptr ? before->after_ : owner.spent_, ready_at, cost);
    owner.queue_.append(*this);
    ++owner.waiting_;
}

void rate_limiter::reservation::take(time_point now) {
    WINDTUNNEL_ASSERT(held_ && now >= ready_at_);
    held_ = false;
    if (owner_ != nullptr)
        owner_->advance(now);
    if (news_.in) // it knows
        leave(owner_->untold_);
}

bool rate_limiter::reservation::cancel(time_point now) {
    held_ = false;
    if (news_.in)
        leave(owner_->untold_);
    return owner_ != nullptr && owner_->cancel(*this, now);
}

/// Takes the other's place; this holds nothing yet.
void rate_limiter::reservation::adopt(reservation& other) noexcept {
    owner_ = std::exchange(other.owner_, nullptr);
    tell_ = other.tell_;
    context_ = other.context_;
    after_ = other.after_;
    ready_at_ = other.ready_at_;
    cost_ = other.cost_;
    held_ = std::exchange(other.held_, false);
    if (owner_ == nullptr)
        return;
    owner_->queue_.replace(other, *this);
    owner_->untold_.replace(other, *this);
}

/// It forgets its limiter with the last of its chains: that may then go.
void rate_limiter::reservation::leave(chain& where) noexcept {
    where.remove(*this);
    if (!place_.in && !news_.in)
        owner_ = nullptr;
}

void rate_limiter::reservation::drop() noexcept {
    if (owner_ != nullptr)
        cancel(owner_->now_);
    held_ = false;
}

} // namespace windtunnel
