// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/pipeline_spans.hpp"

namespace windtunnel {

/// A wait ends with the next event of its attempt: nothing else takes time in a pipeline.
void pipeline_spans::on_event(const pipeline_event& event) {
    using kind = pipeline_event::kind;
    const span_handle call = to_.find(event.recording, event.span);
    if (call == 0)
        return;
    const std::uint32_t attempt = event.earlier + event.attempt;
    const span_outcome why = span_outcome::failed(event.why.kind, event.why.status);
    const bool well = event.what == kind::attempt_started || event.ok;
    to_.end_wait(call, attempt, event.at, well ? span_outcome{} : why);
    switch (event.what) {
    case kind::waiting:
        return to_.begin_wait(call, span_role::permit, attempt, event.at);
    case kind::joined:
        return to_.begin_wait(call, span_role::flight, attempt, event.at);
    case kind::retrying:
        if (event.delay > duration::zero())
            to_.begin_wait(call, span_role::back_off, attempt, event.at);
        return;
    case kind::rejected:
        return to_.mark(call, span_role::refusal, event.at, why, {.attempt = attempt});
    case kind::fell_back:
        return to_.mark(call, span_role::fallback, event.at,
                        {span_end::ok, event.why.kind, event.why.status}, {.attempt = attempt});
    case kind::cache_hit:
        return to_.mark(call, span_role::cached, event.at, event.ok ? span_outcome{} : why,
                        {.attempt = attempt});
    case kind::attempt_started:
    case kind::attempt_ended:
    case kind::gave_up:
    case kind::ended:
        return;
    }
}

} // namespace windtunnel
