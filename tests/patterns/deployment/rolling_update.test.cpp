// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/rolling_update.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>
#include <vector>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using set = rolling_update::replica_set;
using sets = std::vector<set>;
constexpr time_point start{1000s};

/// All that are asked for are available, but for those of a version that never is.
std::vector<int> healthy(const rolling_update& u, std::uint32_t bad = 1000) {
    std::vector<int> all;
    for (const auto& s : u.sets())
        all.push_back(s.version == bad ? 0 : s.desired);
    return all;
}

/// An update that is complete with `replicas` of version 1.
rolling_update running(const rolling_update_options& options, int replicas) {
    rolling_update u{options, replicas, 1, start};
    u.reconcile({replicas}, start);
    REQUIRE(u.state() == rollout_state::complete);
    return u;
}

} // namespace

TEST_CASE("maxSurge is rounded up, maxUnavailable down, and where both are 0 one may be missing") {
    const auto [replicas, surge, unavailable] =
        GENERATE(table<int, int, int>({{1, 1, 0}, {3, 1, 0}, {4, 1, 1}, {5, 2, 1}, {10, 3, 2}}));
    const rolling_update_options o;
    CHECK(o.surge(replicas) == surge);
    CHECK(o.unavailable(replicas) == unavailable);
    const rolling_update_options none{.max_surge = {},
                                      .max_unavailable = replica_count::percentage(25)};
    CHECK(none.unavailable(3) == 1);
}

TEST_CASE("a rolling update goes round by round within both bounds") {
    auto u = running({}, 10); // surge 3, unavailable 2
    u.deploy(2, start);
    CHECK(u.reconcile({10, 0}, start));
    CHECK(u.sets() == sets{{1, 8, 8}, {2, 3, 0}});
    CHECK(u.reconcile({8, 0}, start + 1s)); // 11 of 13 are asked for: room for two more
    CHECK(u.sets() == sets{{1, 8, 8}, {2, 5, 0}});
    CHECK_FALSE(u.reconcile({8, 0}, start + 2s)); // none of the new is available
    CHECK(u.reconcile({8, 5}, start + 3s));
    CHECK(u.sets() == sets{{1, 3, 3}, {2, 5, 5}});
    CHECK(u.reconcile({3, 5}, start + 4s));
    CHECK(u.sets() == sets{{1, 3, 3}, {2, 10, 5}});
    CHECK(u.reconcile({3, 10}, start + 5s));
    CHECK(u.sets() == sets{{2, 10, 10}});
    CHECK(u.state() == rollout_state::complete);
    CHECK(u.deadline() == never);
}

TEST_CASE("with maxUnavailable 0 the new comes first, with maxSurge 0 the old goes first") {
    auto careful = running({.max_surge = replica_count::number(1), .max_unavailable = {}}, 2);
    careful.deploy(2, start);
    careful.reconcile({2, 0}, start);
    CHECK(careful.sets() == sets{{1, 2, 2}, {2, 1, 0}});
    auto tight = running({.max_surge = {}, .max_unavailable = replica_count::number(1)}, 2);
    tight.deploy(2, start);
    tight.reconcile({2, 0}, start);
    CHECK(tight.sets() == sets{{1, 1, 1}, {2, 0, 0}});
    tight.reconcile({1, 0}, start);
    CHECK(tight.sets() == sets{{1, 1, 1}, {2, 1, 0}});
}

TEST_CASE("old replicas that are not available go first") {
    auto u = running(
        {.max_surge = replica_count::number(1), .max_unavailable = replica_count::number(1)}, 4);
    u.deploy(2, start);
    u.reconcile({2, 0}, start); // two of the old have fallen ill
    CHECK(u.sets() == sets{{1, 3, 2}, {2, 1, 0}});
}

TEST_CASE("a version that never gets ready stops the update, and takes no more than was allowed") {
    auto u = running({}, 10);
    u.deploy(2, start);
    for (auto t = start; t < start + 600s; t += 10s)
        u.reconcile(healthy(u, 2), t);
    CHECK(u.sets() == sets{{1, 8, 8}, {2, 5, 0}});
    CHECK(u.state() == rollout_state::progressing);
    CHECK(u.deadline() == start + 610s); // the last change was at 10 s
    u.reconcile(healthy(u, 2), start + 610s - 1ns);
    CHECK(u.state() == rollout_state::progressing);
    u.reconcile(healthy(u, 2), start + 610s);
    CHECK(u.state() == rollout_state::stalled); // and no more: Kubernetes only says so
    CHECK(u.sets() == sets{{1, 8, 8}, {2, 5, 0}});
    CHECK(u.rollbacks() == 0);
}

TEST_CASE("a stalled update completes when its replicas get ready after all") {
    auto u = running({}, 4);
    u.deploy(2, start);
    u.reconcile(healthy(u, 2), start);
    u.reconcile(healthy(u, 2), start + 700s);
    u.reconcile(healthy(u, 2), start + 1400s);
    REQUIRE(u.state() == rollout_state::stalled);
    for (int i = 0; i < 10; ++i)
        u.reconcile(healthy(u), start + 1400s);
    CHECK(u.state() == rollout_state::complete);
}

