// SPDX-License-Identifier: BSL-1.0
// One service and one client, the same object code, once on sockets in real time and once in a
// simulation over messages: the same script leads to the same decisions in the same order, those of
// the client's pipelines and those of the server's door. All that is apart in the script is 20 ms
// apart at least; only a machine that stands still for longer can disturb the live run, which is
// then run again.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <string>
#include <vector>

#include "../resilience/pipeline_script.hpp"
#include "http_world.hpp"
#include "simulated_transport.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

using lines = std::vector<std::string>;

/// Writes what three deciders say into one log, each under its name.
class log_of_all {
  public:
    struct pipeline_log final : pipeline_observer {
        pipeline_log(log_of_all& l, std::string n) : log(l), name(std::move(n)) {}
        void on_event(const pipeline_event& e) override {
            decision_log words;
            words.on_event(e);
            log.all.push_back(name + " " + words.lines.back());
        }
        log_of_all& log;
        std::string name;
    };
    struct door_log final : admission_observer {
        explicit door_log(log_of_all& l) : log(l) {}
        void on_event(const admission_event& e) override {
            log.all.push_back("door " + std::string(to_string(e.what)) + ", at work " +
                              std::to_string(e.in_flight) + ", waiting " +
                              std::to_string(e.queued));
        }
        log_of_all& log;
    };

    lines all;
    pipeline_log items{*this, "items"}, orders{*this, "orders"};
    door_log door{*this};
};

examples::catalogue_options service_options() {
    examples::catalogue_options o;
    o.door.queue.max_queue = 1;
    o.door.queue.max_wait = 100ms;
    o.door.limit = {.initial_limit = 1, .min_limit = 1, .max_limit = 1};
    return o;
}

examples::catalogue_client_options client_options() {
    examples::catalogue_client_options o;
    o.items.hedge.delay = 60ms;
    o.items.budget.kind = retry_budget_kind::concurrent;
    o.items.attempt_timeout = 400ms;
    o.orders.attempt_timeout = 60ms;
    o.orders.retry.initial_backoff = 25ms;
    o.orders.retry.jitter = jitter_kind::none;
    o.orders.breaker.sliding_window_type = sliding_window_type::count;
    o.orders.breaker.sliding_window_size = 3;
    o.orders.breaker.minimum_number_of_calls = 3;
    o.orders.breaker.wait_in_open = 80ms;
    o.orders.breaker.wait_jitter = 0;
    o.orders.breaker.permitted_calls_in_half_open = 1;
    o.orders.retry.retry_rejections = false;
    return o;
}

/// The script; nothing in it knows where it runs.
class script_of_failures {
  public:
    script_of_failures(examples::catalogue_service& s, transport& to, environment& env)
        : service_(s), environment_(env), client_(to, env, client_options()) {
        client_.items().policies().observe(&log_.items);
        client_.orders().policies().observe(&log_.orders);
        service_.http().door().queue().observe(&log_.door);
        service_.work_for([this](const http_request&) { return next_work(); });
    }

    awaitable<void> all() {
        co_await hedge_past_a_slow_one();
        co_await order_until_the_breaker_opens();
        co_await crowd_the_door();
        co_await give_up();
    }
    const lines& decisions() const { return log_.all; }

  private:
    duration next_work() {
        const duration next = work_.empty() ? duration{25ms} : work_.front();
        if (!work_.empty())
            work_.erase(work_.begin());
        return next;
    }
    /// A function, because GCC 12 takes no braced list in an awaited expression.
    template <class... Durations>
    void works(Durations... one_by_one) {
        work_ = {duration(one_by_one)...};
    }
    awaitable<void> nap(duration d) {
        auto sleeping = async_wait_until(environment_, environment_.now() + d, timer_class::event,
                                         asio::use_awaitable);
        co_await std::move(sleeping);
    }
    awaitable<void> item(call_context context = {}) {
        auto asking = client_.item("7", context);
        const outcome<reply> answer = co_await std::move(asking);
        say("item", answer);
    }
    awaitable<void> order(call_context context = {}) {
        auto ordering = client_.order("{}", context);
        const outcome<reply> answer = co_await std::move(ordering);
        say("order", answer);
    }
    void say(const std::string& what, const outcome<reply>& answer) {
        log_.all.push_back(what + ": " +
                           (answer.ok() ? *answer.value().body.bytes
                                        : std::string(to_string(answer.failed().kind)) + " " +
                                              std::to_string(answer.failed().status)));
    }

    /// The hedge waits at the door for the first, which wins.
    awaitable<void> hedge_past_a_slow_one() {
        co_await item();
        works(110ms, 110ms);
        co_await item();
        co_await nap(100ms);
    }
    /// Attempts that time out are not repeated, for an order may have been taken; they are
    /// cancelled at the server.
    awaitable<void> order_until_the_breaker_opens() {
        co_await order();
        for (int i = 0; i < 2; ++i) {
            works(1h);
            co_await order();
            co_await nap(30ms);
        }
        co_await order(); // refused
        co_await nap(120ms);
        co_await order(); // the probe
        call_context hurried;
        hurried.deadline = environment_.now() + 30ms;
        works(1h);
        co_await order(hurried); // refused by the service: no time for it
    }
    /// One works, one waits, one is refused and repeats.
    awaitable<void> crowd_the_door() {
        auto executor = co_await asio::this_coro::executor;
        works(140ms);
        asio::co_spawn(executor, item(), rethrow{});
        co_await nap(20ms);
        asio::co_spawn(executor, order(), rethrow{});
        co_await nap(20ms);
        asio::co_spawn(executor, order(), rethrow{});
        co_await nap(400ms);
    }
    awaitable<void> give_up() {
        auto executor = co_await asio::this_coro::executor;
        asio::cancellation_signal stop;
        works(1h);
        asio::co_spawn(executor, item(),
                       asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
        co_await nap(30ms);
        stop.emit(asio::cancellation_type::terminal);
        co_await nap(30ms);
        co_await item();
    }

    examples::catalogue_service& service_;
    environment& environment_;
    log_of_all log_;
    std::vector<duration> work_;
    examples::catalogue_client client_;
};

lines simulated() {
    examples::catalogue_service service(service_options());
    sim::simulation world;
    simulated_transport to(world, service.http(), 50us);
    script_of_failures script(service, to, world.environment());
    test::run(world, [&] { return script.all(); });
    CHECK(to.in_flight() == 0);
    CHECK(service.http().under_way() == 0);
    return script.decisions();
}

lines live() {
    http_world w(service_options());
    script_of_failures script(w.service, w.to, w.env());
    w.run([&] { return script.all(); });
    return script.decisions();
}

} // namespace

TEST_CASE("Live on sockets and simulated, the same service and client decide the same in the same "
          "order") {
    const lines expected = simulated();
    CHECK(simulated() == expected);
    for (const char* seen :
         {"door admitted, at work 1, waiting 0", "door waits, at work 1, waiting 1",
          "door cancelled, at work 1, waiting 0", "door queue_full, at work 1, waiting 1",
          "orders 2 1 rejected breaker_open", "order: timed_out 0", "order: error 504",
          R"(item: {"item":"7"})", "item: "}) {
        INFO(seen);
        CHECK(std::any_of(expected.begin(), expected.end(),
                          [&](const std::string& l) { return l.starts_with(seen); }));
    }
    lines found = live();
    for (int tries = 1; tries < 5 && found != expected; ++tries)
        found = live();
    CHECK(found == expected);
}
