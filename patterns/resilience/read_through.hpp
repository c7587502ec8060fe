// SPDX-License-Identifier: BSL-1.0
// A response cache and request coalescing in front of a backend, each where it is wanted: a fresh
// answer comes from the cache, callers that miss the same at the same time share one call, a stale
// answer is served while one call refreshes it. A call to the backend (a flight) belongs to nobody:
// who asked first may give up, and it goes on for as long as one caller waits.
//   read_through<std::string, page> pages{{.cache = response_cache_options{.ttl = 5s}}};
//   outcome<page> p = co_await pages.get(path, context, fetch);
// The same for requests through a transport: `caching_transport`. Its place among policies is
// inside of a fallback and outside of all others: what it answers passes none of them. Only good
// answers are stored, and none that is `degraded`. Not thread-safe: it and its calls belong to one
// thread or strand; it outlives them.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <utility>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/call_context.hpp"
#include "patterns/resilience/coalescing.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "patterns/resilience/response_cache.hpp"

namespace windtunnel {

struct read_through_options {
    std::optional<response_cache_options> cache{};
    std::optional<coalescing_options> coalescing{};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const read_through_options&, const read_through_options&) = default;
};

template <class Key, class Value, class Hash = std::hash<Key>>
class read_through {
  public:
    /// What came of a call to the backend.
    struct landed {
        outcome<Value> result;
        std::uint32_t attempts = 1;  ///< that left
        std::exception_ptr thrown{}; ///< what left the operation, if anything did
    };
    using store = response_cache<Key, Value, Hash>;
    using group = coalescing<Key, landed, Hash>;
    using waiter = typename group::waiter;

    /// A call to the backend that has to be made. It ends by `land` or, when its frame is
    /// destroyed, by its destructor, which drops who waits for it.
    struct flight {
        typename group::flight shared; ///< empty: a refresh, for which nobody waits
        typename store::flight stored; ///< empty: the answer is not kept
        explicit operator bool() const { return shared || stored; }
    };

    explicit read_through(const read_through_options& options, random_stream jitter = {})
        : options_((options.validate(), options)),
          group_(options.coalescing.value_or(coalescing_options{})) {
        if (options.cache)
            cache_.emplace(*options.cache, jitter);
    }

    /// From a coroutine. `operation` is called with a call_context& for each flight, of which it
    /// gets a copy; it returns an awaitable<outcome<Value>> or a deferred operation. The deadline
    /// of `context` bounds the wait: a flight that may be shared knows none, and is cancelled when
    /// the last of those who wait for it has left. What an operation throws, all who wait for it
    /// get.
    template <class F>
    requires awaitable_safe<F>
    auto get(const Key& key, const call_context& context, F&& operation)
        -> boost::asio::awaitable<outcome<Value>> {
        return drive<std::remove_cvref_t<F>>(key, context, std::forward<F>(operation));
    }

    // ---- for drivers: the decisions -------------------------------------------------------------
    /// An answer at once, or none, and `w` waits; either way a flight that has to start, or none.
    std::optional<outcome<Value>> ask(const Key& key, waiter& w, time_point deadline,
                                      time_point now, flight& to_start);
    /// `w` waits for a flight of its own, whose answer is not kept.
    flight ask_alone(const Key& key, waiter& w, time_point deadline, time_point now) {
        flight made{group_.join(key, w, deadline, now), {}};
        group_.forget(key);
        ++alone_;
        return made;
    }
    std::uint64_t asked_alone() const { return alone_; } ///< flights of ask_alone so far
    /// Stores and tells: a stale answer may stand in for a failure.
    void land(flight& f, landed&& what, time_point now);
    /// Whether others may wait for a flight that one of them started.
    bool shares() const { return options_.coalescing.has_value(); }

    std::optional<store>& cache() { return cache_; }
    const std::optional<store>& cache() const { return cache_; }
    const coalescing_metrics& flights() const { return group_.metrics(); }
    const read_through_options& options() const { return options_; }

  private:
    template <class F>
    auto drive(Key key, call_context context, F operation)
        -> boost::asio::awaitable<outcome<Value>>;

    read_through_options options_;
    std::optional<store> cache_;
    group group_;
    std::uint64_t alone_ = 0;
};

template <class Key, class Value, class Hash>
std::optional<outcome<Value>>
read_through<Key, Value, Hash>::ask(const Key& key, waiter& w, time_point deadline, time_point now,
                                    flight& to_start) {
    if (cache_) {
        const auto found = cache_->lookup(key, now);
        std::optional<outcome<Value>> answer;
        if (found.value != nullptr)
            answer.emplace(*found.value);
        else if (found.failed != nullptr)
            answer.emplace(*found.failed);
        if (found.refresh)
            to_start.stored = cache_->begin(key);
        if (answer)
            return answer;
    }
    to_start.shared = group_.join(key, w, deadline, now);
    if (to_start.shared && cache_)
        to_start.stored = cache_->begin(key);
    if (to_start.shared && !shares())
        group_.forget(key);
    return {};
}

template <class Key, class Value, class Hash>
void read_through<Key, Value, Hash>::land(flight& f, landed&& what, time_point now) {
    const auto poorer = [](const Value& value) {
        if constexpr (requires { value.degraded; })
            return value.degraded;
        else
            return false;
    };
    if (f.stored && !what.thrown && what.result.ok()) {
        if (!poorer(what.result.value()))
            f.stored.store(what.result.value(), now);
    } else if (f.stored && !what.thrown) {
        if (const Value* stale = f.stored.fail(what.result.failed(), now))
            what.result = *stale;
    }
    f.stored = {};
    if (f.shared)
        f.shared.complete(what);
}

