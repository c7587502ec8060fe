// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/simulation.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/runner.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using windtunnel::awaitable;
using windtunnel::never;
using windtunnel::random_stream;
using windtunnel::time_point;
using windtunnel::timer;
using windtunnel::timer_class;
using windtunnel::sim::simulation;

namespace {

/// A timer that notes its name when it fires.
struct note : timer {
    note(std::string& log, char n) : timer(&fired), text(log), name(n) {}
    static void fired(timer& t) {
        auto& self = static_cast<note&>(t);
        self.text += self.name;
    }
    std::string& text;
    char name;
};

/// Coroutines that sleep and post for lengths drawn from streams; every step goes to the trace.
class babble {
  public:
    explicit babble(std::uint64_t seed) : sim(seed) {
        for (int who = 0; who < 8; ++who)
            windtunnel::test::spawn(sim, [this, who] { return talk(who); });
    }
    simulation sim;
    std::vector<std::pair<std::int64_t, int>> trace;

  private:
    awaitable<void> talk(int who) {
        auto executor = co_await asio::this_coro::executor;
        random_stream random = sim.environment().stream("babbler " + std::to_string(who));
        for (int i = 0; i < 60; ++i) {
            const auto pause = std::chrono::milliseconds{random.below(4)};
            if (random.chance(0.3))
                co_await asio::post(executor, asio::use_awaitable);
            else
                co_await windtunnel::async_sleep(executor, pause, asio::use_awaitable);
            trace.emplace_back(sim.now().time_since_epoch().count(), who);
        }
    }
};

std::vector<std::pair<std::int64_t, int>> babble_of(std::uint64_t seed) {
    babble one(seed);
    one.sim.run();
    return one.trace;
}

struct ended_child {
    int exit_code;
    std::string errors;
};

/// Runs f in a child process whose standard error is caught.
template <class F>
ended_child in_child(F f) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        f();
        _exit(0);
    }
    close(ends[1]);
    ended_child result{-1, {}};
    std::array<char, 512> text{};
    for (ssize_t n = 0; (n = read(ends[0], text.data(), text.size())) > 0;)
        result.errors.append(text.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status))
        result.exit_code = WEXITSTATUS(status);
    return result;
}

} // namespace

TEST_CASE("at one instant: ready handlers, events, deadlines, acts, each in their order") {
    simulation sim;
    std::string order;
    note act(order, 'a'), deadline(order, 'd'), first(order, '1'), second(order, '2');
    note late(order, 'z');
    sim.arm(late, time_point{2ms});
    sim.arm(act, time_point{1ms}, timer_class::act);
    sim.arm(deadline, time_point{1ms}, timer_class::deadline);
    sim.arm(first, time_point{1ms});
    sim.arm(second, time_point{1ms});
    asio::post(sim.get_executor(), [&] { order += 'r'; });
    sim.run();
    CHECK(order == "r12daz");
}

TEST_CASE("what an event makes ready runs before the next event of the same instant") {
    simulation sim;
    std::string order;
    struct poster : timer {
        poster(simulation& s, std::string& log) : timer(&fired), sim(s), text(log) {}
        static void fired(timer& t) {
            auto& self = static_cast<poster&>(t);
            asio::post(self.sim.get_executor(), [&self] { self.text += 'p'; });
        }
        simulation& sim;
        std::string& text;
    } first(sim, order);
    note second(order, '2');
    sim.arm(first, time_point{1ms});
    sim.arm(second, time_point{1ms});
    sim.run();
    CHECK(order == "p2");
}

TEST_CASE("run_until includes its end and then sets the clock to it") {
    simulation sim;
    std::string order;
    note at(order, 'a'), after(order, 'b');
    sim.arm(at, time_point{10ms});
    sim.arm(after, time_point{10ms + 1ns});
    sim.run_until(time_point{9ms});
    CHECK(order.empty());
    CHECK(sim.now() == time_point{9ms});
    sim.run_until(time_point{10ms});
    CHECK(order == "a");
    CHECK(sim.now() == time_point{10ms});
    CHECK(sim.next_event_time() == time_point{10ms + 1ns});
    sim.run();
    CHECK(order == "ab");
    CHECK(sim.now() == time_point{10ms + 1ns});
    CHECK(sim.next_event_time() == never);
    sim.run_until(time_point{1s});
    CHECK(sim.now() == time_point{1s});
}

TEST_CASE("stop ends a run after the handler that is running; the next run goes on") {
    simulation sim;
    std::string order;
    asio::post(sim.get_executor(), [&] {
        order += 'a';
        sim.stop();
        order += 'b';
    });
    asio::post(sim.get_executor(), [&] { order += 'c'; });
    note later(order, 'd');
    sim.arm(later, time_point{1ms});
    sim.run_until(time_point{1s});
    CHECK(order == "ab");
    CHECK(sim.now() == time_point{});
    CHECK(sim.next_event_time() == time_point{});
    sim.run_until(time_point{1s});
    CHECK(order == "abcd");
    CHECK(sim.now() == time_point{1s});
}

