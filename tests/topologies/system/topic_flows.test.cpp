// SPDX-License-Identifier: BSL-1.0
// Topics of a broker in a running topology: order, groups, rebalances, leaders and their crashes.
#include <catch2/catch.hpp>

#include "topologies/src/system/policy_readings.hpp"
#include "topologies/src/system/topic_runtime.hpp"
#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

struct setting {
    std::string topic = R"("partitions":12)";
    std::string consumes{};
    int consumers = 4, brokers = 1;
    std::string work = "1ms";
    std::string publish = R"-(,"key":"uniform(50)")-";
    std::string more{}; ///< services
};

/// Services "shop" (0), "kafka" (1) with the topic "log", and "worker" (2).
std::string flow(const setting& s) {
    return R"({"name":"t","services":{
        "shop":{"workers":100,"endpoints":{"x":{"steps":[{"publish":"kafka.log")" +
           s.publish + R"(}]}}},
        "kafka":{"workers":10,"replicas":)" +
           std::to_string(s.brokers) + R"(,"topics":{"log":{)" + s.topic + R"(}}},
        "worker":{"replicas":)" +
           std::to_string(s.consumers) + R"(,"endpoints":{"go":{"work":")" + s.work +
           R"(","consumes":{"from":"kafka.log")" + s.consumes + R"(}}}})" + s.more +
           R"(},"network":{"latency":"1ms"}})";
}

const std::vector<std::string> order{R"({"call":"shop.x"})"};

policy_figures figures(world& w, const std::string& subject) {
    policy_figures told;
    for (const policy_reading& each : policy_readings(*w.running))
        if (each.caller == subject)
            each.read(w.simulation.now(), told);
    return told;
}

std::uint64_t count(world& w, const std::string& subject, std::string_view counter) {
    const policy_figures told = figures(w, subject);
    for (const auto& [name, value] : told.counters())
        if (name == counter)
            return value;
    throw std::out_of_range(subject);
}

/// The mean of a level of the consumers' group between two moments.
class level_between {
  public:
    level_between(world& w, std::string level) : world_(w), level_(std::move(level)) {}
    void begin() { begin_ = {at(), world_.simulation.now()}; }
    void end() { end_ = {at(), world_.simulation.now()}; }
    double mean() const {
        return static_cast<double>(end_.first - begin_.first) /
               static_cast<double>((end_.second - begin_.second).count());
    }

  private:
    wide_integer at() {
        const policy_figures told = figures(world_, "worker.go");
        for (const auto& [name, integral] : told.levels())
            if (name == level_)
                return integral;
        throw std::out_of_range(level_);
    }
    world& world_;
    std::string level_;
    std::pair<wide_integer, time_point> begin_, end_;
};

std::size_t lost(const world& w) {
    return static_cast<std::size_t>(std::count_if(w.books.works.begin(), w.books.works.end(),
                                                  [](const work_record& r) { return r.lost; }));
}

void send_for(world& w, duration from, duration until, duration every) {
    for (duration t = from; t < until; t += every)
        w.send(t);
}

} // namespace

TEST_CASE("a record is accepted by its leader, and done when its consumer has worked on it") {
    world w(flow({}), order);
    const visit& v = w.send(20s);
    w.run(60s);
    CHECK(v.ended == at(20s + 4ms));
    REQUIRE(w.books.works.size() == 1);
    // At the broker at 20.002, with the consumer at 20.003, done at 20.004.
    CHECK(w.books.works[0].over == at(20s + 4ms));
    CHECK(count(w, "kafka.log", "published") == 1);
    CHECK(count(w, "worker.go", "worked") == 1);
}

TEST_CASE("replicas in sync have a record before it is accepted") {
    world w(flow({.topic = R"("partitions":3,"replication_factor":3,"min_insync_replicas":2)",
                  .brokers = 3}),
            order);
    const visit& v = w.send(20s);
    w.run(60s);
    CHECK(v.ended == at(20s + 6ms)); // a round trip to the followers on top
}

TEST_CASE("where the leader's word is enough nobody waits for its followers") {
    world w(flow({.topic = R"("partitions":3,"replication_factor":3,"min_insync_replicas":2,
                              "producer":{"acks":"leader","idempotent":false})",
                  .brokers = 3}),
            order);
    const visit& v = w.send(20s);
    w.run(60s);
    CHECK(v.ended == at(20s + 4ms));
    CHECK(w.books.works.size() == 1); // read when the followers have it
}

