// SPDX-License-Identifier: BSL-1.0
// Kinds that happen to brokers, to who reads from them, and to the registry.
#include "scenarios/src/faults/fault_body.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using topology::node;
namespace place = fault_place;

/// Of brokers alone.
template <class Kind>
topology::field_table<fault_body<Kind>> broker_fields(const fault_head& head, bool of_topics) {
    return fault_fields_of<Kind>(
        head, [key = head.key, of_topics](const node& at, const fault_body<Kind>& body) {
            const auto* service = body.scenario->topology.find(body.on.service);
            const bool fits = service != nullptr && service->endpoints.front().destination &&
                              (!of_topics || std::holds_alternative<topology::topic_spec>(
                                                 *service->endpoints.front().destination));
            if (!fits)
                topology::fail(at, fmt::format("{} is a fault of brokers with {}, and {} has none",
                                               key, of_topics ? "topics" : "queues or topics",
                                               topology::in_quotes(at.string())));
        });
}

fault_row disk_slow() {
    constexpr fault_head head{"disk_slow",
                              "A broker's disk takes `factor` times as long: for what it accepts "
                              "and what it delivers.",
                              place::instances, true};
    using body = fault_body<disk_slow_fault>;
    return make_fault_row(head,
                          broker_fields<disk_slow_fault>(head, false)
                              .with("factor", [](body& b) -> double& { return b.what.factor; },
                                    topology::number_kind(1, 1e6),
                                    {.help = "Of the time for a message.", .required = true}));
}

fault_row disk_full() {
    constexpr fault_head head{
        "disk_full",
        "A broker's disk is full: queues keep who publishes waiting, as RabbitMQ's disk alarm "
        "does, and deliver what they have; of topics its replicas go out of the in-sync sets, and "
        "where it leads another is elected.",
        place::instances};
    return make_fault_row(head, broker_fields<disk_full_fault>(head, false));
}

fault_row leader_change() {
    constexpr fault_head head{
        "leader_change",
        "A broker of topics hands the partitions that it leads to others that are in sync, at "
        "once, and leads those that it should lead again when the fault ends.",
        place::instances};
    return make_fault_row(head, broker_fields<leader_change_fault>(head, true));
}

void check_reader(const node& at, const fault_body<rewind_fault>& body) {
    const auto& topology = body.scenario->topology;
    const auto* endpoint = topology.find(endpoint_ref{body.on.service, body.on.endpoint});
    const bool reads = endpoint != nullptr && endpoint->consumes &&
                       std::holds_alternative<topology::topic_spec>(
                           *topology.find(endpoint->consumes->from)->destination);
    if (!reads)
        topology::fail(at, fmt::format("{} is no endpoint that consumes from a topic: there is "
                                       "nothing to read again",
                                       topology::in_quotes(at.string())));
}

fault_row rewind() {
    constexpr fault_head head{"rewind",
                              "An operator sets the consumers of a topic back to what was "
                              "published at `to`: they read all of it again. It is over at once.",
                              place::endpoint};
    using body = fault_body<rewind_fault>;
    return make_fault_row(head,
                          fault_fields_of<rewind_fault>(head, check_reader)
                              .with("to", [](body& b) -> duration& { return b.what.to; },
                                    topology::duration_kind(topology::zero::allowed),
                                    {.help = "From the beginning of the run.", .required = true}));
}

/// It has no place: there is one registry.
fault_row registry_outage() {
    constexpr std::string_view meaning = "The registry of the topology's `discovery` is down: no "
                                         "heartbeat counts, and no caller hears of changes.";
    static const auto fields =
        topology::field_table<registry_outage_fault>("registry_outage_fault", std::string(meaning))
            .with(
                "forgets", &registry_outage_fault::forgets, topology::boolean_kind(),
                {.help = "Whether it comes back without a lease, as one that kept them in memory.",
                 .fallback = "false"});
    return {.key = "registry_outage",
            .meaning = meaning,
            .places = place::nowhere,
            .grows = false,
            .fields = fields.describe(),
            .read = [](const node& at, const scenario_spec& scenario, fault_target& on,
                       fault_kind& what) {
                if (!scenario.topology.discovery)
                    topology::fail_key(at, "the topology has no \"discovery\", so there is no "
                                           "registry that could be down");
                registry_outage_fault outage;
                fields.read(at, outage);
                what = outage;
                on.service = topology::discovery_spec::process;
            }};
}

} // namespace

std::vector<fault_row> broker_fault_rows() {
    return {disk_slow(), disk_full(), leader_change(), rewind(), registry_outage()};
}

} // namespace windtunnel::scenario
