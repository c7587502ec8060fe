// SPDX-License-Identifier: BSL-1.0
// The steps of a route that decide whether a request goes on, and who gets a copy of it.
#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

route_gate& replica::gate_of(const execution& e) {
    return *e.of->through.how().edge->to->gate;
}

void replica::pass_gate(execution& e, const instruction& i) {
    route_gate& gate = gate_of(e);
    std::optional<failure> refusal;
    if (i.what == instruction::code::check)
        refusal = gate.authenticate(i.index, core_.tokens, e.of->token, core_.now() + clock_ahead_);
    else if (i.what == instruction::code::limit)
        refusal = gate.limit(i.index, *e.of, core_.now());
    else
        gate.forward();
    if (!refusal)
        return;
    e.ok = false;
    e.why = *refusal;
}

/// The request goes on, whatever becomes of its copy. Who writes it is the same worker.
void replica::mirror(execution& e, const instruction& i) {
    mirror_policy::copy copy = gate_of(e).mirror(i.count, number_);
    if (!copy)
        return;
    call_site& site = process_.site(i.index);
    if (may_work(e))
        e.debt += site.write_work;
    call_unwaited(e, site, std::move(copy));
}

} // namespace windtunnel::topology
