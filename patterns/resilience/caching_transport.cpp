// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/caching_transport.hpp"

#include "patterns/base/cancellation_place.hpp"
#include "patterns/resilience/pipeline_send.hpp"

namespace windtunnel {

/// A call that waits for a flight, or for its turn to be answered.
struct caching_transport::asked final : timer, answers::waiter {
    asked(pending_call& c, environment& e)
        : timer(&struck, &abandoned), answers::waiter(&told), call(c), env(e) {
        call.state = this;
    }

    static asked& of(pending_call& call) { return *static_cast<asked*>(call.state); }

    static void told(answers::waiter& w, const answers::landed* what) {
        auto& self = static_cast<asked&>(w);
        if (what == nullptr)
            return self.release().drop();
        const std::uint32_t sent = self.leads ? what->attempts : 0;
        self.end(what->result, sent);
    }
    static void struck(timer& t) {
        auto& self = static_cast<asked&>(t);
        self.end(std::move(self.answer), 0);
    }
    static void abandoned(timer& t) { static_cast<asked&>(t).release().drop(); }

    void end(outcome<reply> result, std::uint32_t sent) {
        pending_call& ended = release();
        ended.sent = sent;
        ended.complete(std::move(result));
    }
    pending_call& release() {
        pending_call& ended = call;
        environment& e = env;
        this->~asked(); // leaves the flight
        e.deallocate(this, sizeof(asked));
        return ended;
    }

    pending_call& call;
    environment& env;
    outcome<reply> answer;
    bool leads = false;
};

/// A call to the backend. It belongs to the handler that waits for the backend's answer.
struct caching_transport::under_way {
    under_way(answers& shared, environment& e, answers::flight&& f)
        : of(shared), env(e), flight(std::move(f)) {}

    static void abandoned(void* self) { static_cast<under_way*>(self)->giving_up.emit(); }

    void land(outcome<reply>&& result, std::uint32_t attempts) {
        of.land(flight, {std::move(result), attempts, nullptr}, env.now());
    }

    answers& of;
    environment& env;
    answers::flight flight;
    cancellation_place giving_up;
};

struct caching_transport::fetched {
    using cancellation_slot_type = cancellation_place::slot;
    using completes_inline = void;

    explicit fetched(under_way& f) : flight(&f) {}
    fetched(fetched&& other) noexcept : flight(std::exchange(other.flight, nullptr)) {}
    fetched& operator=(fetched&&) = delete;
    ~fetched() {
        if (flight == nullptr)
            return;
        environment& env = flight->env;
        flight->~under_way();
        env.deallocate(flight, sizeof(under_way));
    }

    cancellation_slot_type get_cancellation_slot() const noexcept {
        return flight->giving_up.get();
    }
    void operator()(outcome<reply> result, std::uint32_t attempts) {
        flight->land(std::move(result), attempts);
    }
    void operator()(outcome<reply> result) { (*this)(std::move(result), 1); }

    under_way* flight;
};

void caching_transport::start(pending_call& call) {
    environment& env = *call.context.environment;
    auto& waits = *new (env.allocate(sizeof(asked))) asked(call, env);
    const time_point now = env.now(), deadline = call.context.deadline;
    const std::uint64_t key = call.context.key;
    answers::flight to_start;
    bool hit = false;
    if (key == 0) {
        to_start = answers_.ask_alone(key, waits, deadline, now);
    } else if (auto answer = answers_.ask(key, waits, deadline, now, to_start)) {
        hit = true;
        waits.answer = std::move(*answer);
        env.arm(waits, now, timer_class::event); // never from inside start()
    }
    waits.leads = static_cast<bool>(to_start.shared);
    if (recorder_ != nullptr && call.context.trace.recording != 0 && !waits.leads)
        tell(call, hit ? &waits.answer : nullptr, now);
    if (to_start)
        launch(std::move(to_start), call);
}

void caching_transport::cancel(pending_call& call) {
    asked& waits = asked::of(call);
    waits.env.disarm(waits);
    waits.end(failure_kind::cancelled, waits.leads ? 1 : 0);
}

/// Without an answer it waits for another's.
void caching_transport::tell(const pending_call& call, const outcome<reply>* answer,
                             time_point now) const {
    using kind = pipeline_event::kind;
    const trace_context& trace = call.context.trace;
    pipeline_event event{.what = answer != nullptr ? kind::cache_hit : kind::joined,
                         .at = now,
                         .attempt = 1,
                         .ok = answer != nullptr && answer->ok(),
                         .earlier = call.context.attempt - 1,
                         .recording = trace.recording,
                         .span = trace.span};
    if (answer != nullptr && !answer->ok())
        event.why = answer->failed();
    recorder_->on_event(event);
}

/// A flight that others may join, or that nobody waits for, has no deadline of its own.
void caching_transport::launch(answers::flight&& flight, const pending_call& first) {
    call_context context = first.context;
    environment& env = *context.environment;
    const bool own = flight.shared && !(answers_.shares() && context.key != 0);
    if (!own)
        context.deadline = never;
    auto& made = *new (env.allocate(sizeof(under_way))) under_way(answers_, env, std::move(flight));
    if (made.flight.shared)
        made.flight.shared.on_abandoned(&under_way::abandoned, &made);
    const request what = first.what;
    if (policies_ != nullptr)
        async_send(*policies_, backend_, what, context, fetched(made));
    else
        async_send(backend_, what, context, fetched(made));
}

} // namespace windtunnel