TEST_CASE("step runs one handler or timer") {
    simulation sim;
    std::string order;
    asio::post(sim.get_executor(), [&] { order += 'a'; });
    asio::post(sim.get_executor(), [&] { order += 'b'; });
    note c(order, 'c'), d(order, 'd');
    sim.arm(c, time_point{1ms});
    sim.arm(d, time_point{1ms});
    for (const char* expected : {"a", "ab", "abc", "abcd"}) {
        CHECK(sim.step());
        CHECK(order == expected);
    }
    CHECK_FALSE(sim.step());
    CHECK(sim.events() == 4);
}

TEST_CASE("a disarmed timer never fires and moves no clock") {
    simulation sim;
    std::string order;
    note gone(order, 'x'), stays(order, 's');
    sim.arm(gone, time_point{1h});
    sim.arm(stays, time_point{1ms});
    sim.disarm(gone);
    sim.disarm(gone);
    sim.run();
    CHECK(order == "s");
    CHECK(sim.now() == time_point{1ms});
}

TEST_CASE("same seed, same trace; another seed, another") {
    CHECK(babble_of(7) == babble_of(7));
    CHECK(babble_of(7) != babble_of(8));
    CHECK(babble_of(7).size() == 8 * 60);
}

TEST_CASE("however a run is cut into slices and steps, the order is the same") {
    const auto expected = babble_of(7);
    for (std::uint64_t cut = 1; cut <= 50; ++cut) {
        random_stream random(cut, "slices");
        babble one(7);
        while (one.sim.next_event_time() != never) {
            switch (random.below(3)) {
            case 0:
                one.sim.step();
                break;
            case 1:
                one.sim.run_until(one.sim.next_event_time());
                break;
            default:
                one.sim.run_until(one.sim.now() + std::chrono::microseconds{random.below(9000)});
            }
        }
        REQUIRE(one.trace == expected);
    }
}

TEST_CASE("two simulations run in two threads as they run alone") {
    const auto alone7 = babble_of(7), alone8 = babble_of(8);
    decltype(babble_of(7)) first, second;
    std::thread a([&] { first = babble_of(7); });
    std::thread b([&] { second = babble_of(8); });
    a.join();
    b.join();
    CHECK(first == alone7);
    CHECK(second == alone8);
}

TEST_CASE("a real timer on a simulation is a bug, and it says so") {
    const ended_child child = in_child([] {
        simulation sim;
        asio::steady_timer real(sim.get_executor());
        real.expires_after(1ms);
        real.async_wait([](const boost::system::error_code&) {});
        sim.run();
    });
    CHECK(child.exit_code == 70);
    CHECK(child.errors.find("real timer or socket was made on a simulation") != std::string::npos);
}

TEST_CASE("run() from inside a handler is a bug") {
    const ended_child child = in_child([] {
        simulation sim;
        asio::post(sim.get_executor(), [&] { sim.run(); });
        sim.run();
    });
    CHECK(child.exit_code == 70);
}

TEST_CASE("a post from another thread while the simulation runs is a bug") {
    const ended_child child = in_child([] {
        simulation sim;
        asio::post(sim.get_executor(),
                   [&] { std::thread([&] { asio::post(sim.get_executor(), [] {}); }).join(); });
        sim.run();
    });
    CHECK(child.exit_code == 70);
}

TEST_CASE("every executor over a simulation leads to its one environment") {
    simulation sim(99);
    CHECK(asio::has_service<windtunnel::environment>(sim));
    windtunnel::environment& own = sim.environment();
    const auto strand = asio::make_strand(sim.get_executor());
    const asio::any_io_executor any = sim.get_executor();
    const asio::any_io_executor any_strand = asio::make_strand(any);
    CHECK(&windtunnel::environment_of(sim.get_executor()) == &own);
    CHECK(&windtunnel::environment_of(strand) == &own);
    CHECK(&windtunnel::environment_of(any) == &own);
    CHECK(&windtunnel::environment_of(any_strand) == &own);
    CHECK(&asio::use_service<windtunnel::environment>(sim) == &own);
    CHECK(own.owns(any));
    CHECK_FALSE(own.owns(any_strand));
    CHECK(own.seed() == 99);
    CHECK(own.now() == sim.now());
    sim.run_until(time_point{5ms});
    CHECK(own.now() == time_point{5ms});
}

TEST_CASE("streams depend on the seed and the name alone") {
    simulation one(1), same(1), other(2);
    same.environment().stream("somebody else")();
    auto a = one.environment().stream("arrivals"), b = same.environment().stream("arrivals");
    auto c = one.environment().stream("faults"), d = other.environment().stream("arrivals");
    const auto first = a();
    CHECK(b() == first);
    CHECK(c() != first);
    CHECK(d() != first);
}

TEST_CASE("the environment of a simulation clamps what is due in the past to now") {
    simulation sim;
    sim.run_until(time_point{5ms});
    std::string order;
    note past(order, 'p');
    sim.environment().arm(past, time_point{1ms}, timer_class::event);
    sim.run();
    CHECK(order == "p");
    CHECK(sim.now() == time_point{5ms});
}
