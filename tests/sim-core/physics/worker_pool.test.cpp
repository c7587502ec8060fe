// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/worker_pool.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;
using namespace std::chrono_literals;

TEST_CASE("FIFO: two workers take jobs in the order of their arrival") {
    pool_world w({.workers = 2});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    w.submit_at(0, a, 10);
    w.submit_at(1, b, 3);
    w.submit_at(2, c, 4);
    w.submit_at(3, d, 1);
    CHECK(w.run() == lines{"4 done b", "8 done c", "9 done d", "10 done a"});
    CHECK(c.waited() == ms(2));
    CHECK(d.waited() == ms(5));
    CHECK(a.waited() == ms(0));
}

TEST_CASE("LIFO: the last one that came is next") {
    pool_world w({.discipline = queue_discipline::lifo});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    w.submit_at(0, a, 5);
    w.submit_at(1, b, 1);
    w.submit_at(2, c, 1);
    w.submit_at(6, d, 1); // at the instant of c's end, but sent before it
    CHECK(w.run() == lines{"5 done a", "6 done c", "7 done d", "8 done b"});
}

TEST_CASE("priority: the most important waits least, FIFO within, and nobody is interrupted") {
    pool_world w({.discipline = queue_discipline::priority});
    task a(w, "a", 0), b(w, "b", 1), c(w, "c", 5), d(w, "d", 1), e(w, "e", -3);
    w.submit_at(0, a, 10);
    w.submit_at(1, e, 1);
    w.submit_at(2, b, 1);
    w.submit_at(3, c, 1);
    w.submit_at(4, d, 1);
    CHECK(w.run() == lines{"10 done a", "11 done c", "12 done b", "13 done d", "14 done e"});
}

TEST_CASE("preemptive priority: the interrupted go on where they stopped") {
    pool_world w({.discipline = queue_discipline::preemptive_priority});
    task a(w, "a", 0), b(w, "b", 1), c(w, "c", 2), d(w, "d", 1);
    w.submit_at(0, a, 10);
    w.submit_at(2, b, 10); // a has 8 left
    w.submit_at(5, c, 4);  // b has 7 left
    w.submit_at(6, d, 3);  // behind b, which was there before
    CHECK(w.run() == lines{"9 done c", "16 done b", "19 done d", "27 done a"});
    CHECK(a.waited() == ms(17));
    CHECK(b.waited() == ms(4));
    CHECK(w.pool.totals().started == 4);
}

TEST_CASE("preemption takes the least important of the running, of equals the last that came") {
    pool_world w({.workers = 3, .discipline = queue_discipline::preemptive_priority});
    task a(w, "a", 1), b(w, "b", 1), c(w, "c", 2), d(w, "d", 3), e(w, "e", 1);
    w.submit_at(0, a, 10);
    w.submit_at(1, b, 10);
    w.submit_at(2, c, 10);
    w.submit_at(4, d, 2); // b has 7 left
    w.submit_at(5, e, 1); // not more important than anyone
    CHECK(w.run() == lines{"6 done d", "10 done a", "11 done e", "12 done c", "13 done b"});
}

TEST_CASE("a job that ends at this very instant is not preempted") {
    pool_world w({.discipline = queue_discipline::preemptive_priority});
    task a(w, "a", 0), b(w, "b", 1);
    w.submit_at(5, b, 4);
    w.pool.submit(a, ms(5));
    CHECK(w.run() == lines{"5 done a", "9 done b"});
    CHECK(a.waited() == ms(0));
}

TEST_CASE("a job is refused when the workers are busy and the queue is full") {
    pool_world w({.workers = 2, .capacity = 1});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d"), e(w, "e");
    w.submit_at(0, a, 4);
    w.submit_at(0, b, 9);
    w.submit_at(1, c, 4);
    w.submit_at(2, d, 4);
    w.submit_at(5, e, 4);
    CHECK(w.run() == lines{"2 refused d", "4 done a", "8 done c", "9 done b", "12 done e"});
    CHECK_FALSE(d.inside());
    CHECK(w.pool.totals().rejected == 1);
    CHECK(conserves(w.pool));
}

TEST_CASE("without places to wait a pool loses what it cannot serve") {
    pool_world w({.workers = 1, .capacity = 0});
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 4);
    w.submit_at(3, b, 4);
    w.submit_at(5, c, 4);
    CHECK(w.run() == lines{"3 refused b", "4 done a", "9 done c"});
}

