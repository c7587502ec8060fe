// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/delay_network.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim-core/engine/simulation.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;

namespace {

constexpr time_point at(duration d) {
    return time_point{} + d;
}

using news = std::pair<delivery, time_point>;

/// A message that writes down what becomes of it.
struct letter : message {
    letter(simulation& s, node_id sender, node_id receiver, std::uint64_t bytes = 0)
        : message(&letter::told), world(s) {
        from = sender;
        to = receiver;
        size = bytes;
    }
    static void told(message& m, delivery how) {
        auto& self = static_cast<letter&>(m);
        self.heard.emplace_back(how, self.world.now());
        if (self.then)
            self.then();
    }
    simulation& world;
    std::vector<news> heard;
    std::function<void()> then;
};

struct rule_of : rule {
    explicit rule_of(verdict v) : answer(v) {}
    verdict judge(const message&) override {
        ++asked;
        return answer;
    }
    verdict answer;
    int asked = 0;
};

link_options constant(duration latency) {
    return {.latency = distribution::constant(latency)};
}

} // namespace

TEST_CASE("a message takes its link's latency") {
    simulation world;
    delay_network net(world);
    net.connect(1, 2, "a->b", constant(10ms));
    net.connect(2, 1, "b->a", constant(3ms));
    letter there(world, 1, 2, 100);
    letter back(world, 2, 1);
    net.send(there);
    net.send(back);
    CHECK(there.in_flight());
    CHECK(there.heard.empty());
    world.run();
    CHECK_FALSE(there.in_flight());
    CHECK(there.heard == std::vector<news>{{delivery::arrived, at(10ms)}});
    CHECK(back.heard == std::vector<news>{{delivery::arrived, at(3ms)}});
    CHECK(net.totals(*net.find(1, 2)).sent == 1);
    CHECK(net.totals(*net.find(1, 2)).bytes == 100);
}

TEST_CASE("a raw link of 10 ms and 1 Mb/s carries 100 kB in 0.81 s, each message for itself") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", {.latency = distribution::constant(10ms), .bandwidth = 125'000.0});
    letter one(world, 0, 1, 100'000);
    letter other(world, 0, 1, 100'000);
    net.send(one);
    net.send(other);
    world.run();
    CHECK(one.heard == std::vector<news>{{delivery::arrived, at(810ms)}});
    CHECK(other.heard == one.heard);
}

TEST_CASE("messages overtake each other only where the link is not in order") {
    for (const bool in_order : {false, true}) {
        simulation world;
        delay_network net(world);
        net.connect(
            0, 1, "l",
            {.latency = distribution::constant(1ms), .bandwidth = 1e6, .in_order = in_order});
        letter large(world, 0, 1, 10'000);
        letter small(world, 0, 1, 0);
        net.send(large);
        net.send(small);
        world.run();
        CHECK(large.heard.at(0).second == at(11ms));
        CHECK(small.heard.at(0).second == at(in_order ? 11ms : 1ms));
    }
}

TEST_CASE("a lost message is the network's to know, when it would have arrived") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", {.latency = distribution::constant(5ms), .loss = 1});
    letter m(world, 0, 1);
    net.send(m);
    world.run();
    CHECK(m.heard == std::vector<news>{{delivery::lost, at(5ms)}});
    CHECK(net.totals(0).lost == 1);
}

TEST_CASE("loss takes its share and leaves the latencies of the others as they were") {
    const auto run = [](double loss) {
        simulation world(7);
        delay_network net(world);
        net.connect(0, 1, "l", {.latency = distribution::exponential(10ms), .loss = loss});
        std::vector<news> all;
        for (int i = 0; i < 4000; ++i) {
            letter m(world, 0, 1);
            const time_point sent = world.now();
            net.send(m);
            world.run();
            all.emplace_back(m.heard.at(0).first, at(m.heard.at(0).second - sent));
        }
        return all;
    };
    const auto with = run(0.25);
    const auto without = run(0);
    int lost = 0;
    for (std::size_t i = 0; i < with.size(); ++i) {
        lost += with[i].first == delivery::lost;
        CHECK(with[i].second == without[i].second);
    }
    CHECK(lost == Approx(1000).margin(110));
}

TEST_CASE("a rule is in force while its guard lives") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", constant(1ms));
    rule_of slow(verdict::delay(7ms));
    letter disturbed(world, 0, 1);
    letter free(world, 0, 1);
    {
        rule_guard outer;
        {
            rule_guard guard = net.install(slow);
            outer = std::move(guard);
        }
        net.send(disturbed);
    }
    net.send(free);
    world.run();
    CHECK(slow.asked == 1);
    CHECK(disturbed.heard.at(0).second == at(8ms));
    CHECK(free.heard.at(0).second == at(1ms));
}

TEST_CASE("delays add up, and a drop or a reject is final") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "there", constant(1ms));
    net.connect(1, 0, "back", constant(2ms));
    rule_of first(verdict::delay(3ms));
    rule_of nothing(verdict::pass());
    rule_of second(verdict::delay(4ms));
    rule_of last(verdict::pass());
    letter m(world, 0, 1);
    const auto g1 = net.install(first);
    const auto g2 = net.install(nothing);
    const auto g3 = net.install(second);
    const auto g4 = net.install(last);

    SECTION("delays") {
        net.send(m);
        world.run();
        CHECK(m.heard == std::vector<news>{{delivery::arrived, at(8ms)}});
        CHECK(last.asked == 1);
    }
    SECTION("drop") {
        second.answer = verdict::drop();
        net.send(m);
        world.run();
        CHECK(m.heard == std::vector<news>{{delivery::lost, at(4ms)}});
        CHECK(last.asked == 0);
    }
    SECTION("reject: the sender learns it after a way there and back") {
        second.answer = verdict::reject();
        net.send(m);
        world.run();
        CHECK(m.heard == std::vector<news>{{delivery::refused, at(6ms)}});
        CHECK(net.totals(0).refused == 1);
    }
}

