// SPDX-License-Identifier: BSL-1.0
// One call's way through the policies of a pipeline, as a state machine without I/O: told the time
// and how each step ended, it says what to do next. Going in, each policy may refuse; coming out,
// each is told how the call ended as seen from where it stands, and retry may send it in again.
// A deadline belongs to the timeout that set it: policies inside of that one see a cancellation
// (neutral), those outside of it a failure. What a policy refused is neutral to all others.
#pragma once

#include <array>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "patterns/base/call_context.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/timed.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/adaptive_limiter.hpp"
#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/client_throttle.hpp"
#include "patterns/resilience/fallback.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/policy_traffic.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"

namespace windtunnel {

/// A limit in time on everything inside of it; set one of the two. `total` goes around retries and
/// ends as deadline_exceeded, `per_attempt` inside of them and ends as timed_out. Zero ends the
/// call before it starts.
struct timeout {
    duration total{-1};       ///< negative: not set
    duration per_attempt{-1}; ///< negative: not set
    void validate() const;    ///< throws std::invalid_argument
};

struct retry {
    retry_options options;
    retry_budget* budget = nullptr; ///< may be shared; nullptr: no limit but max_attempts
};

/// Asks again while an answer is awaited, through the policies inside of it, each time anew.
struct hedging {
    windtunnel::hedge* latencies = nullptr; ///< shared by the calls to one target
    retry_budget* budget = nullptr;         ///< may be shared with a retry; nullptr: no limit
    /// Of async_send: the answer does not wait until the losers, which are cancelled, have ended.
    /// They hold their slots and the budget until then, and pipeline, transport and policies must
    /// outlive them. execute() joins them whatever this says: they run in its frame.
    bool detach_losers = false;
};

/// A lesser answer in place of a failure; to the policies outside of it a value that says nothing
/// about the backend, and tagged degraded where the value can be. For pipeline::execute each call
/// brings a function that makes it, async_send answers with `answer`.
struct fallback {
    fallback_options options;
    reply answer;
};

using policy = std::variant<timeout, retry, circuit_breaker*, bulkhead*, hedging, rate_limiter*,
                            adaptive_limiter*, client_throttle*, fallback>;

struct pipeline_event {
    enum class kind : std::uint8_t {
        attempt_started, ///< the operation is called
        attempt_ended,   ///< ok, or why not; timed_out or deadline_exceeded when it was cut short
        rejected,        ///< `policy` refused: why
        waiting,         ///< for a permit of the bulkhead `policy`, or the turn at a rate limiter
        retrying,        ///< after `delay`
        gave_up,         ///< retry `policy` stops: stop, or budget_exhausted
        fell_back,       ///< `policy` answers in place of the failure why
        ended,           ///< the call: ok, or why not
        cache_hit,       ///< a caching_transport has the answer: ok, or why not
        joined,          ///< a caching_transport waits for the answer to another's request
    };
    kind what{};
    time_point at{};
    std::uint32_t attempt = 0;
    std::size_t policy = 0; ///< its place in the pipeline, the outermost is 0
    bool ok = false;
    failure why{};
    duration delay{};
    stop_reason stop = stop_reason::none;
    bool budget_exhausted = false;
    bool late = false;         ///< attempt_ended: ok, though the deadline had cut it short already
    std::uint32_t earlier = 0; ///< attempts before this call's first, of a retry or hedge around
    std::uint32_t recording = 0; ///< trace_context::recording and span of the call's context
    std::uint64_t span = 0;
};
std::string_view to_string(pipeline_event::kind kind);

inline bool is_retry(const policy& p) {
    return std::holds_alternative<retry>(p);
}

class pipeline_observer {
  public:
    virtual ~pipeline_observer() = default;
    virtual void on_event(const pipeline_event& event) = 0;
};

/// Who hears of a pipeline's decisions. What it throws is swallowed and counted: it breaks no call.
struct pipeline_audience {
    pipeline_observer* observer = nullptr;
    pipeline_observer* recorded = nullptr; ///< hears of calls that are recorded, alone
    std::uint64_t errors = 0;
};

/// How the wait for a permit ended.
enum class permit_wait : std::uint8_t { granted, expired, cancelled };
enum class turn_wait : std::uint8_t { come, cancelled };

class pipeline_call {
  public:
    static constexpr std::size_t max_policies = 10;
    static constexpr std::size_t max_retries = 2; ///< more than one is foolish already
    enum class action : std::uint8_t { operate, sleep, wait_for_permit, wait_for_turn, finish };

