// SPDX-License-Identifier: BSL-1.0
// Workers that are held: a server of a thread a request keeps its worker while it waits.
#include <catch2/catch.hpp>

#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;

namespace {

/// Acquires, works 2 ms, waits 10 ms for somebody else, works 3 ms, releases.
struct request : task {
    request(pool_world& w, const std::string& n, int importance = 0) : task(w, n, importance) {
        on_granted = [this] { world.pool.work(*this, ms(2)); };
        on_worked = [this] {
            if (++steps == 1)
                world.at(world.simulation.now().time_since_epoch() / ms(1) + 10,
                         [this] { world.pool.work(*this, ms(3)); });
            else
                world.pool.release(*this);
        };
    }
    void acquire_at(std::int64_t when_ms) {
        world.at(when_ms, [this] {
            if (!world.pool.acquire(*this))
                say("refused");
        });
    }
    int steps = 0;
};

} // namespace

TEST_CASE("a held worker is occupied from the grant to the release, and works in between") {
    pool_world w({});
    request a(w, "a"), b(w, "b");
    a.acquire_at(0);
    b.acquire_at(1);
    CHECK(w.run() == lines{"0 granted a", "2 worked a", "15 worked a", "15 granted b",
                           "17 worked b", "30 worked b"});
    const pool_totals t = w.pool.totals();
    CHECK(t.working_ns == 10'000'000);
    CHECK(t.occupied_ns == 30'000'000);
    CHECK(t.in_queue_ns == 14'000'000);
    CHECK(t.completed == 2);
    CHECK(conserves(w.pool));
}

TEST_CASE("holders fill the pool, and the queue behind them") {
    pool_world w({.workers = 1, .capacity = 0});
    request a(w, "a"), b(w, "b");
    a.acquire_at(0);
    b.acquire_at(8);
    CHECK(w.run() == lines{"0 granted a", "2 worked a", "8 refused b", "15 worked a"});
}

TEST_CASE("with processor sharing a job that holds takes no share of the work") {
    pool_world w({.discipline = queue_discipline::processor_sharing});
    request a(w, "a"), b(w, "b");
    a.acquire_at(0);
    b.acquire_at(0); // 2 and 2 share until 4, 3 and 3 from 14
    CHECK(w.run() == lines{"0 granted a", "0 granted b", "4 worked a", "4 worked b", "20 worked a",
                           "20 worked b"});
    CHECK(w.pool.totals().working_ns == 10'000'000);
}

TEST_CASE("cancelling a holder frees its worker, working or not") {
    for (const int when : {1, 8}) {
        pool_world w({});
        task a(w, "a"), b(w, "b");
        a.on_granted = [&] { w.pool.work(a, ms(2)); };
        w.at(0, [&] { w.pool.acquire(a); });
        w.submit_at(0, b, 1);
        w.at(when, [&] { w.pool.cancel(a); });
        w.simulation.run();
        CHECK(w.log.back() == std::to_string(when + 1) + " done b");
        CHECK(w.pool.totals().cancelled == 1);
        CHECK(conserves(w.pool));
    }
}

TEST_CASE("a crash loses holders too") {
    pool_world w({.workers = 2});
    task a(w, "a"), b(w, "b");
    w.at(0, [&] { w.pool.acquire(a); });
    w.submit_at(0, b, 10);
    w.at(5, [&] { w.pool.crash(); });
    CHECK(w.run() == lines{"0 granted a", "5 lost a", "5 lost b"});
}

TEST_CASE("work that is begun in a pause starts when it ends") {
    for (const auto discipline : {queue_discipline::fifo, queue_discipline::processor_sharing}) {
        pool_world w({.discipline = discipline});
        task a(w, "a");
        w.pool.acquire(a);
        w.at(1, [&] { w.pool.pause(); });
        w.at(2, [&] { w.pool.work(a, ms(3)); });
        w.at(10, [&] { w.pool.resume(); });
        CHECK(w.run() == lines{"0 granted a", "13 worked a"});
    }
}

TEST_CASE("a worker that is released in a pause takes the next one when it ends") {
    pool_world w({});
    task a(w, "a"), b(w, "b");
    w.pool.acquire(a);
    w.pool.submit(b, ms(3));
    w.at(1, [&] { w.pool.pause(); });
    w.at(2, [&] { w.pool.release(a); });
    w.at(10, [&] { w.pool.resume(); });
    CHECK(w.run() == lines{"0 granted a", "13 done b"});
}

TEST_CASE("only work is preempted: a holder keeps its worker, and loses it when it works") {
    pool_world w({.discipline = queue_discipline::preemptive_priority});
    task a(w, "a", 0), b(w, "b", 1);
    w.pool.acquire(a);
    w.submit_at(1, b, 4);
    w.at(3, [&] { w.pool.work(a, ms(2)); });
    w.at(4, [&] { CHECK(w.pool.in_queue() == 1); });
    a.on_worked = [&] { w.pool.release(a); };
    CHECK(w.run() == lines{"0 granted a", "7 done b", "9 worked a"});
    CHECK(conserves(w.pool));
}

TEST_CASE("a long queue of holders that release at once does not use up the stack") {
    pool_world w({});
    std::vector<std::unique_ptr<task>> jobs;
    for (int i = 0; i < 100'000; ++i) {
        jobs.push_back(std::make_unique<task>(w, "x"));
        task& t = *jobs.back();
        if (i > 0)
            t.on_granted = [&w, &t] { w.pool.release(t); };
        w.pool.acquire(t);
    }
    w.pool.release(*jobs.front());
    CHECK(w.log.size() == 100'000);
    CHECK(w.pool.in_system() == 0);
}
