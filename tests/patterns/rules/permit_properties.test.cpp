// SPDX-License-Identifier: BSL-1.0
// R2 through the driver: calls that succeed, fail, throw, wait, retry, hedge, are cut short, are
// given up, or are destroyed with everything else, in any interleaving, bring back all they held.
#include <algorithm>
#include <array>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <optional>
#include <rapidcheck.h>
#include <stdexcept>
#include <string>
#include <vector>

#include "patterns/resilience/pipeline_send.hpp"
#include "patterns/resilience/scripted_transport.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

enum class way { coroutine, deferred, one_operation };

struct plan {
    way how{};
    std::size_t order = 0;
    std::vector<script_step> steps;
    std::vector<duration> callers, give_up; ///< when each comes, and when it gives up
    std::optional<std::size_t> halted;      ///< after so many events all is destroyed
};

plan any_plan() {
    const auto some_time = [](int most) {
        return std::chrono::microseconds{*rc::gen::inRange(0, most * 1000)};
    };
    plan p;
    p.how = static_cast<way>(*rc::gen::inRange(0, 3));
    p.order = *rc::gen::inRange(std::size_t{0}, std::size_t{4});
    for (int i = *rc::gen::inRange(1, 8); i > 0; --i)
        p.steps.push_back(
            {.after = some_time(*rc::gen::element(3, 40)),
             .result = *rc::gen::element(outcome<done>(done{}), outcome<done>(failure_kind::error),
                                         outcome<done>(failure_kind::overloaded),
                                         outcome<done>(failure_kind::unavailable)),
             .throws = *rc::gen::inRange(0, 6) == 0,
             .stubborn = *rc::gen::inRange(0, 5) == 0});
    for (int i = *rc::gen::inRange(1, 9); i > 0; --i) {
        p.callers.push_back(some_time(60));
        p.give_up.push_back(p.callers.back() + some_time(*rc::gen::element(20, 10'000)));
    }
    if (*rc::gen::arbitrary<bool>())
        p.halted = *rc::gen::inRange(std::size_t{0}, std::size_t{300});
    return p;
}

/// One of each policy that lends something, and their capacities.
struct policies {
    static constexpr int probes = 2, retries = 3;
    bulkhead room{{.max_concurrent = 2, .max_queue = 2, .max_wait = 9ms}};
    circuit_breaker breaker{{.sliding_window_type = sliding_window_type::count,
                             .sliding_window_size = 4,
                             .minimum_number_of_calls = 2,
                             .wait_in_open = 5ms,
                             .permitted_calls_in_half_open = probes},
                            {}};
    adaptive_limiter limiter{{.initial_limit = 3, .min_limit = 1, .max_limit = 4}};
    rate_limiter rate{{.permits = 2, .period = 5ms, .max_wait = 20ms}};
    retry_budget budget{{.kind = retry_budget_kind::concurrent, .min_concurrency = retries}};
    hedge latencies{{.max_attempts = 3, .delay_from = hedge_delay::fixed, .delay = 4ms}};
    timeout total{.total = 70ms}, attempt{.per_attempt = 15ms};
    retry again{{.initial_backoff = 2ms}, &budget};
    hedging also{&latencies, &budget};

    std::vector<policy> order(std::size_t which) {
        const std::array<std::vector<policy>, 4> orders{
            {{total, again, &breaker, &room, attempt},
             {&limiter, &rate, total, again, attempt, &breaker},
             {total, also, &breaker, &limiter, &room, attempt},
             {&room, again, &rate, also, &breaker, &limiter, attempt}}};
        return orders.at(which);
    }

    void all_is_back(time_point now) {
        RC_ASSERT(room.in_use() == 0);
        RC_ASSERT(room.queued() == 0);
        RC_ASSERT(limiter.in_flight() == 0);
        RC_ASSERT(rate.waiting() == 0);
        RC_ASSERT(budget.balance(now) == retries);
        breaker.reset(now);
        for (int i = 0; i < 2; ++i)
            breaker.try_acquire(now).record(verdict::failure, now);
        now += breaker.retry_after(now);
        std::vector<circuit_breaker::permit> permits;
        while (auto permit = breaker.try_acquire(now))
            permits.push_back(std::move(permit));
        RC_ASSERT(permits.size() == std::size_t{probes});
    }
};

/// How many operations run that the breaker let through in its present stay in half-open.
struct probe_watch {
    circuit_breaker& breaker;
    std::uint64_t stay = 0;
    bool probing = false;
    int running = 0;

    explicit probe_watch(circuit_breaker& b) : breaker(b) {
        b.observe(
            [](void* self, const breaker_transition& event) {
                auto& watch = *static_cast<probe_watch*>(self);
                ++watch.stay;
                watch.probing = event.to == breaker_state::half_open;
                watch.running = 0;
            },
            this);
    }
    ~probe_watch() { breaker.observe(nullptr, nullptr); }

    struct mark {
        explicit mark(probe_watch& w) : watch(w), stay(w.stay) {
            ++w.running;
            most = w.probing ? w.running : 0;
        }
        mark(const mark&) = delete;
        ~mark() { watch.running -= watch.stay == stay; }
        probe_watch& watch;
        std::uint64_t stay;
        int most;
    };
};

/// By the pipeline's own count of who came and who went.
void nobody_is_inside(const pipeline& client) {
    for (std::size_t place = 0; place < client.policies().size(); ++place) {
        RC_ASSERT(client.traffic(place).in_use.level() == 0);
        RC_ASSERT(client.traffic(place).waiting.level() == 0);
    }
}

/// A plan under way.
struct stage {
    const plan& p;
    sim::simulation sim;
    scripted_transport wire{sim, p.steps};
    script backend{endlessly(p.steps)};
    pipeline client;
    probe_watch probes;
    int most_probes = 0;
    std::deque<asio::cancellation_signal> stops{p.callers.size()};

    stage(const plan& played, policies& with)
        : p(played), client(with.order(played.order)), probes(with.breaker) {
        for (std::size_t i = 0; i < p.callers.size(); ++i) {
            test::spawn(sim, stops[i], [this, i] { return caller(i); });
            async_sleep(sim.get_executor(), p.give_up[i], [this, i](boost::system::error_code) {
                stops[i].emit(asio::cancellation_type::terminal);
            });
        }
    }

    ~stage() { sim.halt(); }

    static std::vector<script_step> endlessly(const std::vector<script_step>& steps) {
        std::vector<script_step> many;
        for (std::size_t i = 0; i < 500; ++i)
            many.push_back(steps[i % steps.size()]);
        return many;
    }

    awaitable<void> caller(std::size_t i) {
        try {
            co_await async_sleep(sim.get_executor(), p.callers[i], asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            co_return; // it gave up before it came
        }
        try {
            auto calling = call();
            co_await std::move(calling);
        } catch (const std::runtime_error& e) {
            RC_ASSERT(std::string(e.what()) == "the backend threw");
        }
    }

    awaitable<void> call() {
        auto coroutine = [this](call_context& c) -> awaitable<outcome<done>> {
            const probe_watch::mark running(probes);
            most_probes = std::max(most_probes, running.most);
            auto playing = backend.play(c);
            co_return co_await std::move(playing);
        };
        auto deferred = [this](call_context& c) { return backend.play_deferred(c); };
        call_context context;
        context.environment = &sim.environment();
        if (p.how == way::coroutine) {
            co_await client.execute(context, coroutine);
        } else if (p.how == way::deferred) {
            co_await client.execute(context, deferred);
        } else {
            const request what{"GET /", {}};
            auto sending = async_send(client, wire, what, context, asio::deferred);
            co_await std::move(sending);
        }
    }
};

void play(const plan& p, policies& with) {
    stage on(p, with);
    for (std::size_t events = 0; events != p.halted && on.sim.step(); ++events) {
    }
    on.sim.halt();
    RC_ASSERT(on.most_probes <= policies::probes);
    if (!p.halted)
        nobody_is_inside(on.client);
    with.all_is_back(on.sim.now());
}

} // namespace

TEST_CASE("R2: permits never leak, whatever calls through a pipeline meet, and however they end") {
    REQUIRE(rc::check([] {
        const plan p = any_plan();
        policies with;
        play(p, with);
    }));
}
