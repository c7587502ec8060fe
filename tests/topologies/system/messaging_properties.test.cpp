// SPDX-License-Identifier: BSL-1.0
// Queues and topics under faults that come at random: what was confirmed is worked on, each log is
// consistent, everything ends, and a run can be repeated.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"
#include "topologies/system/messaging_world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

struct mishap {
    enum class kind { crash, pause, loss, disk_full, leader_change } what;
    std::size_t service, replica;
    int begin, length; ///< in ms

    friend std::ostream& operator<<(std::ostream& out, const mishap& m) {
        return out << static_cast<int>(m.what) << " of " << m.service << '#' << m.replica << " at "
                   << m.begin << " for " << m.length << " ms";
    }
};

/// They begin between 10 s and 30 s, and the last is over at 40 s.
std::vector<mishap> some_mishaps() {
    const auto one = rc::gen::build<mishap>(
        rc::gen::set(&mishap::what,
                     rc::gen::element(mishap::kind::crash, mishap::kind::pause, mishap::kind::loss,
                                      mishap::kind::disk_full, mishap::kind::leader_change)),
        rc::gen::set(&mishap::service, rc::gen::inRange<std::size_t>(0, 2)),
        rc::gen::set(&mishap::replica, rc::gen::inRange<std::size_t>(0, 3)),
        rc::gen::set(&mishap::begin, rc::gen::inRange(10'000, 30'000)),
        rc::gen::set(&mishap::length, rc::gen::inRange(1, 10'000)));
    return *rc::gen::resize(6, rc::gen::container<std::vector<mishap>>(one));
}

struct storm {
    storm(const std::string& topology, const std::string& call, const std::string& d,
          const std::vector<mishap>& all, std::uint64_t seed)
        : w(topology, {call}, seed), name(d), chance(seed, "loss"), rule([this](const auto& m) {
              return losses > 0 && m.from != w.user->node() && m.to != w.user->node() &&
                     chance.uniform() < 0.3;
          }),
          guard(w.running->messages()->install(rule)) {
        for (const mishap& m : all)
            add(m);
        for (int i = 0; i < 150; ++i)
            w.send(10s + i * 150ms);
    }

    void add(const mishap& m) {
        const auto& service = *w.running->services()[m.service];
        replica* r = service.replicas[m.replica % service.replicas.size()].get();
        destination* d = service.endpoints.front()->destination.get();
        const auto from = std::chrono::milliseconds(m.begin);
        const auto act = [&, to = from + std::chrono::milliseconds(m.length)](auto on, auto off) {
            w.act(from, on);
            w.act(to, off);
        };
        switch (m.what) {
        case mishap::kind::crash:
            return act([r] { r->crash(); }, [r] { r->restart(); });
        case mishap::kind::pause:
            return act([r] { r->pause(); }, [r] { r->resume(); });
        case mishap::kind::loss:
            return act([this] { ++losses; }, [this] { --losses; });
        case mishap::kind::disk_full:
            if (d != nullptr)
                act([=] { d->disk_full(r->number(), true); },
                    [=] { d->disk_full(r->number(), false); });
            return;
        case mishap::kind::leader_change:
            if (d != nullptr)
                act([=] { d->step_down(r->number(), true); },
                    [=] { d->step_down(r->number(), false); });
            return;
        }
    }

    /// No more than so many events: an instant that never ends does not pass for a result.
    void run(duration until) {
        while (w.simulation.now() < at(until)) {
            w.run(w.simulation.now().time_since_epoch() + 1s);
            RC_ASSERT(w.simulation.events() < 2'000'000U);
        }
    }

    world w;
    std::string name;
    random_stream chance;
    int losses = 0;
    drops rule;
    sim::rule_guard guard;
};

const std::string topics =
    R"-({"name":"t","services":{"kafka":{"replicas":3,"workers":50,"topics":{"log":{"partitions":4,
        "replication_factor":3,"min_insync_replicas":2,"election":"1s","replica_lag_time":"2s",
        "producer":{"request_timeout":"1s","delivery_timeout":"10m"}}}},
      "worker":{"replicas":3,"endpoints":{"handle":{"work":"exponential(mean=20ms)",
        "consumes":{"from":"kafka.log","session_timeout":"6s","heartbeat_interval":"1s",
                    "commit_interval":"1s","reconnect":"500ms"}}}}},
      "network":{"latency":"exponential(mean=1ms)"}})-";
