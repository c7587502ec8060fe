// SPDX-License-Identifier: BSL-1.0
// Kinds that happen to messages between processes, and to the connections that carry them.
#include "scenarios/src/edge_policies.hpp"
#include "scenarios/src/faults/fault_body.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"

namespace windtunnel::scenario {

namespace {

using topology::node;
namespace place = fault_place;

template <class Kind>
void check_no_platform(const node& at, const fault_body<Kind>& body) {
    if (body.scenario->topology.platform)
        topology::fail(at, "the topology has a platform, whose network loses and delays nothing by "
                           "itself; leave the platform out, or make the fault a latency, errors or "
                           "a crash");
}

template <class Kind>
auto message_fields(const fault_head& head) {
    return fault_fields_of<Kind>(head, check_no_platform<Kind>);
}

fault_row loss() {
    constexpr fault_head head{
        "loss",
        "Messages are lost: the sender hears nothing. Handshakes are sent again after 1 s, 2 s and "
        "so on; of a lost request or answer its caller's timeout has to tell.",
        place::messages, true};
    using body = fault_body<loss_fault>;
    return make_fault_row(
        head, with_direction(
                  with_share(message_fields<loss_fault>(head), "messages")
                      .with("burst", [](body& b) -> double& { return b.what.burst; },
                            topology::number_kind(1, 1e6),
                            {.help = "How many are lost in a row, on average (Gilbert's model); "
                                     "1: each by itself.",
                             .fallback = "1"})));
}

fault_row reorder() {
    constexpr fault_head head{"reorder", "Holds messages back, so that later ones overtake them.",
                              place::messages, true};
    using body = fault_body<reorder_fault>;
    return make_fault_row(
        head,
        with_direction(with_share(message_fields<reorder_fault>(head), "messages")
                           .with("by", [](body& b) -> sim::distribution& { return b.what.by; },
                                 topology::distribution_kind(),
                                 {.help = "How long they are held back.", .required = true})));
}

fault_row bandwidth() {
    constexpr fault_head head{
        "bandwidth",
        "One narrow line for all messages of a direction, which queue for it by their size.",
        place::messages};
    using body = fault_body<bandwidth_fault>;
    return make_fault_row(
        head, with_direction(
                  message_fields<bandwidth_fault>(head)
                      .with("limit", [](body& b) -> double& { return b.what.limit; },
                            topology::bandwidth_kind(),
                            {.help = "Such as `1Mb/s` or `100kB/s`.", .required = true})
                      .with_custom("buffer", "size", topology::size_kind().schema,
                                   {.help = "A message that would find more before it is lost.",
                                    .fallback = "any"},
                                   [](body& b, const node& at) {
                                       b.what.buffer =
                                           static_cast<double>(topology::size_kind().read(at));
                                   })));
}

fault_row partition() {
    constexpr fault_head head{
        "partition",
        "Nothing comes through between the target and `from`, in one direction or both; senders "
        "hear nothing.",
        place::messages};
    using body = fault_body<partition_fault>;
    return make_fault_row(head,
                          with_direction(message_fields<partition_fault>(head).with_custom(
                              "from", "target", topology::schema_reference("target"),
                              {.help = "The other side: a service, an instance, a zone or a node.",
                               .fallback = "everybody else (of an edge: its caller)"},
                              [](body& b, const node& at) {
                                  constexpr fault_head other{"partition", "", place::instances};
                                  if (!b.on.caller.empty())
                                      topology::fail_key(at, "an edge has its other side already");
                                  b.what.from = read_fault_target(at, *b.scenario, other);
                              })));
}

fault_row blackhole() {
    constexpr fault_head head{
        "blackhole",
        "What is sent to the target vanishes, new connections too; what it sends arrives.",
        place::messages};
    return make_fault_row(head, message_fields<blackhole_fault>(head));
}

fault_row refuse() {
    constexpr fault_head head{"refuse",
                              "The target's port is closed: whoever sends to it is refused after "
                              "one round trip. What it works on goes on.",
                              place::messages};
    return make_fault_row(head, message_fields<refuse_fault>(head));
}

// ---- connections ------------------------------------------------------------------------------

bool matches(const fault_target& on, const std::string& caller, const endpoint_ref& to) {
    return (on.service.empty() || on.service == to.service) &&
           (on.caller.empty() || on.caller == "*" || on.caller == caller) &&
           (on.endpoint.empty() || on.endpoint == to.endpoint);
}

/// Some call there must be over connections of its own, of which `fits` holds.
template <class Kind>
void check_connections(const node& at, const fault_body<Kind>& body, bool tls) {
    bool any = false;
    for_each_call(*body.scenario, [&](const std::string& caller, const endpoint_ref& to,
                                      const topology::call_step& call) {
        const auto protocol = with_overlays(*body.scenario, caller, to, call.policies).protocol;
        any |= matches(body.on, caller, to) && protocol &&
               (!tls || protocol->tls != topology::tls_version::none);
    });
    if (!any)
        topology::fail(at, fmt::format("no call to {} has connections {}: give the edge a "
                                       "\"protocol\"{}",
                                       topology::in_quotes(at.string()),
                                       tls ? "with TLS" : "of its own",
                                       tls ? R"( with "tls")" : R"(, such as "rest")"));
}

fault_row reset() {
    constexpr fault_head head{
        "reset",
        "Breaks the connections when it begins: whoever waits on one hears at once that it is "
        "lost. While it lasts it does so to a share of the requests that arrive.",
        place::messages, true};
    return make_fault_row(head, with_share(fault_fields_of<reset_fault>(head), "requests"));
}

fault_row slow_close() {
    constexpr fault_head head{
        "slow_close",
        "A connection that is given up keeps its place in its caller's pool for so long.",
        place::messages};
    using body = fault_body<slow_close_fault>;
    return make_fault_row(
        head, fault_fields_of<slow_close_fault>(
                  head, [](const node& at, const body& b) { check_connections(at, b, false); })
                  .with("delay", [](body& b) -> duration& { return b.what.delay; },
                        topology::duration_kind(), {.help = "How long.", .required = true}));
}

fault_row connection_leak() {
    constexpr fault_head head{
        "connection_leak",
        "Callers forget to give connections back: their pools shrink until it ends.",
        place::messages, true};
    using body = fault_body<connection_leak_fault>;
    return make_fault_row(
        head, with_share(
                  fault_fields_of<connection_leak_fault>(
                      head, [](const node& at, const body& b) { check_connections(at, b, false); }),
                  "requests"));
}

fault_row dns() {
    constexpr fault_head head{
        "dns",
        "The target's name is not resolved: nobody gets a new connection to it (a call without a "
        "protocol needs one each time). With `stale` callers keep the list of instances that they "
        "had, whatever the registry says.",
        place::messages};
    using body = fault_body<dns_fault>;
    return make_fault_row(
        head, fault_fields_of<dns_fault>(head).with_custom(
                  "stale", topology::boolean_kind().name, topology::boolean_kind().schema,
                  {.help = "Whether old answers are given instead of none; needs a `discovery`.",
                   .fallback = "false"},
                  [](body& b, const node& at) {
                      b.what.stale = topology::boolean_kind().read(at);
                      if (b.what.stale && !b.scenario->topology.discovery)
                          topology::fail(at, "the topology has no \"discovery\": callers know all "
                                             "instances for ever, so no list of theirs can be "
                                             "stale");
                  }));
}

fault_row expired_certificate() {
    constexpr fault_head head{
        "expired_certificate",
        "The target's certificate is not valid any more: new connections with TLS end in their "
        "handshake, those that are open go on.",
        place::messages};
    using body = fault_body<certificate_fault>;
    return make_fault_row(
        head, fault_fields_of<certificate_fault>(
                  head, [](const node& at, const body& b) { check_connections(at, b, true); }));
}

} // namespace

std::vector<fault_row> message_fault_rows() {
    return {loss(), reorder(), bandwidth(), partition(), blackhole(), refuse()};
}

std::vector<fault_row> connection_fault_rows() {
    return {reset(), slow_close(), connection_leak(), dns(), expired_certificate()};
}

} // namespace windtunnel::scenario