TEST_CASE("a waiting job leaves when its patience ends, and a started one has time") {
    for (const auto discipline :
         {queue_discipline::fifo, queue_discipline::lifo, queue_discipline::priority}) {
        pool_world w({.discipline = discipline});
        task a(w, "a"), b(w, "b"), c(w, "c");
        a.patience = at_ms(3);
        b.patience = at_ms(7);
        c.patience = at_ms(10); // the worker becomes free at this instant: in time
        w.submit_at(0, a, 10);
        w.submit_at(1, b, 1);
        w.submit_at(2, c, 1);
        CHECK(w.run() == lines{"7 abandoned b", "10 done a", "11 done c"});
        CHECK(w.pool.totals().abandoned == 1);
        CHECK(conserves(w.pool));
    }
}

TEST_CASE(
    "a worker that becomes free at the end of a patience is in time, whatever was armed first") {
    pool_world w({});
    task a(w, "a"), b(w, "b");
    b.patience = at_ms(5);
    w.at(3, [&] {
        w.pool.acquire(a);
        w.pool.submit(b, ms(1)); // its patience is armed before the work that ends with it
        w.pool.work(a, ms(2));
    });
    a.on_worked = [&] { w.pool.release(a); };
    CHECK(w.run() == lines{"3 granted a", "5 worked a", "6 done b"});
    CHECK(b.waited() == ms(2));
}

TEST_CASE("a job without any patience left still takes a free worker, but does not wait") {
    pool_world w({});
    task a(w, "a"), b(w, "b");
    a.patience = b.patience = at_ms(2);
    w.submit_at(5, a, 1);
    w.submit_at(5, b, 1);
    CHECK(w.run() == lines{"5 abandoned b", "6 done a"});
}

TEST_CASE("a preempted job has started: its patience is over") {
    pool_world w({.discipline = queue_discipline::preemptive_priority});
    task a(w, "a", 0), b(w, "b", 1);
    a.patience = at_ms(5);
    w.submit_at(0, a, 10);
    w.submit_at(4, b, 10);
    CHECK(w.run() == lines{"14 done b", "20 done a"});
}

TEST_CASE("a job that nobody wants is dropped when a worker takes it up, which takes no time") {
    pool_world w({});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    b.wanted = c.wanted = false;
    w.submit_at(0, a, 5);
    w.submit_at(1, b, 5);
    w.submit_at(2, c, 5);
    w.submit_at(3, d, 5);
    CHECK(w.run() == lines{"5 done a", "5 dropped b", "5 dropped c", "10 done d"});
    CHECK(w.pool.totals().dropped == 2);
    CHECK(w.pool.totals().started == 2);
    CHECK(conserves(w.pool));
}

TEST_CASE("a job that is dropped by an idle worker was accepted") {
    pool_world w({});
    task a(w, "a");
    a.wanted = false;
    CHECK(w.pool.submit(a, ms(1)));
    CHECK(w.log == lines{"0 dropped a"});
    CHECK(w.pool.occupied() == 0);
    CHECK(conserves(w.pool));
}

TEST_CASE("cancelling takes a job out of the queue, or off its worker, which takes the next") {
    for (const auto discipline : {queue_discipline::fifo, queue_discipline::priority,
                                  queue_discipline::lifo, queue_discipline::preemptive_priority}) {
        pool_world w({.discipline = discipline});
        task a(w, "a"), b(w, "b"), c(w, "c");
        w.submit_at(0, a, 10);
        w.submit_at(1, b, 10);
        w.submit_at(2, c, 10);
        w.at(3, [&] { w.pool.cancel(b); });
        w.at(4, [&] {
            w.pool.cancel(a);
            CHECK_FALSE(a.inside());
            CHECK(w.pool.in_queue() == 0);
            CHECK(w.pool.working() == 1);
            w.pool.cancel(a);
        });
        CHECK(w.run() == lines{"14 done c"});
        CHECK(w.pool.totals().cancelled == 2);
        CHECK(conserves(w.pool));
    }
}

TEST_CASE("a job that is destroyed inside leaves, and its worker takes the next") {
    pool_world w({});
    auto a = std::make_unique<task>(w, "a");
    auto b = std::make_unique<task>(w, "b");
    task c(w, "c");
    w.pool.submit(*a, ms(10));
    w.pool.submit(*b, ms(10));
    w.pool.submit(c, ms(10));
    w.at(2, [&] { b.reset(); });
    w.at(3, [&] {
        a.reset();
        CHECK(w.pool.in_queue() == 1); // nobody is called from a destructor
    });
    CHECK(w.run() == lines{"13 done c"});
    CHECK(w.pool.totals().cancelled == 2);
}

TEST_CASE("jobs may outlive their pool") {
    simulation world;
    pool_world w({});
    task a(w, "a"), b(w, "b");
    {
        worker_pool pool(w.simulation, {});
        pool.submit(a, ms(1));
        pool.submit(b, ms(1));
    }
    CHECK_FALSE(a.inside());
    CHECK(w.run().empty());
    CHECK(w.pool.submit(a, ms(1)));
}