TEST_CASE("16 consumers of 12 partitions leave four idle") {
    world w(flow({.consumers = 16}), order);
    level_between idle(w, "idle"), read(w, "read");
    w.run(20s);
    idle.begin();
    read.begin();
    w.run(30s);
    idle.end();
    read.end();
    CHECK(idle.mean() == 4);
    CHECK(read.mean() == 12);
}

TEST_CASE("a consumer that is killed leaves its partitions unread for the session's length") {
    const auto read_for = [](const std::string& assignor, duration from, duration until) {
        world w(flow({.consumes = R"(,"assignor":")" + assignor + "\""}), order);
        level_between read(w, "read");
        w.act(20s, [&] { w.at_replica(2, 1).crash(); });
        w.run(from);
        read.begin();
        w.run(until);
        read.end();
        return read.mean();
    };
    for (const std::string assignor : {"range", "cooperative_sticky"}) {
        INFO(assignor);
        CHECK(read_for(assignor, 21s, 60s) == 9);
        CHECK(read_for(assignor, 80s, 100s) == 12);
    }
    // The session ends at most 45 s after its last heartbeat, up to 3 s before the crash.
    CHECK(read_for("range", 62s, 72s) < read_for("cooperative_sticky", 62s, 72s));
    CHECK(read_for("cooperative_sticky", 62s, 72s) >= 9);
}

TEST_CASE("each group gets every record, and a group shares them") {
    world w(flow({.more = R"(,"audit":{"endpoints":{"note":{"consumes":{"from":"kafka.log"}}}})"}),
            order);
    send_for(w, 20s, 21s, 10ms);
    w.run(60s);
    CHECK(count(w, "worker.go", "worked") == 100);
    CHECK(count(w, "audit.note", "worked") == 100);
    CHECK(w.books.works.size() == 100); // done when both have
    CHECK(lost(w) == 0);
}

TEST_CASE("a key's order holds through crashes and rebalances, and nothing confirmed is lost") {
    for (const std::string assignor : {"range", "round_robin", "cooperative_sticky"}) {
        INFO(assignor);
        world w(flow({.consumes = R"(,"session_timeout":"6s","reconnect":"1s","assignor":")" +
                                  assignor + "\"",
                      .work = "exponential(2ms)"}),
                order);
        send_for(w, 20s, 60s, 5ms);
        w.act(25s, [&] { w.at_replica(2, 0).crash(); });
        w.act(30s, [&] { w.at_replica(2, 0).restart(); });
        w.act(41s, [&] { w.at_replica(2, 3).crash(); });
        w.act(42s, [&] { w.at_replica(2, 3).restart(); });
        w.run(200s);
        CHECK(count(w, "worker.go", "worked") == 8000);
        CHECK(count(w, "worker.go", "out_of_order") == 0);
        CHECK(count(w, "worker.go", "rebalances") > 2);
        CHECK(w.books.works.size() == 8000);
        CHECK(lost(w) == 0);
    }
}

TEST_CASE("a leader's crash loses nothing that all in sync have, and another leads soon") {
    world w(flow({.topic = R"("partitions":6,"replication_factor":3,"min_insync_replicas":2)",
                  .brokers = 3}),
            order);
    send_for(w, 20s, 60s, 10ms);
    w.act(30s, [&] { w.at_replica(1, 0).crash(); });
    w.act(50s, [&] { w.at_replica(1, 0).restart(); });
    w.run(300s);
    CHECK(count(w, "kafka.log", "elections") == 2); // of six partitions it led two
    CHECK(count(w, "kafka.log", "lost") == 0);
    CHECK(count(w, "worker.go", "worked") == 4000);
    CHECK(w.books.works.size() == 4000);
    CHECK(lost(w) == 0);
    for (const visit& v : w.visits)
        CHECK(v.result.ok()); // the producer sends again until it is taken
}

