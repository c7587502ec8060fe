// SPDX-License-Identifier: BSL-1.0
// Processor sharing against hand-made timelines and against a fluid model that recomputes
// everything.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <rapidcheck.h>
#include <vector>

#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;

namespace {

constexpr worker_pool_options sharing(std::size_t workers) {
    return {.workers = workers, .discipline = queue_discipline::processor_sharing};
}

struct arrival {
    std::int64_t at = 0, demand = 0; ///< ns
};

struct speed_change {
    std::int64_t at = 0;
    double speed = 1;
};

/// When each job of the fluid model is worked off, in ns: from one event to the next all who are
/// there get the same share, in long double.
std::vector<long double> fluid(std::size_t workers, const std::vector<arrival>& jobs,
                               const speed_change& change) {
    std::vector<long double> left, finished(jobs.size(), -1);
    for (const arrival& a : jobs)
        left.push_back(static_cast<long double>(a.demand));
    long double now = 0;
    const auto active = [&](std::size_t i) {
        return finished[i] < 0 && static_cast<long double>(jobs[i].at) <= now;
    };
    for (std::size_t done = 0; done < jobs.size();) {
        std::size_t n = 0;
        long double least = 1e30L, until = 1e30L;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (active(i)) {
                ++n;
                least = std::min(least, left[i]);
            } else if (finished[i] < 0) {
                until = std::min(until, static_cast<long double>(jobs[i].at));
            }
        }
        const bool changed = static_cast<long double>(change.at) <= now;
        if (!changed)
            until = std::min(until, static_cast<long double>(change.at));
        const long double speed = changed ? change.speed : 1;
        const long double rate = n == 0 ? 0
                                        : speed * std::min(1.0L, static_cast<long double>(workers) /
                                                                     static_cast<long double>(n));
        const bool finishes = n > 0 && now + least / rate <= until;
        const long double step = finishes ? least / rate : until - now;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (!active(i))
                continue;
            left[i] = finishes && left[i] == least ? 0 : left[i] - step * rate;
            if (left[i] <= 0) {
                finished[i] = now + step;
                ++done;
            }
        }
        now = finishes ? now + step : until;
    }
    return finished;
}

} // namespace

TEST_CASE("two who share one worker take twice as long") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b");
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 20);
    CHECK(w.run() == lines{"20 done a", "30 done b"});
    CHECK(w.pool.totals().working_ns == 30'000'000);
    CHECK(w.pool.totals().in_system_ns == 50'000'000);
    CHECK(w.pool.totals().wait_ns == 0);
}

TEST_CASE("who comes later shares what is left") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 10); // 6 left at 4, 3 at 10
    w.submit_at(4, b, 5);  // 2 left at 10
    w.submit_at(10, c, 2); // thirds until 16; a has 1 left
    CHECK(w.run() == lines{"16 done b", "16 done c", "17 done a"});
}

TEST_CASE("up to as many jobs as workers run at full speed") {
    pool_world w(sharing(2));
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 6);
    w.submit_at(0, b, 9); // from 3 on three share two: 2/3 each
    w.submit_at(3, c, 6); // a: 3 left, 4.5 ms; b 3 left, c 3 left at 7.5: full speed again
    CHECK(w.run() == lines{"7+ done a", "10+ done b", "10+ done c"});
    CHECK(w.simulation.now() == time_point{} + std::chrono::microseconds{10'500});
}

TEST_CASE("thirds leave no trace") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    for (task* t : {&a, &b, &c})
        w.submit_at(0, *t, 10);
    w.submit_at(1, d, 1); // each of three got 1/3 ms; then quarters until 5: d is done
    CHECK(w.run() == lines{"5 done d", "31 done a", "31 done b", "31 done c"});
}

TEST_CASE("cancelling one who shares lets the others go faster") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b");
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.at(8, [&] { w.pool.cancel(b); });
    CHECK(w.run() == lines{"14 done a"});
}

TEST_CASE("a job that finishes at this instant may be cancelled before it is told") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.at(20, [&] { // before the news of a and b, for it was armed before
        w.pool.submit(c, ms(1));
        w.pool.cancel(b);
    });
    w.pool.submit(a, ms(10));
    w.pool.submit(b, ms(10));
    CHECK(w.run() == lines{"20 done a", "21 done c"});
    CHECK(conserves(w.pool));
}

TEST_CASE("capacity bounds those beyond the workers") {
    pool_world w({.workers = 1, .discipline = queue_discipline::processor_sharing, .capacity = 1});
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 5);
    w.submit_at(0, b, 5);
    w.submit_at(0, c, 5);
    CHECK(w.run() == lines{"0 refused c", "10 done a", "10 done b"});
}

TEST_CASE("a pause at the instant of a finish tells it afterwards") {
    pool_world w(sharing(1));
    task a(w, "a"), b(w, "b");
    a.on_ended = [&] { w.pool.pause(); };
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.at(30, [&] { w.pool.resume(); });
    CHECK(w.run() == lines{"20 done a", "30 done b"});
}

TEST_CASE(
    "every finish is told at the first whole nanosecond at or after that of the fluid model") {
    CHECK(rc::check([] {
        const auto workers = *rc::gen::inRange<std::size_t>(1, 5);
        const auto count = *rc::gen::inRange<std::size_t>(1, 40);
        const auto span = *rc::gen::element<std::int64_t>(20, 1000, 1'000'000);
        std::vector<arrival> jobs;
        for (std::size_t i = 0; i < count; ++i)
            jobs.push_back({*rc::gen::inRange<std::int64_t>(0, span),
                            *rc::gen::inRange<std::int64_t>(0, span / 4)});
        const speed_change change{*rc::gen::inRange<std::int64_t>(1, span),
                                  *rc::gen::element(0.5, 1.0, 0.3, 2.0)};
        pool_world w(sharing(workers));
        std::vector<std::unique_ptr<task>> tasks;
        std::vector<time_point> told(count);
        std::vector<std::unique_ptr<act>> acts;
        for (std::size_t i = 0; i < count; ++i) {
            tasks.push_back(std::make_unique<task>(w, "t"));
            task& t = *tasks.back();
            t.on_ended = [&, i] { told[i] = w.simulation.now(); };
            acts.push_back(
                std::make_unique<act>(w.simulation, time_point{duration{jobs[i].at}}, [&, i] {
                    w.pool.submit(*tasks[i], duration{jobs[i].demand});
                }));
        }
        acts.push_back(std::make_unique<act>(w.simulation, time_point{duration{change.at}},
                                             [&] { w.pool.set_speed(change.speed); }));
        w.simulation.run();
        const auto expected = fluid(workers, jobs, change);
        for (std::size_t i = 0; i < count; ++i) {
            const long double late =
                static_cast<long double>(told[i].time_since_epoch().count()) - expected[i];
            RC_ASSERT(late > -1e-3L); // rounding: see processor_sharing.cpp
            RC_ASSERT(late < 1);
        }
        RC_ASSERT(conserves(w.pool));
    }));
}
