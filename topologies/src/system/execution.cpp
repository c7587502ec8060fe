// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/execution.hpp"

#include "patterns/base/async_sleep.hpp"
#include "topologies/src/system/call_site_send.hpp"
#include "topologies/src/system/join.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

using code = instruction::code;
using activity = execution::activity;

void fail(execution& e, const failure& why) {
    e.ok = false;
    e.why = why;
}

/// What an answer says of a record that was read or written.
void note_version(exchange& x, const reply& answer) {
    if (const record_version version = version_in(answer.body.bytes)) {
        x.version = version;
        x.news = true;
    }
}

call_context context_for(const exchange& x, call_site& site, environment& env) {
    return {.environment = &env,
            .deadline = site.way.how().deadline_travels ? x.deadline : never,
            .priority = site.priority.value_or(x.priority),
            .user_priority = site.next_user(x.user_priority, env),
            .idempotent = site.idempotent,
            .token = x.token,
            .key = site.introspects ? x.token : site.next_key(x.key),
            .idempotency_key = site.next_idempotency_key(),
            .correlation = x.correlation};
}

} // namespace

execution::execution(const sim::job_events& events) : job(events) {}

execution::~execution() = default;

void resume_execution::operator()(outcome<reply> result, std::uint32_t attempts) const {
    waiting->of->at.call_ended(*waiting, attempts, result);
}

void resume_execution::operator()(bool elapsed) const {
    waiting->of->at.slept(*waiting, elapsed);
}

// ---- the walk -----------------------------------------------------------------------------------

/// Goes on until it has to wait, or ends; then e may be gone.
void replica::walk(execution& e) {
    e.doing = activity::nothing;
    program& steps = e.of->through.how().edge->to->program;
    for (;;) {
        const instruction* i = next_step(e, steps);
        if (i == nullptr) {
            if (!e.ok || e.debt == duration::zero())
                break;
            if (start_work(e, std::exchange(e.debt, duration{})))
                return;
            continue;
        }
        switch (i->what) {
        case code::call: {
            call_site& site = process_.site(i->index);
            e.debt += to_write(e, site);
            if (e.debt > duration::zero()) {
                --e.code.begin; // the call comes after it
                if (start_work(e, std::exchange(e.debt, duration{})))
                    return;
                break;
            }
            e.written = false;
            if (site.waits)
                return call(e, site);
            call_unwaited(e, site);
            break;
        }
        case code::work: {
            const duration own = steps.amounts[i->index].draw();
            if (start_work(e, own + std::exchange(e.debt, duration{}) + to_write_next(e, steps)))
                return;
            break;
        }
        case code::sleep:
            return sleep_for(e, steps.amounts[i->index].draw());
        case code::publish:
            if (publish(e))
                return;
            break;
        case code::parallel:
            if (start_branches(e, steps.parallels[i->index]))
                return;
            break;
        case code::mirror:
            mirror(e, *i);
            break;
        default:
            report_bug("a step that takes time and is none of those", __FILE__, __LINE__);
        }
    }
    if (e.parent != nullptr)
        e.parent->ended(e);
    else
        finish_main(*e.of);
}

/// Walks what takes no time up to the next instruction that does; nullptr: the end, or a failure.
const instruction* replica::next_step(execution& e, program& steps) {
    if (e.ok && e.cancelled && e.code.begin < e.code.end)
        fail(e, {.kind = failure_kind::cancelled});
    while (e.ok && e.code.begin < e.code.end) {
        const instruction& i = steps.code[e.code.begin++];
        switch (i.what) {
        case code::loop_begin:
            e.counters[i.slot] = i.count;
            if (i.count == 0)
                e.code.begin = i.target;
            break;
        case code::loop_end:
            if (--e.counters[i.slot] > 0)
                e.code.begin = i.target;
            break;
        case code::chance:
            if (!steps.chances[i.index].draw())
                e.code.begin = i.target;
            break;
        case code::jump:
            e.code.begin = i.target;
            break;
        case code::fail:
            if (steps.chances[i.index].draw())
                fail(e, {.kind = failure_kind::error, .status = 500});
            break;
        case code::read:
            read_record(*e.of, i.index);
            break;
        case code::write:
            write_record(e, i);
            break;
        case code::check:
        case code::limit:
        case code::forward:
            pass_gate(e, i);
            break;
        case code::work:
        case code::sleep:
        case code::call:
        case code::publish:
        case code::parallel:
        case code::mirror:
            return &i;
        }
    }
    return nullptr;
}

