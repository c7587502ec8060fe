// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/channel.hpp"

#include "topologies/src/system/connections.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/record_store.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

using stage = exchange::stage;

namespace {

void message_ended(sim::message& m, sim::delivery how) {
    auto& x = static_cast<exchange&>(m);
    x.through.delivered(x, how);
}

void notice_ended(sim::message& m, sim::delivery how) {
    exchange& x = static_cast<notice&>(m).of;
    x.through.notice_delivered(x, how);
}

void held_long_enough(timer& t) {
    auto& x = static_cast<exchange&>(t);
    if (x.where == stage::held)
        x.through.send_request(x);
    else if (x.where == stage::reply_held)
        x.through.send_reply(x);
    else if (x.where == stage::unsent)
        x.through.refused(x);
    else
        x.at.started(x);
}

/// Who does not know a replica for it sends nothing.
try_place place_of(const exchange& x) {
    return {x.through.how().edge->index, x.at.number()};
}

} // namespace

exchange::exchange(channel& via, replica& target, pending_call& call)
    : timer(&held_long_enough), sim::message(&message_ended), through(via), at(target),
      caller(&call), main(replica::events) {
    main.of = this;
}

notice::notice(exchange& x) : sim::message(&notice_ended), of(x) {
    from = x.through.how().from;
    to = x.at.node();
}

void channel::start(pending_call& call) {
    if (const destination* to = options_.edge->to->destination.get())
        return start_at(call, to->leader(call.context.key));
    if (options_.local)
        return start_locally(call);
    if (!finds_name())
        return refuse(call);
    const auto host = options_.to->begin(call.context.key);
    if (host == peers::nobody)
        return refuse(call);
    exchange& x = core_.open(*this, *options_.edge->to->service->replicas[host], call);
    x.host = host;
    send(x, call);
}

void channel::start_at(pending_call& call, std::uint32_t host) {
    exchange& x = core_.open(*this, *options_.edge->to->service->replicas[host], call);
    x.host = peers::nobody; // the balancer does not count it
    send(x, call);
}

void channel::start_here(pending_call& call, std::uint32_t host) {
    exchange& x = core_.open(*this, *options_.edge->to->service->replicas[host], call);
    x.host = peers::nobody;
    address(x, call);
    set_out(x);
    x.where = stage::serving;
    x.at.arrived(x);
}

/// A call never ends inside of start(): it is one event later.
void channel::start_locally(pending_call& call) {
    exchange& x = core_.open(*this, *options_.edge->to->service->replicas[options_.host], call);
    x.host = peers::nobody;
    address(x, call);
    set_out(x);
    if (!hold_back(x)) {
        x.where = stage::held;
        core_.simulation.arm(x, core_.now());
    }
}

void channel::address(exchange& x, pending_call& call) {
    call.state = &x;
    x.sent = core_.now();
    x.deadline = options_.deadline_travels ? call.context.deadline : never;
    x.priority = call.context.priority;
    x.key = call.context.key;
    x.idempotency_key = call.context.idempotency_key;
    x.correlation = call.context.correlation;
    x.size = call.what.body.size;
    x.attempt = call.context.attempt;
    x.user_priority = call.context.user_priority;
    x.token = call.context.token;
    if (call.what.body.bytes != nullptr)
        x.version = version_in(call.what.body.bytes);
    if (call.context.trace.recording != 0)
        core_.spans->attempt_begins(x, call.context, core_.now());
}

/// It has all that it needs to leave, and leaves, or is held back.
void channel::set_out(exchange& x) {
    x.left = core_.now();
    core_.observer->try_sent(place_of(x));
}

void channel::send(exchange& x, pending_call& call) {
    address(x, call);
    if (!told_.empty() && x.host != peers::nobody && would_be_shed(x)) {
        call.sent = 0;
        x.where = stage::unsent;
        return core_.simulation.arm(x, core_.now()); // as in refuse()
    }
    if (core_.rare_faults != 0)
        send_again(x, call);
    if (options_.over != nullptr)
        return options_.over->begin(x);
    connected(x);
}

void channel::connected(exchange& x) {
    set_out(x);
    if (!hold_back(x))
        send_request(x);
}

