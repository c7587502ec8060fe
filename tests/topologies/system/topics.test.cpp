// SPDX-License-Identifier: BSL-1.0
// Topics of brokers in a running topology: partitions and their leaders, producers, and consumer
// groups that rebalance, with crashes in the middle.
#include <catch2/catch.hpp>

#include "topologies/system/messaging_world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

struct setup {
    std::string topic = R"("partitions":4)";
    std::string worker = R"("replicas":4)";
    std::string consumes = ""; ///< more options, with a comma before each
    std::string endpoint = R"("work":"1ms")";
    int brokers = 1;
    std::string more_services = "";
};

/// The broker "kafka", and "worker" that consumes its topic "log".
std::string with(const setup& s) {
    return R"({"name":"t","services":{"kafka":{"workers":100,"replicas":)" +
           std::to_string(s.brokers) + R"(,"topics":{"log":{)" + s.topic + R"(}}},"worker":{)" +
           s.worker + R"(,"endpoints":{"handle":{)" + s.endpoint +
           R"(,"consumes":{"from":"kafka.log")" + s.consumes + "}}}}" + s.more_services + "}}";
}

const std::vector<std::string> publish{R"-({"publish":"kafka.log","key":"uniform(1000000)"})-"};
constexpr std::size_t kafka = 0, worker = 1;
const std::string replicated =
    R"("partitions":3,"replication_factor":3,"min_insync_replicas":2,"election":"1s")";

policy_figures read(const record_group& group, time_point now) {
    policy_figures out;
    out.begin(find_destination_kind("consumer_group")->figures);
    group.read(now, out);
    return out;
}
record_group& group_in(const world& w, const std::string& service = "worker") {
    return *topic_in(w).group_of(*w.running->find_endpoint({service, "handle"}));
}
std::int64_t integral(const world& w, std::string_view level) {
    const policy_figures figures = read(group_in(w), w.simulation.now());
    for (const auto& [name, value] : figures.levels())
        if (name == level)
            return static_cast<std::int64_t>(value);
    return -1;
}
std::uint64_t counter(const world& w, const std::string& of) {
    return figures(w).counters.at(of);
}

/// The mean of a level of the group from one look to the next.
struct look {
    world& w;
    std::string level;
    std::int64_t integral_before = 0;
    time_point before{};
    double now() {
        const std::int64_t sum = integral(w, level);
        const double seconds = to_seconds(w.simulation.now() - before);
        const double mean = static_cast<double>(sum - integral_before) / 1e9 / seconds;
        integral_before = sum;
        before = w.simulation.now();
        return mean;
    }
};

/// `count` messages from `from` on, one each `each`.
void send(world& w, int count, duration from, duration each) {
    for (int i = 0; i < count; ++i)
        w.send(from + i * each);
}

} // namespace

// ---- groups -------------------------------------------------------------------------------------

TEST_CASE("a record is accepted when the log has it, and completed when it was worked on") {
    world w(with({}), publish);
    const visit& v = w.send(10s);
    w.run(1min);
    CHECK(v.result.ok());
    CHECK(v.ended == at(10s));
    REQUIRE(w.books.works.size() == 1);
    CHECK(w.books.works[0].over == at(10s + 1ms));
    CHECK_FALSE(w.books.works[0].lost);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("each group gets every record, and work is completed when all have done theirs") {
    world w(with({.more_services = R"(,"audit":{"endpoints":{"handle":{"work":"7ms",
                    "consumes":{"from":"kafka.log"}}}})"}),
            publish);
    send(w, 10, 10s, 100ms);
    w.run(1min);
    REQUIRE(completed(w) == 10);
    CHECK(w.books.works[0].over == at(10s + 7ms));
    CHECK(counter(w, "worker.handle consumer_group: worked") == 10);
    CHECK(counter(w, "audit.handle consumer_group: worked") == 10);
}

TEST_CASE("records of a key are worked on in order, by one consumer") {
    world w(with({.topic = R"("partitions":12)",
                  .worker = R"("replicas":4)",
                  .endpoint = R"-("work":"exponential(mean=5ms)")-"}),
            {R"-({"publish":"kafka.log","key":"uniform(1)"})-"});
    send(w, 200, 10s, 3ms);
    w.run(5min);
    REQUIRE(completed(w) == 200);
    for (std::size_t i = 1; i < 200; ++i)
        CHECK(w.books.works[i - 1].sent < w.books.works[i].sent);
    int busy = 0;
    for (std::size_t i = 0; i < 4; ++i)
        busy += w.pool(worker, i).completed > 0 ? 1 : 0;
    CHECK(busy == 1);
}

