// SPDX-License-Identifier: BSL-1.0
// Cache and coalescing in front of an operation, and in front of a transport: the same on a
// simulation and live on an io_context.
#include "patterns/resilience/read_through.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "patterns/resilience/caching_transport.hpp"
#include "patterns/resilience/pipeline_send.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using pages = read_through<std::string, int>;
constexpr read_through_options cached_only{.cache = response_cache_options{.ttl = 1h}};
constexpr read_through_options shared_only{.coalescing = coalescing_options{}};

/// Answers 1, 2, 3, ... each after a while; fails while told to.
struct backend {
    template <class Context>
    explicit backend(Context& c, duration t = 20ms)
        : env(&environment_of(c.get_executor())), takes(t) {}

    asio::awaitable<outcome<int>> operator()(call_context&) const {
        const int number = ++*calls;
        auto waiting =
            async_wait_until(*env, env->now() + takes, timer_class::event, asio::deferred);
        const bool elapsed = co_await std::move(waiting);
        ++*(elapsed ? done : cancelled);
        if (*throws)
            throw std::runtime_error("the backend broke");
        if (!elapsed)
            co_return outcome<int>(failure_kind::cancelled);
        if (*failing)
            co_return outcome<int>(failure_kind::error);
        co_return outcome<int>(number);
    }

    environment* env;
    duration takes;
    std::shared_ptr<int> calls = std::make_shared<int>(), done = std::make_shared<int>(),
                         cancelled = std::make_shared<int>();
    std::shared_ptr<bool> failing = std::make_shared<bool>(), throws = std::make_shared<bool>();
};

/// One who asks.
template <class Context>
struct asker {
    asker(Context& c, pages& from, const backend& b, std::string k, time_point until = never)
        : answer(std::make_shared<outcome<int>>()) {
        auto body = [this, &from, &b, key = std::move(k), until,
                     into = answer]() -> asio::awaitable<void> {
            call_context context{.deadline = until};
            auto asking = from.get(key, context, b);
            *into = co_await std::move(asking);
            over = true;
        };
        spawn(c, giving_up, std::move(body));
    }
    std::shared_ptr<outcome<int>> answer;
    asio::cancellation_signal giving_up;
    bool over = false;
};

/// Runs until nothing is left to do, and a moment on.
void finish(sim::simulation& context) {
    context.run();
    context.run_until(context.now() + 1us);
}
void finish(asio::io_context& context) {
    context.restart();
    context.run();
}

/// Does `what` after a while, on the context.
template <class Context, class Act>
void after(Context& c, duration time, Act what) {
    auto body = [ex = c.get_executor(), time, what]() mutable -> asio::awaitable<void> {
        auto sleeping = async_sleep(ex, time, asio::deferred);
        co_await std::move(sleeping);
        what();
    };
    spawn(c, std::move(body));
}
template <class Context, class Who>
void gives_up(Context& c, duration time, Who& who) {
    after(c, time, [&who] { who.giving_up.emit(asio::cancellation_type::terminal); });
}

/// Answers by itself after a while; a caller that gives up is let go at once.
template <class Context>
class slow_transport final : public transport {
  public:
    explicit slow_transport(Context& c) : env_(environment_of(c.get_executor())) {}

    void start(pending_call& call) override {
        ++started;
        trips_.push_back(std::make_unique<trip>(call, *this));
        call.state = trips_.back().get();
        env_.arm(*trips_.back(), env_.now() + 20ms, timer_class::event);
    }
    void cancel(pending_call& call) override {
        ++cancelled;
        env_.disarm(*static_cast<trip*>(call.state));
        call.complete(failure_kind::cancelled);
    }

    int started = 0, cancelled = 0;
    reply answer{};
    bool failing = false;

  private:
    struct trip : timer {
        trip(pending_call& c, slow_transport& t) : timer(&arrived, &lost), call(c), of(t) {}
        static void arrived(timer& t) {
            auto& self = static_cast<trip&>(t);
            if (self.of.failing)
                self.call.complete(failure_kind::error);
            else
                self.call.complete(reply{self.of.answer});
        }
        static void lost(timer& t) { static_cast<trip&>(t).call.drop(); }
        pending_call& call;
        slow_transport& of;
    };
    environment& env_;
    std::deque<std::unique_ptr<trip>> trips_;
};

