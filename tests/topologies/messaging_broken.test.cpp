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

void check(const std::vector<broken>& all) {
    for (const broken& each : all) {
        INFO(each.text);
        CHECK(message_of([&] { topology_from(each.text); }) == each.message);
    }
}

} // namespace

TEST_CASE("a broken queue gets a message that says what to do") {
    check({
        {queue(R"({"max_length":-1})"),
         "file.json:1:86: error: expected an integer of at least 0, found the number -1 "
         "(at /services/mq/queues/q/max_length)"},
        {queue(R"({"max_bytes":"-1B"})"),
         "file.json:1:85: error: expected a size such as \"16KiB\", found \"-1B\": it "
         "must not be negative (at /services/mq/queues/q/max_bytes)"},
        {queue(R"({"max_priority":32})"),
         "file.json:1:88: error: expected at most 31, found the number 32 (at "
         "/services/mq/queues/q/max_priority)"},
        {queue(R"({"message_ttl":"0s"})"),
         "file.json:1:87: error: expected a duration above zero, found the string "
         "\"0s\" (at /services/mq/queues/q/message_ttl)"},
        {queue(R"({"kind":"rabbit"})"),
         "file.json:1:80: error: expected one of rabbitmq, rabbitmq_quorum, sqs, "
         "sqs_fifo, found \"rabbit\" (at /services/mq/queues/q/kind); did you mean "
         "\"rabbitmq\"?"},
        {queue(R"({"prefetch":5})"),
         "file.json:1:73: error: unknown key \"prefetch\" in message_queue; known keys: "
         "kind, dead_letter, sync, visibility_timeout, max_deliveries, max_unacked, "
         "fifo_groups, deduplication_window, max_priority, durability, message_ttl, "
         "max_length, max_bytes, overflow, work, message_size (at "
         "/services/mq/queues/q/prefetch)"},
        {queue(R"({"visibility_timeout":"0s","kind":"sqs"})"),
         "file.json:1:94: error: expected a duration above zero, found the string "
         "\"0s\" (at /services/mq/queues/q/visibility_timeout)"},
        {queue(R"({"max_deliveries":-1})"),
         "file.json:1:90: error: expected an integer of at least 0, found the number -1 "
         "(at /services/mq/queues/q/max_deliveries)"},
        {queue(R"({"overflow":"reject_publish"})"),
         "file.json:1:72: error: work_queue: overflow is reject_publish; it must be "
         "drop_head where neither max_length nor max_bytes is set (at "
         "/services/mq/queues/q)"},
        {queue(R"({"kind":"sqs_fifo","max_length":10})"),
         "file.json:1:72: error: work_queue: overflow is drop_head (its default); it "
         "must be another with fifo_groups: a group that is blocked has no head (at "
         "/services/mq/queues/q)"},
        {queue(R"({"dead_letter":"q"})"),
         "file.json:1:68: error: the dead letters of \"q\" cannot go to itself: name "
         "another queue of mq (at /services/mq/queues/q)"},
        {with(R"("mq":{"queues":{"q":{"dead_letter":"ded"},"dead":{}}})"),
         "file.json:1:68: error: mq has no queue \"ded\" for the dead letters of \"q\" "
         "(at /services/mq/queues/q); did you mean \"dead\"?"},
        {with(R"("mq":{"queues":{}})"),
         "file.json:1:67: error: expected at least one of the queues, found none (at "
         "/services/mq/queues)"},
        {with(R"("mq":{"queues":{" q":{}}})"),
         "file.json:1:68: error: the name of a queue must not be empty, nor begin or "
         "end with a space (at /services/mq/queues/ q)"},
        {with(R"("mq":{"topics":{}})"),
         "file.json:1:67: error: expected at least one of the topics, found none (at "
         "/services/mq/topics)"},
        {with(R"("mq":{"endpoints":{"y":{}},"queues":{"q":{}}})"),
         "file.json:1:79: error: a service has endpoints, queues or topics, one of the "
         "three: make a broker of its own of these queues (at /services/mq/queues)"},
        {with(R"("mq":{"queues":{"q":{}},"topics":{"t":{}}})"),
         "file.json:1:76: error: a service has endpoints, queues or topics, one of the "
         "three: make a broker of its own of these topics (at /services/mq/topics)"},
        {with(R"("mq":{"replicas":2})"),
         "file.json:1:52: error: the service \"mq\" offers nothing: give it "
         "\"endpoints\", \"queues\" or \"topics\" where it is a broker, or a \"gateway\" (at "
         "/services/mq)"},
    });
}

TEST_CASE("a broken topic gets a message that says what to do") {
    check({
        {topic(R"({"partitions":0})"),
         "file.json:1:100: error: expected an integer from 1 to 10000, found the number "
         "0 (at /services/log/topics/t/partitions)"},
        {topic(R"({"partitions":10001})"),
         "file.json:1:100: error: expected at most 10000, found the number 10001 (at "
         "/services/log/topics/t/partitions)"},
        {topic(R"({"replication_factor":4})"),
         "file.json:1:82: error: a replication_factor of 4 needs as many replicas of "
         "the broker, log has 3 (at /services/log/topics/t)"},
        {topic(R"({"replication_factor":2,"min_insync_replicas":3})"),
         "file.json:1:86: error: event_log: min_insync_replicas is 3; it must be from 1 "
         "to replication_factor (at /services/log/topics/t)"},
        {topic(R"({"retention":"0s"})"),
         "file.json:1:99: error: expected a duration above zero, found the string "
         "\"0s\" (at /services/log/topics/t/retention)"},
        {topic(R"({"producer":{"linger":"5s","request_timeout":"10s","delivery_timeout":"10s"}})"),

         "file.json:1:98: error: producer: delivery_timeout is 10s; it must be at least "
         "linger + request_timeout (at /services/log/topics/t/producer)"},
        {topic(R"({"producer":{"acks":"some"}})"),
         "file.json:1:106: error: expected one of none, leader, all, found \"some\" (at "
         "/services/log/topics/t/producer/acks)"},
        {topic(R"({"producer":{"acks":"leader","idempotent":true}})"),
         "file.json:1:98: error: producer: acks is leader; it must be all where "
         "idempotent (at /services/log/topics/t/producer)"},
        {topic(R"({"producer":{"max_in_flight":6}})"),
         "file.json:1:98: error: producer: max_in_flight is 6; it must be at most 5 "
         "where idempotent: a log knows the last 5 batches (at "
         "/services/log/topics/t/producer)"},
    });
}

