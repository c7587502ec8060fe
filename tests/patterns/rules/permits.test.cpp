// SPDX-License-Identifier: BSL-1.0
// R2: whatever one holds of a pattern (a permit, a slot, a place, a flight) comes back by every way
// out: reported, given up, destroyed, moved onto, left by an exception, and in a coroutine frame
// that is cancelled, or destroyed while it is suspended.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "patterns/base/async_sleep.hpp"
#include "patterns/discovery/load_balancer.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/admission_queue.hpp"
#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/coalescing.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/response_cache.hpp"
#include "patterns/resilience/retry_budget.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

constexpr time_point start{};

/// Something that lends permits, and can tell how many are out.
template <class Permit>
struct lender {
    std::function<Permit()> take;
    std::function<int()> out;
    std::function<void(Permit&)> report;
    std::function<void(Permit&)> give_up = [](Permit& p) { p = Permit{}; };
};

template <class Permit>
void ends_by_hand(const lender<Permit>& l) {
    {
        Permit reported = l.take();
        CHECK(l.out() == 1);
        l.report(reported);
        CHECK(l.out() == 0);
        l.give_up(reported); // harmless
    }
    CHECK(l.out() == 0);
    Permit dropped = l.take();
    l.give_up(dropped);
    CHECK(l.out() == 0);
    l.give_up(dropped);
    CHECK(l.out() == 0);
}

template <class Permit>
void ends_by_scope(const lender<Permit>& l) {
    {
        const Permit destroyed = l.take();
        CHECK(l.out() == 1);
    }
    CHECK(l.out() == 0);
    {
        Permit first = l.take();
        Permit second = l.take();
        first = std::move(second);
        CHECK(l.out() == 1);
        Permit third(std::move(first));
        CHECK(l.out() == 1);
    }
    CHECK(l.out() == 0);
    try {
        const Permit left_behind = l.take();
        throw std::runtime_error("the operation threw");
    } catch (const std::runtime_error&) {
        CHECK(l.out() == 0);
    }
}

