// SPDX-License-Identifier: BSL-1.0
// Kinds that happen to workloads: who asks, and for what.
#include <limits>

#include "scenarios/src/faults/fault_body.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using topology::node;
namespace place = fault_place;

fault_row load() {
    constexpr fault_head head{"load",
                              "`factor` times as many requests (of closed users: so many users), "
                              "whatever the arrivals are at that time.",
                              place::workload, true};
    using body = fault_body<load_fault>;
    return make_fault_row(head,
                          fault_fields_of<load_fault>(head).with(
                              "factor", [](body& b) -> double& { return b.what.factor; },
                              topology::number_kind(0, 1e4),
                              {.help = "3 is three times as many, 0 none.", .required = true}));
}

void check_keys(const node& at, const fault_body<hot_key_fault>& body) {
    for (const workload_spec& each : body.scenario->workloads)
        if (each.name == body.on.service && !each.call.key)
            topology::fail(at, fmt::format("the requests of {} have no key; give the workload a "
                                           "\"key\"",
                                           topology::in_quotes(each.name)));
}

fault_row hot_key() {
    constexpr fault_head head{"hot_key", "A share of the requests is for one key.", place::workload,
                              true};
    using body = fault_body<hot_key_fault>;
    return make_fault_row(
        head,
        with_share(fault_fields_of<hot_key_fault>(head, check_keys)
                       .with("key", [](body& b) -> std::uint64_t& { return b.what.key; },
                             topology::count_kind<std::uint64_t>(
                                 1, std::numeric_limits<std::int64_t>::max()),
                             {.help = "Which: a number, as keys are drawn.", .fallback = "1"}),
                   "requests"));
}

} // namespace

std::vector<fault_row> load_fault_rows() {
    return {load(), hot_key()};
}

} // namespace windtunnel::scenario