TEST_CASE("all brokers may crash and come back: then records are taken again") {
    world w(flow({.topic = R"("partitions":3,"replication_factor":3,"min_insync_replicas":2,
                               "producer":{"delivery_timeout":"40s"})",
                  .brokers = 3}),
            order);
    send_for(w, 20s, 100s, 50ms);
    for (std::size_t i = 0; i < 3; ++i) {
        w.act(30s, [&w, i] { w.at_replica(1, i).crash(); });
        w.act(35s, [&w, i] { w.at_replica(1, i).restart(); });
    }
    w.run(400s);
    const auto good = std::count_if(w.visits.begin(), w.visits.end(),
                                    [](const visit& v) { return v.over && v.result.ok(); });
    CHECK(good == 1600);
    CHECK(count(w, "worker.go", "worked") == 1600);
}

TEST_CASE("too few replicas in sync take nothing") {
    world w(flow({.topic = R"("replication_factor":2,"min_insync_replicas":2,
                              "producer":{"delivery_timeout":"5s","request_timeout":"2s"})",
                  .brokers = 2}),
            order);
    w.act(19s, [&] { w.at_replica(1, 1).crash(); });
    const visit& v = w.send(20s);
    w.run(100s);
    CHECK(v.over);
    CHECK(v.result.failed().kind == failure_kind::error); // the shop's, whose publishing timed out
    CHECK(count(w, "kafka.log", "not_enough_replicas") > 2);
}

TEST_CASE("leaders change at once where an operator says so, and back, and nothing is lost") {
    world w(flow({.topic = R"("partitions":6,"replication_factor":3,"min_insync_replicas":2)",
                  .brokers = 3}),
            order);
    endpoint_runtime& topic = *w.running->find_endpoint(endpoint_ref{"kafka", "log"});
    send_for(w, 20s, 40s, 10ms);
    w.act(25s, [&] { topic.destination->step_down(0, true); });
    w.act(30s, [&] { topic.destination->step_down(0, false); });
    w.run(100s);
    CHECK(count(w, "kafka.log", "elections") == 4);
    CHECK(count(w, "worker.go", "worked") == 2000);
    CHECK(lost(w) == 0);
}

TEST_CASE("a record that fails is tried again, then skipped, and its request's work is lost") {
    std::string text = flow({.consumes = R"(,"attempts":3)"});
    text.replace(text.find(R"("work":"1ms")"), 12, R"("work":"1ms","errors":"100%")");
    world w(text, order);
    w.send(20s);
    w.run(60s);
    CHECK(w.books.requests.size() == 2 + 3); // the shop's, the broker's, three tries
    CHECK(count(w, "worker.go", "skipped") == 1);
    CHECK(lost(w) == 1);
}

TEST_CASE("a group that is set back works again on what it has worked on") {
    world w(flow({}), order);
    send_for(w, 20s, 30s, 10ms);
    const auto* topic = w.running->find_endpoint(endpoint_ref{"kafka", "log"});
    w.act(60s, [&] {
        group_of(*w.running, *w.running->find_endpoint(endpoint_ref{"worker", "go"}))
            ->rewind(at(25s));
    });
    w.run(120s);
    REQUIRE(topic != nullptr);
    CHECK(count(w, "worker.go", "worked") == 1000);
    CHECK(count(w, "worker.go", "worked_again") == 500);
    CHECK(w.books.works.size() == 1000);
}

TEST_CASE("the lag is what is published and not committed, at every look") {
    world w(flow({.work = "20ms"}), order);
    send_for(w, 20s, 30s, 2ms);
    for (int second = 21; second < 80; ++second) {
        w.run(second * 1s);
        const auto published = count(w, "kafka.log", "published");
        const auto committed = published - count(w, "worker.go", "worked");
        CHECK(published <= 5000);
        CHECK(committed <= published);
    }
    w.run(200s);
    level_between lag(w, "lag");
    lag.begin();
    w.run(210s);
    lag.end();
    CHECK(lag.mean() == 0); // all is committed some time after it was worked on
}

TEST_CASE("a run that ends in the middle of a rebalance leaves nothing behind") {
    world w(flow({}), order);
    send_for(w, 1s, 3s, 1ms);
    w.act(2s, [&] { w.at_replica(2, 1).crash(); });
    w.run(3s);
    CHECK(w.running->unfinished_work() > 0);
}

} // namespace windtunnel::topology