    /// `first` is the place of the first of the policies in the whole pipeline, `traffic` what is
    /// counted of it and those that follow. None is a hedging: the policies on its two sides are
    /// calls of their own.
    pipeline_call(std::span<const policy> policies, std::size_t first, const call_context& context,
                  random_stream& random, pipeline_audience& audience, policy_traffic* traffic);
    pipeline_call(const pipeline_call&) = delete;
    pipeline_call& operator=(const pipeline_call&) = delete;
    ~pipeline_call(); ///< gives back what it holds, and tells nobody

    action begin(time_point now);
    /// The operation ended: with a value (nullptr), or a failure, possibly because it was cut
    /// short.
    action on_result(const failure* failed, cut_by cut, time_point now);
    action on_exception(time_point now); ///< counts as a failure, is not retried
    /// The caller gave up before the `pending` action was started.
    action on_cancelled(action pending, time_point now);
    /// The caller gave up while a step was under way: its result still counts, nothing is retried.
    void caller_gave_up() { cancelled_ = true; }
    action on_slept(bool elapsed, time_point now);
    action on_permit(permit_wait how, time_point now);
    action on_turn(turn_wait how, time_point now);

    /// For operate: what the operation is to know.
    void prepare(call_context& context) const;
    /// For operate: when to cut the operation short.
    time_point deadline() const { return deadline_; }
    /// For sleep.
    duration delay() const { return delay_; }
    /// For wait_for_permit: where, until when, and the permit when it was granted.
    windtunnel::bulkhead& bulkhead() const {
        return *std::get<windtunnel::bulkhead*>(policies_[level_]);
    }
    time_point wait_deadline() const { return wait_deadline_; }
    void accept(windtunnel::bulkhead::permit p) { keep(std::move(p)); }

    /// For wait_for_turn: until turn().ready_at(), which may become earlier.
    rate_limiter::reservation& turn() { return *turn_; }

    /// After finish: why it failed; nullptr when the operation's value stands, or a fallback's.
    const failure* failed() const { return ok_ ? nullptr : &failure_; }
    /// After finish: what the answer of a fallback stands in for; nullptr: there is none.
    const failure* fell_back() const { return fell_back_ != nullptr ? &failure_ : nullptr; }
    /// What async_send answers with then.
    const reply& substitute() const { return fell_back_->answer; }
    std::uint32_t attempts() const { return attempts_; }

  private:
    struct outer_deadline {
        time_point deadline;
        int owner;
    };
    struct retrying {
        retry_state state;
        std::optional<failure> last_real; ///< of an attempt that left
        retry_budget::slot whole, again;  ///< the call, and its present retry
    };
    /// What a policy keeps of the call while the call is inside of it. Which member lives follows
    /// from the policy; room that nobody uses is never touched: a call is one of very many.
    union kept {
        kept() {}  // NOLINT(modernize-use-equals-default): starts no member's life
        ~kept() {} // NOLINT(modernize-use-equals-default)
        outer_deadline deadline;
        std::size_t retry; ///< which of the retries, that are large
        circuit_breaker::permit breaker;
        windtunnel::bulkhead::permit bulkhead;
        adaptive_limiter::permit limiter;
    };
    static constexpr int nobody = -1; ///< the context's own deadline, or none

    /// What entering or leaving one policy leads to.
    enum class step : std::uint8_t { onwards, turn, suspend };

