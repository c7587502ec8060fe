// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry_budget.hpp"

#include <algorithm>
#include <cmath>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::int64_t token = 1'000;     // A6: three decimals of the ratio count
constexpr std::int64_t retry = 1'000'000; // so that small ratios are kept

/// Further decimals are ignored, as A6 says; the small term is for what binary fractions lack.
std::int64_t scaled(double amount, std::int64_t scale) {
    return static_cast<std::int64_t>(std::floor(amount * static_cast<double>(scale) + 1e-6));
}

const retry_budget_options& validated(const retry_budget_options& options) {
    options.validate();
    return options;
}

} // namespace

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
}

retry_budget::retry_budget(const retry_budget_options& options, time_point now)
    : options_(validated(options)), width_(options.ttl / slices),
      slice_end_(saturating_add(now, width_)) {
    balance_ = options.kind == retry_budget_kind::grpc_tokens
                   ? scaled(options.max_tokens, token)
                   : scaled(options.min_per_second * to_seconds(options.ttl), retry);
}

void retry_budget::on_request(time_point now) {
    if (options_.kind != retry_budget_kind::ratio)
        return;
    roll(now);
    deposit(scaled(options_.ratio, retry));
}

void retry_budget::on_outcome(verdict result) {
    if (options_.kind != retry_budget_kind::grpc_tokens)
        return;
    if (result == verdict::failure)
        balance_ = std::max<std::int64_t>(balance_ - token, 0);
    else if (result == verdict::success)
        balance_ = std::min(balance_ + scaled(options_.token_ratio, token),
                            scaled(options_.max_tokens, token));
}

bool retry_budget::try_withdraw(time_point now) {
    if (options_.kind == retry_budget_kind::grpc_tokens)
        return 2 * balance_ > scaled(options_.max_tokens, token);
    roll(now);
    if (balance_ < retry)
        return false;
    deposit(-retry);
    return true;
}

double retry_budget::balance(time_point now) const {
    if (options_.kind == retry_budget_kind::grpc_tokens)
        return static_cast<double>(balance_) / static_cast<double>(token);
    auto left = *this;
    left.roll(now);
    return static_cast<double>(left.balance_) / static_cast<double>(retry);
}

std::int64_t retry_budget::slices_passed(time_point now) const {
    return now < slice_end_ ? 0 : (now - slice_end_) / width_ + 1;
}

void retry_budget::roll(time_point now) {
    const auto passed = slices_passed(now);
    for (std::int64_t i = 0; i < std::min<std::int64_t>(passed, slices); ++i) {
        current_ = (current_ + 1) % slices;
        auto& oldest = slice_[static_cast<std::size_t>(current_)];
        balance_ -= oldest;
        oldest = 0;
    }
    slice_end_ = saturating_add(slice_end_, width_ * passed);
}

void retry_budget::deposit(std::int64_t amount) {
    balance_ += amount;
    slice_[static_cast<std::size_t>(current_)] += amount;
}

} // namespace windtunnel