void channel::not_connected(exchange& x) {
    x.where = stage::unsent;
    x.answer = failure{.kind = failure_kind::unavailable, .not_processed = true};
    deliver_reply(x);
}

/// Not at once: a call never ends inside of start().
void channel::refuse(pending_call& call) {
    exchange& x = core_.open(*this, *options_.edge->to->service->replicas.front(), call);
    call.state = &x;
    call.sent = 0;
    x.host = peers::nobody;
    x.where = stage::unsent;
    if (call.context.trace.recording != 0)
        core_.spans->attempt_begins(x, call.context, core_.now());
    core_.simulation.arm(x, core_.now());
}

/// By what the replica said last.
bool channel::would_be_shed(const exchange& x) const {
    const auto& shedder = options_.edge->to->service->spec->admission->priority_shedder;
    return !told_[x.host].admits(asked_by(x, shedder->user_levels), core_.now());
}

void channel::note_levels(const exchange& x) {
    const service_runtime& service = *options_.edge->to->service;
    if (told_.empty())
        told_.assign(service.replicas.size(),
                     told_admission(*service.spec->admission->priority_shedder));
    told_[x.host].told(x.told_levels, core_.now());
}

void channel::refused(exchange& x) {
    const auto why = x.no_connection           ? failure_kind::bulkhead_full
                     : x.host == peers::nobody ? failure_kind::unavailable
                                               : failure_kind::throttled;
    x.answer = failure{.kind = why, .status = 503, .not_processed = true};
    deliver_reply(x);
}

void channel::send_request(exchange& x) {
    if (options_.local) {
        if (x.leg != 0)
            core_.spans->leg_ends(x, core_.now());
        x.where = stage::serving;
        return x.at.arrived(x);
    }
    x.where = stage::request;
    if (x.span != 0)
        begin_leg(x);
    x.from = options_.from;
    x.to = x.at.node();
    core_.network->send(x);
}

/// The message of it that leaves now.
void channel::begin_leg(exchange& x) {
    core_.spans->leg_ends(x, core_.now());
    core_.spans->leg_begins(x, span_role::network, core_.now());
}

void channel::end_leg(exchange& x, sim::delivery how) {
    const span_outcome end =
        how == sim::delivery::lost      ? span_outcome::failed(failure_kind::connection_lost)
        : how == sim::delivery::refused ? span_outcome::failed(failure_kind::unavailable)
                                        : span_outcome{};
    core_.spans->leg_ends(x, core_.now(), end);
}

void channel::delivered(exchange& x, sim::delivery how) {
    if (how == sim::delivery::duplicate)
        x.cancel(); // the first copy counts; the connection discards the second
    if (x.leg != 0)
        end_leg(x, how);
    if (x.where == stage::request)
        return request_delivered(x, how);
    WINDTUNNEL_ASSERT(x.where == stage::reply);
    if (how == sim::delivery::arrived || how == sim::delivery::duplicate)
        return deliver_reply(x);
    x.where = stage::nowhere; // a refused answer finds nobody either
    settle(x);
}

void channel::request_delivered(exchange& x, sim::delivery how) {
    switch (how) {
    case sim::delivery::lost:
        x.where = stage::nowhere;
        return settle(x);
    case sim::delivery::refused: // the refusal has taken the way back already
        x.answer = failure{.kind = failure_kind::unavailable, .not_processed = true};
        return deliver_reply(x);
    case sim::delivery::arrived:
    case sim::delivery::duplicate:
        x.where = stage::serving;
        return x.at.arrived(x);
    }
}

void channel::answer(exchange& x, outcome<reply>&& result) {
    if (x.caller == nullptr) {
        x.where = stage::nowhere;
        return settle(x);
    }
    x.answer = std::move(result);
    if (core_.rare_faults != 0)
        garble(x);
    if (x.connection != 0 && x.answer.ok()) {
        const duration delay = options_.over->reply_delay(x, x.answer.value().body.size);
        if (delay > duration::zero()) {
            x.where = stage::reply_held;
            return core_.simulation.arm(x, saturating_add(core_.now(), delay));
        }
    }
    send_reply(x);
}

