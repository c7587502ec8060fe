// SPDX-License-Identifier: BSL-1.0
// Netflix's AbstractPartitionedLimiterTest: a limit of 10, of which batches have 30 % and live
// traffic has 70 %; and what holds whatever comes.
#include "patterns/resilience/partitioned_bulkhead.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <rapidcheck.h>
#include <stdexcept>
#include <vector>

using namespace windtunnel;

namespace {

using permits = std::vector<partitioned_bulkhead::permit>;
constexpr std::size_t batch = 0, live = 1;

struct netflix {
    static constexpr double shares[] = {0.3, 0.7};
    partitioned_bulkhead limit{10, shares};
    permits held;

    /// As many as come through until one is refused, to `most`.
    int take(std::size_t partition, int most) {
        for (int n = 0; n < most; ++n) {
            auto permit = limit.try_acquire(partition);
            if (!permit)
                return n;
            held.push_back(std::move(permit));
        }
        return most;
    }
};

} // namespace

TEST_CASE("Netflix: the limit is shared out to the bins") {
    const netflix n;
    CHECK(n.limit.own(batch) == 3);
    CHECK(n.limit.own(live) == 7);
}

TEST_CASE("Netflix: a bin uses excess capacity until the total limit is reached") {
    netflix n;
    CHECK(n.take(batch, 20) == 10);
    CHECK(n.limit.in_use(batch) == 10);
}

TEST_CASE("Netflix: an unused bin exceeds the total limit, up to its own") {
    netflix n;
    CHECK(n.take(batch, 20) == 10);
    CHECK(n.take(live, 20) == 7);
    CHECK(n.limit.in_use() == 17);
}

TEST_CASE("Netflix: rejects once all limits are reached") {
    netflix n;
    CHECK(n.take(batch, 3) == 3);
    CHECK(n.take(live, 7) == 7);
    CHECK(n.take(batch, 1) == 0);
    CHECK(n.take(live, 1) == 0);
}

TEST_CASE("Netflix: what is released may be taken again, by whom it belongs to") {
    netflix n;
    CHECK(n.take(batch, 10) == 10);
    n.held.pop_back();
    CHECK(n.limit.in_use(batch) == 9);
    CHECK(n.take(batch, 2) == 1);
    CHECK(n.take(live, 1) == 1); // the eleventh
    n.held.erase(n.held.begin());
    CHECK(n.take(batch, 1) == 0); // ten are in use
}

TEST_CASE("R14: a new limit reserves what is in use, and shares the rest out anew") {
    netflix n;
    CHECK(n.take(batch, 10) == 10);
    n.limit.resize(20);
    CHECK(n.limit.own(batch) == 6);
    CHECK(n.limit.own(live) == 14);
    CHECK(n.take(batch, 20) == 10);
    n.limit.resize(2);
    CHECK(n.limit.own(batch) == 1);
    CHECK(n.limit.in_use() == 20);
    CHECK(n.take(batch, 1) == 0);
    CHECK(n.take(live, 5) == 2); // 70 % of 2, rounded up
}

TEST_CASE("a partition without a share has one slot") {
    const double shares[] = {0, 1};
    partitioned_bulkhead limit{4, shares};
    const auto all = [&] {
        permits held;
        for (int i = 0; i < 4; ++i)
            held.push_back(limit.try_acquire(1));
        return held;
    }();
    CHECK(limit.try_acquire(0));
    CHECK_FALSE(limit.try_acquire(1));
}

TEST_CASE("R2: a partition below its own is never refused, and no slot is lost") {
    REQUIRE(rc::check([](const std::vector<std::uint8_t>& script) {
        const double shares[] = {0.2, 0.5, 0.1};
        partitioned_bulkhead limit{10, shares};
        std::vector<permits> held(3);
        for (const auto step : script) {
            const std::size_t p = step % 3;
            if (step / 3 % 3 == 0 && !held[p].empty()) {
                held[p].pop_back();
                continue;
            }
            const bool own = limit.in_use(p) < limit.own(p), room = limit.in_use() < 10;
            auto permit = limit.try_acquire(p);
            RC_ASSERT(static_cast<bool>(permit) == (own || room));
            if (permit)
                held[p].push_back(std::move(permit));
            for (std::size_t i = 0; i < 3; ++i)
                RC_ASSERT(limit.in_use(i) == static_cast<int>(held[i].size()));
        }
        held.clear();
        RC_ASSERT(limit.in_use() == 0);
    }));
}

TEST_CASE("a partitioned bulkhead refuses shares that make no sense") {
    const auto made = [](int most, std::vector<double> shares) {
        partitioned_bulkhead limit{most, shares};
    };
    CHECK_NOTHROW(made(1, {0.1, 0.2, 0.7}));
    CHECK_THROWS_AS(made(0, {1}), std::invalid_argument);
    CHECK_THROWS_AS(made(10, {}), std::invalid_argument);
    CHECK_THROWS_WITH(made(10, {0.5, 0.6}),
                      Catch::Matchers::StartsWith("partitioned_bulkhead: shares is 1.1"));
    CHECK_THROWS_WITH(made(10, {-0.1}),
                      Catch::Matchers::StartsWith("partitioned_bulkhead: share is -0.1"));
}