    action go(bool inwards, time_point now);
    std::optional<action> go_in(time_point now);
    std::optional<action> go_out(time_point now);
    step enter(const timeout& p, time_point now);
    step enter(const retry& p, time_point now);
    step enter(circuit_breaker* p, time_point now);
    step enter(windtunnel::bulkhead* p, time_point now);
    static step enter(const hedging& p, time_point now);
    step enter(rate_limiter* p, time_point now);
    step enter(adaptive_limiter* p, time_point now);
    step enter(client_throttle* p, time_point now);
    static step enter(const fallback&, time_point) { return step::onwards; }
    step leave(const timeout& p, time_point now);
    step leave(const retry& p, time_point now);
    step leave(circuit_breaker* p, time_point now);
    step leave(windtunnel::bulkhead* p, time_point now);
    static step leave(const hedging& p, time_point now);
    static step leave(rate_limiter*, time_point) { return step::onwards; }
    step leave(adaptive_limiter* p, time_point now);
    step leave(client_throttle* p, time_point now);
    step leave(const fallback& p, time_point now);
    step try_again(const retry& p, retrying& own, time_point now);
    step admit();
    step refuse(const failure& why, time_point now);
    step turn_back(const failure& why, time_point now);
    step start_waiting(time_point now);
    step cut_short();
    void give_up(const retrying& own, stop_reason why, bool no_budget, time_point now);
    failure_kind kind_of_cut() const;
    bool recorded() const { return recording_ != 0 && audience_.recorded != nullptr; }
    bool watched() const { return audience_.observer != nullptr || recorded(); }
    void tell(pipeline_event event, time_point now) const; ///< when watched
    void tell_how_it_ended(cut_by cut, time_point now) const;
    void keep(outer_deadline d) { std::construct_at(&room().deadline, d); }
    void keep(std::size_t retry) { std::construct_at(&room().retry, retry); }
    void keep(circuit_breaker::permit&& p) { std::construct_at(&room().breaker, std::move(p)); }
    void keep(windtunnel::bulkhead::permit&& p) {
        std::construct_at(&room().bulkhead, std::move(p));
    }
    void keep(adaptive_limiter::permit&& p) { std::construct_at(&room().limiter, std::move(p)); }
    kept& room() {
        holding_ = static_cast<std::uint8_t>(level_ + 1);
        return kept_[level_];
    }
    template <class Permit>
    static Permit give_back(Permit& kept_one) {
        Permit mine(std::move(kept_one));
        std::destroy_at(&kept_one);
        return mine;
    }
    bool seen_as_cut() const { return cut_owner_ != no_cut; }
    verdict seen_of_backend() const;
    policy_traffic& traffic() const { return traffic_[level_]; }

    static constexpr int no_cut = -2;

    std::span<const policy> policies_;
    std::size_t first_;
    random_stream& random_;
    pipeline_audience& audience_;
    policy_traffic* traffic_;
    std::array<kept, max_policies> kept_;                            ///< by those that were entered
    boost::container::static_vector<retrying, max_retries> retries_; ///< that were entered
    std::size_t level_ = 0; ///< the policy that is being entered or left; policies_.size(): inside
    std::uint8_t holding_ = 0; ///< policies inside of this place keep nothing
    time_point deadline_;
    int deadline_owner_ = nobody;
    int cut_owner_ = no_cut; ///< whose deadline ended the call, until that one has been left
    time_point wait_deadline_{};
    std::unique_ptr<rate_limiter::reservation> turn_; ///< while it waits
    duration delay_{};
    failure failure_{};
    std::uint32_t attempts_ = 0;
    std::uint32_t attempt_ = 1;
    std::uint32_t earlier_attempts_; ///< of a retry or a hedge around this call
    std::uint32_t recording_;        ///< of its context's trace
    std::uint64_t span_;
    bool ok_ = false;
    bool left_ = false;             ///< this attempt called the operation
    bool thrown_ = false;           ///< the operation threw
    bool cancelled_ = false;        ///< the caller gave up
    bool ends_after_sleep_ = false; ///< it sleeps, but there is no leave to go in again
    const fallback* fell_back_ = nullptr;
    bool idempotent_;
};

namespace detail {

/// Waits in a bulkhead's queue, with a bound on the wait.
template <class Handler>
class permit_operation : private timer, private bulkhead::waiter {
  public:
    static void start(Handler handler, environment& env, pipeline_call& call) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto* self = new (env.allocate(sizeof(permit_operation)))
            permit_operation(std::move(handler), env, call);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        // The driver asked whether there is room: it is queued, or granted meanwhile.
        if (call.bulkhead().enqueue(*self) == enqueue_result::queued)
            env.arm(*self, call.wait_deadline(), timer_class::deadline);
        else
            env.arm(*self, env.now(), timer_class::event);
    }

  private:
    struct canceller {
        explicit canceller(permit_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        permit_operation* operation;
    };

