// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/tracing_transport.hpp"

#include "patterns/base/environment.hpp"

namespace windtunnel {

/// The call as the inner transport sees it; `outer` learns what becomes of it.
struct tracing_transport::recorded final : pending_call {
    recorded(tracing_transport& t, pending_call& call, span_handle s)
        : pending_call(call.what, call.context, &ended), of(t), outer(call), attempt(s) {
        context.trace = t.recorder_.context_of(s);
        outer.state = this;
        t.recorder_.hold(s);
    }

    static void ended(pending_call& inner, outcome<reply>* result) {
        auto* self = static_cast<recorded*>(&inner);
        environment& env = *self->context.environment;
        pending_call& outer = self->outer;
        outer.sent = self->sent;
        span_recorder& recorder = self->of.recorder_;
        const time_point now = env.now();
        if (result != nullptr)
            recorder.close(self->attempt, now, span_outcome_of(*result));
        recorder.release(self->attempt, now);
        self->~recorded();
        env.deallocate(self, sizeof(recorded));
        if (result != nullptr)
            outer.complete(std::move(*result));
        else
            outer.drop();
    }

    tracing_transport& of;
    pending_call& outer;
    span_handle attempt;
};

void tracing_transport::start(pending_call& call) {
    environment& env = *call.context.environment;
    const span_handle above = recorder_.find(call.context.trace);
    const span_handle attempt =
        recorder_.open(above, span_role::attempt, env.now(), {subject_, call.context.attempt});
    if (attempt == 0) {
        call.context.trace.recording = 0; // for cancel(): it goes through as it is
        return to_.start(call);
    }
    to_.start(*new (env.allocate(sizeof(recorded))) recorded(*this, call, attempt));
}

void tracing_transport::cancel(pending_call& call) {
    if (call.context.trace.recording == 0)
        to_.cancel(call);
    else
        to_.cancel(*static_cast<recorded*>(call.state));
}

} // namespace windtunnel