template <class Permit>
void ends_with_its_frame(const lender<Permit>& l, bool cancelled) {
    sim::simulation sim;
    asio::cancellation_signal stop;
    bool ended = false;
    test::spawn(sim, stop, [&]() -> asio::awaitable<void> {
        try {
            const Permit held = l.take();
            co_await async_sleep(sim.get_executor(), 1h, asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            ended = true;
        }
    });
    sim.run_until(time_point{1s});
    CHECK(l.out() == 1);
    if (cancelled) {
        stop.emit(asio::cancellation_type::terminal);
        sim.run_until(time_point{2s});
    } else {
        sim.halt();
    }
    CHECK(ended == cancelled);
    CHECK(l.out() == 0);
}

/// `make` returns a lender whose machine is as new.
template <class Make>
void every_ending(Make make) {
    ends_by_hand(make());
    ends_by_scope(make());
    ends_with_its_frame(make(), true);
    ends_with_its_frame(make(), false);
}

auto probes_of_a_breaker() {
    constexpr int permits = 4;
    constexpr circuit_breaker_options options{.permitted_calls_in_half_open = permits,
                                              .max_wait_in_half_open = 2h,
                                              .initial_state = breaker_state::open};
    auto breaker = std::make_shared<circuit_breaker>(options, random_stream{});
    const time_point now = start + 1h;
    const auto out = [=] {
        std::deque<circuit_breaker::permit> rest;
        while (auto permit = breaker->try_acquire(now))
            rest.push_back(std::move(permit));
        const auto reported = static_cast<int>(breaker->metrics(now).buffered);
        return permits - reported - static_cast<int>(rest.size());
    };
    return lender<circuit_breaker::permit>{
        .take = [=] { return breaker->try_acquire(now); },
        .out = out,
        .report = [=](auto& p) { p.record(verdict::success, now); },
        .give_up = [](auto& p) { p.drop(); }};
}

auto slots_of_a_bulkhead() {
    auto room = std::make_shared<bulkhead>(bulkhead_options{.max_concurrent = 4});
    return lender<bulkhead::permit>{.take = [=] { return room->try_acquire(1); },
                                    .out = [=] { return room->in_use(); },
                                    .report = [](auto& p) { p.release(); }};
}

auto permits_of_a_limiter() {
    auto limiter = std::make_shared<adaptive_limiter>(concurrency_limit_options{});
    return lender<adaptive_limiter::permit>{
        .take = [=] { return limiter->try_acquire(start); },
        .out = [=] { return limiter->in_flight(); },
        .report = [](auto& p) { p.record(limit_lesson::latency, start + 1ms); },
        .give_up = [](auto& p) { p.drop(); }};
}

auto permits_of_a_server() {
    auto queue = std::make_shared<admission_queue>(admission_queue_options{});
    const auto take = [=] {
        admission_queue::permit granted;
        CHECK(queue->arrive(start, never, granted) == admission_verdict::admitted);
        return granted;
    };
    return lender<admission_queue::permit>{
        .take = take,
        .out = [=] { return queue->in_flight(); },
        .report = [](auto& p) { p.record(limit_lesson::latency, start + 1ms); },
        .give_up = [](auto& p) { p.drop(); }};
}

auto places_at_a_rate_limiter() {
    auto limiter = std::make_shared<rate_limiter>(rate_limiter_options{.permits = 1, .period = 1s});
    CHECK(limiter->try_acquire(start));
    return lender<rate_limiter::reservation>{.take = [=] { return limiter->reserve(start, 1h); },
                                             .out = [=] { return limiter->waiting(); },
                                             .report = [](auto& p) { p.take(p.ready_at()); }};
}

auto retries_of_a_budget() {
    constexpr retry_budget_options options{
        .kind = retry_budget_kind::concurrent, .ratio = 0, .min_concurrency = 4};
    auto budget = std::make_shared<retry_budget>(options);
    return lender<retry_budget::slot>{
        .take = [=] { return budget->withdraw(start); },
        .out = [=] { return options.min_concurrency - static_cast<int>(budget->balance(start)); },
        .report = [](auto& p) { p.end(); }};
}

auto requests_of_a_budget() {
    auto budget = std::make_shared<retry_budget>(retry_budget_options{
        .kind = retry_budget_kind::concurrent, .ratio = 1, .min_concurrency = 0});
    return lender<retry_budget::slot>{
        .take = [=] { return budget->begin(start); },
        .out = [=] { return static_cast<int>(budget->balance(start)); },
        .report = [](auto& p) { p.end(); }};
}

auto requests_of_a_balancer() {
    constexpr load_balancer::host host = 0;
    auto balancer = std::make_shared<load_balancer>(load_balancer_options{}, 1, random_stream{});
    return lender<load_balancer::in_flight_token>{
        .take = [=] { return balancer->begin(host); },
        .out = [=] { return static_cast<int>(balancer->in_flight(host)); },
        .report = [](auto& p) { p.end(); }};
}

/// A flight needs somebody who waits for it.
auto flights_for_many() {
    using group = coalescing<int, int>;
    struct airport {
        group flights;
        std::deque<group::waiter> waiters;
    };
    auto here = std::make_shared<airport>();
    const auto take = [=] {
        auto& w = here->waiters.emplace_back([](group::waiter&, const int*) {});
        return here->flights.join(static_cast<int>(here->waiters.size()), w, never, start);
    };
    return lender<group::flight>{.take = take,
                                 .out = [=] { return static_cast<int>(here->flights.flights()); },
                                 .report = [](auto& p) { p.complete(1); }};
}

} // namespace

TEST_CASE("R2: whatever is held comes back by every way out") {
    SECTION("a probe of a half-open breaker") {
        every_ending(probes_of_a_breaker);
    }
    SECTION("a slot of a bulkhead") {
        every_ending(slots_of_a_bulkhead);
    }
    SECTION("a permit of an adaptive limiter") {
        every_ending(permits_of_a_limiter);
    }
    SECTION("a permit of a server's door") {
        every_ending(permits_of_a_server);
    }
    SECTION("a place at a rate limiter") {
        every_ending(places_at_a_rate_limiter);
    }
    SECTION("a retry that a budget allowed") {
        every_ending(retries_of_a_budget);
    }
    SECTION("a request that a budget counts") {
        every_ending(requests_of_a_budget);
    }
    SECTION("a request in flight at a balancer") {
        every_ending(requests_of_a_balancer);
    }
    SECTION("a flight for all who ask for the same") {
        every_ending(flights_for_many);
    }
}

TEST_CASE("R2: a refresh that ends in any way lets the next one begin") {
    using cache = response_cache<int, int>;
    const time_point later = start + 61s;
    const auto fail = [=](cache::flight& f) { f.fail({.kind = failure_kind::cancelled}, later); };
    const auto drop = [](cache::flight& f) { f = cache::flight{}; };
    const auto leave = [](cache::flight& f) { const cache::flight elsewhere = std::move(f); };
    for (const std::function<void(cache::flight&)>& end :
         {std::function<void(cache::flight&)>(fail), {drop}, {leave}}) {
        cache c{{.ttl = 60s, .ttl_jitter = 0, .stale_while_revalidate = 1h}};
        CHECK(c.begin(1).store(1, start));
        CHECK(c.lookup(1, later).refresh);
        auto refresh = c.begin(1);
        CHECK_FALSE(c.lookup(1, later).refresh);
        end(refresh);
        CHECK(c.lookup(1, later).refresh);
    }
}
