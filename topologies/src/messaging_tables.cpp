// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/messaging_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "topologies/src/call_options.hpp"
#include "topologies/src/distribution_text.hpp"

namespace windtunnel::topology {

namespace {

/// A destination while it is read: what its endpoint has besides, too.
template <class Spec>
struct destination_draft : Spec {
    std::optional<sim::distribution> work;
    std::uint64_t message_size = 0;
};

template <class Spec>
field_table<destination_draft<Spec>> with_costs(field_table<destination_draft<Spec>> table) {
    return std::move(table)
        .with("work", &destination_draft<Spec>::work, distribution_kind(),
              {.help = "Of the broker, for each request to publish, done by a worker.",
               .fallback = "none"})
        .with("message_size", &destination_draft<Spec>::message_size, size_kind(),
              {.help = "Of a message, on the network and against bounds in bytes, where who "
                       "publishes it says no `request_size`.",
               .fallback = "0B"});
}

// ---- queues -------------------------------------------------------------------------------------

struct queue_product {
    work_queue_options (*options)();
    bool polled;
};

const value_kind<queue_product>& product_kind() {
    static const auto kind =
        enum_kind<queue_product>({{"rabbitmq", {&rabbitmq_classic, false}},
                                  {"rabbitmq_quorum", {&rabbitmq_quorum, false}},
                                  {"sqs", {&sqs_standard, true}},
                                  {"sqs_fifo", {&sqs_fifo, true}}});
    return kind;
}

using queue_draft = destination_draft<message_queue_spec>;

template <class T>
auto option(T work_queue_options::*member) {
    return [member](queue_draft& q) -> T& { return q.options.*member; };
}

field_table<queue_draft> with_bounds(field_table<queue_draft> table) {
    using o = work_queue_options;
    return std::move(table)
        .with("message_ttl", option(&o::message_ttl), duration_or("off", duration::max()),
              {.help = "A message that is the next to be delivered and older than this leaves.",
               .fallback = "off; sqs: 96h"})
        .with("max_length", option(&o::max_length), count_kind(0),
              {.help = "Messages that may wait; 0: any number.", .fallback = "0"})
        .with("max_bytes", option(&o::max_bytes),
              value_kind<std::int64_t>{
                  size_kind().name, size_kind().schema,
                  [](const node& at) { return static_cast<std::int64_t>(size_kind().read(at)); }},
              {.help = "The same, of their sizes; 0B: any.", .fallback = "0B"})
        .with("overflow", option(&o::overflow),
              enum_kind<queue_overflow>(
                  {{"drop_head", queue_overflow::drop_head},
                   {"reject_publish", queue_overflow::reject_publish},
                   {"reject_publish_dead_letter", queue_overflow::reject_publish_dead_letter}}),
              {.help = "What a full queue does: it drops the message that is next, it refuses the "
                       "new one, or it refuses it and makes a dead letter of it.",
               .fallback = "drop_head"});
}

field_table<queue_draft> with_deliveries(field_table<queue_draft> table) {
    using o = work_queue_options;
    return std::move(table)
        .with_custom("visibility_timeout", "duration", schema_reference("duration"),
                     {.help = "A message that was delivered and is not acknowledged for so long is "
                              "ready again; RabbitMQ's acknowledgement timeout.",
                      .fallback = "30m; sqs: 30s"},
                     [](queue_draft& q, const node& at) {
                         auto& all = q.options;
                         all.visibility_timeout = duration_kind().read(at);
                         all.max_visibility = std::max(all.max_visibility, all.visibility_timeout);
                     })
        .with("max_deliveries", option(&o::max_deliveries), count_kind(0),
              {.help = "A message that comes back after so many leaves the queue; 0: never. SQS: "
                       "maxReceiveCount, RabbitMQ: delivery limit + 1.",
               .fallback = "0; rabbitmq_quorum: 21"})
        .with("max_unacked", option(&o::max_unacked), count_kind(0),
              {.help = "Messages that are delivered and not acknowledged, of all consumers; 0: any "
                       "number.",
               .fallback = "0; sqs: 120000"})
        .with("fifo_groups", option(&o::fifo_groups), boolean_kind(),
              {.help = "Whether the messages of a `key` are worked on one at a time, in order.",
               .fallback = "false; sqs_fifo: true"})
        .with("deduplication_window", option(&o::deduplication_window),
              duration_kind(zero::allowed),
              {.help = "For so long a message that is published again (a retry whose first try "
                       "arrived) is not taken twice.",
               .fallback = "0s; sqs_fifo: 5m"})
        .with("max_priority", option(&o::max_priority), count_kind(0, 31),
              {.help = "The highest priority that counts; larger ones go first.", .fallback = "0"})
        .with("durability", option(&o::durability),
              enum_kind<queue_durability>({{"transient", queue_durability::transient},
                                           {"durable", queue_durability::always}}),
              {.help = "What is left of its messages when the broker crashes: none, or all.",
               .fallback = "durable"});
}

const field_table<queue_draft>& message_queue_table() {
    static const auto table = with_costs(with_bounds(with_deliveries(
        field_table<queue_draft>(
            "message_queue",
            "A queue of a broker: each message is one consumer's until it is acknowledged.")
            .with_custom("kind", product_kind().name, product_kind().schema,
                         {.help = "Whose semantics and defaults it has.", .fallback = "rabbitmq"},
                         [](queue_draft& q, const node& at) {
                             const queue_product p = product_kind().read(at);
                             q.options = p.options();
                             q.polled = p.polled;
                         })
            .with_custom("dead_letter", text_kind().name, text_kind().schema,
                         {.help = "The queue of the same broker that gets what leaves without an "
                                  "acknowledgement; of SQS what was delivered too often.",
                          .fallback = "none: it is lost"},
                         [](queue_draft& q, const node& at) {
                             q.dead_letter = text_kind().read(at);
                             q.options.dead_letter =
                                 q.polled ? dead_letter_delivery_limit : dead_letter_all;
                         })
            .with("sync", &queue_draft::sync, distribution_kind(),
                  {.help = "From the arrival of a message to its confirmation, without a worker: "
                           "a disk, or the other nodes.",
                   .fallback = "none"}))));
    return table;
}

/// What follows from what was read.
message_queue_spec settled(const queue_draft& q) {
    message_queue_spec spec = q;
    if (spec.options.durability == queue_durability::by_message)
        spec.options.durability = queue_durability::always;
    spec.options.keep_dropped = true;
    return spec;
}

// ---- topics -------------------------------------------------------------------------------------

using topic_draft = destination_draft<topic_spec>;

template <class Options, class T>
auto of_topic(Options topic_spec::*part, T Options::*member) {
    return [part, member](topic_draft& t) -> T& { return t.*part.*member; };
}

field_table<topic_draft> with_retention(field_table<topic_draft> table) {
    using o = event_log_options;
    const auto log = [](auto member) { return of_topic(&topic_spec::options, member); };
    return std::move(table)
        .with("retention", log(&o::retention), duration_or("off", duration::max()),
              {.help = "Segments go when their newest record is that old.", .fallback = "168h"})
        .with("retention_bytes", log(&o::retention_bytes), size_kind(),
              {.help = "Of a partition: the first segment goes where the others have as many; 0B: "
                       "any.",
               .fallback = "0B"})
        .with("segment_bytes", log(&o::segment_bytes), size_kind(),
              {.help = "Of a segment.", .fallback = "1GiB"})
        .with("segment_time", log(&o::segment_time), duration_kind(),
              {.help = "A segment that is that old is closed.", .fallback = "168h"});
}

const field_table<producer_options>& producer_table() {
    using o = producer_options;
    static const auto table =
        field_table<o>("producer", "How each process gathers and sends what it publishes to a "
                                   "topic. Names and defaults are Kafka's.")
            .with("batch_bytes", &o::batch_bytes, size_kind(),
                  {.help = "Of a batch.", .fallback = "16KiB"})
            .with("linger", &o::linger, duration_kind(zero::allowed),
                  {.help = "How long a batch waits to fill.", .fallback = "0s"})
            .with("max_in_flight", &o::max_in_flight, count_kind(1),
                  {.help = "Batches of a partition under way at once.", .fallback = "5"})
            .with("buffer_bytes", &o::buffer_bytes, size_kind(),
                  {.help = "Of all that is not finished; what comes on top is refused.",
                   .fallback = "32MiB"})
            .with("request_timeout", &o::request_timeout, duration_kind(),
                  {.help = "A request without an answer is sent again.", .fallback = "30s"})
            .with("delivery_timeout", &o::delivery_timeout, duration_kind(),
                  {.help = "With all its retries a record is given up.", .fallback = "120s"})
            .with("retry_backoff", &o::retry_backoff, duration_kind(),
                  {.help = "Before the first retry, then doubled.", .fallback = "100ms"})
            .with("retry_backoff_max", &o::retry_backoff_max, duration_kind(),
                  {.help = "At most.", .fallback = "1s"})
            .with(
                "idempotent", &o::idempotent, boolean_kind(),
                {.help = "Whether a retry never doubles or reorders records.", .fallback = "true"})
            .with("acks", &o::acks,
                  enum_kind<append_acks>({{"none", append_acks::none},
                                          {"leader", append_acks::leader},
                                          {"all", append_acks::all}}),
                  {.help = "When a record counts as accepted: when it is sent, when the leader has "
                           "it, or when all replicas in sync have it.",
                   .fallback = "all"});
    return table;
}

const field_table<topic_draft>& topic_table() {
    using o = event_log_options;
    const auto log = [](auto member) { return of_topic(&topic_spec::options, member); };
    static const auto table = with_costs(with_retention(
        field_table<topic_draft>("topic", "A topic of a broker: a log of partitions that anybody "
                                          "may read again. Names and defaults are Kafka's.")
            .with("partitions", log(&o::partitions), count_kind(1, 10'000),
                  {.help = "Each with an order of its own; by `key`.", .fallback = "1"})
            .with("replication_factor", log(&o::replication_factor), count_kind(1, 100),
                  {.help = "Replicas of the broker that keep each partition.", .fallback = "1"})
            .with("min_insync_replicas", log(&o::min_insync_replicas), count_kind(1, 100),
                  {.help = "With acks `all`, fewer in sync take nothing.", .fallback = "1"})
            .with("replica_lag_time", log(&o::replica_lag_time), duration_kind(),
                  {.help = "A replica that has lacked something for so long is not in sync.",
                   .fallback = "30s"})
            .with("unclean_leader_election", log(&o::unclean_leader_election), boolean_kind(),
                  {.help = "Whether one that is not in sync may lead when no other is there: what "
                           "it lacks is lost.",
                   .fallback = "false"})
            .with("election", &topic_draft::election, duration_kind(),
                  {.help = "From the crash of a leader to the election of another.",
                   .fallback = "9s"})
            .with("producer", &topic_draft::producer, producer_table().kind(),
                  {.help = "How records are gathered and sent.", .fallback = "Kafka's defaults"})));
    return table;
}

// ---- both ---------------------------------------------------------------------------------------

template <class Spec>
endpoint_spec endpoint_of(const std::string& name, const node& at,
                          const destination_draft<Spec>& read, destination_spec&& destination) {
    endpoint_spec endpoint;
    endpoint.name = name;
    endpoint.work = read.work;
    endpoint.request_size = read.message_size;
    endpoint.where = at.key_where();
    std::visit([&](auto& d) { d.where = endpoint.where; }, destination);
    endpoint.destination = std::move(destination);
    return endpoint;
}

void check_name(const std::string& name, const node& at, const std::string& what) {
    if (name.empty() || name.front() == ' ' || name.back() == ' ')
        fail_key(at, fmt::format("the name of a {} must not be empty, nor begin or end with a "
                                 "space",
                                 what));
}

// ---- consumers ----------------------------------------------------------------------------------

const value_kind<assignor_kind>& assignors() {
    static const auto kind =
        enum_kind<assignor_kind>({{"range", assignor_kind::range},
                                  {"round_robin", assignor_kind::round_robin},
                                  {"cooperative_sticky", assignor_kind::cooperative_sticky}});
    return kind;
}

field_table<consume_spec> with_group(field_table<consume_spec> table) {
    using c = consume_spec;
    using g = consumer_group_options;
    const auto member = [](auto m) {
        return [m](c & spec) -> auto& {
            return spec.membership.*m;
        };
    };
    return std::move(table)
        .with("group", &c::group, text_kind(),
              {.help = "Of a topic: who shares its partitions; each group gets every record.",
               .fallback = "the service's name"})
        .with("session_timeout", member(&g::session_timeout), duration_kind(),
              {.help = "Of a topic: a consumer that is not heard of for so long is out.",
               .fallback = "45s"})
        .with("heartbeat_interval", member(&g::heartbeat_interval), duration_kind(),
              {.help = "Of a topic: how often it is heard of.", .fallback = "3s"})
        .with("max_poll_interval", member(&g::max_poll_interval), duration_kind(),
              {.help = "Of a topic: a consumer that works on one batch for longer is out.",
               .fallback = "5m"})
        .with("rebalance_timeout", member(&g::rebalance_timeout), duration_kind(),
              {.help = "Of a topic: how long a rebalance waits for members to join.",
               .fallback = "5m"})
        .with("initial_rebalance_delay", member(&g::initial_rebalance_delay),
              duration_kind(zero::allowed),
              {.help = "Of a topic: how long an empty group waits for more members.",
               .fallback = "3s"})
        .with_custom("assignor", assignors().name, assignors().schema,
                     {.help = "Of a topic: who gets which partitions; with `cooperative_sticky` "
                              "only those that move stop in a rebalance.",
                      .fallback = "range"},
                     [](c& spec, const node& at) {
                         spec.membership.assignor = assignors().read(at);
                         if (spec.membership.assignor == assignor_kind::cooperative_sticky)
                             spec.membership.protocol = rebalance_protocol::cooperative;
                     })
        .with("reset", member(&g::reset),
              enum_kind<offset_reset>(
                  {{"earliest", offset_reset::earliest}, {"latest", offset_reset::latest}}),
              {.help = "Of a topic: where a group goes on that wants records which were deleted "
                       "before it "
                       "read them. A group that is there from the start has read all before it.",
               .fallback = "latest"});
}

field_table<consume_spec> with_polls(field_table<consume_spec> table) {
    using c = consume_spec;
    using p = consumer_position_options;
    const auto position = [](auto m) {
        return [m](c & spec) -> auto& {
            return spec.position.*m;
        };
    };
    return std::move(table)
        .with("max_poll_records", position(&p::max_poll_records), count_kind(1),
              {.help = "Of a topic: records that a consumer takes at a time.", .fallback = "500"})
        .with(
            "commit_interval", position(&p::auto_commit_interval), duration_kind(),
            {.help = "Of a topic: how often it commits, when it asks for more.", .fallback = "5s"})
        .with("concurrency", &c::concurrency, count_kind(1, 1000),
              {.help = "Of a topic: consumers in each replica, threads that each read partitions "
                       "of their own.",
               .fallback = "1"})
        .with("attempts", &c::attempts, count_kind(1),
              {.help = "Of a topic: how often it works on a record that fails, before it goes on "
                       "with the next.",
               .fallback = "10"})
        .with("fetch_wait", &c::fetch_wait, duration_kind(),
              {.help = "Of a topic: how long a fetch waits for records that are not there yet.",
               .fallback = "500ms"});
}

constexpr auto for_queues =
    std::to_array<std::string_view>({"prefetch", "acknowledge", "on_error"});
constexpr auto for_topics = std::to_array<std::string_view>(
    {"group", "session_timeout", "heartbeat_interval", "max_poll_interval", "rebalance_timeout",
     "initial_rebalance_delay", "assignor", "reset", "max_poll_records", "commit_interval",
     "concurrency", "attempts", "fetch_wait"});

/// The first of the keys that the file says.
std::optional<said_option> first_said(const node& at, std::span<const std::string_view> keys) {
    for (const std::string_view key : keys)
        if (const node* said = at.find(key))
            return said_option{std::string(key), said->key_where()};
    return std::nullopt;
}

const field_table<consume_spec>& consume_table() {
    using c = consume_spec;
    static const auto table = with_polls(with_group(
        field_table<c>("consume", "Where the requests of an endpoint come from: a queue or a topic "
                                  "of a broker. Each replica is a consumer.")
            .with("from", &c::from, endpoint_kind(),
                  {.help = "The broker and its queue or topic, such as `rabbit.orders`.",
                   .required = true})
            .with("prefetch", &c::prefetch, count_kind(0),
                  {.help = "Of a queue: messages in the hand of a replica at once; 0: any number.",
                   .fallback = "10"})
            .with("acknowledge", &c::ack,
                  enum_kind<acknowledge>(
                      {{"after", acknowledge::after}, {"on_delivery", acknowledge::on_delivery}}),
                  {.help = "Of a queue: when its work is done (at least once), or when it is "
                           "delivered (at most once).",
                   .fallback = "after"})
            .with("on_error", &c::on_error,
                  enum_kind<after_failure>({{"requeue", after_failure::requeue},
                                            {"reject", after_failure::reject},
                                            {"leave", after_failure::leave}}),
                  {.help = "Of a queue: a message whose work fails is ready again, becomes a dead "
                           "letter (or is dropped), or comes back with its visibility timeout.",
                   .fallback = "requeue; sqs: leave"})
            .with("requeue_after", &c::requeue_after, duration_kind(),
                  {.help =
                       "How long it waits before a message whose work failed is ready again, or "
                       "a record is tried again.",
                   .fallback = "1ms"})
            .with("reconnect", &c::reconnect, duration_kind(zero::allowed),
                  {.help = "From the return of the broker, or its own restart, until it consumes "
                           "again.",
                   .fallback = "5s"})));
    return table;
}

} // namespace

consume_spec read_consume(const node& at) {
    consume_spec spec;
    consume_table().read(at, spec);
    spec.where = at.find("from")->where();
    spec.of_queues = first_said(at, for_queues);
    spec.of_topics = first_said(at, for_topics);
    return spec;
}

std::vector<endpoint_spec> read_queues(const node& at) {
    std::vector<endpoint_spec> all;
    read_named(at, "queues", [&](const std::string& name, const node& value) {
        check_name(name, value, "queue");
        queue_draft queue;
        queue.options = rabbitmq_classic();
        message_queue_table().read(value, queue);
        all.push_back(endpoint_of(name, value, queue, settled(queue)));
    });
    return all;
}

std::vector<endpoint_spec> read_topics(const node& at) {
    std::vector<endpoint_spec> all;
    read_named(at, "topics", [&](const std::string& name, const node& value) {
        check_name(name, value, "topic");
        topic_draft topic;
        topic_table().read(value, topic);
        all.push_back(endpoint_of(name, value, topic, topic_spec{topic}));
    });
    return all;
}

std::vector<definition> messaging_definitions() {
    return {message_queue_table().describe(), topic_table().describe(), producer_table().describe(),
            consume_table().describe()};
}

} // namespace windtunnel::topology