const std::string to_topic = R"-({"publish":"kafka.log","key":"uniform(1000)"})-";

std::string queues(const std::string& kind) {
    return R"-({"name":"t","services":{"mq":{"workers":50,"queues":{"orders":{"kind":")-" + kind +
           R"-("}}},
      "worker":{"replicas":3,"workers":4,"endpoints":{"handle":{"work":"exponential(mean=20ms)",
        "consumes":{"from":"mq.orders","reconnect":"500ms"}}}}},
      "network":{"latency":"exponential(mean=1ms)"}})-";
}
const std::string to_queue =
    R"-({"publish":"mq.orders","key":"uniform(20)","timeout":"1s",
         "retry":{"max_attempts":60,"initial_backoff":"1s","backoff_multiplier":1}})-";

} // namespace

TEST_CASE("a topic loses nothing that was accepted, whatever goes wrong for a while") {
    REQUIRE(rc::check([] {
        storm s(topics, to_topic, "log", some_mishaps(), *rc::gen::inRange<std::uint64_t>(1, 1000));
        std::vector<log_offset> ends(4);
        for (int i = 0; i < 60; ++i)
            s.w.act(10s + i * 1s, [&] {
                for (int p = 0; p < 4; ++p) {
                    const log_partition& log = topic_in(s.w).log().partition(p);
                    auto& end = ends[static_cast<std::size_t>(p)];
                    RC_ASSERT(log.high_watermark() >= end); // what is committed stays
                    end = log.high_watermark();
                }
            });
        s.run(15min);
        for (const visit& v : s.w.visits)
            RC_ASSERT(v.over && v.result.ok());
        RC_ASSERT(topic_in(s.w).log().metrics().lost == 0U);
        log_offset records = 0;
        for (int p = 0; p < 4; ++p)
            records += topic_in(s.w).log().partition(p).log_end();
        RC_ASSERT(records == 150); // none twice
        RC_ASSERT(completed(s.w) == 150U);
        RC_ASSERT(s.w.running->unfinished_work() == 0U);
    }));
}

TEST_CASE("a durable queue loses nothing that was confirmed, whatever goes wrong for a while") {
    REQUIRE(rc::check([] {
        const std::string kind =
            *rc::gen::element<std::string>("rabbitmq_quorum", "sqs", "sqs_fifo");
        storm s(queues(kind), to_queue, "orders", some_mishaps(),
                *rc::gen::inRange<std::uint64_t>(1, 1000));
        s.run(30min);
        std::size_t accepted = 0;
        for (const visit& v : s.w.visits) {
            RC_ASSERT(v.over);
            accepted += v.result.ok() ? 1 : 0;
        }
        const auto& m = queue_in(s.w).metrics();
        RC_ASSERT(m.published == queue_in(s.w).ready() + queue_in(s.w).unacked() + m.acked +
                                     m.all_dead_lettered() + m.all_dropped());
        if (kind == "sqs_fifo")
            RC_ASSERT(m.published <= 150U); // a retry has no second effect
        RC_ASSERT(completed(s.w) == accepted);
        RC_ASSERT(s.w.running->unfinished_work() == 0U);
    }));
}

TEST_CASE("the same seed gives the same events, and any moment is good for an end") {
    REQUIRE(rc::check([] {
        const auto all = some_mishaps();
        const bool queue = *rc::gen::element(true, false);
        const auto until = *rc::gen::inRange(1, 60);
        const auto run = [&] {
            storm s(queue ? queues("sqs_fifo") : topics, queue ? to_queue : to_topic,
                    queue ? "orders" : "log", all, 7);
            s.run(std::chrono::seconds(until));
            std::vector<time_point> ends;
            for (const auto& each : s.w.books.works)
                ends.push_back(each.over);
            return std::pair{s.w.simulation.events(), ends};
        };
        RC_ASSERT(run() == run());
    }));
}

} // namespace windtunnel::topology