TEST_CASE("callbacks may submit, also their own job, and those who waited come first") {
    pool_world w({});
    task a(w, "a"), b(w, "b"), c(w, "c");
    int rounds = 0;
    a.on_ended = [&] {
        if (++rounds < 3)
            w.pool.submit(a, ms(1));
    };
    b.on_ended = [&] { w.pool.submit(c, ms(1)); };
    w.pool.submit(a, ms(1));
    w.pool.submit(b, ms(1));
    CHECK(w.run() == lines{"1 done a", "2 done b", "3 done a", "4 done c", "5 done a"});
    CHECK(a.waited() == ms(1)); // in its last round
}

TEST_CASE("LIFO: who comes from a callback is later than those who waited") {
    pool_world w({.discipline = queue_discipline::lifo});
    task a(w, "a"), b(w, "b"), c(w, "c");
    a.on_ended = [&] { w.pool.submit(c, ms(1)); };
    w.pool.submit(a, ms(1));
    w.pool.submit(b, ms(1));
    CHECK(w.run() == lines{"1 done a", "2 done b", "3 done c"});
}

TEST_CASE("callbacks may cancel whoever stands next to them") {
    pool_world w({.workers = 2});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    a.on_ended = [&] {
        w.pool.cancel(b);
        w.pool.cancel(c);
    };
    for (task* t : {&a, &b, &c, &d})
        w.pool.submit(*t, ms(5));
    CHECK(w.run() == lines{"5 done a", "10 done d"});
    CHECK(conserves(w.pool));
}

TEST_CASE("a long queue of unwanted jobs does not use up the stack") {
    pool_world w({});
    std::vector<std::unique_ptr<task>> jobs;
    for (int i = 0; i < 200'000; ++i) {
        jobs.push_back(std::make_unique<task>(w, "x"));
        jobs.back()->wanted = i == 0;
        w.pool.submit(*jobs.back(), ms(1));
    }
    CHECK(w.run().size() == 200'000);
}

TEST_CASE("work of no length ends at the same instant, but not from inside submit") {
    for (const auto discipline : {queue_discipline::fifo, queue_discipline::processor_sharing}) {
        pool_world w({.discipline = discipline});
        task a(w, "a");
        w.submit_at(3, a, 0);
        w.at(3, [&] { CHECK(a.inside()); });
        CHECK(w.run() == lines{"3 done a"});
    }
}

TEST_CASE("options that make no pool are refused") {
    simulation world;
    CHECK_THROWS_WITH(worker_pool(world, {.workers = 0}),
                      "workers: 0; must be from 1 to 2147483647");
}

TEST_CASE("queue disciplines have names") {
    for (const auto d :
         {queue_discipline::fifo, queue_discipline::lifo, queue_discipline::priority,
          queue_discipline::preemptive_priority, queue_discipline::processor_sharing})
        CHECK(queue_discipline_from(to_string(d)) == d);
    CHECK(to_string(queue_discipline::preemptive_priority) == "preemptive_priority");
    CHECK_FALSE(queue_discipline_from("random").has_value());
}

TEST_CASE("a job is no larger than it was measured to be") {
    CHECK(sizeof(job) <= 136);
}

TEST_CASE("integrals stay exact beyond 2^64: a million workers busy for 12 hours") {
    simulation world;
    worker_pool pool(world, {.workers = 1'000'000});
    const job_events silent{.ended = [](job&, job_end) {}};
    std::deque<job> jobs;
    for (int i = 0; i < 1'000'000; ++i)
        pool.submit(jobs.emplace_back(silent), 24h);
    world.run_until(time_point{12h});
    const pool_totals t = pool.totals();
    constexpr wide_integer expected = wide_integer{1'000'000} * 12 * 3600 * 1'000'000'000;
    static_assert(expected > std::numeric_limits<std::uint64_t>::max());
    CHECK((t.occupied_ns == expected));
    CHECK((t.working_ns == expected));
    CHECK((t.in_system_ns == expected));
    CHECK((t.in_queue_ns == 0));
}

TEST_CASE("work at a speed too low to end in any run keeps what is left of it") {
    simulation world;
    worker_pool pool(world, {.workers = 1});
    std::vector<time_point> ended;
    struct timed : job {
        timed(const job_events& e, simulation& s, std::vector<time_point>& l)
            : job(e), clock(s), list(l) {}
        simulation& clock;
        std::vector<time_point>& list;
    };
    const job_events events{.ended = [](job& j, job_end) {
        auto& t = static_cast<timed&>(j);
        t.list.push_back(t.clock.now());
    }};
    timed j(events, world, ended);
    pool.set_speed(1e-18);
    pool.submit(j, 10s);
    world.run_until(time_point{1h});
    CHECK(ended.empty());
    pool.set_speed(1);
    world.run_until(time_point{2h});
    CHECK(ended == std::vector<time_point>{time_point{1h + 10s}});
}