/// A request with a key through a cached transport, inside of a pipeline.
template <class Context>
struct sender {
    sender(Context& c, pipeline& outside, transport& to, std::uint64_t key,
           time_point until = never) {
        auto body = [this, &c, &outside, &to, key, until]() -> asio::awaitable<void> {
            const call_context context{
                .environment = &environment_of(c.get_executor()), .deadline = until, .key = key};
            const request what{.operation = "GET /page", .body = {}};
            auto sending = async_send(outside, to, what, context, asio::deferred);
            std::tuple<outcome<reply>, std::uint32_t> ended = co_await std::move(sending);
            result = std::get<0>(ended);
            attempts = static_cast<int>(std::get<1>(ended));
        };
        spawn(c, giving_up, std::move(body));
    }
    outcome<reply> result;
    int attempts = -1;
    asio::cancellation_signal giving_up;
};

} // namespace

#define ON_BOTH(name) TEMPLATE_TEST_CASE(name, "", sim::simulation, asio::io_context)

ON_BOTH("an answer is fetched once and then comes from the cache") {
    TestType context{};
    pages cache(cached_only);
    const backend fetch(context);
    asker<TestType> first(context, cache, fetch, "a");
    finish(context);
    asker<TestType> second(context, cache, fetch, "a"), other(context, cache, fetch, "b");
    finish(context);
    CHECK(first.answer->value() == 1);
    CHECK(second.answer->value() == 1);
    CHECK(other.answer->value() == 2);
    CHECK(cache.cache()->metrics().fresh == 1);
}

ON_BOTH("callers that ask for the same at the same time share one call") {
    TestType context{};
    pages shared(shared_only);
    const backend fetch(context);
    std::deque<asker<TestType>> askers;
    for (int i = 0; i < 5; ++i)
        askers.emplace_back(context, shared, fetch, "a");
    finish(context);
    for (const auto& each : askers)
        CHECK(each.answer->value() == 1);
    CHECK(*fetch.calls == 1);
    CHECK(shared.flights().followers == 4);
    asker<TestType> later(context, shared, fetch, "a");
    finish(context);
    CHECK(later.answer->value() == 2); // nothing is kept
}

ON_BOTH("without coalescing everybody fetches for himself") {
    TestType context{};
    pages cache(cached_only);
    const backend fetch(context);
    asker<TestType> a(context, cache, fetch, "a"), b(context, cache, fetch, "a");
    finish(context);
    CHECK(*fetch.calls == 2);
    CHECK(a.answer->ok());
    CHECK(b.answer->ok());
}

ON_BOTH("a leader that gives up does not take its followers with it") {
    TestType context{};
    pages shared(shared_only);
    const backend fetch(context);
    asker<TestType> leader(context, shared, fetch, "a"), follower(context, shared, fetch, "a");
    gives_up(context, 5ms, leader);
    finish(context);
    CHECK(leader.answer->failed().kind == failure_kind::cancelled);
    CHECK(follower.answer->value() == 1);
    CHECK(*fetch.cancelled == 0);
}

ON_BOTH("the call is cancelled when the last of those who wait has given up") {
    TestType context{};
    pages shared(shared_only);
    const backend fetch(context, 5s);
    asker<TestType> leader(context, shared, fetch, "a"), follower(context, shared, fetch, "a");
    gives_up(context, 5ms, leader);
    gives_up(context, 15ms, follower);
    finish(context);
    CHECK(*fetch.calls == 1);
    CHECK(*fetch.done == 0);
    CHECK(follower.answer->failed().kind == failure_kind::cancelled);
    CHECK(shared.flights().abandoned == 1);
}

