// SPDX-License-Identifier: BSL-1.0
// What the driver counts of each policy; each call is in exactly one place.
#include "patterns/resilience/policy_traffic.hpp"

#include <catch2/catch.hpp>

#include "pipeline_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

std::uint64_t asked(const policy_traffic& t) {
    return t.admitted + t.refused + t.expired + t.gave_up +
           static_cast<std::uint64_t>(t.waiting.level());
}

} // namespace

TEST_CASE("who waits is let in, refused when the wait is too long, or gives up") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 3, .max_wait = 25ms});
    pipeline client{&room};
    script backend({ok(20ms), ok(20ms)});
    w.start(client, backend);
    w.start(client, backend); // is let in at 20 ms
    w.start(client, backend); // is refused at 25 ms
    auto& leaver = w.start(client, backend);
    w.start(client, backend); // finds the queue full
    w.cancel_at(10ms, leaver);
    w.sim.run_until(time_point{5ms});
    const policy_traffic& t = client.traffic(0);
    CHECK(asked(t) == 5);
    CHECK(t.waiting.level() == 3);
    CHECK(t.in_use.level() == 1);
    w.sim.run();
    CHECK(asked(t) == 5);
    CHECK(t.admitted == 2);
    CHECK(t.refused == 1);
    CHECK(t.waited == 3);
    CHECK(t.expired == 1);
    CHECK(t.gave_up == 1);
    CHECK(t.in_use.level() == 0);
    const auto ms = [](std::uint64_t n) { return n * 1'000'000; };
    CHECK((t.in_use.integral(w.sim.now()) == ms(40)));
    CHECK((t.waiting.integral(w.sim.now()) == ms(20 + 25 + 10)));
}

TEST_CASE("a deadline that strikes in the queue is not a refusal") {
    pipeline_world w;
    bulkhead room({.max_concurrent = 1, .max_queue = 1, .max_wait = 1s});
    pipeline client{timeout{.total = 5ms}, &room};
    script backend({ok(20ms)});
    auto held = room.try_acquire();
    w.call(client, backend);
    const policy_traffic& t = client.traffic(1);
    CHECK(t.gave_up == 1);
    CHECK(t.expired == 0);
    CHECK(client.traffic(0).cut == 1);
    CHECK(asked(t) == 1);
}

TEST_CASE("turns at a rate limiter are waits") {
    pipeline_world w;
    rate_limiter limiter({.permits = 1, .period = 10ms, .burst = 1, .max_wait = 15ms});
    pipeline client{&limiter};
    script backend({ok(0ms), ok(0ms)});
    for (int i = 0; i < 3; ++i)
        w.start(client, backend);
    w.sim.run();
    const policy_traffic& t = client.traffic(0);
    CHECK(t.admitted == 2);
    CHECK(t.waited == 1);
    CHECK(t.refused == 1);
    CHECK((t.waiting.integral(w.sim.now()) == 10'000'000));
    CHECK(asked(t) == 3);
}

TEST_CASE("retries are told from those that the budget did not allow and from the last attempts") {
    pipeline_world w;
    retry_budget budget({.ratio = 0, .min_per_second = 0.3});
    pipeline client{retry{{.max_attempts = 3, .jitter = jitter_kind::none}, &budget}};
    script backend({fails(failure_kind::error), fails(failure_kind::error),
                    fails(failure_kind::error), fails(failure_kind::error),
                    fails(failure_kind::error)});
    w.call(client, backend); // three attempts
    w.call(client, backend); // two: there were three retries in the budget
    CHECK(client.traffic(0).retries == 3);
    CHECK(client.traffic(0).exhausted == 1);
    CHECK(client.traffic(0).budget_refused == 1);
}

TEST_CASE("policies inside of a hedging keep their places") {
    pipeline_world w;
    hedge latencies({.delay_from = hedge_delay::fixed, .delay = 5ms});
    circuit_breaker breaker({}, {});
    bulkhead room({.max_concurrent = 1});
    pipeline client{timeout{.total = 1s}, hedging{&latencies}, &breaker, &room};
    script backend({ok(20ms)});
    w.call(client, backend);
    CHECK(client.traffic(2).admitted == 2);
    CHECK(client.traffic(3).admitted == 1);
    CHECK(client.traffic(3).refused == 1); // the hedge found no room
    CHECK(client.traffic(1).admitted == 0);
}

TEST_CASE("an adaptive limit's permits and its limit are levels over time") {
    pipeline_world w;
    adaptive_limiter limiter({.initial_limit = 4, .min_limit = 1});
    pipeline client{&limiter};
    script backend({ok(10ms)});
    w.call(client, backend);
    CHECK((client.traffic(0).in_use.integral(time_point{10ms}) == 10'000'000));
    CHECK((limiter.limits().integral(time_point{10ms}) == 40'000'000));
}