namespace detail {

/// Asks, and waits until told, cancelled, or past the deadline.
template <class Cache, class Launch, class Handler>
class read_through_wait : private timer, private Cache::waiter {
  public:
    using result = decltype(Cache::landed::result);

    template <class Key>
    static void start(Handler handler, Cache& of, const Key& key, const call_context& context,
                      const Launch& launch) {
        environment& env = *context.environment;
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        void* block = env.allocate(sizeof(read_through_wait));
        auto* self = new (block) read_through_wait(std::move(handler), env);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        typename Cache::flight to_start;
        auto answer = of.ask(key, *self, context.deadline, env.now(), to_start);
        if (answer) {
            self->what_.result = std::move(*answer);
            self->answered_ = true;
            env.arm(*self, env.now(), timer_class::event); // never from inside its own initiation
        } else if (context.deadline != never) {
            env.arm(*self, context.deadline, timer_class::deadline);
        }
        if (to_start)
            launch(std::move(to_start));
    }

  private:
    struct canceller {
        explicit canceller(read_through_wait* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->finish(failure_kind::cancelled, true);
        }
        read_through_wait* operation;
    };

    read_through_wait(Handler&& handler, environment& env)
        : timer(&struck, &abandoned), Cache::waiter(&told), handler_(std::move(handler)),
          environment_(env) {}

    static void told(typename Cache::waiter& w, const typename Cache::landed* what) {
        auto& self = static_cast<read_through_wait&>(w);
        if (what == nullptr) { // everything is being taken down
            self.environment_.disarm(self);
            self.release();
            return;
        }
        self.what_ = *what;
        self.finish(self.what_.result, false);
    }
    static void struck(timer& t) {
        auto& self = static_cast<read_through_wait&>(t);
        if (self.answered_)
            self.finish(self.what_.result, false);
        else
            self.finish(failure_kind::deadline_exceeded, false);
    }
    static void abandoned(timer& t) { static_cast<read_through_wait&>(t).release(); }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        this->~read_through_wait(); // it leaves the flight
        env.deallocate(this, sizeof(read_through_wait));
        return handler;
    }
    void finish(result ended, bool later) {
        environment& env = environment_;
        env.disarm(*this);
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        auto thrown = std::move(what_.thrown);
        if (later)
            complete_later(env, release(), std::move(ended), std::move(thrown));
        else
            complete_on(env, release(), std::move(ended), std::move(thrown));
    }

    Handler handler_;
    environment& environment_;
    typename Cache::landed what_;
    bool answered_ = false;
};

/// A flight that is a coroutine. It owns itself: its frame holds it.
template <class Cache, class F>
struct read_through_flight {
    using value = typename decltype(Cache::landed::result)::value_type;

    read_through_flight(Cache& c, typename Cache::flight&& f, const F& o, const call_context& x)
        : of(c), what(std::move(f)), operation(o), context(x) {}

    static boost::asio::awaitable<void> fly(std::shared_ptr<read_through_flight> self) {
        typename Cache::landed ended;
        try {
            auto running = self->operation(self->context);
            ended.result = co_await std::move(running);
        } catch (const boost::system::system_error& e) {
            if (says_cancelled(e.code()))
                ended.result = failure_kind::cancelled;
            else
                ended.thrown = std::current_exception();
        } catch (...) {
            ended.thrown = std::current_exception();
        }
        self->of.land(self->what, std::move(ended), self->context.environment->now());
    }
    static void abandoned(void* self) {
        static_cast<read_through_flight*>(self)->giving_up.emit(
            boost::asio::cancellation_type::terminal);
    }

    Cache& of;
    typename Cache::flight what;
    F operation;
    call_context context;
    boost::asio::cancellation_signal giving_up;
};

template <class Cache, class F>
struct launch_read_through {
    Cache* of;
    F* operation;
    const call_context* context;
    const boost::asio::any_io_executor* executor;

    void operator()(typename Cache::flight&& what) const {
        using flight = read_through_flight<Cache, F>;
        auto made = std::make_shared<flight>(*of, std::move(what), *operation, *context);
        if (of->shares() || !made->what.shared)
            made->context.deadline = never;
        if (made->what.shared)
            made->what.shared.on_abandoned(&flight::abandoned, made.get());
        auto slot = made->giving_up.slot();
        boost::asio::co_spawn(
            *executor, flight::fly(std::move(made)),
            boost::asio::bind_cancellation_slot(std::move(slot), boost::asio::detached));
    }
};

template <class Cache>
struct start_read_through {
    template <class Handler, class Key, class Launch>
    void operator()(Handler&& handler, Cache* of, const Key* key, const call_context* context,
                    const Launch* launch) const {
        using operation = read_through_wait<Cache, Launch, std::decay_t<Handler>>;
        operation::start(std::forward<Handler>(handler), *of, *key, *context, *launch);
    }
};

} // namespace detail

template <class Key, class Value, class Hash>
template <class F>
auto read_through<Key, Value, Hash>::drive(Key key, call_context context, F operation)
    -> boost::asio::awaitable<outcome<Value>> {
    namespace this_coro = boost::asio::this_coro;
    boost::asio::any_io_executor executor = co_await this_coro::executor;
    if (context.environment == nullptr)
        context.environment = &environment_of(executor);
    const detail::launch_read_through<read_through, F> launch{this, &operation, &context,
                                                              &executor};
    auto asking = boost::asio::async_initiate<const boost::asio::deferred_t,
                                              void(outcome<Value>, std::exception_ptr)>(
        detail::start_read_through<read_through>{}, boost::asio::deferred, this, &key, &context,
        &launch);
    std::tuple<outcome<Value>, std::exception_ptr> ended = co_await std::move(asking);
    if (std::get<1>(ended))
        std::rethrow_exception(std::get<1>(ended));
    co_return std::move(std::get<0>(ended));
}

} // namespace windtunnel