void replica::cancel(execution& e) {
    e.cancelled = true;
    switch (e.doing) {
    case activity::nothing:
        return; // it looks before its next step
    case activity::work:
        return cancel_work(e);
    case activity::call:
    case activity::sleep:
        return e.giving_up.emit();
    case activity::publish:
        return cancel_publish(e);
    case activity::branches:
        return e.joining->cancel();
    }
}

// ---- work ---------------------------------------------------------------------------------------

/// True: wait for it. False: it is done, or refused.
bool replica::start_work(execution& e, duration demand) {
    const bool held = e.of->holds_worker && &e == &e.of->main;
    if (held && demand == duration::zero())
        return false;
    e.doing = activity::work;
    if (e.of->server != 0)
        core_.spans->leaf_begins(e, held ? span_role::work : span_role::queue, core_.now());
    if (held) {
        pool_.work(e, demand);
        return true;
    }
    e.patience = end_of_patience();
    if (pool_.submit(e, demand))
        return true;
    e.doing = activity::nothing;
    fail(e, {.kind = failure_kind::overloaded, .status = 503});
    end_leaf(e);
    return false;
}

void replica::work_ended(execution& e, sim::job_end how) {
    if (how != sim::job_end::done)
        fail(e, {.kind = how == sim::job_end::lost ? failure_kind::connection_lost
                                                   : failure_kind::overloaded});
    end_leaf(e);
    walk(e);
}

void replica::cancel_work(execution& e) {
    fail(e, {.kind = failure_kind::cancelled});
    if (&e == &e.of->main)
        e.of->holds_worker = false;
    pool_.cancel(e);
    end_leaf(e);
    walk(e);
}

void replica::end_leaf(execution& e) {
    if (e.span != 0)
        core_.spans->leaf_ends(
            e, core_.now(), e.ok ? span_outcome{} : span_outcome::failed(e.why.kind, e.why.status));
}

// ---- records ------------------------------------------------------------------------------------

void replica::read_record(exchange& x, std::uint32_t record) {
    x.version = service_.records.read(record, x.key);
    x.news = true;
}

/// Without a version a conditional write is answered 428 (Precondition Required, RFC 6585).
void replica::write_record(execution& e, const instruction& i) {
    constexpr std::uint16_t required = 428;
    exchange& x = *e.of;
    if (i.count != 0 && x.version != service_.records.read(i.index, x.key))
        return fail(e, {.kind = failure_kind::error,
                        .status = x.version == 0 ? required : static_cast<std::uint16_t>(i.count)});
    x.version = service_.records.write(i.index, x.key);
    x.news = true;
}

// ---- calls --------------------------------------------------------------------------------------

/// A branch of a request that holds a worker has none of its own to write and read with.
bool replica::may_work(const execution& e) const {
    return service_.spec->waiting == waiting::releases || &e == &e.of->main;
}

/// The work to write the request, once: nothing where that is done.
duration replica::to_write(execution& e, const call_site& site) const {
    if (site.write_work == duration::zero() || e.written || !may_work(e))
        return {};
    e.written = true;
    return site.write_work;
}

/// The same of a call that comes right after the work that begins now, which does both in one go.
duration replica::to_write_next(execution& e, const program& steps) const {
    if (e.code.begin == e.code.end || steps.code[e.code.begin].what != code::call)
        return {};
    return to_write(e, process_.site(steps.code[e.code.begin].index));
}

void replica::call(execution& e, call_site& site) {
    e.doing = activity::call;
    e.calling = &site;
    e.called = core_.now();
    call_opens(*e.of);
    call_context context = context_for(*e.of, site, core_.environment);
    if (core_.spans != nullptr)
        e.span = core_.spans->call_begins(*e.of, service_, site, context, e.called);
    if (e.of->version == 0)
        return send(site, context, resume_execution{&e});
    request with_version = site.what;
    with_version.body.bytes = to_bytes(e.of->version);
    send(site, with_version, context, resume_execution{&e});
}