ON_BOTH("each who waits has a deadline of his own, and a shared call has none") {
    TestType context{};
    pages shared(shared_only);
    const backend fetch(context, 60ms);
    const time_point soon = fetch.env->now() + 10ms;
    asker<TestType> leader(context, shared, fetch, "a", soon), patient(context, shared, fetch, "a");
    finish(context);
    CHECK(leader.answer->failed().kind == failure_kind::deadline_exceeded);
    CHECK(patient.answer->value() == 1);
}

ON_BOTH("a stale answer is given out while one call refreshes it") {
    TestType context{};
    pages cache({.cache = response_cache_options{
                     .ttl = 1ns, .ttl_jitter = 0, .stale_while_revalidate = 1h}});
    const backend fetch(context);
    asker<TestType> first(context, cache, fetch, "a");
    finish(context);
    asker<TestType> second(context, cache, fetch, "a"), third(context, cache, fetch, "a");
    finish(context);
    CHECK(second.answer->value() == 1);
    CHECK(third.answer->value() == 1);
    CHECK(*fetch.calls == 2);
    asker<TestType> fourth(context, cache, fetch, "a");
    finish(context);
    CHECK(fourth.answer->value() == 2);
}

ON_BOTH("a failure is remembered, or a stale answer stands in for it") {
    TestType context{};
    pages cache({.cache = response_cache_options{
                     .ttl = 1ns, .ttl_jitter = 0, .stale_if_error = 1h, .negative_ttl = 1h}});
    const backend fetch(context);
    asker<TestType> good(context, cache, fetch, "a");
    finish(context);
    *fetch.failing = true;
    asker<TestType> stale(context, cache, fetch, "a"), bad(context, cache, fetch, "b");
    finish(context);
    CHECK(stale.answer->value() == 1);
    CHECK(bad.answer->failed().kind == failure_kind::error);
    asker<TestType> remembered(context, cache, fetch, "b");
    finish(context);
    CHECK(remembered.answer->failed().kind == failure_kind::error);
    CHECK(*fetch.calls == 3);
}

ON_BOTH("what the operation throws, all who wait for it get") {
    TestType context{};
    pages shared(shared_only);
    const backend fetch(context);
    *fetch.throws = true;
    int caught = 0;
    for (int i = 0; i < 2; ++i) {
        auto body = [&]() -> asio::awaitable<void> {
            try {
                auto asking = shared.get("a", call_context{}, fetch);
                (void)co_await std::move(asking);
            } catch (const std::runtime_error&) {
                ++caught;
            }
        };
        spawn(context, std::move(body));
    }
    finish(context);
    CHECK(caught == 2);
    CHECK(*fetch.calls == 1);
}

ON_BOTH("destroyed in the middle of it, nothing is left over") {
    pages shared({.cache = response_cache_options{}, .coalescing = coalescing_options{}});
    std::unique_ptr<asker<TestType>> a, b;
    {
        TestType context{};
        const backend fetch(context, 1h);
        a = std::make_unique<asker<TestType>>(context, shared, fetch, "a");
        b = std::make_unique<asker<TestType>>(context, shared, fetch, "a");
        auto stop = [&context] { context.stop(); };
        after(context, 1ms, stop);
        finish(context);
        CHECK(shared.flights().flights == 1);
        if constexpr (std::is_same_v<TestType, sim::simulation>)
            context.halt();
    }
    CHECK_FALSE(a->over);
    CHECK_FALSE(b->over);
}

// ---- in front of a transport --------------------------------------------------------------------

ON_BOTH("through a transport: one request for all who miss, none for those who hit") {
    TestType context{};
    slow_transport<TestType> to(context);
    caching_transport::answers answers(
        {.cache = response_cache_options{.ttl = 1h}, .coalescing = coalescing_options{}});
    caching_transport cached(answers, nullptr, to);
    pipeline outside{std::vector<policy>{}};
    sender<TestType> leader(context, outside, cached, 7), follower(context, outside, cached, 7);
    finish(context);
    sender<TestType> hit(context, outside, cached, 7), other(context, outside, cached, 8);
    finish(context);
    CHECK(to.started == 2);
    CHECK(leader.attempts == 1);
    CHECK(follower.attempts == 0);
    CHECK(hit.attempts == 0);
    CHECK(other.attempts == 1);
    for (const auto* each : {&leader, &follower, &hit, &other})
        CHECK(each->result.ok());
}