TEST_CASE("of sixteen consumers of twelve partitions four have nothing to do") {
    world w(with({.topic = R"("partitions":12)", .worker = R"("replicas":16)"}), publish);
    send(w, 2000, 20s, 10ms);
    w.run(2min);
    CHECK(completed(w) == 2000);
    int idle = 0;
    for (std::size_t i = 0; i < 16; ++i)
        idle += w.pool(worker, i).completed == 0 ? 1 : 0;
    CHECK(idle == 4);
}

TEST_CASE("threads of a replica are consumers of their own") {
    world w(with({.worker = R"("replicas":1,"workers":4)",
                  .consumes = R"(,"concurrency":4)",
                  .endpoint = R"("work":"100ms")"}),
            publish);
    for (int i = 0; i < 40; ++i)
        w.send(20s);
    w.act(20s + 50ms, [&] { CHECK(w.at_replica(worker).in_flight() == 4); });
    w.run(2min);
    CHECK(completed(w) == 40);
}

TEST_CASE("the partitions of a crashed consumer are read by nobody until its session is over") {
    world w(with({.consumes = R"(,"session_timeout":"10s","heartbeat_interval":"1s")"}), publish);
    look reading{w, "read"};
    w.act(20s, [&] { reading.now(); });
    w.act(30s, [&] { CHECK(reading.now() == Approx(4)); });
    crash(w, worker, 0, 30s, 1h);
    w.act(38s, [&] { CHECK(reading.now() == Approx(3)); });
    w.act(45s, [&] { reading.now(); });
    w.act(60s, [&] { CHECK(reading.now() == Approx(4)); });
    w.run(2min);
    CHECK(counter(w, "worker.handle consumer_group: sessions_expired") == 1);
}

TEST_CASE("an eager rebalance stops all partitions, a cooperative one those that move") {
    const std::string assignor = GENERATE("range", "round_robin", "cooperative_sticky");
    world w(with({.topic = R"("partitions":12)",
                  .consumes = R"(,"heartbeat_interval":"1s","reconnect":"0s","assignor":")" +
                              assignor + "\"",
                  .endpoint = R"("work":"2s")"}),
            publish);
    w.at_replica(worker, 3).crash();
    w.send(30500ms); // one goes on working while the others join again and wait for it
    std::int64_t least = 12;
    look reading{w, "read"};
    w.act(30s, [&] { w.at_replica(worker, 3).restart(); });
    for (int i = 0; i < 200; ++i)
        w.act(29900ms + i * 20ms, [&, i] {
            const double mean = reading.now();
            if (i > 0)
                least = std::min(least, static_cast<std::int64_t>(mean + 0.5));
        });
    w.run(1min);
    INFO(assignor);
    CHECK(counter(w, "worker.handle consumer_group: rebalances") >= 2);
    if (assignor == "cooperative_sticky")
        CHECK(least >= 9);
    else
        CHECK(least <= 4); // at most those of the one that works
}

