// SPDX-License-Identifier: BSL-1.0
// Kinds that happen to processes: replicas of services, and what they keep in memory.
#include <algorithm>

#include "scenarios/src/edge_policies.hpp"
#include "scenarios/src/faults/fault_body.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"

namespace windtunnel::scenario {

namespace {

using topology::node;
namespace place = fault_place;

fault_row pause() {
    constexpr fault_head head{"pause",
                              "Nothing proceeds, nothing is lost: queue and work are kept, new "
                              "requests queue up (a garbage collection, a frozen machine).",
                              place::instances};
    return make_fault_row(head, fault_fields_of<pause_fault>(head));
}

fault_row crash() {
    constexpr fault_head head{
        "crash",
        "Queue and work are lost with broken connections, new requests are refused; it is back "
        "when the fault ends, as a new process: its breakers are closed, its caches empty, its "
        "limits and budgets as at the start.",
        place::instances};
    return make_fault_row(head, fault_fields_of<crash_fault>(head));
}

fault_row crash_loop() {
    constexpr fault_head head{
        "crash_loop",
        "Crashes, is started again after `back_off`, crashes again after `up`, and waits twice as "
        "long each time, as Kubernetes does; it is back for good when the fault ends.",
        place::instances};
    using body = fault_body<crash_loop_fault>;
    return make_fault_row(
        head,
        fault_fields_of<crash_loop_fault>(head)
            .with("up", [](body& b) -> sim::distribution& { return b.what.up; },
                  topology::distribution_kind(),
                  {.help = "How long it runs before it crashes again.", .required = true})
            .with("back_off", [](body& b) -> duration& { return b.what.back_off; },
                  topology::duration_kind(),
                  {.help = "How long it is down the first time.", .fallback = "10s"})
            .with("max_back_off", [](body& b) -> duration& { return b.what.most; },
                  topology::duration_kind(), {.help = "No longer than that.", .fallback = "5m"}));
}

fault_row slow() {
    constexpr fault_head head{"slow", "Work takes `factor` times as long.", place::instances, true};
    using body = fault_body<slow_fault>;
    return make_fault_row(
        head, fault_fields_of<slow_fault>(head).with(
                  "factor", [](body& b) -> double& { return b.what.factor; },
                  topology::number_kind(1e-3, 1e6),
                  {.help = "Of the work: 3 is three times as slow.", .required = true}));
}

fault_row clock() {
    constexpr fault_head head{
        "clock",
        "The wall clock is wrong. Tokens are looked at by it; whatever measures how long something "
        "takes (timeouts, breakers, limits) has a clock that does not jump. With `ramp` it drifts.",
        place::instances, true};
    using body = fault_body<clock_fault>;
    return make_fault_row(
        head,
        fault_fields_of<clock_fault>(head)
            .with("ahead", [](body& b) -> duration& { return b.what.ahead; },
                  topology::duration_kind(), {.help = "By so much; or `behind`."})
            .with_custom("behind", topology::duration_kind().name, topology::duration_kind().schema,
                         {.help = "By so much."}, [](body& b, const node& at) {
                             if (b.what.ahead != duration::zero())
                                 topology::fail_key(at, "a clock is ahead or behind, not "
                                                        "both");
                             b.what.ahead = -topology::duration_kind().read(at);
                         }));
}

/// An edge with a cache, or a service whose processes have one.
void check_caches(const node& at, const fault_body<cache_flush_fault>& body) {
    const fault_target& on = body.on;
    bool any = false;
    for_each_call(*body.scenario, [&](const std::string& caller, const endpoint_ref& to,
                                      const topology::call_step& call) {
        const bool here = on.caller.empty() ? on.service.empty() || on.service == caller
                                            : (on.caller == "*" || on.caller == caller) &&
                                                  on.service == to.service;
        any |= here && with_overlays(*body.scenario, caller, to, call.policies).cache;
    });
    if (!any)
        topology::fail(at, fmt::format("there is no cache at {}: caches are policies of calls, in "
                                       "the memory of who calls",
                                       topology::in_quotes(at.string())));
}

fault_row cache_flush() {
    constexpr fault_head head{
        "cache_flush",
        "The caches are empty at once: of an edge those of its callers for it, of a service all "
        "that its processes have. It is over at once.",
        place::instances | place::edge};
    return make_fault_row(head, fault_fields_of<cache_flush_fault>(head, check_caches));
}

fault_row deploy() {
    constexpr fault_head head{
        "deploy",
        "The target's replicas run another `version` of its endpoints: who reads what that lacks "
        "gets answers that are worth nothing. It is rolled back when the fault ends.",
        place::instances};
    using body = fault_body<deploy_fault>;
    return make_fault_row(
        head,
        fault_fields_of<deploy_fault>(head).with_custom(
            "version", topology::text_kind().name, topology::text_kind().schema,
            {.help = "One of those that the service's endpoints have.", .required = true},
            [](body& b, const node& at) {
                b.what.version = topology::text_kind().read(at);
                const auto* service = b.scenario->topology.find(b.on.service);
                if (service == nullptr && (!b.on.zone.empty() || !b.on.node.empty()))
                    topology::fail_key(at, "a version is one of a service; name the service before "
                                           "the zone or node: \"payment@zone:eu\"");
                if (service == nullptr)
                    return; // the target is complained of
                const auto versions = service->versions();
                if (std::find(versions.begin(), versions.end(), b.what.version) == versions.end())
                    topology::fail(at,
                                   fmt::format("{} has no version {}; {}", service->name,
                                               topology::in_quotes(b.what.version),
                                               versions.empty()
                                                   ? "its endpoints have no \"versions\""
                                                   : "there is " + listed(versions)),
                                   topology::nearest(b.what.version, versions));
            }));
}

} // namespace

std::vector<fault_row> process_fault_rows() {
    return {pause(), crash(), crash_loop(), slow(), clock(), cache_flush(), deploy()};
}

} // namespace windtunnel::scenario
