// SPDX-License-Identifier: BSL-1.0
// One service and one client, the same object code, once on sockets in real time and once in a
// simulation over messages: the same script leads to the same decisions in the same order, those of
// the client's pipelines and those of the server's door. All that is apart in the script is 20 ms
// apart at least; only a machine that stands still for longer can disturb the live run, which is
// then run again, more slowly.
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

/// What each side decided. Between the two no order is compared: at a server who waits is taken up
/// at the very instant at which an answer leaves for the client.
struct logs {
    lines client, server;
    friend bool operator==(const logs&, const logs&) = default;
};

class client_log final : public pipeline_observer {
  public:
    client_log(lines& log, std::string name) : log_(log), name_(std::move(name)) {}
    void on_event(const pipeline_event& e) override {
        decision_log words;
        words.on_event(e);
        log_.push_back(name_ + " " + words.lines.back());
    }

  private:
    lines& log_;
    std::string name_;
};

class server_log final : public admission_observer {
  public:
    explicit server_log(lines& log) : log_(log) {}
    void on_event(const admission_event& e) override {
        log_.push_back(std::string(to_string(e.what)) + ", at work " + std::to_string(e.in_flight) +
                       ", waiting " + std::to_string(e.queued));
    }

  private:
    lines& log_;
};

/// Of everything that lasts: the decisions are the same at any pace.
struct time_scale {
    int factor = 1;
    duration operator()(int milliseconds) const { return milliseconds * factor * 1ms; }
};

examples::catalogue_options service_options(time_scale ms) {
    examples::catalogue_options o;
    o.order_work = ms(45);
    o.door.queue.max_queue = 1;
    o.door.queue.max_wait = 10s;
    o.door.limit = {.initial_limit = 2, .min_limit = 2, .max_limit = 2};
    return o;
}

examples::catalogue_client_options client_options(time_scale ms) {
    examples::catalogue_client_options o;
    o.items.total_timeout = o.orders.total_timeout = ms(3000);
    o.items.attempt_timeout = ms(1000);
    o.items.hedge.delay_from = hedge_delay::fixed;
    o.items.hedge.delay = ms(250);
    o.items.budget.kind = retry_budget_kind::concurrent;
    o.orders.attempt_timeout = ms(180);
    o.orders.retry = {.initial_backoff = ms(30),
                      .backoff_multiplier = 2,
                      .jitter = jitter_kind::none,
                      .retry_rejections = false};
    o.orders.breaker.failure_rate_threshold = 1;
    o.orders.breaker.sliding_window_type = sliding_window_type::count;
    o.orders.breaker.sliding_window_size = 3;
    o.orders.breaker.minimum_number_of_calls = 3;
    o.orders.breaker.wait_in_open = ms(80);
    o.orders.breaker.wait_jitter = 0;
    o.orders.breaker.permitted_calls_in_half_open = 1;
    return o;
}

/// The script; nothing in it knows where it runs.
class script_of_failures {
  public:
    script_of_failures(examples::catalogue_service& s, transport& to, environment& env,
                       time_scale scale)
        : ms(scale), service_(s), environment_(env), client_(to, env, client_options(scale)) {
        client_.items().policies().observe(&items_log_);
        client_.orders().policies().observe(&orders_log_);
        service_.http().door().queue().observe(&door_log_);
        service_.work_for([this](const http_request&) { return next_work(); });
    }

    awaitable<void> all() {
        co_await hedge_past_one_that_hangs();
        co_await order_until_the_breaker_opens();
        co_await crowd_the_door();
        co_await give_up();
    }
    const logs& decisions() const { return logs_; }

  private:
    duration next_work() {
        const duration next = work_.empty() ? ms(25) : work_.front();
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
        logs_.client.push_back(what + ": " +
                               (answer.ok() ? *answer.value().body.bytes
                                            : std::string(to_string(answer.failed().kind)) + " " +
                                                  std::to_string(answer.failed().status)));
    }