TEST_CASE("an automatic rollback brings the old version back at the progress deadline") {
    auto u = running({.progress_deadline = 60s, .automatic_rollback = true}, 10);
    u.deploy(2, start);
    u.reconcile(healthy(u, 2), start);
    u.reconcile(healthy(u, 2), start + 1s);
    u.reconcile(healthy(u, 2), start + 61s);
    CHECK(u.state() == rollout_state::rolling_back);
    CHECK(u.target() == 1);
    CHECK(u.rollbacks() == 1);
    for (int i = 0; i < 5; ++i)
        u.reconcile(healthy(u, 2), start + 62s);
    CHECK(u.sets() == sets{{1, 10, 10}});
    CHECK(u.state() == rollout_state::rolled_back);
}

TEST_CASE("a rollback by hand, and none where there is nothing to go back to") {
    auto u = running({}, 4);
    CHECK_FALSE(u.roll_back(start));
    u.deploy(2, start);
    u.reconcile(healthy(u, 2), start);
    u.deploy(1, start); // the same as roll_back
    CHECK(u.state() == rollout_state::rolling_back);
    CHECK(u.rollbacks() == 1);
    CHECK_FALSE(u.roll_back(start));
}

TEST_CASE("a second update begins before the first is over, and its sets go oldest first") {
    auto u = running({}, 10);
    u.deploy(2, start);
    u.reconcile({10, 0}, start);
    u.reconcile({8, 3}, start);
    u.deploy(3, start);
    CHECK(u.sets().back().version == 3);
    for (int i = 0; i < 10; ++i)
        u.reconcile(healthy(u), start);
    CHECK(u.sets() == sets{{3, 10, 10}});
}

TEST_CASE("in an update scaling goes to all sets in proportion, else to the one there is") {
    auto u = running({}, 10);
    u.scale(6, start);
    CHECK(u.sets() == sets{{1, 6, 6}});
    u.scale(10, start);
    u.reconcile({10}, start);
    u.deploy(2, start);
    u.reconcile({10, 0}, start);
    u.reconcile({8, 0}, start); // 8 and 5
    u.scale(20, start);         // surge 5: 25 in all
    CHECK(u.sets() == sets{{1, 15, 8}, {2, 10, 0}});
}

TEST_CASE("minReadySeconds: available at exactly that long after it got ready") {
    const rolling_update_options o{.min_ready = 10s};
    CHECK_FALSE(o.available(true, start, start + 10s - 1ns));
    CHECK(o.available(true, start, start + 10s));
    CHECK_FALSE(o.available(false, start, start + 1h));
}

TEST_CASE("a rolling update refuses options that make no sense") {
    const auto [o, message] = GENERATE(table<rolling_update_options, std::string>({
        {{.max_surge = {}, .max_unavailable = {}},
         "rolling_update: max_unavailable is 0; it must be above 0 where max_surge is 0"},
        {{.max_unavailable = replica_count::percentage(101)},
         "rolling_update: max_unavailable is 101; it must be at most 100 per cent"},
        {{.min_ready = 10s, .progress_deadline = 10s},
         "rolling_update: progress_deadline is 10s; it must be above min_ready"},
    }));
    CHECK_THROWS_WITH(rolling_update(o, 1, 1), message);
}

TEST_CASE("never more than the surge, never fewer available than maxUnavailable allows") {
    rc::check([] {
        const rolling_update_options o{
            .max_surge = {*rc::gen::inRange(1, 101), *rc::gen::arbitrary<bool>()},
            .max_unavailable = {*rc::gen::inRange(0, 101), *rc::gen::arbitrary<bool>()},
            .progress_deadline = 20s,
            .automatic_rollback = *rc::gen::arbitrary<bool>()};
        const int replicas = *rc::gen::inRange(1, 40);
        rolling_update u{o, replicas, 0, start};
        u.reconcile({replicas}, start);
        std::uint32_t version = 0;
        auto now = start;
        for (int round = 0; round < 40; ++round) {
            now += std::chrono::seconds{*rc::gen::inRange(0, 15)};
            if (*rc::gen::inRange(0, 8) == 0)
                u.deploy(++version, now);
            // New ones become available at some time, those that were stay so.
            std::vector<int> available;
            for (const auto& s : u.sets())
                available.push_back(*rc::gen::inRange(s.available, s.desired + 1));
            u.reconcile(available, now);
            int total = 0;
            int up = 0;
            for (const auto& s : u.sets()) {
                total += s.desired;
                up += s.available;
            }
            RC_ASSERT(total <= replicas + o.surge(replicas));
            RC_ASSERT(up >= replicas - o.unavailable(replicas));
        }
        for (int round = 0; round < 100; ++round)
            u.reconcile(healthy(u), now);
        RC_ASSERT(u.sets() == (sets{{u.target(), replicas, replicas}}));
    });
}
