// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/runner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/timed.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using boost::system::error_code;

namespace {

/// Sleeps, and notes how that ended.
struct sleeper : runner_job {
    explicit sleeper(duration d) : runner_job(&run), length(d) {}
    duration length;
    bool begun = false;
    error_code error;

    static awaitable<void> run(runner_job& base) {
        auto& self = static_cast<sleeper&>(base);
        self.begun = true;
        if (self.length == duration::zero())
            co_return;
        auto executor = co_await asio::this_coro::executor;
        auto [e] = co_await async_sleep(executor, self.length, asio::as_tuple(asio::use_awaitable));
        self.error = e;
    }
};

struct world {
    sim::simulation sim;
    environment& env = sim.environment();

    /// On the executor, as drivers are.
    template <class F>
    void inside(F f) {
        asio::post(sim.get_executor(), std::move(f));
        while (sim.next_event_time() == sim.now() && sim.step()) {
        }
    }
};

} // namespace

TEST_CASE("a job starts at once on the executor, on a fresh runner and on a recycled one") {
    world w;
    for (int i = 0; i < 2; ++i)
        w.inside([&] {
            sleeper at_once{0ms};
            w.env.runners().start(at_once);
            CHECK(at_once.done);
            CHECK(at_once.on == nullptr);
        });
    CHECK(w.env.runners().size() == 1);
    CHECK(w.env.runners().idle() == 1);
}

TEST_CASE("a job that is started from outside begins with the next turn") {
    world w;
    sleeper job{0ms};
    w.env.runners().start(job);
    CHECK_FALSE(job.begun);
    w.sim.run();
    CHECK(job.done);
}

TEST_CASE("a job that is cancelled before it begins ends without its body") {
    world w;
    sleeper job{1h}, next{1ms};
    w.env.runners().start(job);
    job.on->cancel();
    job.on->cancel();
    w.sim.run();
    CHECK(job.done);
    CHECK_FALSE(job.begun);
    w.inside([&] { w.env.runners().start(next); });
    w.sim.run();
    CHECK(next.done);
    CHECK_FALSE(next.error);
    CHECK(w.sim.now() == time_point{1ms});
    CHECK(w.env.runners().size() == 1);
}

TEST_CASE("a runner that was cancelled is as good as new for its next job") {
    world w;
    sleeper first{1h}, second{5ms}, third{1h};
    w.inside([&] {
        w.env.runners().start(first);
        first.on->cancel();
        CHECK_FALSE(first.done);
    });
    CHECK(first.done);
    CHECK(first.error == asio::error::operation_aborted);
    w.inside([&] { w.env.runners().start(second); });
    w.sim.run();
    CHECK(second.done);
    CHECK_FALSE(second.error);
    w.inside([&] { w.env.runners().start(third); });
    third.on->cancel();
    w.sim.run();
    CHECK(third.error == asio::error::operation_aborted);
    CHECK(w.env.runners().size() == 1);
}

TEST_CASE("a cancellation that comes with the end of a job does not reach the next one") {
    world w;
    // The job ends by itself at 5 ms, and is cancelled in the same instant, before its sleep is
    // over
    sleeper first{5ms}, second{5ms};
    w.inside([&] { w.env.runners().start(first); });
    async_sleep(w.sim.get_executor(), 5ms, [&](error_code) {
        CHECK(first.done);
        w.env.runners().start(second);
    });
    w.sim.run();
    CHECK(second.done);
    CHECK_FALSE(second.error);
    CHECK(w.env.runners().size() == 1);
}

TEST_CASE("jobs at the same time have a runner each") {
    world w;
    sleeper a{3ms}, b{2ms}, c{1ms};
    w.inside([&] {
        for (sleeper* job : {&a, &b, &c})
            w.env.runners().start(*job);
        CHECK(w.env.runners().size() == 3);
        CHECK(w.env.runners().idle() == 0);
    });
    w.sim.run();
    CHECK((a.done && b.done && c.done));
    CHECK(w.sim.now() == time_point{3ms});
    CHECK(w.env.runners().idle() == 3);
}

TEST_CASE("who waits for a job is woken when its runner is free again") {
    world w;
    test::run(w.sim, [&]() -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            sleeper job{2ms};
            w.env.runners().start(job);
            const cut_by cut = co_await run_timed(job, w.env, never, asio::deferred);
            CHECK(cut == cut_by::nobody);
            CHECK(job.done);
            CHECK(w.env.runners().idle() == 1);
        }
    });
    CHECK(w.env.runners().size() == 1);
    CHECK(w.sim.now() == time_point{6ms});
}

TEST_CASE("what a waiter's handler throws comes out of run, and the runner lives on") {
    world w;
    test::spawn(w.sim, [&]() -> awaitable<void> {
        sleeper job{2ms};
        w.env.runners().start(job);
        const cut_by cut = co_await run_timed(job, w.env, never, asio::deferred);
        CHECK(cut == cut_by::nobody);
        throw std::runtime_error("after the job");
    });
    CHECK_THROWS_WITH(w.sim.run(), "after the job");
    sleeper next{1ms};
    w.inside([&] { w.env.runners().start(next); });
    w.sim.run();
    CHECK(next.done);
    CHECK(w.env.runners().size() == 1);
}

TEST_CASE("a job without a waiter tells its end to itself") {
    world w;
    struct counted : sleeper {
        counted(duration d, int& c) : sleeper(d), count(c) {
            ended = [](runner_job& job) {
                CHECK(job.done);
                ++static_cast<counted&>(job).count;
                delete &static_cast<counted&>(job);
            };
        }
        int& count;
    };
    int count = 0;
    w.inside([&] { w.env.runners().start(*new counted(0ms, count)); });
    CHECK(count == 1);
    w.inside([&] { w.env.runners().start(*new counted(2ms, count)); });
    w.sim.run();
    CHECK(count == 2);
}

TEST_CASE("100,000 jobs that end at once need neither stack nor runners") {
    world w;
    int done = 0;
    test::run(w.sim, [&]() -> awaitable<void> {
        for (int i = 0; i < 100'000; ++i) {
            sleeper job{0ms};
            w.env.runners().start(job);
            done += job.done ? 1 : 0;
        }
        co_return;
    });
    CHECK(done == 100'000);
    CHECK(w.env.runners().size() == 1);
}
