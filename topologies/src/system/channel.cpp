// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/channel.hpp"

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

using stage = exchange::stage;

namespace {

void message_ended(sim::message& m, sim::delivery how) {
    auto& x = static_cast<exchange&>(m);
    x.through.delivered(x, how);
}

void held_long_enough(timer& t) {
    auto& x = static_cast<exchange&>(t);
    if (x.where == stage::held)
        x.through.send_request(x);
    else
        x.at.started(x);
}

/// The sum of the delays that the injections draw for one request.
duration drawn_delay(const injection_list<delay_injection>& injections) {
    duration sum{};
    for (delay_injection* i : injections)
        if (i->random.chance(i->share))
            sum += i->add.sample(i->random);
    return sum;
}

} // namespace

exchange::exchange(channel& via, replica& target, pending_call& call)
    : timer(&held_long_enough), sim::message(&message_ended), through(via), at(target),
      caller(&call), main(replica::events) {
    main.of = this;
}

void channel::start(pending_call& call) {
    endpoint_runtime& endpoint = *options_.edge->to;
    const auto host = options_.balancer->pick();
    WINDTUNNEL_ASSERT(host.has_value()); // nobody ejects hosts
    options_.balancer->on_start(*host);
    exchange& x = core_.open(*this, *endpoint.service->replicas[*host], call);
    call.state = &x;
    x.host = *host;
    x.deadline = options_.deadline_travels ? call.context.deadline : never;
    x.priority = call.context.priority;
    if (!hold_back(x))
        send_request(x);
}

/// Injected delays keep a request at its caller.
bool channel::hold_back(exchange& x) {
    const edge_runtime& edge = *options_.edge;
    if (edge.delays.empty() && edge.to->delays.empty() && x.at.delays.empty())
        return false;
    const duration delay =
        drawn_delay(edge.delays) + drawn_delay(edge.to->delays) + drawn_delay(x.at.delays);
    if (delay <= duration::zero())
        return false;
    x.where = stage::held;
    core_.simulation.arm(x, saturating_add(core_.now(), delay));
    return true;
}

void channel::send_request(exchange& x) {
    x.where = stage::request;
    x.from = options_.from;
    x.to = x.at.node();
    x.size = options_.request_size;
    core_.network->send(x);
}

void channel::delivered(exchange& x, sim::delivery how) {
    if (how == sim::delivery::duplicate)
        return; // the connection discards the copy
    if (how == sim::delivery::lost) {
        x.where = stage::lost;
        if (x.caller == nullptr)
            core_.close(x);
        return;
    }
    switch (x.where) {
    case stage::request:
        x.where = stage::serving;
        if (how == sim::delivery::refused)
            answer(x, failure{.kind = failure_kind::unavailable, .not_processed = true});
        else
            x.at.arrived(x);
        return;
    case stage::notice:
        x.where = stage::serving;
        return notice_arrived(x);
    case stage::reply:
        return deliver_reply(x);
    case stage::held:
    case stage::serving:
    case stage::lost:
        break;
    }
    report_bug("a message arrived that was not under way", __FILE__, __LINE__);
}

void channel::answer(exchange& x, outcome<reply>&& result) {
    if (x.in_flight()) // the notice: when it arrives it finds everything done
        return;
    if (x.caller == nullptr)
        return core_.close(x);
    x.answer = std::move(result);
    x.where = stage::reply;
    std::swap(x.from, x.to);
    x.size = x.answer.ok() ? x.answer.value().body.size : 0;
    core_.network->send(x);
}

void channel::deliver_reply(exchange& x) {
    if (x.caller == nullptr)
        return core_.close(x);
    pending_call& caller = *x.caller;
    outcome<reply> result = std::move(x.answer);
    options_.balancer->on_end(x.host);
    core_.close(x);
    caller.complete(std::move(result));
}

void channel::cancel(pending_call& call) {
    auto& x = *static_cast<exchange*>(call.state);
    x.caller = nullptr;
    options_.balancer->on_end(x.host);
    switch (x.where) {
    case stage::lost:
        core_.close(x);
        break;
    case stage::held:
    case stage::request:
        x.notice_waits = options_.give_up != on_give_up::runs_on;
        break;
    case stage::serving:
        if (options_.give_up == on_give_up::runs_on)
            break;
        x.where = stage::notice;
        x.from = options_.from;
        x.to = x.at.node();
        x.size = 0;
        core_.network->send(x);
        break;
    case stage::notice:
    case stage::reply:
        break;
    }
    call.complete(failure_kind::cancelled);
}

void channel::notice_arrived(exchange& x) {
    if (x.at_callee)
        x.at.caller_left(x);
    else
        core_.close(x);
}

call_record record_of(const call_site& site, time_point sent, time_point over,
                      std::uint32_t attempts, const outcome<reply>& result) {
    return {.edge = site.way.how().edge->index,
            .sent = sent,
            .over = over,
            .attempts = attempts,
            .ok = result.ok(),
            .degraded = result.ok() && result.value().degraded,
            .why = result.ok() ? failure_kind{} : result.failed().kind};
}

failure as_own_answer(const failure& of_call) {
    constexpr std::uint16_t internal = 500, unavailable = 503, too_late = 504;
    switch (of_call.kind) {
    case failure_kind::cancelled:
    case failure_kind::shut_down:
        return {.kind = failure_kind::cancelled};
    case failure_kind::timed_out:
    case failure_kind::deadline_exceeded:
        return {.kind = failure_kind::error, .status = too_late};
    case failure_kind::overloaded:
    case failure_kind::breaker_open:
    case failure_kind::bulkhead_full:
    case failure_kind::bulkhead_timeout:
    case failure_kind::rate_limited:
    case failure_kind::limit_reached:
    case failure_kind::throttled:
        return {.kind = failure_kind::error, .status = unavailable};
    case failure_kind::error:
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
        break;
    }
    return {.kind = failure_kind::error, .status = internal};
}

} // namespace windtunnel::topology
