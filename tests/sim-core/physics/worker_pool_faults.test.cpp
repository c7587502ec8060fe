// SPDX-License-Identifier: BSL-1.0
// Pausing, crashing and slowing down a worker pool.
#include <catch2/catch.hpp>

#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;

namespace {

constexpr queue_discipline all_disciplines[] = {
    queue_discipline::fifo, queue_discipline::lifo, queue_discipline::priority,
    queue_discipline::preemptive_priority, queue_discipline::processor_sharing};

} // namespace

TEST_CASE("a pause keeps the remaining work to the nanosecond, and the queue") {
    for (const auto discipline : {queue_discipline::fifo, queue_discipline::preemptive_priority}) {
        pool_world w({.workers = 1, .discipline = discipline});
        task a(w, "a"), b(w, "b"), c(w, "c");
        w.submit_at(0, a, 10);
        w.submit_at(2, b, 5);
        w.at(4, [&] {
            w.pool.pause();
            CHECK(w.pool.paused());
            CHECK(w.pool.working() == 0);
            CHECK(w.pool.occupied() == 1);
        });
        w.submit_at(50, c, 5);
        w.at(104, [&] { w.pool.resume(); });
        CHECK(w.run() == lines{"110 done a", "115 done b", "120 done c"});
        CHECK(w.pool.totals().working_ns == 20'000'000);
        CHECK(w.pool.totals().occupied_ns == 120'000'000);
    }
}

TEST_CASE("with processor sharing a pause keeps the shares, and arrivals wait for its end") {
    pool_world w({.discipline = queue_discipline::processor_sharing});
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 20);
    w.at(4, [&] { w.pool.pause(); }); // 8 and 18 left
    w.at(50, [&] { w.pool.submit(c, ms(4)); });
    w.at(51, [&] { CHECK(w.pool.in_queue() == 1); });
    w.at(104, [&] { w.pool.resume(); }); // 8, 18, 4 share
    CHECK(w.run() == lines{"116 done c", "124 done a", "134 done b"});
}

TEST_CASE("idle workers of a paused pool take nobody up until it goes on") {
    for (const auto discipline : all_disciplines) {
        pool_world w({.workers = 2, .discipline = discipline});
        task a(w, "a"), b(w, "b");
        w.pool.pause();
        w.submit_at(1, a, 5);
        b.patience = at_ms(4);
        w.submit_at(2, b, 5);
        w.at(10, [&] { w.pool.resume(); });
        CHECK(w.run() == lines{"4 abandoned b", "15 done a"});
    }
}

TEST_CASE("pauses nest") {
    pool_world w({});
    task a(w, "a");
    w.submit_at(0, a, 5);
    w.at(1, [&] { w.pool.pause(); });
    w.at(2, [&] { w.pool.pause(); });
    w.at(3, [&] { w.pool.resume(); });
    w.at(9, [&] { w.pool.resume(); });
    CHECK(w.run() == lines{"13 done a"});
}

TEST_CASE("a crash loses the running in the order of their start, then the queue") {
    pool_world w({.workers = 2});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d"), e(w, "e");
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.submit_at(1, c, 10);
    w.submit_at(2, d, 10);
    w.at(5, [&] { w.pool.crash(); });
    w.submit_at(6, e, 10);
    CHECK(w.run() == lines{"5 lost a", "5 lost b", "5 lost c", "5 lost d", "16 done e"});
    CHECK(w.pool.totals().lost == 4);
    CHECK(conserves(w.pool));
}

TEST_CASE("every discipline survives a crash, in a pause too") {
    for (const auto discipline : all_disciplines) {
        for (const bool paused : {false, true}) {
            pool_world w({.discipline = discipline});
            task a(w, "a"), b(w, "b");
            w.submit_at(0, a, 10);
            w.submit_at(0, b, 10);
            if (paused)
                w.at(1, [&] { w.pool.pause(); });
            w.at(5, [&] { w.pool.crash(); });
            w.at(6, [&] {
                if (paused)
                    w.pool.resume();
            });
            w.submit_at(7, a, 10);
            CHECK(w.run() == lines{"5 lost a", "5 lost b", "17 done a"});
            CHECK(conserves(w.pool));
        }
    }
}

TEST_CASE("when the lost are told the pool is open, and what they submit is not lost") {
    pool_world w({});
    task a(w, "a"), b(w, "b"), c(w, "c");
    a.on_ended = [&] {
        CHECK(w.pool.in_system() == 0);
        w.pool.submit(c, ms(1));
        a.on_ended = nullptr;
    };
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.at(5, [&] { w.pool.crash(); });
    CHECK(w.run() == lines{"5 lost a", "5 lost b", "6 done c"});
}

TEST_CASE("one of the lost may cancel another, which then hears nothing") {
    pool_world w({});
    task a(w, "a"), b(w, "b"), c(w, "c");
    a.on_ended = [&] { w.pool.cancel(b); };
    for (task* t : {&a, &b, &c})
        w.submit_at(0, *t, 10);
    w.at(5, [&] { w.pool.crash(); });
    CHECK(w.run() == lines{"5 lost a", "5 lost c"});
    CHECK(w.pool.totals().lost == 3);
    CHECK(conserves(w.pool));
}

TEST_CASE("a crash inside a callback of the crash loses what came in between") {
    pool_world w({});
    task a(w, "a"), b(w, "b"), c(w, "c");
    a.on_ended = [&] {
        w.pool.submit(c, ms(1));
        w.pool.crash();
    };
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.at(5, [&] { w.pool.crash(); });
    CHECK(w.run() == lines{"5 lost a", "5 lost b", "5 lost c"});
}

TEST_CASE("clearing forgets everybody without a word") {
    pool_world w({});
    task a(w, "a"), b(w, "b");
    w.submit_at(0, a, 10);
    w.submit_at(0, b, 10);
    w.at(5, [&] { w.pool.clear(); });
    CHECK(w.run().empty());
    CHECK(w.pool.totals().cancelled == 2);
    CHECK_FALSE(b.inside());
}

TEST_CASE("a new speed holds for the work that is under way") {
    for (const auto discipline : all_disciplines) {
        pool_world w({.discipline = discipline});
        task a(w, "a"), b(w, "b");
        w.submit_at(0, a, 100);
        w.at(40, [&] { w.pool.set_speed(0.5); }); // 60 left
        w.at(80, [&] { w.pool.set_speed(4); });   // 40 left
        w.submit_at(200, b, 10);
        w.at(201, [&] { w.pool.set_speed(1); }); // 6 left
        CHECK(w.run() == lines{"90 done a", "207 done b"});
        CHECK(w.pool.speed() == 1);
    }
}

TEST_CASE("a third of the speed takes three times as long") {
    for (const auto discipline : all_disciplines) {
        pool_world w({.discipline = discipline});
        task a(w, "a");
        w.pool.set_speed(1.0 / 3);
        w.submit_at(0, a, 100);
        CHECK(w.run() == lines{"300 done a"});
    }
}

TEST_CASE("a speed may change in a pause") {
    for (const auto discipline : all_disciplines) {
        pool_world w({.discipline = discipline});
        task a(w, "a");
        w.submit_at(0, a, 100);
        w.at(40, [&] { w.pool.pause(); });
        w.at(50, [&] { w.pool.set_speed(2); });
        w.at(60, [&] { w.pool.resume(); });
        CHECK(w.run() == lines{"90 done a"});
    }
}