TEST_CASE("a consumer that crashes repeats what it had not committed, and skips nothing") {
    world w(with({.topic = R"("partitions":2)",
                  .worker = R"("replicas":2)",
                  .consumes = R"(,"session_timeout":"6s","heartbeat_interval":"1s",
                                  "commit_interval":"1s","reconnect":"1s")"}),
            publish);
    send(w, 2000, 10s, 10ms);
    crash(w, worker, 0, 15s, 20s);
    w.run(5min);
    CHECK(completed(w) == 2000);
    CHECK(lost(w) == 0);
    CHECK(counter(w, "worker.handle consumer_group: worked") == 2000);
    CHECK(counter(w, "worker.handle consumer_group: worked_again") > 0);
    CHECK(counter(w, "worker.handle consumer_group: worked_again") < 150);
}

TEST_CASE("a record whose work fails is tried as often as is said, then skipped and lost") {
    world w(with({.consumes = R"(,"attempts":3,"requeue_after":"100ms")",
                  .endpoint = R"("work":"10ms","errors":"100%")"}),
            publish);
    w.send(20s);
    w.run(2min);
    REQUIRE(w.books.works.size() == 1);
    CHECK(w.books.works[0].over == at(20s + 230ms));
    CHECK(w.books.works[0].lost);
    CHECK(counter(w, "worker.handle consumer_group: skipped") == 1);
}

TEST_CASE("a group that was away reads what it has not read from where it was") {
    world w(with({.worker = R"("replicas":1)", .consumes = R"(,"reconnect":"0s")"}), publish);
    send(w, 100, 10s, 10ms);
    crash(w, worker, 0, 0ms, 60s);
    w.act(59s, [&] {
        CHECK(completed(w) == 0);
        CHECK(w.running->unfinished_work() == 100);
    });
    w.run(5min);
    CHECK(completed(w) == 100);
}

TEST_CASE("the lag of a group is what is produced and not committed, at every look") {
    world w(with({.consumes = R"(,"commit_interval":"1s")", .endpoint = R"("work":"20ms")"}),
            publish);
    send(w, 500, 10s, 4ms);
    look lag{w, "lag"};
    double most = 0, last = 0;
    for (int i = 1; i < 60; ++i)
        w.act(i * 1s, [&] { most = std::max(most, last = lag.now()); });
    w.run(1min);
    CHECK(most > 50);
    CHECK(last == 0);
}

// ---- crashes of brokers -------------------------------------------------------------------------

TEST_CASE("the crash of a leader loses nothing that all replicas have") {
    world w(with({.topic = replicated, .brokers = 3}), publish);
    send(w, 1000, 10s, 10ms);
    crash(w, kafka, 0, 13s, 16s);
    w.run(5min);
    for (const visit& v : w.visits)
        CHECK(v.result.ok());
    CHECK(completed(w) == 1000);
    CHECK(topic_in(w).log().metrics().lost == 0);
    CHECK(topic_in(w).log().metrics().elections >= 1);
}

TEST_CASE("what a consumer has fetched it works on, also where nobody leads the partition") {
    world w(with({.topic = R"("partitions":1,"election":"30s")",
                  .worker = R"("replicas":1)",
                  .endpoint = R"("work":"100ms")"}),
            publish);
    for (int i = 0; i < 20; ++i)
        w.send(10s);
    crash(w, kafka, 0, 10500ms, 11s);
    w.run(5min);
    CHECK(completed(w) == 20);
    CHECK(lost(w) == 0);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("an election of one that lacked records loses them, and says so") {
    // The follower is away while 100 records are taken, and then the only one there.
    world w(with({.topic = R"("partitions":1,"replication_factor":2,"election":"1s",
                              "replica_lag_time":"1s","unclean_leader_election":true)",
                  .worker = R"("replicas":1)",
                  .consumes = R"(,"reconnect":"0s")",
                  .brokers = 2}),
            publish);
    w.act(5s, [&] { w.at_replica(worker).crash(); });
    crash(w, kafka, 1, 9s, 12s + 1ms);
    send(w, 100, 10s, 10ms);
    crash(w, kafka, 0, 12s, 30s);
    send(w, 50, 20s, 10ms);
    w.act(40s, [&] { w.at_replica(worker).restart(); });
    w.run(5min);
    CHECK(topic_in(w).log().metrics().lost == 100);
    CHECK(lost(w) == 100);
    CHECK(completed(w) == 50);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("work on records that took the place of lost ones is counted as any other") {
    world w(with({.topic = R"("partitions":1,"replication_factor":2,"election":"1s",
                              "replica_lag_time":"1s","unclean_leader_election":true)",
                  .worker = R"("replicas":1)",
                  .brokers = 2}),
            publish);
    crash(w, kafka, 1, 9s, 12s + 1ms);
    send(w, 100, 10s, 10ms);
    crash(w, kafka, 0, 12s, 30s);
    send(w, 50, 20s, 10ms);
    w.run(5min);
    CHECK(topic_in(w).log().metrics().lost == 100);
    CHECK(completed(w) == 150);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("a topic whose brokers all crashed takes records again when they are back") {
    world w(with({.topic = replicated, .brokers = 3}), publish);
    for (std::size_t i = 0; i < 3; ++i)
        crash(w, kafka, i, 12s + static_cast<int>(i) * 100ms, 20s);
    send(w, 1000, 10s, 20ms);
    w.run(10min);
    CHECK(w.visits.back().result.ok());
    for (const visit& v : w.visits)
        CHECK(v.over);
    CHECK(completed(w) == 1000); // the producers are patient
    CHECK(lost(w) == 0);
}

TEST_CASE("with too few replicas in sync nothing is taken, and the producer gives up in time") {
    world w(with({.topic = replicated + R"(,"replica_lag_time":"1s",
                      "producer":{"request_timeout":"1s","delivery_timeout":"5s"})",
                  .brokers = 3}),
            publish);
    w.act(10s, [&] {
        w.at_replica(kafka, 1).crash();
        w.at_replica(kafka, 2).crash();
    });
    const visit& v = w.send(20s);
    w.run(1min);
    REQUIRE_FALSE(v.result.ok());
    CHECK(v.result.failed().kind == failure_kind::timed_out);
    CHECK(v.ended == at(25s));
    CHECK(counter(w, "kafka.log topic: not_enough_replicas") > 0);
    CHECK(w.running->unfinished_work() == 0);
    CHECK(w.books.works.empty());
}

TEST_CASE("a broker that hands over its partitions loses nothing, and leads them again") {
    world w(with({.topic = replicated, .brokers = 3}), publish);
    send(w, 1000, 10s, 10ms);
    w.act(12s, [&] {
        CHECK(topic_in(w).leader_of(0) == 0);
        destination_in(w, "kafka", "log").step_down(0, true);
        CHECK(topic_in(w).leader_of(0) != 0);
    });
    w.act(15s, [&] {
        destination_in(w, "kafka", "log").step_down(0, false);
        CHECK(topic_in(w).leader_of(0) == 0);
    });
    w.run(2min);
    CHECK(completed(w) == 1000);
    CHECK(topic_in(w).log().metrics().lost == 0);
}

TEST_CASE("a broker whose disk is full does not lead, and nothing is lost") {
    world w(with({.topic = replicated, .brokers = 3}), publish);
    send(w, 1000, 10s, 10ms);
    w.act(12s, [&] { destination_in(w, "kafka", "log").disk_full(0, true); });
    w.act(14s, [&] { CHECK(topic_in(w).leader_of(0) != 0); });
    w.act(15s, [&] { destination_in(w, "kafka", "log").disk_full(0, false); });
    w.run(2min);
    for (const visit& v : w.visits)
        CHECK(v.result.ok());
    CHECK(completed(w) == 1000);
}

// ---- producers ----------------------------------------------------------------------------------

TEST_CASE("a batch waits for as long as it may linger, and what comes meanwhile goes with it") {
    world w(with({.topic = R"("partitions":1,"producer":{"linger":"50ms"})"}), publish);
    for (int i = 0; i < 10; ++i)
        w.send(10s + i * 4ms);
    w.run(1min);
    CHECK(topic_in(w).log().metrics().batches == 1);
    for (const visit& v : w.visits)
        CHECK(v.ended == at(10s + 50ms));
}

TEST_CASE("records without a group are accepted, and nothing is left to do") {
    world w(R"({"name":"t","services":{"kafka":{"topics":{"log":{}}}}})", publish);
    const visit& v = w.send(1s);
    w.run(1min);
    CHECK(v.result.ok());
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("records that are deleted before a group has read them are lost") {
    world w(with({.topic = R"("partitions":1,"retention":"10s","segment_time":"1s")",
                  .worker = R"("replicas":1)",
                  .consumes = R"(,"reconnect":"0s")"}),
            publish);
    crash(w, worker, 0, 0ms, 2min);
    send(w, 100, 10s, 10ms);
    w.send(3min);
    w.run(10min);
    CHECK(topic_in(w).log().metrics().deleted >= 100);
    CHECK(lost(w) == 100);
    CHECK(completed(w) == 1);
    CHECK(w.running->unfinished_work() == 0);
}

TEST_CASE("a group whose records were deleted goes on with the oldest or the newest, as it says") {
    const bool earliest = GENERATE(true, false);
    world w(with({.topic = R"("partitions":1,"retention":"20s","segment_time":"1s")",
                  .worker = R"("replicas":1)",
                  .consumes = std::string(R"(,"reconnect":"0s","reset":")") +
                              (earliest ? "earliest" : "latest") + "\""}),
            publish);
    crash(w, worker, 0, 0ms, 2min);
    send(w, 100, 10s, 10ms);
    send(w, 50, 115s, 10ms);
    send(w, 7, 3min, 10ms);
    w.run(10min);
    CHECK(completed(w) == (earliest ? 57U : 7U));
    CHECK(lost(w) == (earliest ? 100U : 150U));
    CHECK(w.running->unfinished_work() == 0);
}

} // namespace windtunnel::topology
