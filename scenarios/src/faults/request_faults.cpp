// SPDX-License-Identifier: BSL-1.0
// Kinds that happen to requests.
#include "scenarios/src/faults/fault_body.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/distribution_text.hpp"

namespace windtunnel::scenario {

namespace {

using topology::node;
namespace place = fault_place;

fault_row latency() {
    constexpr fault_head head{"latency", "Adds to each request's way to the target.",
                              place::requests, true};
    using body = fault_body<latency_fault>;
    return make_fault_row(
        head, with_share(fault_fields_of<latency_fault>(head).with(
                             "add", [](body& b) -> sim::distribution& { return b.what.add; },
                             topology::distribution_kind(),
                             {.help = "How much, such as `7s` or `exponential(mean=200ms)`.",
                              .required = true}),
                         "requests")
                  .with("jitter", [](body& b) -> duration& { return b.what.jitter; },
                        topology::duration_kind(topology::zero::allowed),
                        {.help = "So much more or less, uniformly.", .fallback = "0s"})
                  .with("correlation", [](body& b) -> double& { return b.what.correlation; },
                        topology::share_kind(),
                        {.help = "Of the jitter with that of the request before, as netem has it.",
                         .fallback = "0%"}));
}

/// google.rpc.Code's HTTP mapping.
const std::vector<std::pair<std::string, std::uint16_t>> grpc_codes{
    {"UNKNOWN", 500},         {"INVALID_ARGUMENT", 400},   {"DEADLINE_EXCEEDED", 504},
    {"NOT_FOUND", 404},       {"ALREADY_EXISTS", 409},     {"PERMISSION_DENIED", 403},
    {"UNAUTHENTICATED", 401}, {"RESOURCE_EXHAUSTED", 429}, {"FAILED_PRECONDITION", 400},
    {"ABORTED", 409},         {"OUT_OF_RANGE", 400},       {"UNIMPLEMENTED", 501},
    {"INTERNAL", 500},        {"UNAVAILABLE", 503},        {"DATA_LOSS", 500},
    {"CANCELLED", 499},
};

fault_row errors() {
    constexpr fault_head head{"errors",
                              "Answers an error in place of the target, without its work.",
                              place::requests, true};
    using body = fault_body<error_fault>;
    const auto status = [](body& b) -> std::uint16_t& { return b.what.status; };
    return make_fault_row(
        head, with_share(fault_fields_of<error_fault>(head), "requests")
                  .with("status", status, topology::count_kind<std::uint16_t>(400, 599),
                        {.help = "The HTTP status of the answer.", .fallback = "500"})
                  .with("grpc", status, topology::enum_kind(grpc_codes),
                        {.help = "In place of `status`: the gRPC code, which stands for the HTTP "
                                 "status that google.rpc maps it to."}));
}

fault_row quota() {
    constexpr fault_head head{
        "quota",
        "Lets so many requests through and answers the others 429 at once, saying when there is "
        "room again: a dependency with a quota.",
        place::requests};
    using body = fault_body<quota_fault>;
    return make_fault_row(
        head,
        fault_fields_of<quota_fault>(head)
            .with("permits", [](body& b) -> int& { return b.what.limit.permits; },
                  topology::count_kind(1), {.help = "Requests in each period.", .required = true})
            .with("period", [](body& b) -> duration& { return b.what.limit.period; },
                  topology::duration_kind(), {.help = "", .fallback = "1s"}));
}

fault_row duplicate() {
    constexpr fault_head head{
        "duplicate",
        "Requests arrive twice, as a proxy or a client library sends again what had arrived: the "
        "work is done twice, and nobody waits for the second answer. (What TCP sends again it "
        "takes out again; of a topic, producers and broker do.)",
        place::requests, true};
    return make_fault_row(head, with_share(fault_fields_of<duplicate_fault>(head), "requests"));
}

fault_row corrupt() {
    constexpr fault_head head{
        "corrupt",
        "Arrives with wrong bytes: a request that cannot be read is answered 400 without work, an "
        "answer that cannot be read is a broken contract.",
        place::requests, true};
    return make_fault_row(head, with_direction(with_share(fault_fields_of<corrupt_fault>(head),
                                                          "requests, and of the answers")));
}

void check_consumer(const node& at, const fault_body<poison_fault>& body) {
    const auto* endpoint =
        body.scenario->topology.find(endpoint_ref{body.on.service, body.on.endpoint});
    if (endpoint == nullptr || !endpoint->consumes)
        topology::fail(at, fmt::format("{} is no endpoint that consumes messages: it cannot be "
                                       "poisoned by one",
                                       topology::in_quotes(at.string())));
}

fault_row poison() {
    constexpr fault_head head{
        "poison", "Some messages make whoever consumes them fail, as often as they are delivered.",
        place::endpoint};
    return make_fault_row(
        head, with_share(fault_fields_of<poison_fault>(head, check_consumer), "messages"));
}

} // namespace

std::vector<fault_row> request_fault_rows() {
    return {latency(), errors(), quota(), duplicate(), corrupt(), poison()};
}

} // namespace windtunnel::scenario
