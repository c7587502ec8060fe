// SPDX-License-Identifier: BSL-1.0
// Brokers and consumers that cannot be, and the message that each must get, word for word.
#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

/// A topology with these services besides "a", whose only endpoint "x" is this object.
std::string with(const std::string& services, const std::string& x = "{}") {
    return R"({"name":"t","services":{"a":{"endpoints":{"x":)" + x + "}}," + services + "}}";
}
std::string queue(const std::string& options) {
    return with(R"("mq":{"queues":{"q":)" + options + "}}");
}
std::string topic(const std::string& options, int brokers = 3) {
    return with(R"("log":{"replicas":)" + std::to_string(brokers) + R"(,"topics":{"t":)" + options +
                "}}");
}
/// Of the queue mq.q or the topic log.t.
std::string consumer(const std::string& options, const std::string& more = "") {
    return with(R"("mq":{"queues":{"q":{}}},"log":{"topics":{"t":{}}})" + more,
                R"({"consumes":{)" + options + "}}");
}
std::string steps(const std::string& all) {
    return with(R"("mq":{"queues":{"q":{}}},"log":{"topics":{"t":{}}},
                   "b":{"endpoints":{"y":{}}})",
                R"({"steps":[)" + all + "]}");
}

struct broken {
    std::string text, message;
};

} // namespace

TEST_CASE("a broken broker or consumer gets a message that says what to do") {
    const std::vector<broken> all = {
        {queue(R"({"max_length":-1})"), ""},
        {queue(R"({"max_bytes":"-1B"})"), ""},
        {queue(R"({"max_priority":32})"), ""},
        {queue(R"({"message_ttl":"0s"})"), ""},
        {queue(R"({"kind":"rabbit"})"), ""},
        {queue(R"({"prefetch":5})"), ""},
        {queue(R"({"visibility_timeout":"0s","kind":"sqs"})"), ""},
        {queue(R"({"max_deliveries":-1})"), ""},
        {queue(R"({"overflow":"reject_publish"})"), ""},
        {queue(R"({"kind":"sqs_fifo","max_length":10})"), ""},
        {queue(R"({"dead_letter":"q"})"), ""},
        {with(R"("mq":{"queues":{"q":{"dead_letter":"ded"},"dead":{}}})"), ""},
        {with(R"("mq":{"queues":{}})"), ""},
        {with(R"("mq":{"queues":{" q":{}}})"), ""},
        {with(R"("mq":{"topics":{}})"), ""},
        {with(R"("mq":{"endpoints":{"y":{}},"queues":{"q":{}}})"), ""},
        {with(R"("mq":{"queues":{"q":{}},"topics":{"t":{}}})"), ""},
        {with(R"("mq":{"replicas":2})"), ""},
        {with(R"("mq":{"replicas":2,"queues":{"q":{}}})"), ""},
        {topic(R"({"partitions":0})"), ""},
        {topic(R"({"partitions":10001})"), ""},
        {topic(R"({"replication_factor":4})"), ""},
        {topic(R"({"replication_factor":2,"min_insync_replicas":3})"), ""},
        {topic(R"({"retention":"0s"})"), ""},
        {topic(R"({"producer":{"linger":"5s","request_timeout":"10s","delivery_timeout":"10s"}})"),
         ""},
        {topic(R"({"producer":{"acks":"some"}})"), ""},
        {topic(R"({"producer":{"acks":"leader","idempotent":true}})"), ""},
        {topic(R"({"producer":{"max_in_flight":6}})"), ""},
        {consumer(R"("from":"mq.z")"), ""},
        {consumer(R"("from":"log.tt")"), ""},
        {consumer(R"("from":"a.x")"), ""},
        {consumer(R"("prefetch":5)"), ""},
        {consumer(R"("from":"mq.q","group":"g")"), ""},
        {consumer(R"("from":"log.t","prefetch":5)"), ""},
        {consumer(R"("from":"log.t","on_error":"reject")"), ""},
        {consumer(R"("from":"mq.q","attempts":0)"), ""},
        {consumer(R"("from":"log.t","session_timeout":"2s")"), ""},
        {consumer(R"("from":"log.t","assignor":"sticky")"), ""},
        {consumer(R"("from":"log.t","group":"b")",
                  R"(,"b":{"endpoints":{"y":{"consumes":{"from":"log.t"}}}})"),
         ""},
        {with(R"("mq":{"queues":{"q":{"visibility_timeout":"0s"}}})",
              R"({"consumes":{"from":"mq.q","on_error":"leave"}})"),
         ""},
        {steps(R"({"publish":"b.y"})"), ""},
        {steps(R"({"call":"mq.q"})"), ""},
        {steps(R"({"call":"log.t"})"), ""},
        {steps(R"({"publish":"mq.p"})"), ""},
        {steps(R"({"publish":"mq.q","confirm":"no"})"), ""},
        {steps(R"({"publish":"mq.q","health_check":{"endpoint":"q"}})"), ""},
        {with(R"("mq":{"queues":{"q":{}}})",
              R"({"consumes":{"from":"mq.q"},"steps":[{"publish":"mq.q"}]})"),
         ""},
    };
    for (const broken& each : all) {
        INFO(each.text);
        CHECK(message_of([&] { topology_from(each.text); }) == each.message);
    }
}

} // namespace windtunnel::topology