TEST_CASE("a duplicate arrives twice, and the second is the last word") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", {.latency = distribution::exponential(10ms)});
    rule_of twice(verdict::duplicate());
    const auto guard = net.install(twice);
    for (int i = 0; i < 20; ++i) {
        letter m(world, 0, 1);
        net.send(m);
        world.run();
        REQUIRE(m.heard.size() == 2);
        CHECK(m.heard[0].first == delivery::duplicate);
        CHECK(m.heard[1].first == delivery::arrived);
        CHECK(m.heard[0].second < m.heard[1].second);
    }
    CHECK(net.totals(0).duplicated == 20);
}

TEST_CASE("a cancelled message is not heard of, also between its two copies") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", {.latency = distribution::exponential(10ms)});
    letter m(world, 0, 1);
    net.send(m);
    m.cancel();
    CHECK_FALSE(m.in_flight());
    m.cancel();
    world.run();
    CHECK(m.heard.empty());

    rule_of twice(verdict::duplicate());
    const auto guard = net.install(twice);
    m.then = [&] { m.cancel(); };
    net.send(m);
    world.run();
    CHECK(m.heard.size() == 1);
    CHECK(m.heard[0].first == delivery::duplicate);
}

TEST_CASE("a message may be sent again from its own callback") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", constant(1ms));
    letter m(world, 0, 1);
    m.then = [&] {
        if (m.heard.size() < 5)
            net.send(m);
    };
    net.send(m);
    world.run();
    CHECK(m.heard.size() == 5);
    CHECK(world.now() == at(5ms));
}

TEST_CASE("a link's latencies do not depend on the other links") {
    const auto latency = [](bool more) {
        simulation world(3);
        delay_network net(world);
        if (more)
            net.connect(5, 6, "other", {.latency = distribution::exponential(1s)});
        net.connect(0, 1, "l", {.latency = distribution::exponential(1s)});
        letter m(world, 0, 1);
        letter o(world, 5, 6);
        if (more)
            net.send(o);
        net.send(m);
        world.run();
        return m.heard.at(0).second;
    };
    CHECK(latency(true) == latency(false));
}

TEST_CASE("the network says which link is missing, double or impossible") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l", {});
    letter m(world, 1, 0);
    CHECK_THROWS_WITH(net.send(m), "network: no link from node 1 to node 0");
    CHECK_FALSE(m.in_flight());
    CHECK_THROWS_WITH(net.connect(0, 1, "l", {}), "network: a second link from node 0 to node 1");
    CHECK_THROWS_AS(net.connect(2, 3, "l", {.bandwidth = 0.0}), std::invalid_argument);
    CHECK_THROWS_AS(net.connect(2, 3, "l", {.loss = 1.5}), std::invalid_argument);
    CHECK_THROWS_AS(net.connect(2, 3, "l", {.loss = std::numeric_limits<double>::quiet_NaN()}),
                    std::invalid_argument);
    CHECK_FALSE(net.find(2, 3).has_value());
}

TEST_CASE("a message that takes longer than time can say never arrives, and can be cancelled") {
    simulation world;
    delay_network net(world);
    net.connect(0, 1, "l",
                {.latency = distribution::constant(1s), .bandwidth = 0.001 / 8, .in_order = true});
    letter m(world, 0, 1, 1'000'000'000), behind(world, 0, 1);
    net.send(m);
    net.send(behind);
    world.run_until(at(1h));
    CHECK(m.in_flight());
    CHECK(m.heard.empty());
    m.cancel();
    behind.cancel();
    CHECK_FALSE(m.in_flight());
}

TEST_CASE("delays that overflow, lost or refused or twice, never end") {
    for (const verdict v : {verdict::drop(), verdict::reject(), verdict::duplicate()}) {
        simulation world;
        delay_network net(world);
        net.connect(0, 1, "l", constant(1s));
        rule_of late(verdict::delay(duration::max())), later(v);
        const auto first = net.install(late), second = net.install(later);
        letter m(world, 0, 1);
        net.send(m);
        world.run_until(at(1h));
        CHECK(m.heard.empty());
        m.cancel();
    }
}

TEST_CASE("a planned link is made by the first message, and draws as one that was connected") {
    const auto heard = [](bool planned) {
        simulation world(3);
        delay_network net(world);
        const link_options options{.latency = distribution::exponential(5ms)};
        if (planned)
            net.connect_on_demand([&](node_id from, node_id to) -> std::optional<link_plan> {
                if (to > 2)
                    return {};
                return link_plan{from == 1 ? "a->b" : "b->a", options};
            });
        else
            net.connect(1, 2, "a->b", options);
        CHECK(net.links() == (planned ? 0 : 1));
        letter m(world, 1, 2), nowhere(world, 1, 3);
        net.send(m);
        CHECK(net.links() == 1);
        CHECK_THROWS_AS(net.send(nowhere), std::invalid_argument);
        world.run();
        return m.heard;
    };
    CHECK(heard(true) == heard(false));
}