    /// The second attempt wins, and the first is cancelled at the server.
    awaitable<void> hedge_past_one_that_hangs() {
        co_await item();
        works(1h);
        co_await item();
        co_await nap(ms(30));
    }
    /// Attempts that time out are not repeated, for an order may have been taken; they are
    /// cancelled at the server.
    awaitable<void> order_until_the_breaker_opens() {
        co_await order();
        for (int i = 0; i < 3; ++i) {
            works(1h);
            co_await order();
            co_await nap(ms(30));
        }
        co_await order(); // refused
        co_await nap(ms(120));
        co_await order(); // the probe
    }
    /// In ms: two items work from 0 to 120 and 20 to 240; an order waits from 40, works from 120 to
    /// 180; another is refused at 60 and 90, waits from 150, works from 180 to 205.
    awaitable<void> crowd_the_door() {
        auto executor = co_await asio::this_coro::executor;
        works(ms(120), ms(220), ms(60));
        asio::co_spawn(executor, item(), rethrow{});
        co_await nap(ms(20));
        asio::co_spawn(executor, item(), rethrow{});
        co_await nap(ms(20));
        asio::co_spawn(executor, order(), rethrow{});
        co_await nap(ms(20));
        asio::co_spawn(executor, order(), rethrow{});
        co_await nap(ms(230));
    }
    awaitable<void> give_up() {
        auto executor = co_await asio::this_coro::executor;
        asio::cancellation_signal stop;
        works(1h);
        asio::co_spawn(executor, item(),
                       asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
        co_await nap(ms(30));
        stop.emit(asio::cancellation_type::terminal);
        co_await nap(ms(30));
        call_context hurried;
        hurried.deadline =
            environment_.now() + ms(30); // the service says at once that it is too late
        co_await order(hurried);
        co_await item();
    }

    time_scale ms;
    examples::catalogue_service& service_;
    environment& environment_;
    logs logs_;
    client_log items_log_{logs_.client, "items"}, orders_log_{logs_.client, "orders"};
    server_log door_log_{logs_.server};
    std::vector<duration> work_;
    examples::catalogue_client client_;
};

logs simulated(time_scale scale) {
    examples::catalogue_service service(service_options(scale));
    sim::simulation world;
    simulated_transport to(world, service.http(), 50us);
    script_of_failures script(service, to, world.environment(), scale);
    test::run(world, [&] { return script.all(); });
    CHECK(to.in_flight() == 0);
    CHECK(service.http().under_way() == 0);
    return script.decisions();
}

logs live(time_scale scale) {
    http_world w(service_options(scale));
    script_of_failures script(w.service, w.to, w.env(), scale);
    w.run([&] { return script.all(); });
    return script.decisions();
}

} // namespace

TEST_CASE("Live on sockets and simulated, the same service and client decide the same in the same "
          "order") {
    const logs expected = simulated({1});
    CHECK(simulated({10}) == expected);
    const auto is_in = [](const lines& log, std::string_view begin) {
        return std::any_of(log.begin(), log.end(),
                           [&](const std::string& line) { return line.starts_with(begin); });
    };
    for (const char* seen :
         {"items 5 1 attempt_ended cancelled", "orders 2 1 rejected breaker_open",
          "orders 1 2 retrying overloaded", "orders 5 3 attempt_ended ok", "order: timed_out 0",
          "order: error 504", "item: cancelled", R"(item: {"item":"7"})",
          R"(order: {"order":4})"}) {
        INFO(seen);
        CHECK(is_in(expected.client, seen));
    }
    const lines hedged{"items 5 1 attempt_started", "items 5 1 attempt_started",
                       "items 5 1 attempt_ended ok"};
    CHECK(std::search(expected.client.begin(), expected.client.end(), hedged.begin(),
                      hedged.end()) != expected.client.end());
    CHECK(is_in(expected.server, "waits, at work 2, waiting 1"));
    CHECK(is_in(expected.server, "admitted, at work 2, waiting 0"));
    CHECK(is_in(expected.server, "queue_full, at work 2, waiting 1"));
    logs found;
    for (const int factor : {1, 1, 3, 8, 16}) {
        found = live({factor});
        if (found == expected)
            break;
    }
    CHECK(found.client == expected.client);
    CHECK(found.server == expected.server);
}