TEST_CASE("a broken consumer gets a message that says what to do") {
    check({
        {consumer(R"("from":"mq.z")"),
         "file.json:1:67: error: no queue or topic is called \"mq.z\" (at "
         "/services/a/endpoints/x/consumes/from); did you mean \"mq.q\"?"},
        {consumer(R"("from":"log.tt")"),
         "file.json:1:67: error: no queue or topic is called \"log.tt\" (at "
         "/services/a/endpoints/x/consumes/from); did you mean \"log.t\"?"},
        {consumer(R"("from":"a.x")"),
         "file.json:1:67: error: \"a.x\" is an endpoint, no queue or topic: nothing can "
         "be consumed from it; there is mq.q, log.t (at "
         "/services/a/endpoints/x/consumes/from)"},
        {consumer(R"("prefetch":5)"), "file.json:1:59: error: consume lacks the key \"from\" (at "
                                      "/services/a/endpoints/x/consumes)"},
        {consumer(R"("from":"mq.q","group":"g")"),
         "file.json:1:74: error: \"group\" is an option for consumers of topics, and "
         "\"mq.q\" is a queue: leave it out (at /services/a/endpoints/x/consumes/group)"},
        {consumer(R"("from":"log.t","prefetch":5)"),
         "file.json:1:75: error: \"prefetch\" is an option for consumers of queues, and "
         "\"log.t\" is a topic: leave it out (at "
         "/services/a/endpoints/x/consumes/prefetch)"},
        {consumer(R"("from":"log.t","on_error":"reject")"),
         "file.json:1:75: error: \"on_error\" is an option for consumers of queues, and "
         "\"log.t\" is a topic: leave it out (at "
         "/services/a/endpoints/x/consumes/on_error)"},
        {consumer(R"("from":"mq.q","attempts":0)"),
         "file.json:1:85: error: expected an integer of at least 1, found the number 0 "
         "(at /services/a/endpoints/x/consumes/attempts)"},
        {consumer(R"("from":"log.t","session_timeout":"2s")"),
         "file.json:1:59: error: consumer_group: heartbeat_interval is 3s (its "
         "default); it must be above 0 and below session_timeout (at "
         "/services/a/endpoints/x/consumes)"},
        {consumer(R"("from":"log.t","assignor":"sticky")"),
         "file.json:1:86: error: expected one of range, round_robin, "
         "cooperative_sticky, found \"sticky\" (at "
         "/services/a/endpoints/x/consumes/assignor)"},
        {consumer(R"("from":"log.t","group":"b")",
                  R"(,"b":{"endpoints":{"y":{"consumes":{"from":"log.t"}}}})"),

         "file.json:1:184: error: the group \"b\" consumes \"log.t\" already, in \"x\": "
         "give each endpoint a \"group\" of its own (at "
         "/services/b/endpoints/y/consumes/from)"},
        {with(R"("mq":{"queues":{"q":{"visibility_timeout":"0s"}}})",
              R"({"consumes":{"from":"mq.q","on_error":"leave"}})"),

         "file.json:1:139: error: expected a duration above zero, found the string "
         "\"0s\" (at /services/mq/queues/q/visibility_timeout)"},
    });
}

TEST_CASE("a broken step to a broker gets a message that says what to do") {
    check({
        {steps(R"({"publish":"b.y"})"),
         "file.json:1:68: error: \"b.y\" is an endpoint, no queue or topic: \"call\" it "
         "(at /services/a/endpoints/x/steps/0/publish)"},
        {steps(R"({"call":"mq.q"})"),
         "file.json:1:65: error: \"mq.q\" is a queue: \"publish\" to it (at "
         "/services/a/endpoints/x/steps/0/call)"},
        {steps(R"({"call":"log.t"})"),
         "file.json:1:65: error: \"log.t\" is a topic: \"publish\" to it (at "
         "/services/a/endpoints/x/steps/0/call)"},
        {steps(R"({"publish":"mq.p"})"),
         "file.json:1:68: error: mq has no endpoint \"p\" (at "
         "/services/a/endpoints/x/steps/0/publish); did you mean \"mq.q\"?"},
        {steps(R"({"publish":"mq.q","confirm":"no"})"),
         "file.json:1:85: error: expected true or false, found the string \"no\" (at "
         "/services/a/endpoints/x/steps/0/confirm)"},
        {steps(R"({"publish":"mq.q","health_check":{"endpoint":"q"}})"),
         "file.json:1:68: error: the health check asks \"q\" of the broker mq: a queue "
         "or a topic cannot be asked, leave the check out (at "
         "/services/a/endpoints/x/steps/0/publish)"},
        {with(R"("mq":{"queues":{"q":{}}})",
              R"({"consumes":{"from":"mq.q"},"steps":[{"publish":"mq.q"}]})"),

         "file.json:1:67: error: this call never ends: a.x -> mq.q -> a.x; put a call "
         "of the cycle under a \"probability\" below 1 (at "
         "/services/a/endpoints/x/consumes/from)"},
    });
}

} // namespace windtunnel::topology
