// SPDX-License-Identifier: BSL-1.0
// The coroutine that walks a program: one frame for a request, one for each branch of a parallel
// step.
#include <boost/asio/deferred.hpp>
#include <tuple>

#include "patterns/resilience/pipeline_send.hpp"
#include "topologies/src/system/join.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

using code = instruction::code;

/// Parks the coroutine in the execution until its work or its branches are done.
struct suspend_execution {
    template <class Handler>
    void operator()(Handler&& handler, environment* env, execution* e,
                    void (*cancel)(execution&)) const {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        e->waiting = park(*env, std::forward<Handler>(handler));
        if (slot.is_connected())
            slot.assign([e, cancel](boost::asio::cancellation_type type) {
                if (type != boost::asio::cancellation_type::none)
                    cancel(*e);
            });
    }
};

auto suspend(system_core& core, execution& e, void (*cancel)(execution&)) {
    environment* env = &core.environment;
    return boost::asio::async_initiate<const boost::asio::deferred_t, void()>(
        suspend_execution{}, boost::asio::deferred, env, &e, cancel);
}

void fail(execution& e, const failure& why) {
    e.ok = false;
    e.why = why;
}

call_context context_for(const exchange& x, const call_site& site, environment& env) {
    return {.environment = &env,
            .deadline = site.way.how().deadline_travels ? x.deadline : never,
            .priority = site.priority.value_or(x.priority),
            .idempotent = site.idempotent};
}

} // namespace

/// True: wait for it. False: it is done, or refused.
bool replica::start_work(execution& e, duration demand) {
    if (e.of->holds_worker && &e == &e.of->main) {
        if (demand == duration::zero())
            return false;
        e.working = true;
        pool_.work(e, demand);
        return true;
    }
    e.working = true;
    if (pool_.submit(e, demand))
        return e.working;
    e.working = false;
    fail(e, {.kind = failure_kind::overloaded, .status = 503});
    return false;
}

void replica::cancel_work(execution& e) {
    if (!e.working)
        return;
    e.working = false;
    fail(e, {.kind = failure_kind::cancelled});
    if (&e == &e.of->main)
        e.of->holds_worker = false;
    pool_.cancel(e);
    windtunnel::resume(std::exchange(e.waiting, nullptr));
}

/// Walks what takes no time up to the next instruction that does; nullptr: the end, or a failure.
const instruction* replica::next_step(execution& e, program& steps) {
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
        case code::work:
        case code::sleep:
        case code::call:
        case code::parallel:
            return &i;
        }
    }
    return nullptr;
}

void replica::call_ended(execution& e, const call_site& site, time_point sent,
                         std::uint32_t attempts, const outcome<reply>& result) {
    core_.observer->call_over(record_of(site, sent, core_.now(), attempts, result));
    if (result.ok()) {
        e.of->degraded = e.of->degraded || result.value().degraded;
        return;
    }
    if (site.error == on_error::fail || result.failed().kind == failure_kind::cancelled)
        fail(e, as_own_answer(result.failed()));
    else
        e.of->degraded = true;
}

awaitable<void> replica::sleep_for(execution& e, duration time) {
    auto sleep = async_wait_until(core_.environment, core_.now() + time, timer_class::event,
                                  boost::asio::deferred);
    const bool elapsed = co_await std::move(sleep);
    if (!elapsed)
        fail(e, {.kind = failure_kind::cancelled});
}

awaitable<void> replica::run_branches(execution& e, const program::parallel& step) {
    join branches(core_, e, step);
    branches.start();
    while (branches.running() > 0) {
        auto joining = suspend(core_, e, [](execution& mine) { mine.joining->cancel(); });
        co_await std::move(joining);
    }
    if (!branches.succeeded())
        fail(e, branches.why());
}

/// Sleeping and branching have frames of their own, so that the frame of a request stays small.
awaitable<void> replica::run(runner_job& base) {
    auto& e = static_cast<execution&>(base);
    replica& self = e.of->at;
    system_core& core = self.core_;
    program& steps = e.of->through.how().edge->to->program;
    try {
        while (const instruction* i = self.next_step(e, steps)) {
            if (i->what == code::call) {
                call_site& site = self.process_.site(i->index);
                const call_context context = context_for(*e.of, site, core.environment);
                const time_point sent = core.now();
                std::uint32_t attempts = 0;
                outcome<reply> result;
                if (site.policies) {
                    auto call = async_send(*site.policies, site.way, site.what, context,
                                           boost::asio::deferred);
                    std::tie(result, attempts) = co_await std::move(call);
                } else {
                    ++attempts;
                    auto call = async_send(site.way, site.what, context, boost::asio::deferred);
                    result = co_await std::move(call);
                }
                self.call_ended(e, site, sent, attempts, result);
            } else if (i->what == code::work) {
                if (self.start_work(e, steps.amounts[i->index].draw())) {
                    auto working =
                        suspend(core, e, [](execution& mine) { mine.of->at.cancel_work(mine); });
                    co_await std::move(working);
                }
            } else {
                auto pause = i->what == code::sleep
                                 ? self.sleep_for(e, steps.amounts[i->index].draw())
                                 : self.run_branches(e, steps.parallels[i->index]);
                co_await std::move(pause);
            }
        }
    } catch (
        const boost::system::system_error&) { // cancelled before its first step, or between two
        fail(e, {.kind = failure_kind::cancelled});
    }
}

} // namespace windtunnel::topology