ON_BOTH("through a transport: requests without a key pass, each by itself") {
    TestType context{};
    slow_transport<TestType> to(context);
    caching_transport::answers answers(
        {.cache = response_cache_options{.ttl = 1h}, .coalescing = coalescing_options{}});
    caching_transport cached(answers, nullptr, to);
    pipeline outside{std::vector<policy>{}};
    sender<TestType> a(context, outside, cached, 0), b(context, outside, cached, 0);
    finish(context);
    sender<TestType> c(context, outside, cached, 0);
    finish(context);
    CHECK(to.started == 3);
    CHECK(c.attempts == 1);
}

ON_BOTH("through a transport: retries behind the cache, a fallback before it") {
    TestType context{};
    slow_transport<TestType> to(context);
    to.failing = true;
    caching_transport::answers answers(
        {.cache = response_cache_options{.ttl = 1h}, .coalescing = coalescing_options{}});
    pipeline behind{retry{{.max_attempts = 3, .initial_backoff = 1ms, .max_backoff = 1ms}}};
    caching_transport cached(answers, &behind, to);
    pipeline outside{fallback{{}, {.body = {.size = 9, .bytes = nullptr}}}};
    sender<TestType> a(context, outside, cached, 7), b(context, outside, cached, 7);
    finish(context);
    CHECK(to.started == 3);
    CHECK(a.attempts == 3);
    CHECK(b.attempts == 0);
    CHECK(a.result.value().degraded);
    CHECK(b.result.value().body.size == 9);
    to.failing = false;
    sender<TestType> again(context, outside, cached, 7); // the fallback's answer is in no cache
    finish(context);
    CHECK_FALSE(again.result.value().degraded);
    CHECK(again.attempts == 1);
}

ON_BOTH("through a transport: a degraded answer is told to all and kept by nobody") {
    TestType context{};
    slow_transport<TestType> to(context);
    to.answer.degraded = true;
    caching_transport::answers answers(
        {.cache = response_cache_options{.ttl = 1h}, .coalescing = coalescing_options{}});
    caching_transport cached(answers, nullptr, to);
    pipeline outside{std::vector<policy>{}};
    sender<TestType> a(context, outside, cached, 7), b(context, outside, cached, 7);
    finish(context);
    sender<TestType> later(context, outside, cached, 7);
    finish(context);
    CHECK(b.result.value().degraded);
    CHECK(to.started == 2);
}

ON_BOTH("through a transport: who gives up leaves, and the last one takes the request along") {
    TestType context{};
    slow_transport<TestType> to(context);
    caching_transport::answers answers({.coalescing = coalescing_options{}});
    caching_transport cached(answers, nullptr, to);
    pipeline outside{std::vector<policy>{}};
    sender<TestType> leader(context, outside, cached, 7), follower(context, outside, cached, 7),
        alone(context, outside, cached, 8);
    gives_up(context, 5ms, leader);
    gives_up(context, 10ms, alone);
    finish(context);
    CHECK(leader.result.failed().kind == failure_kind::cancelled);
    CHECK(alone.result.failed().kind == failure_kind::cancelled);
    CHECK(follower.result.ok());
    CHECK(to.started == 2);
    CHECK(to.cancelled == 1);
}

ON_BOTH("through a transport: a deadline ends the wait of one, not the request of all") {
    TestType context{};
    slow_transport<TestType> to(context);
    caching_transport::answers answers({.coalescing = coalescing_options{}});
    caching_transport cached(answers, nullptr, to);
    pipeline outside{std::vector<policy>{}};
    const time_point soon = environment_of(context.get_executor()).now() + 5ms;
    sender<TestType> hasty(context, outside, cached, 7, soon), patient(context, outside, cached, 7);
    finish(context);
    CHECK(hasty.result.failed().kind == failure_kind::deadline_exceeded);
    CHECK(patient.result.ok());
    CHECK(to.cancelled == 0);
}
