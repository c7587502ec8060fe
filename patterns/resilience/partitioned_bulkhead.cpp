// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/partitioned_bulkhead.hpp"

#include <algorithm>
#include <cmath>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr option_check partitions_check{"partitioned_bulkhead"};
/// Shares as 0.7 and 0.3 need not add up to exactly 1, nor 10 * 0.3 be exactly 3.
constexpr double rounding = 1e-9;

} // namespace

partitioned_bulkhead::partitioned_bulkhead(int max_concurrent, std::span<const double> shares) {
    double sum = 0;
    for (const double share : shares) {
        partitions_check(share >= 0 && share <= 1, "share", share, "be from 0 to 1");
        sum += share;
        partitions_.push_back({.share = share});
    }
    partitions_check(!shares.empty(), "shares", 0, "be at least one");
    partitions_check(sum <= 1 + rounding, "shares", sum, "be at most 1 together");
    resize(max_concurrent);
}

partitioned_bulkhead::~partitioned_bulkhead() {
    WINDTUNNEL_ASSERT(in_use_ == 0);
}

partitioned_bulkhead::permit partitioned_bulkhead::try_acquire(std::size_t partition) {
    WINDTUNNEL_ASSERT(partition < partitions_.size());
    auto& p = partitions_[partition];
    if (p.in_use >= p.own && in_use_ >= max_concurrent_)
        return {};
    ++p.in_use;
    ++in_use_;
    return {this, partition};
}

void partitioned_bulkhead::permit::release() noexcept {
    if (owner_ == nullptr)
        return;
    partitioned_bulkhead& owner = *std::exchange(owner_, nullptr);
    --owner.partitions_[partition_].in_use;
    --owner.in_use_;
}

void partitioned_bulkhead::resize(int max_concurrent) {
    partitions_check(max_concurrent >= 1 && max_concurrent <= 1'000'000'000, "max_concurrent",
                     max_concurrent, "be from 1 to 1e9");
    max_concurrent_ = max_concurrent;
    for (compartment& p : partitions_)
        p.own = std::max(1, static_cast<int>(std::ceil(max_concurrent * p.share - rounding)));
}

} // namespace windtunnel
