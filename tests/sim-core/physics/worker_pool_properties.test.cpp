// SPDX-License-Identifier: BSL-1.0
// What holds for a worker pool whatever is done to it, in whatever order, from callbacks too.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <rapidcheck.h>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/distribution.hpp"
#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;

namespace {

constexpr queue_discipline all_disciplines[] = {
    queue_discipline::fifo, queue_discipline::lifo, queue_discipline::priority,
    queue_discipline::preemptive_priority, queue_discipline::processor_sharing};

/// Draws operations on a pool from a stream; jobs do more of them from their callbacks.
struct chaos {
    chaos(const worker_pool_options& options, std::uint64_t seed)
        : world(options), random(seed, "chaos") {
        for (int i = 0; i < 30; ++i) {
            tasks.push_back(std::make_unique<task>(world, std::to_string(i)));
            task& t = *tasks.back();
            t.on_starting = [this, &t] { t.wanted = !random.chance(0.1); };
            t.on_granted = [this, &t] { hold_on(t); };
            t.on_worked = t.on_granted;
            t.on_ended = [this] {
                if (random.chance(0.3))
                    operate();
            };
        }
    }

    void hold_on(task& t) {
        if (random.chance(0.5))
            world.pool.work(t, time(5));
        else if (random.chance(0.6))
            world.pool.release(t);
        else
            holders.push_back(&t);
    }

    void operate() {
        worker_pool& pool = world.pool;
        task& t = *tasks[random.below(tasks.size())];
        switch (random.below(12)) {
        case 0:
            pool.cancel(t);
            break;
        case 1:
            if (pool.paused())
                pool.resume();
            else
                pool.pause();
            break;
        case 2:
            if (random.chance(0.1))
                pool.crash();
            break;
        case 3:
            pool.set_speed(random.chance(0.5) ? 1 : 0.25 + random.uniform());
            break;
        case 4:
            let_go();
            break;
        case 5:
        case 6:
            if (!t.inside()) {
                prepare(t);
                pool.acquire(t);
            }
            break;
        default:
            if (!t.inside()) {
                prepare(t);
                pool.submit(t, time(10));
            }
        }
        check();
    }

    void let_go() {
        if (holders.empty())
            return;
        task& t = *holders.back();
        holders.pop_back();
        world.pool.cancel(t);
    }

    void prepare(task& t) {
        std::erase(holders, &t);
        t.priority = static_cast<std::int32_t>(random.below(3));
        t.patience = random.chance(0.5) ? never : world.simulation.now() + time(10);
    }

    duration time(std::uint64_t most) {
        return ms(static_cast<std::int64_t>(random.below(most + 1)));
    }

    void check() {
        const worker_pool& pool = world.pool;
        sound = sound && conserves(pool) && pool.occupied() <= pool.workers() &&
                pool.working() <= pool.occupied();
    }

    /// Not in the middle of a crash, when some of the lost are still to be told.
    void check_inside() {
        const auto inside =
            std::count_if(tasks.begin(), tasks.end(), [](const auto& t) { return t->inside(); });
        sound = sound && static_cast<std::size_t>(inside) == world.pool.in_system();
    }

    bool run() {
        for (int i = 0; i < 300; ++i) {
            operate();
            if (random.chance(0.5))
                world.simulation.run_until(world.simulation.now() + time(4));
            check();
            check_inside();
        }
        while (world.pool.paused())
            world.pool.resume();
        while (!holders.empty())
            let_go();
        return sound;
    }

    pool_world world;
    random_stream random;
    std::vector<std::unique_ptr<task>> tasks;
    std::vector<task*> holders;
    bool sound = true;
};

worker_pool_options any_options() {
    worker_pool_options options{.workers = *rc::gen::inRange<std::size_t>(1, 4),
                                .discipline = *rc::gen::elementOf(std::vector<queue_discipline>(
                                    std::begin(all_disciplines), std::end(all_disciplines)))};
    if (*rc::gen::arbitrary<bool>())
        options.capacity = *rc::gen::inRange<std::size_t>(0, 8);
    return options;
}

} // namespace

TEST_CASE("whatever is done, jobs are conserved and workers are not exceeded") {
    CHECK(rc::check([] {
        const auto options = any_options();
        const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
        for (std::uint64_t i = 0; i < 20; ++i) {
            chaos c(options, seed + i);
            RC_ASSERT(c.run());
        }
    }));
}

TEST_CASE("whatever is done, two runs of the same seed write the same lines") {
    CHECK(rc::check([] {
        const auto options = any_options();
        const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
        chaos one(options, seed);
        chaos other(options, seed);
        one.run();
        other.run();
        RC_ASSERT(one.world.log == other.world.log);
    }));
}

namespace {

struct customer : job {
    customer() : job(silent) {}
    static constexpr job_events silent{.ended = [](job&, job_end) {}};
};

/// Poisson arrivals at 0.8 with exponential work of mean 1 (seconds): M/M/1 and its relatives.
pool_totals markovian(queue_discipline discipline, std::size_t customers) {
    pool_world w({.discipline = discipline});
    random_stream gaps(5, "gaps"), works(5, "works");
    const auto gap = distribution::exponential(from_seconds(1.25));
    const auto work = distribution::exponential(from_seconds(1));
    std::vector<customer> all(customers);
    time_point next{};
    for (customer& c : all) {
        next += gap.sample(gaps);
        w.simulation.run_until(next);
        w.pool.submit(c, work.sample(works));
    }
    w.simulation.run();
    return w.pool.totals();
}

double per_job(wide_integer job_ns, const pool_totals& t) {
    return static_cast<double>(job_ns) * 1e-9 / static_cast<double>(t.completed);
}

} // namespace

TEST_CASE("M/M/1 at 80 % takes 5 service times, whatever the order and with sharing") {
    for (const auto discipline :
         {queue_discipline::fifo, queue_discipline::lifo, queue_discipline::processor_sharing}) {
        const pool_totals t = markovian(discipline, 400'000);
        CHECK(t.completed == 400'000);
        CHECK(per_job(t.in_system_ns, t) == Approx(5).epsilon(0.05));
        CHECK(per_job(t.working_ns, t) == Approx(1).epsilon(0.01));
    }
}

TEST_CASE("the sum of waits is the integral of the queue") {
    const pool_totals t = markovian(queue_discipline::fifo, 10'000);
    CHECK(t.waits == 10'000);
    CHECK(t.wait_ns == t.in_queue_ns);
    CHECK(t.in_system_ns == t.in_queue_ns + t.occupied_ns);
}

TEST_CASE("two snapshots are subtracted for a window") {
    pool_world w({});
    task a(w, "a"), b(w, "b");
    w.submit_at(0, a, 10);
    w.submit_at(4, b, 10);
    w.simulation.run_until(at_ms(6));
    const pool_totals early = w.pool.totals();
    CHECK(early.in_queue_ns == 2'000'000);
    w.simulation.run_until(at_ms(16));
    const pool_totals window = w.pool.totals() - early;
    CHECK(window.at == at_ms(10));
    CHECK(window.arrivals == 0);
    CHECK(window.completed == 1);
    CHECK(window.in_queue_ns == 4'000'000);
    CHECK(window.working_ns == 10'000'000);
    CHECK(window.in_system_ns == 14'000'000);
    CHECK(window.wait_ns == 6'000'000);
}
