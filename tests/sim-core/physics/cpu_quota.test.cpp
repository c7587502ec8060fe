// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/cpu_quota.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "pool_world.hpp"
#include "sim-core/physics/stalls.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;
using namespace std::chrono_literals;

namespace {

lines run_to(pool_world& w, std::int64_t end_ms) {
    w.simulation.run_until(at_ms(end_ms));
    return w.log;
}

} // namespace

TEST_CASE("a quota that several workers use up stops them all until the next period") {
    pool_world w({.workers = 4});
    const cpu_quota quota(w.simulation, w.pool, {.limit = 1});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    for (task* t : {&a, &b, &c, &d})
        w.submit_at(0, *t, 40);
    // 100 ms of CPU time are gone at 25 ms; the rest of 15 ms each comes from 100 ms on.
    CHECK(run_to(w, 250) == lines{"115 done a", "115 done b", "115 done c", "115 done d"});
    CHECK(quota.totals().periods == 2);
    CHECK(quota.totals().throttled == 1);
    CHECK(quota.totals().throttled_for == 75ms);
}

TEST_CASE("the gap of a throttled burst is period - quota / threads, however low the mean is") {
    const auto [workers, limit, gap] = GENERATE(table<std::size_t, double, duration>(
        {{2, 1., 50ms}, {4, 1., 75ms}, {4, 2., 50ms}, {8, 2., 75ms}, {1, .5, 50ms}}));
    pool_world w({.workers = workers});
    const cpu_quota quota(w.simulation, w.pool, {.limit = limit});
    std::vector<std::unique_ptr<task>> tasks;
    for (std::size_t i = 0; i < workers; ++i) {
        tasks.push_back(std::make_unique<task>(w, "t"));
        w.submit_at(0, *tasks.back(), 99);
    }
    w.simulation.run_until(at_ms(100) - 1ns);
    CHECK(quota.throttled());
    CHECK(quota.totals().throttled_for == gap - 1ns);
}

TEST_CASE("a limit of as much as all workers can do never throttles") {
    pool_world w({.workers = 2});
    const cpu_quota quota(w.simulation, w.pool, {.limit = 2});
    task a(w, "a"), b(w, "b");
    w.submit_at(0, a, 350);
    w.submit_at(0, b, 350);
    CHECK(run_to(w, 500) == lines{"350 done a", "350 done b"});
    CHECK(quota.totals().throttled_for == 0ms);
}

TEST_CASE("what a period leaves is lost, or carried over up to the burst") {
    const auto [burst, done] =
        GENERATE(table<duration, std::string>({{0ms, "320 done a"}, {30ms, "230 done a"}}));
    pool_world w({.workers = 1});
    const cpu_quota quota(w.simulation, w.pool, {.limit = .4, .burst = burst});
    task a(w, "a");
    w.submit_at(100, a, 100); // 40 in each period; with the burst 70 in the first
    CHECK(run_to(w, 500) == lines{done});
}

TEST_CASE("periods begin at their phase") {
    pool_world w({.workers = 1});
    const cpu_quota quota(w.simulation, w.pool, {.limit = .5, .phase = 30ms});
    task a(w, "a");
    w.submit_at(0, a, 60);
    CHECK(run_to(w, 400) == lines{"140 done a"}); // throttled from 50 to 130
}

TEST_CASE("a pause of other cause and a throttled pool do not end each other") {
    pool_world w({.workers = 1});
    const cpu_quota quota(w.simulation, w.pool, {.limit = .5});
    task a(w, "a");
    w.submit_at(0, a, 60);
    w.at(80, [&] { w.pool.pause(); });
    w.at(120, [&] { w.pool.resume(); });
    CHECK(run_to(w, 400) == lines{"130 done a"});
}

TEST_CASE("over a long time no more is worked than the limit lets, to what a look overruns") {
    rc::check([] {
        const auto workers = *rc::gen::inRange<std::size_t>(1, 9);
        const double limit = *rc::gen::inRange(1, 40) / 10.;
        pool_world w({.workers = workers});
        const cpu_quota quota(w.simulation, w.pool, {.limit = limit});
        std::vector<std::unique_ptr<task>> tasks;
        for (int i = 0; i < 60; ++i) {
            tasks.push_back(std::make_unique<task>(w, "t"));
            w.submit_at(*rc::gen::inRange(0, 1000), *tasks.back(), *rc::gen::inRange(0, 200));
        }
        for (int period = 1; period <= 20; ++period) {
            w.simulation.run_until(at_ms(100 * period));
            const double worked = static_cast<double>(w.pool.totals().working_ns);
            const double overrun = static_cast<double>(workers) * 1e4;
            RC_ASSERT(worked <= period * limit * 1e8 + overrun);
        }
        RC_ASSERT(conserves(w.pool));
    });
}

TEST_CASE("a quota refuses options that make no sense") {
    CHECK_THROWS_WITH((cpu_quota_options{.limit = 0}.validate()),
                      "limit: 0.000000; must be above 0");
    CHECK_THROWS_WITH((cpu_quota_options{.period = 2s}.validate()),
                      "period: must be from 1ms to 1s");
}

TEST_CASE("a stall stops all work for its time, and the next one follows its end") {
    pool_world w({.workers = 2});
    const stalls gc(w.simulation, w.pool, distribution::constant(100ms),
                    distribution::constant(20ms), random_stream(1, "gc"));
    task a(w, "a"), b(w, "b");
    w.submit_at(90, a, 20);
    w.submit_at(110, b, 5); // comes in a stall
    CHECK(run_to(w, 300) == lines{"125 done b", "130 done a"});
    CHECK(gc.totals().stalls == 2); // at 100 and at 220
    CHECK(gc.totals().stalled_for == 40ms);
}