void channel::send_reply(exchange& x) {
    x.where = stage::reply;
    x.load = x.at.in_flight();
    if (options_.local)
        return deliver_reply(x);
    std::swap(x.from, x.to);
    if (x.span != 0)
        begin_leg(x);
    x.size = x.answer.ok() ? x.answer.value().body.size : 0;
    core_.network->send(x);
}

void channel::deliver_reply(exchange& x) {
    if (x.caller == nullptr) {
        x.where = stage::nowhere;
        return settle(x);
    }
    if (x.connection != 0)
        options_.over->release(x, false);
    pending_call& caller = *x.caller;
    outcome<reply> result = std::move(x.answer);
    if (!options_.readable.empty() && result.ok() && !options_.readable[x.at.version()])
        result = failure_kind::contract_broken;
    if (x.host != peers::nobody)
        note_answer(x, result);
    if (x.span != 0)
        core_.spans->attempt_ends(x, result, core_.now());
    tell_over(x, result);
    core_.close(x);
    caller.complete(std::move(result));
}

/// A try that has left, or was to, is over.
void channel::tell_over(const exchange& x, const outcome<reply>& result) {
    if (x.where != stage::unsent)
        core_.observer->try_over({.place = place_of(x),
                                  .ok = result.ok(),
                                  .why = result.ok() ? failure_kind{} : result.failed().kind});
}

void channel::note_answer(const exchange& x, const outcome<reply>& result) {
    if (options_.to->wants_reports() && x.where == stage::reply)
        options_.to->report_load(x.host, x.load);
    if (x.told_levels >= 0)
        note_levels(x);
    options_.to->answered(x.host, x.sent, result);
}

void channel::cancel(pending_call& call) {
    auto& x = *static_cast<exchange*>(call.state);
    x.caller = nullptr;
    if (x.where != stage::unsent)
        core_.observer->try_over(
            {.place = place_of(x), .gave_up = true, .why = failure_kind::cancelled});
    if (x.span != 0)
        core_.spans->attempt_ends(x,
                                  core_.now() >= call.context.deadline ? failure_kind::timed_out
                                                                       : failure_kind::cancelled,
                                  core_.now());
    if (x.host != peers::nobody)
        options_.to->abandoned(x.host, x.sent, core_.now() >= call.context.deadline);
    if (x.where == stage::connecting) {
        options_.over->forget(x);
        x.where = stage::nowhere;
    } else if (x.connection != 0) {
        options_.over->release(x, true);
    }
    const bool tells = options_.give_up != on_give_up::runs_on;
    if (x.where == stage::unsent || (x.where == stage::held && tells))
        x.where = stage::nowhere; // it has not left yet, and now never does
    if (tells && (x.where == stage::request || x.where == stage::serving))
        core_.network->send(core_.make_notice(x));
    settle(x);
    call.complete(failure_kind::cancelled);
}

void channel::notice_delivered(exchange& x, sim::delivery how) {
    core_.forget_notice(x); // a second copy of it, too
    const bool told = how == sim::delivery::arrived || how == sim::delivery::duplicate;
    if (told && x.where == stage::request)
        x.caller_left = true; // it overtook the request, which will be no surprise
    if (told && x.at_callee)
        return x.at.caller_left(x);
    settle(x);
}

/// Ends the record when neither half is left, and nothing of it is under way.
void channel::settle(exchange& x) {
    if (x.caller == nullptr && x.where == stage::nowhere && x.giving_up == nullptr)
        core_.close(x);
}

void call_site::record(pipeline_observer& recorder) {
    if (policies)
        policies->record(&recorder);
    if (outside)
        outside->record(&recorder);
    if (cached)
        cached->record(&recorder);
}

/// Users are ranked anew every hour, as DAGOR does.
std::uint16_t call_site::draw_user(time_point now) {
    constexpr int ranks = 1 << 16;
    const auto hour = static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::hours{1});
    return static_cast<std::uint16_t>(user_priority(users->sample(user_draws), hour, ranks));
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
    case failure_kind::contract_broken:
        break;
    }
    return {.kind = failure_kind::error, .status = internal};
}

} // namespace windtunnel::topology