    permit_operation(Handler&& handler, environment& env, pipeline_call& call)
        : timer(&struck, &abandoned), waiter(&permit_operation::on_grant),
          handler_(std::move(handler)), environment_(env), call_(call) {}

    /// Resumed by the timer, on a turn of its own: the grant comes from inside another's release.
    static void on_grant(bulkhead::waiter& w) {
        auto& self = static_cast<permit_operation&>(w);
        self.environment_.disarm(self);
        self.environment_.arm(self, self.environment_.now(), timer_class::event);
    }
    static void struck(timer& t) {
        auto& self = static_cast<permit_operation&>(t);
        self.finish(self.granted() ? permit_wait::granted : permit_wait::expired);
    }
    static void abandoned(timer& t) { static_cast<permit_operation&>(t).release(); }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        this->~permit_operation(); // leaves the bulkhead
        env.deallocate(this, sizeof(permit_operation));
        return handler;
    }
    void cancel() {
        environment& env = environment_;
        env.disarm(*this);
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        complete_later(env, release(), permit_wait::cancelled);
    }
    void finish(permit_wait how) {
        environment& env = environment_;
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        if (how == permit_wait::granted)
            call_.accept(call_.bulkhead().claim(*this));
        complete_on(env, release(), how);
    }

    Handler handler_;
    environment& environment_;
    pipeline_call& call_;
};

struct start_permit_wait {
    template <class Handler>
    void operator()(Handler&& handler, environment* env, pipeline_call* call) const {
        permit_operation<std::decay_t<Handler>>::start(std::forward<Handler>(handler), *env, *call);
    }
};

/// Waits for a turn at a rate limiter, which may come earlier when somebody before it gives up.
template <class Handler>
class turn_operation : private timer {
  public:
    static void start(Handler handler, environment& env, pipeline_call& call) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto* self = new (env.allocate(sizeof(turn_operation)))
            turn_operation(std::move(handler), env, call);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        call.turn().on_earlier([](void* o) { static_cast<turn_operation*>(o)->again(); }, self);
        self->again();
    }

  private:
    struct canceller {
        explicit canceller(turn_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        turn_operation* operation;
    };

    turn_operation(Handler&& handler, environment& env, pipeline_call& call)
        : timer(&struck, &abandoned), handler_(std::move(handler)), environment_(env), call_(call) {
    }

    void again() {
        environment_.disarm(*this);
        environment_.arm(*this, call_.turn().ready_at(), timer_class::event);
    }
    static void struck(timer& t) { static_cast<turn_operation&>(t).finish(); }
    static void abandoned(timer& t) { static_cast<turn_operation&>(t).release(); }

    Handler release() {
        Handler handler(std::move(handler_));
        environment& env = environment_;
        this->~turn_operation();
        env.deallocate(this, sizeof(turn_operation));
        return handler;
    }
    void cancel() {
        environment& env = environment_;
        env.disarm(*this);
        call_.turn().on_earlier(nullptr, nullptr);
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        complete_later(env, release(), turn_wait::cancelled);
    }
    void finish() {
        environment& env = environment_;
        call_.turn().on_earlier(nullptr, nullptr);
        boost::asio::get_associated_cancellation_slot(handler_).clear();
        complete_on(env, release(), turn_wait::come);
    }

    Handler handler_;
    environment& environment_;
    pipeline_call& call_;
};

struct start_turn_wait {
    template <class Handler>
    void operator()(Handler&& handler, environment* env, pipeline_call* call) const {
        turn_operation<std::decay_t<Handler>>::start(std::forward<Handler>(handler), *env, *call);
    }
};

} // namespace detail

/// For action wait_for_turn. Completes with turn_wait.
template <class Token>
auto async_wait_turn(environment& env, pipeline_call& call, Token&& token) {
    return boost::asio::async_initiate<Token, void(turn_wait)>(detail::start_turn_wait{}, token,
                                                               &env, &call);
}

/// For action wait_for_permit. Completes with permit_wait.
template <class Token>
auto async_wait_permit(environment& env, pipeline_call& call, Token&& token) {
    return boost::asio::async_initiate<Token, void(permit_wait)>(detail::start_permit_wait{}, token,
                                                                 &env, &call);
}

} // namespace windtunnel
