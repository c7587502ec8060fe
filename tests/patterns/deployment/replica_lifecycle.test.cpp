// SPDX-License-Identifier: BSL-1.0
#include "patterns/deployment/replica_lifecycle.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
using phase = replica_phase;

replica_lifecycle ready_one(const replica_lifecycle_options& options = {}) {
    replica_lifecycle r{options};
    REQUIRE(r.pulled(start));
    REQUIRE(r.started());
    REQUIRE(r.set_ready(true));
    return r;
}

} // namespace

TEST_CASE("a replica is scheduled, pulls its image, starts, warms up and is ready") {
    replica_lifecycle r;
    CHECK(r.phase() == phase::scheduled);
    CHECK_FALSE(r.running());
    CHECK_FALSE(r.started()); // out of place
    CHECK(r.pull_began());
    CHECK(r.phase() == phase::pulling);
    CHECK(r.pulled(start));
    CHECK(r.phase() == phase::starting);
    CHECK_FALSE(r.set_ready(true)); // readiness says nothing before the startup probe
    CHECK(r.started());
    CHECK(r.phase() == phase::warming);
    CHECK(r.set_ready(true));
    CHECK(r.ready());
    CHECK_FALSE(r.set_ready(true));
    CHECK(r.set_ready(false));
    CHECK(r.phase() == phase::warming);
    CHECK(r.next_at() == never);
}

TEST_CASE("a crash loop is restarted at once, after 10 s, and then ever later up to 300 s") {
    auto r = ready_one();
    auto now = start;
    for (const duration wait : std::vector<duration>{0s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        now += 1s;
        CHECK(r.ended(now));
        CHECK(r.phase() == phase::back_off);
        CHECK(r.next_at() == now + wait);
        if (wait > 0s)
            CHECK_FALSE(r.advance(now + wait - 1ns));
        now += wait;
        CHECK(r.advance(now));
        CHECK(r.phase() == phase::starting);
    }
    CHECK(r.restarts() == 8);
    CHECK_FALSE(r.killed());
}

TEST_CASE("the back-off begins anew after a run of more than twice the longest") {
    auto r = ready_one();
    r.ended(start);
    r.advance(start);
    r.ended(start);
    r.advance(start + 10s);
    SECTION("just as long is not enough") {
        r.ended(start + 610s);
        CHECK(r.next_at() == start + 630s);
    }
    SECTION("longer is") {
        r.ended(start + 610s + 1ns);
        CHECK(r.next_at() == start + 610s + 1ns);
    }
}

TEST_CASE("who is to go leaves the endpoints at once, and has the grace period to end") {
    auto r = ready_one();
    CHECK(r.terminate(start));
    CHECK_FALSE(r.ready());
    CHECK(r.draining());
    CHECK(r.running());
    CHECK(r.phase() == phase::stopping);
    CHECK_FALSE(r.set_ready(true));
    CHECK_FALSE(r.terminate(start + 1s)); // twice is once
    SECTION("and ends in time") {
        CHECK(r.ended(start + 3s));
        CHECK(r.phase() == phase::dead);
        CHECK_FALSE(r.killed());
        CHECK(r.next_at() == never);
    }
    SECTION("or is killed when it is up") {
        CHECK_FALSE(r.advance(start + 30s - 1ns));
        CHECK(r.advance(start + 30s));
        CHECK(r.phase() == phase::dead);
        CHECK(r.killed());
    }
}

TEST_CASE("preStop runs before SIGTERM, and its time is part of the grace period") {
    auto r = ready_one({.pre_stop = 5s});
    r.terminate(start);
    CHECK(r.phase() == phase::pre_stop);
    CHECK(r.next_at() == start + 5s);
    CHECK(r.advance(start + 5s));
    CHECK(r.phase() == phase::stopping);
    CHECK(r.next_at() == start + 30s);
}

TEST_CASE("a preStop that uses up the grace period leaves two seconds more") {
    auto r = ready_one({.pre_stop = 40s});
    r.terminate(start);
    CHECK(r.next_at() == start + 30s);
    CHECK(r.advance(start + 30s));
    CHECK(r.phase() == phase::stopping);
    CHECK(r.next_at() == start + 32s);
    CHECK(r.advance(start + 32s));
    CHECK(r.killed());
}

TEST_CASE("what does not run yet, or waits to be started again, is gone at once") {
    replica_lifecycle fresh;
    CHECK(fresh.terminate(start));
    CHECK(fresh.phase() == phase::dead);
    auto looping = ready_one();
    looping.ended(start);
    CHECK(looping.terminate(start));
    CHECK(looping.phase() == phase::dead);
    CHECK_FALSE(looping.killed());
    CHECK_FALSE(looping.advance(start + 1h)); // nothing comes back
}

TEST_CASE("a node that is lost takes its replicas with it, and the dead stay so") {
    auto r = ready_one();
    CHECK(r.kill());
    CHECK(r.killed());
    CHECK(r.phase() == phase::dead);
    CHECK_FALSE(r.kill());
    CHECK_FALSE(r.terminate(start));
    CHECK_FALSE(r.ended(start));
    CHECK_FALSE(r.pulled(start));
}

TEST_CASE("a replica's lifecycle refuses options that make no sense") {
    const auto [o, message] = GENERATE(table<replica_lifecycle_options, std::string>({
        {{.grace_period = -1s}, "replica_lifecycle: grace_period is -1s; it must not be negative"},
        {{.initial_back_off = 0s}, "replica_lifecycle: initial_back_off is 0s; it must be above 0"},
        {{.max_back_off = 1s},
         "replica_lifecycle: max_back_off is 1s; it must be at least initial_back_off"},
    }));
    CHECK_THROWS_WITH(replica_lifecycle{o}, message);
}
