// SPDX-License-Identifier: BSL-1.0
// R9: all time is told and all chance is given. A pattern that looked at a clock, or remembered an
// epoch, would decide otherwise when all its instants are shifted; one with dice of its own would
// decide otherwise the second time.
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "patterns/discovery/load_balancer.hpp"
#include "patterns/discovery/outlier_detector.hpp"
#include "patterns/discovery/registry.hpp"
#include "patterns/health/health_check.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/client_throttle.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/response_cache.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

/// What a pattern decided, in numbers; instants count from `start`.
using decisions = std::vector<std::int64_t>;

struct play {
    time_point start;
    random_stream chance;
    std::uint64_t next = 1;

    time_point at(int step) const { return start + step * 137ms; }
    /// The same for every run: what happens to the pattern.
    bool happens(std::uint64_t one_in) {
        next = next * 6364136223846793005U + 1442695040888963407U;
        return (next >> 33U) % one_in == 0;
    }
};
constexpr int steps = 400;

decisions breaker(play p) {
    circuit_breaker b({.minimum_number_of_calls = 5, .wait_in_open = 1s}, p.chance, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        auto permit = b.try_acquire(p.at(i));
        if (permit)
            permit.record(p.happens(3) ? verdict::success : verdict::failure, p.at(i) + 3ms);
        seen.push_back(b.retry_after(p.at(i) + 3ms).count());
    }
    return seen;
}

decisions rate_limits(play p) {
    rate_limiter l({.permits = 3, .period = 1s}, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i)
        if (!p.happens(2))
            seen.push_back(l.try_acquire(p.at(i)).retry_after.count());
    return seen;
}

decisions budget(play p) {
    retry_budget b({.min_per_second = 0.3, .ttl = 2s}, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        if (p.happens(3))
            b.on_request(p.at(i));
        seen.push_back(b.try_withdraw(p.at(i)) ? 1 : 0);
    }
    return seen;
}

decisions limits(play p) {
    adaptive_limiter l(
        {.kind = concurrency_limit_kind::vegas, .max_limit = 30, .sampling = limit_sampling::each},
        p.chance);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        std::vector<adaptive_limiter::permit> permits;
        while (auto permit = l.try_acquire(p.at(i)))
            permits.push_back(std::move(permit));
        const duration took = p.happens(3) ? 90ms : 20ms + i * 100us;
        for (auto& permit : permits)
            permit.record(limit_lesson::latency, p.at(i) + took);
        seen.push_back(l.limit());
    }
    return seen;
}

decisions outliers(play p) {
    outlier_detector d({.max_ejection_time_jitter = 1s, .consecutive_failures = 3}, 5, p.chance,
                       p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        const auto h = static_cast<outlier_detector::host>(i % 5);
        d.on_result(h, p.happens(2) ? verdict::success : verdict::failure, false, p.at(i));
        for (const auto& e : d.ejections())
            seen.push_back((e.until - p.start).count());
    }
    return seen;
}

decisions hedges(play p) {
    hedge h({.min_samples = 10}, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        auto call = h.begin(true, never, p.at(i));
        call.next(p.at(i));
        call.on_success(1, p.at(i) + (p.happens(9) ? 90ms : 20ms));
        seen.push_back(h.delay(p.at(i) + 100ms).value_or(-1ns).count());
    }
    return seen;
}

decisions cache(play p) {
    response_cache<int, int> c({.capacity = 3, .ttl = 2s, .stale_while_revalidate = 1s}, p.chance);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        const int key = p.happens(3) ? 1 : i % 5;
        const auto found = c.lookup(key, p.at(i));
        seen.push_back(static_cast<std::int64_t>(found.state));
        if (found.state == cache_state::miss || found.refresh)
            c.begin(key).store(i, p.at(i));
    }
    return seen;
}

decisions throttles(play p) {
    client_throttle t({.window = 5s, .k = 1.1}, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        seen.push_back(t.admit(p.at(i), p.chance.uniform()) ? 1 : 0);
        if (seen.back() == 1)
            t.on_outcome(p.at(i), p.happens(2) ? verdict::success : verdict::failure);
    }
    return seen;
}

decisions balancing(play p) {
    load_balancer b({.policy = balancer_policy::peak_ewma}, 4, p.chance, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        const auto h = b.pick(balancer_request{.now = p.at(i)}).value();
        b.on_start(h, p.at(i));
        b.on_end(h, p.at(i), p.happens(4) ? 300ms : 10ms, verdict::success);
        seen.push_back(h);
    }
    return seen;
}

decisions checks(play p) {
    health_check h({.interval_jitter = 0.3}, p.chance, p.start);
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        const time_point now = h.next_at();
        const auto probe = h.begin(now);
        h.on_result(probe, p.happens(3) ? probe_result::success : probe_result::failure, now);
        seen.push_back((now - p.start).count());
        seen.push_back(static_cast<std::int64_t>(h.status()));
    }
    return seen;
}

decisions leases(play p) {
    registry r({.lease = 1s, .heartbeat_interval = 300ms});
    decisions seen;
    for (int i = 0; i < steps; ++i) {
        if (p.happens(6))
            r.register_instance("cart", {.id = "a", .address = "a:80"}, p.at(i));
        else if (p.happens(5))
            r.renew("cart", "a", p.at(i));
        r.advance(p.at(i));
        seen.push_back(static_cast<std::int64_t>(r.instances()));
    }
    return seen;
}

decisions backoffs(play p) {
    decisions seen;
    for (int call = 0; call < 20; ++call) {
        retry_state state;
        for (int i = 0; i < 4; ++i)
            seen.push_back(state
                               .next({.max_attempts = 9}, {.kind = failure_kind::error}, true,
                                     p.at(call), p.at(call) + 1s, p.chance)
                               .delay.count());
    }
    return seen;
}

struct pattern {
    const char* name;
    decisions (*decide)(play);
    bool uses_chance;
};
const pattern patterns[] = {
    {"circuit breaker", breaker, true},   {"rate limiter", rate_limits, false},
    {"retry budget", budget, false},      {"adaptive limiter", limits, true},
    {"outlier detector", outliers, true}, {"hedge", hedges, false},
    {"response cache", cache, true},      {"client throttle", throttles, true},
    {"load balancer", balancing, true},   {"health check", checks, true},
    {"registry", leases, false},          {"retry", backoffs, true},
};

} // namespace

TEST_CASE("R9: whatever the epoch of the clock, a pattern decides the same") {
    for (const pattern& p : patterns) {
        const auto expected = p.decide({time_point{}, {1, "rules"}});
        CAPTURE(p.name);
        CHECK(std::set(expected.begin(), expected.end()).size() > 1); // it does decide
        for (const duration epoch :
             {duration{1}, duration{987'654'321'012'345}, duration{24h * 365 * 200}})
            CHECK(p.decide({time_point{epoch}, {1, "rules"}}) == expected);
    }
}

TEST_CASE(
    "R9: the same stream leads to the same decisions, another one only where it is drawn from") {
    for (const pattern& p : patterns) {
        const auto once = p.decide({time_point{}, {1, "rules"}});
        CAPTURE(p.name);
        CHECK(p.decide({time_point{}, {1, "rules"}}) == once);
        CHECK((p.decide({time_point{}, {2, "rules"}}) != once) == p.uses_chance);
    }
}