void replica::call_ended(execution& e, std::uint32_t attempts, const outcome<reply>& result) {
    const call_site& site = *e.calling;
    call_closes(*e.of);
    core_.observer->call_over(record_of(site, e.called, core_.now(), attempts, result));
    if (e.span != 0)
        core_.spans->call_ends(std::exchange(e.span, 0), result, core_.now());
    if (result.ok()) {
        e.of->degraded = e.of->degraded || result.value().degraded;
        if (result.value().body.bytes != nullptr)
            note_version(*e.of, result.value());
    } else if (site.introspects) {
        e.of->passed_on = true;
        fail(e, gate_of(e).asked_in_vain(result.failed()));
    } else if (site.error == on_error::fail || result.failed().kind == failure_kind::cancelled) {
        e.of->passed_on = true;
        fail(e, as_own_answer(result.failed()));
    } else {
        e.of->degraded = true;
    }
    if (!result.ok())
        note_unpublished(e, site);
    else if (e.ok && may_work(e))
        e.debt += site.read_work;
    walk(e);
}

/// The request goes on at once; what becomes of the call goes into the books.
struct replica::unwaited_call {
    using completes_inline = void;

    system_core* core;
    const call_site* site;
    time_point called;
    journeys::id journey;
    span_handle span;
    mutable mirror_policy::copy copy; ///< where it is one; it knows whether the copy went well

    void operator()(const outcome<reply>& result, std::uint32_t attempts) const {
        copy.finish(result.ok());
        core->observer->call_over(record_of(*site, called, core->now(), attempts, result));
        core->journeys.release(journey, !result.ok(), core->now(), *core->observer);
        if (span != 0)
            core->spans->call_ends(span, result, core->now());
    }
    void operator()(const outcome<reply>& result) const { (*this)(result, 1); }
};

void replica::call_unwaited(execution& e, call_site& site, mirror_policy::copy copy) {
    call_context context = context_for(*e.of, site, core_.environment);
    const bool publishes = site.way.how().edge->to->destination != nullptr;
    unwaited_call after{&core_,      &site,
                        core_.now(), publishes ? core_.journeys.hold(context.correlation) : 0,
                        0,           std::move(copy)};
    if (core_.spans != nullptr)
        after.span = core_.spans->call_begins(*e.of, service_, site, context, after.called);
    send(site, context, std::move(after));
}

/// What cannot be published and is not missed is work that nobody will do.
void replica::note_unpublished(const execution& e, const call_site& site) {
    if (site.way.how().edge->to->destination != nullptr)
        core_.journeys.lose(e.of->correlation);
}

// ---- publishing, at a broker --------------------------------------------------------------------

/// True: wait until it is accepted, or refused.
bool replica::publish(execution& e) {
    e.doing = activity::publish;
    unaccepted_.add(core_.now(), 1);
    if (destination_of(e).publish(e))
        return true;
    unaccepted_.add(core_.now(), -1);
    e.doing = activity::nothing;
    return false;
}

void replica::publish_ended(execution& e, const std::optional<failure>& refusal) {
    unaccepted_.add(core_.now(), -1);
    if (refusal)
        fail(e, *refusal);
    walk(e);
}

void replica::cancel_publish(execution& e) {
    destination_of(e).forget(e);
    unaccepted_.add(core_.now(), -1);
    fail(e, {.kind = failure_kind::cancelled});
    walk(e);
}

destination& replica::destination_of(const execution& e) {
    return *e.of->through.how().edge->to->destination;
}

// ---- sleep --------------------------------------------------------------------------------------

void replica::sleep_for(execution& e, duration time) {
    e.doing = activity::sleep;
    if (e.of->server != 0)
        core_.spans->leaf_begins(e, span_role::sleep, core_.now());
    async_wait_until(core_.environment, saturating_add(core_.now(), time), timer_class::event,
                     resume_execution{&e});
}

void replica::slept(execution& e, bool elapsed) {
    if (!elapsed)
        fail(e, {.kind = failure_kind::cancelled});
    end_leaf(e);
    walk(e);
}

// ---- branches -----------------------------------------------------------------------------------

/// True: wait for them. False: they have ended already.
bool replica::start_branches(execution& e, const program::parallel& step) {
    e.doing = activity::branches;
    e.joining = std::make_unique<join>(core_, e, step);
    if (e.joining->start())
        return true;
    e.doing = activity::nothing;
    join_branches(e);
    return false;
}

void replica::branches_ended(execution& e) {
    join_branches(e);
    walk(e);
}

void replica::join_branches(execution& e) {
    if (!e.joining->succeeded())
        fail(e, e.joining->why());
    e.joining.reset();
}

} // namespace windtunnel::topology
