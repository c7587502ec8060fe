// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry_budget.hpp"

#include <algorithm>
#include <cmath>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::int64_t token = 1'000;             // A6: three decimals of the ratio count
constexpr std::int64_t micro_retries = 1'000'000; // so that small ratios are kept

/// Further decimals are ignored, as A6 says; the small term is for what binary fractions lack.
std::int64_t scaled(double amount, std::int64_t scale) {
    return static_cast<std::int64_t>(std::floor(amount * static_cast<double>(scale) + 1e-6));
}

const retry_budget_options& validated(const retry_budget_options& options) {
    options.validate();
    return options;
}

std::int64_t at_first(const retry_budget_options& options) {
    switch (options.kind) {
    case retry_budget_kind::grpc_tokens:
        return scaled(options.max_tokens, token);
    case retry_budget_kind::ratio:
        return scaled(options.min_per_second * to_seconds(options.ttl), micro_retries);
    case retry_budget_kind::cost:
        return options.capacity;
    case retry_budget_kind::concurrent:
        break;
    }
    return 0;
}

void check_units(const option_check& check, int value, int least, std::string_view option) {
    check(value >= least && value <= 1'000'000'000, option, value,
          least == 0 ? "be from 0 to 1e9" : "be from 1 to 1e9");
}

} // namespace

