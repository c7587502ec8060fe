// SPDX-License-Identifier: BSL-1.0
// What disturbs the requests of a channel and their answers on the way.
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/connections.hpp"
#include "topologies/src/system/peers.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

using stage = exchange::stage;

namespace {

/// The sum of the delays that the injections draw for one request.
duration drawn_delay(const injection_list<delay_injection>& injections) {
    duration sum{};
    for (delay_injection* i : injections)
        if (i->random.chance(i->share))
            sum += i->draw();
    return sum;
}

} // namespace

/// Where connections are kept, a name is looked up for new ones alone.
bool channel::finds_name() const {
    return core_.rare_faults == 0 || options_.over != nullptr ||
           options_.edge->dependency->unresolvable == 0;
}

/// What stands between, a proxy or a library, sends it a second time: the callee has it twice, and
/// nobody waits for the second answer. Without a connection of its own, on that of the first.
void channel::send_again(const exchange& x, pending_call& call) {
    const edge_runtime& edge = *options_.edge;
    const auto& broker = edge.to->spec->destination;
    if (broker && std::holds_alternative<topic_spec>(*broker))
        return; // its producers number what they send, and it drops what it has
    const bool on_edge = edge.copies.strikes(), to_endpoint = edge.to->copies.strikes(),
               to_replica = x.at.copies.strikes();
    if (!on_edge && !to_endpoint && !to_replica)
        return;
    exchange& copy = core_.open(*this, x.at, call);
    copy.caller = nullptr;
    copy.host = peers::nobody;
    copy.sent = x.sent;
    copy.deadline = x.deadline;
    copy.priority = x.priority;
    copy.user_priority = x.user_priority;
    copy.key = x.key;
    copy.idempotency_key = x.idempotency_key;
    copy.correlation = x.correlation;
    copy.attempt = x.attempt;
    copy.token = x.token;
    copy.size = x.size;
    copy.version = x.version;
    copy.records = x.records;
    copy.left = core_.now(); // its caller knows of no second try
    send_request(copy);
}

/// Injected delays keep a request at its caller, and further rounds of a large one.
bool channel::hold_back(exchange& x) {
    const edge_runtime& edge = *options_.edge;
    const bool rounds = x.connection != 0;
    if (!rounds && edge.delays.empty() && edge.to->delays.empty() && x.at.delays.empty())
        return false;
    const duration delay = (rounds ? options_.over->request_delay(x) : duration{}) +
                           drawn_delay(edge.delays) + drawn_delay(edge.to->delays) +
                           drawn_delay(x.at.delays);
    if (delay <= duration::zero())
        return false;
    x.where = stage::held;
    if (x.span != 0)
        core_.spans->leg_begins(x, span_role::held, core_.now());
    core_.simulation.arm(x, saturating_add(core_.now(), delay));
    return true;
}

void channel::garble(exchange& x) {
    const edge_runtime& edge = *options_.edge;
    const bool on_edge = edge.garbled.strikes(), of_endpoint = edge.to->garbled.strikes(),
               of_replica = x.at.garbled.strikes();
    if (x.answer.ok() && (on_edge || of_endpoint || of_replica))
        x.answer = failure_kind::contract_broken;
}

/// As TCP's RST does to what is on a connection. A callee that would be told that its caller has
/// left, sees it from that.
void channel::break_off(exchange& x) {
    pending_call* const caller = std::exchange(x.caller, nullptr);
    if (caller == nullptr || options_.local)
        return void(x.caller = caller);
    const outcome<reply> result = failure_kind::connection_lost;
    tell_over(x, result);
    if (x.span != 0)
        core_.spans->attempt_ends(x, result, core_.now());
    if (x.host != peers::nobody)
        options_.to->answered(x.host, x.sent, result);
    if (x.where == stage::connecting)
        options_.over->forget(x);
    else if (x.connection != 0)
        options_.over->release(x, true);
    if (x.where == stage::connecting || x.where == stage::held) {
        core_.simulation.disarm(x);
        x.where = stage::nowhere;
    }
    if (options_.give_up != on_give_up::runs_on && x.where == stage::request)
        x.caller_left = true;
    if (options_.give_up != on_give_up::runs_on && x.at_callee)
        x.at.caller_left(x);
    else
        settle(x);
    caller->complete(outcome<reply>{result});
}

} // namespace windtunnel::topology