std::string_view to_string(retry_budget_kind kind) {
    constexpr std::array<std::string_view, 4> names{"grpc_tokens", "ratio", "concurrent", "cost"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(budget_deposit what) {
    constexpr std::array<std::string_view, 2> names{"request", "success"};
    return names.at(static_cast<std::size_t>(what));
}

void retry_budget_options::validate() const {
    constexpr option_check check{"retry_budget"};
    check(ratio >= 0 && ratio <= 1000, "ratio", ratio, "be from 0 to 1000");
    check(min_per_second >= 0 && min_per_second <= 1e6, "min_per_second", min_per_second,
          "be from 0 to 1e6");
    check(ttl >= std::chrono::seconds{1} && ttl <= std::chrono::seconds{60}, "ttl", ttl,
          "be from 1s to 60s");
    check(scaled(max_tokens, token) > 0 && max_tokens <= 1000, "max_tokens", max_tokens,
          "be above 0 and at most 1000");
    check(scaled(token_ratio, token) > 0 && token_ratio <= 1000, "token_ratio", token_ratio,
          "be at least 0.001 and at most 1000");
    check_units(check, min_concurrency, 0, "min_concurrency");
    check_units(check, capacity, 0, "capacity");
    check_units(check, retry_cost, 1, "retry_cost");
    check_units(check, timeout_cost, 1, "timeout_cost");
    check_units(check, success_refund, 0, "success_refund");
}

void retry_budget::slot::end() noexcept {
    if (auto* budget = std::exchange(budget_, nullptr))
        retry_ ? budget->on_retry_ended() : budget->on_request_ended();
}

retry_budget::retry_budget(const retry_budget_options& options, time_point now)
    : options_(validated(options)), balance_(at_first(options)), width_(options.ttl / slices),
      slice_end_(saturating_add(now, width_)), latest_(now), left_over_time_(left(), now) {}

void retry_budget::on_request(time_point now) {
    if (options_.kind == retry_budget_kind::concurrent) {
        ++requests_;
        ++metrics_.deposits;
    } else if (options_.kind == retry_budget_kind::ratio) {
        roll(now);
        if (options_.deposit_on == budget_deposit::request) {
            deposit(scaled(options_.ratio, micro_retries));
            ++metrics_.deposits;
        }
    }
    note(now);
}

void retry_budget::on_outcome(verdict result, time_point now, int paid) {
    const bool success = result == verdict::success;
    bool deposits = success;
    switch (options_.kind) {
    case retry_budget_kind::grpc_tokens:
        if (result == verdict::failure)
            balance_ = std::max<std::int64_t>(balance_ - token, 0);
        else if (success)
            balance_ = std::min(balance_ + scaled(options_.token_ratio, token),
                                scaled(options_.max_tokens, token));
        break;
    case retry_budget_kind::ratio:
        roll(now);
        deposits = success && options_.deposit_on == budget_deposit::success;
        if (deposits)
            deposit(scaled(options_.ratio, micro_retries));
        break;
    case retry_budget_kind::cost:
        if (success)
            balance_ = std::min<std::int64_t>(
                balance_ + (paid > 0 ? paid : options_.success_refund), options_.capacity);
        break;
    case retry_budget_kind::concurrent:
        deposits = false;
        break;
    }
    metrics_.deposits += deposits;
    note(now);
}

bool retry_budget::try_withdraw(time_point now, failure_kind last) {
    const bool given = has_leave(now, last);
    ++(given ? metrics_.withdrawals : metrics_.refused);
    note(now);
    return given;
}

/// And takes it.
bool retry_budget::has_leave(time_point now, failure_kind last) {
    switch (options_.kind) {
    case retry_budget_kind::grpc_tokens:
        return 2 * balance_ > scaled(options_.max_tokens, token);
    case retry_budget_kind::ratio:
        roll(now);
        if (balance_ < micro_retries)
            return false;
        deposit(-micro_retries);
        return true;
    case retry_budget_kind::concurrent:
        if (retries_ >= concurrent_limit())
            return false;
        ++retries_;
        return true;
    case retry_budget_kind::cost:
        if (balance_ < price(last))
            return false;
        balance_ -= price(last);
        return true;
    }
    return false;
}

void retry_budget::on_request_ended() {
    if (options_.kind != retry_budget_kind::concurrent)
        return;
    WINDTUNNEL_ASSERT(requests_ > 0);
    --requests_;
    note(latest_);
}

void retry_budget::on_retry_ended() {
    if (options_.kind != retry_budget_kind::concurrent)
        return;
    WINDTUNNEL_ASSERT(retries_ > 0);
    --retries_;
    note(latest_);
}

retry_budget::slot retry_budget::begin(time_point now) {
    on_request(now);
    return {*this, 0, false};
}

retry_budget::slot retry_budget::withdraw(time_point now, failure_kind last) {
    if (!try_withdraw(now, last))
        return {};
    return {*this, price(last), true};
}

int retry_budget::price(failure_kind last) const {
    if (options_.kind != retry_budget_kind::cost)
        return 0;
    return last == failure_kind::timed_out ? options_.timeout_cost : options_.retry_cost;
}

double retry_budget::balance(time_point now) const {
    auto then = *this;
    then.roll(now);
    return static_cast<double>(then.left()) / static_cast<double>(scale());
}

wide_integer retry_budget::balance_over_time(time_point now) const {
    auto then = *this;
    then.roll(now);
    return then.left_over_time_.integral(std::max(now, latest_)) / scale();
}

/// In the unit of its kind.
std::int64_t retry_budget::left() const {
    return options_.kind == retry_budget_kind::concurrent
               ? std::max<std::int64_t>(concurrent_limit() - retries_, 0)
               : balance_;
}

std::int64_t retry_budget::scale() const {
    switch (options_.kind) {
    case retry_budget_kind::grpc_tokens:
        return token;
    case retry_budget_kind::ratio:
        return micro_retries;
    case retry_budget_kind::concurrent:
    case retry_budget_kind::cost:
        break;
    }
    return 1;
}

void retry_budget::note(time_point now) {
    latest_ = std::max(latest_, now);
    left_over_time_.set(left(), latest_);
}

/// Retries at once; one more is allowed below it.
std::int64_t retry_budget::concurrent_limit() const {
    return std::max<std::int64_t>(scaled(options_.ratio, micro_retries) * requests_ / micro_retries,
                                  options_.min_concurrency);
}

std::int64_t retry_budget::slices_passed(time_point now) const {
    return now < slice_end_ ? 0 : (now - slice_end_) / width_ + 1;
}

/// Of `ratio` alone.
void retry_budget::roll(time_point now) {
    if (options_.kind != retry_budget_kind::ratio)
        return;
    const auto passed = slices_passed(now);
    for (std::int64_t i = 0; i < std::min<std::int64_t>(passed, slices); ++i) {
        current_ = (current_ + 1) % slices;
        auto& oldest = slice_[static_cast<std::size_t>(current_)];
        balance_ -= oldest;
        oldest = 0;
        note(saturating_add(slice_end_, width_ * i));
    }
    slice_end_ = saturating_add(slice_end_, width_ * passed);
}

void retry_budget::deposit(std::int64_t amount) {
    balance_ += amount;
    slice_[static_cast<std::size_t>(current_)] += amount;
}

} // namespace windtunnel
