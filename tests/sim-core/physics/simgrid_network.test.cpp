// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/simgrid_network.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace std::chrono_literals;

namespace {

/// Two hosts a and b (nodes 0 and 1), node 2 on a too, and one link between them.
simgrid_platform two_hosts(double bandwidth, duration latency) {
    simgrid_platform p;
    p.hosts = {{"a", 1e9}, {"b", 1e9}};
    p.links = {{"wire", bandwidth, latency}};
    p.routes = {{"a", "b", {"wire"}}};
    p.model = "CM02";
    p.cross_traffic = false;
    p.flow_threshold = 0;
    p.placement = {"a", "b", "a"};
    return p;
}

struct parcel {
    explicit parcel(std::uint64_t bytes, node_id from = 0, node_id to = 1) : letter(*this) {
        letter.size = bytes;
        letter.from = from;
        letter.to = to;
    }
    struct noted : message {
        explicit noted(parcel& p) : message(&noted::note), owner(p) {}
        static void note(message& m, delivery how) {
            parcel& p = static_cast<noted&>(m).owner;
            p.how = how;
            ++p.times;
            if (p.then)
                p.then();
        }
        parcel& owner;
    };
    noted letter;
    delivery how = delivery::refused;
    int times = 0;
    std::function<void()> then;
};

/// Calls `what` at its time.
class alarm_clock : timer {
  public:
    alarm_clock(simulation& world, time_point at, std::function<void()> what,
                timer_class kind = timer_class::event)
        : timer([](timer& t) { static_cast<alarm_clock&>(t).what_(); }), world_(world),
          what_(std::move(what)) {
        world.arm(*this, at, kind);
    }
    ~alarm_clock() { world_.disarm(*this); }

  private:
    simulation& world_;
    std::function<void()> what_;
};

time_point at(duration d) {
    return time_point{d};
}

struct bench {
    explicit bench(const simgrid_platform& p) : net(world, p) {}
    simulation world;
    simgrid_network net;
    std::ostringstream out;
};

/// Runs `what` with a network in a process of its own; what it writes to `out` comes back.
std::string in_a_child(const simgrid_platform& p, const std::function<void(bench&)>& what) {
    return run_isolated([&] {
        bench b(p);
        what(b);
        return b.out.str();
    });
}

/// When one message of that size arrives that is alone, in seconds.
double alone(const simgrid_platform& p, std::uint64_t size) {
    return std::stod(in_a_child(p, [&](bench& b) {
        parcel one(size);
        one.then = [&] { b.out.precision(17), b.out << to_seconds(b.world.now()); };
        b.net.send(one.letter);
        b.net.run(never);
    }));
}

} // namespace

TEST_CASE("LV08 gives SimGrid's published time for 100 kB over 10 ms and 1 Mb/s") {
    simgrid_platform p = two_hosts(125'000, 10ms);
    p.model = "LV08";
    CHECK(alone(p, 100'000) == Approx(13.01 * .01 + 100'000 / (.97 * 125'000)).epsilon(1e-9));
    CHECK(alone(p, 100'000) == Approx(.954842).margin(5e-7));
    p.cross_traffic = true;
    CHECK(alone(p, 100'000) == Approx(.996079).margin(5e-7));
    CHECK(alone(p, 100'000) ==
          Approx(13.01 * .01 + 1.05 * 100'000 / (.97 * 125'000)).epsilon(1e-9));
}

TEST_CASE("a link without a model's factors takes latency plus size by bandwidth") {
    CHECK(alone(two_hosts(125'000, 10ms), 100'000) == Approx(.81).epsilon(1e-9));
}

TEST_CASE("CM02 gives SimGrid's published times, bounded by TCP's window") {
    CHECK(alone(two_hosts(1e10, 0ns), 10'000'000'000) == Approx(1).epsilon(1e-9));
    CHECK(alone(two_hosts(1e10, 10us), 10'000'000'000) == Approx(1.00001).epsilon(1e-9));
    CHECK(alone(two_hosts(1e10, 1ms), 10'000'000'000) ==
          Approx(1e-3 + 1e10 * 2e-3 / 4194304).epsilon(1e-9));
    CHECK(alone(two_hosts(1e10, 1ms), 10'000'000'000) == Approx(4.769372).margin(5e-7));
}

TEST_CASE("two equal flows share a link, the second one starting half-way") {
    const std::string times = in_a_child(two_hosts(1, 0ns), [](bench& b) {
        parcel first(1), second(1);
        first.then = [&] { b.out << b.world.now().time_since_epoch().count() << ' '; };
        second.then = first.then;
        b.net.send(first.letter);
        alarm_clock half(b.world, at(500ms), [&] { b.net.send(second.letter); });
        b.net.run(never);
        b.out << b.net.most_flows_in_flight() << b.net.flows_in_flight();
    });
    CHECK(times == "1500000000 2000000000 20");
}

TEST_CASE("a small message takes as long as a flow that is alone, on every kind of route") {
    for (const char* model : {"LV08", "CM02"})
        for (const bool cross : {false, true})
            for (const duration latency : {duration{0}, duration{2ms}, duration{1s}}) {
                simgrid_platform p = two_hosts(3e7, latency);
                p.hosts.push_back({"c", 1e9});
                p.links.push_back({"far", 1e7, 3ms});
                p.links.push_back({"fast", 1e9, 0ms});
                p.routes = {{"a", "b", {"wire", "far", "fast"}}};
                p.model = model;
                p.cross_traffic = cross;
                const double flow = alone(p, 5'000'000);
                p.flow_threshold = 5'000'000;
                CAPTURE(model, cross, latency.count());
                CHECK(alone(p, 5'000'000) == Approx(flow).epsilon(1e-9));
            }
}

TEST_CASE("messages up to the threshold leave a flow alone, larger ones share with it") {
    const auto bulk_arrival = [](std::uint64_t other) {
        simgrid_platform p = two_hosts(1e6, 0ns);
        p.flow_threshold = 100'000;
        return in_a_child(p, [&](bench& b) {
            parcel bulk(1'000'000), small(other);
            bulk.then = [&] { b.out << b.world.now().time_since_epoch() / 1us; };
            b.net.send(bulk.letter);
            b.net.send(small.letter);
            b.net.run(never);
            b.out << ' ' << b.net.most_flows_in_flight();
        });
    };
    CHECK(bulk_arrival(100'000) == "1000000 1");
    CHECK(bulk_arrival(100'001) == "1100001 2");
}

TEST_CASE("processes on one host share nothing, however large their messages") {
    const std::string result = in_a_child(two_hosts(1e6, 1ms), [](bench& b) {
        parcel large(1'000'000'000, 0, 2);
        large.then = [&] { b.out << b.world.now().time_since_epoch() / 1us; };
        b.net.send(large.letter);
        b.out << b.net.flows_in_flight() << ' ';
        b.net.run(never);
    });
    CHECK(result == "0 100000"); // at 10 GB/s
}

TEST_CASE("a message cancelled in flight gives its share back and is never reported") {
    const std::string result = in_a_child(two_hosts(1e6, 0ns), [](bench& b) {
        parcel kept(1'000'000), dropped(1'000'000), unsent(1'000'000);
        kept.then = [&] { b.out << b.world.now().time_since_epoch() / 1us << ' '; };
        b.net.send(kept.letter);
        b.net.send(dropped.letter);
        b.net.send(unsent.letter);
        unsent.letter.cancel();
        alarm_clock later(b.world, at(1s), [&] {
            dropped.letter.cancel();
            b.out << dropped.letter.in_flight();
            b.net.send(unsent.letter); // a cancelled message can be sent again
        });
        alarm_clock last(b.world, at(1500ms), [&] { unsent.letter.cancel(); });
        b.net.run(never);
        b.out << kept.times << dropped.times << unsent.times << b.net.flows_in_flight();
    });
    // 500 kB in the first second at half speed, 250 kB in the next half, the rest alone
    CHECK(result == "01750000 1000");
}

TEST_CASE("a message is cancelled by another's arrival at the same instant, small or large") {
    for (const std::uint64_t threshold : {0, 1'000'000}) {
        simgrid_platform p = two_hosts(1e6, 0ns);
        p.flow_threshold = threshold;
        const std::string result = in_a_child(p, [](bench& b) {
            parcel one(1'000), other(1'000);
            one.then = [&] { other.letter.cancel(); };
            other.then = [&] { one.letter.cancel(); };
            b.net.send(one.letter);
            b.net.send(other.letter);
            b.net.run(never);
            b.out << one.times + other.times;
        });
        CHECK(result == "1");
    }
}

TEST_CASE("what arrives at exactly the deadline is in time") {
    for (const std::uint64_t size : {1'000'000, 100'000, 300'000, 700'000}) {
        const std::string result = in_a_child(two_hosts(1e6, 0ns), [&](bench& b) {
            parcel answer(size);
            answer.then = [&] { b.out << "arrived "; };
            b.net.send(answer.letter);
            alarm_clock deadline(
                b.world, at(duration{static_cast<std::int64_t>(size) * 1000}),
                [&] { b.out << "deadline"; }, timer_class::deadline);
            b.net.run(never);
        });
        CAPTURE(size);
        CHECK(result == "arrived deadline");
    }
}

TEST_CASE("a run in slices is the same as a run in one") {
    const auto arrivals = [](duration slice) {
        return in_a_child(two_hosts(1e6, 1ms), [&](bench& b) {
            std::vector<std::unique_ptr<parcel>> all;
            std::function<void()> next = [&] {
                b.out << b.world.now().time_since_epoch().count() << ' ';
                if (all.size() < 20) {
                    all.push_back(std::make_unique<parcel>(50'000 + 7'001 * all.size()));
                    all.back()->then = next;
                    b.net.send(all.back()->letter);
                }
            };
            next();
            next();
            next();
            for (time_point t = at(slice); t <= at(3s); t += slice) {
                b.net.run(t);
                if (b.world.now() != t)
                    b.out << "wrong clock";
            }
        });
    };
    const std::string whole = arrivals(3s);
    CHECK(std::count(whole.begin(), whole.end(), ' ') == 23);
    CHECK(arrivals(1ms) == whole);
    CHECK(arrivals(7us) == whole);
    CHECK(arrivals(1234567ns) == whole);
}

TEST_CASE("a run ends at its end, with what is under way still under way") {
    const std::string result = in_a_child(two_hosts(1e6, 0ns), [](bench& b) {
        parcel large(1'000'000);
        b.net.send(large.letter);
        b.net.run(at(999999999ns));
        b.out << large.times << b.net.flows_in_flight();
        b.net.run(at(1s));
        b.out << large.times << b.net.flows_in_flight();
        b.net.send(large.letter);
        b.net.run(at(1500ms));
        b.out << ' ' << b.world.now().time_since_epoch() / 1ms << ' ' << large.letter.in_flight();
        large.letter.cancel();
    });
    CHECK(result == "0110 1500 1");
}

TEST_CASE("times stay exact late in a long run") {
    const std::string result = in_a_child(two_hosts(3e6, 1us), [](bench& b) {
        parcel large(1'000'000);
        int left = 1000;
        large.then = [&] {
            if (--left > 0)
                b.net.send(large.letter);
            b.out.str(std::to_string((b.world.now() - at(2'000'000s)).count()));
        };
        b.net.run(at(2'000'000s)); // 23 days
        b.net.send(large.letter);
        b.net.run(never);
    });
    CHECK(std::stod(result) == Approx(1e9 * 1000 * (1e-6 + 1e6 / 3e6)).epsilon(1e-9));
}

TEST_CASE("a network that dies forgets its flows") {
    const std::string result = run_isolated([] {
        parcel large(1'000'000);
        bench b(two_hosts(1e6, 0ns));
        b.net.send(large.letter);
        b.net.run(at(500ms));
        return std::string("done");
    });
    CHECK(result == "done");
}

TEST_CASE("stopping the simulation stops the run, and the next run goes on") {
    const std::string result = in_a_child(two_hosts(1e6, 0ns), [](bench& b) {
        parcel large(1'000'000);
        b.net.send(large.letter);
        alarm_clock stop(b.world, at(400ms), [&] { b.world.stop(); });
        alarm_clock same(b.world, at(400ms), [&] { b.out << "later "; });
        b.net.run(at(5s));
        b.out << b.world.now().time_since_epoch() / 1ms << ' ';
        b.net.run(at(5s));
        b.out << large.times << b.world.now().time_since_epoch() / 1ms;
    });
    CHECK(result == "400 later 15000");
}

TEST_CASE("a run that its last event at an instant stops has stopped") {
    const std::string result = in_a_child(two_hosts(1e6, 0ns), [](bench& b) {
        parcel first(1'000'000), second(1'500'000);
        first.then = [&] { b.net.stop(); };
        b.net.send(first.letter);
        b.net.send(second.letter);
        b.net.run(never);
        b.out << b.world.now().time_since_epoch() / 1ms << ' ' << second.times;
        b.net.run(never);
        b.out << ' ' << b.world.now().time_since_epoch() / 1ms << ' ' << second.times;
    });
    CHECK(result == "2000 0 2500 1");
}

TEST_CASE("what an event throws comes out of the run") {
    CHECK_THROWS_WITH(in_a_child(two_hosts(1e6, 0ns),
                                 [](bench& b) {
                                     parcel large(1'000'000);
                                     large.then = [] { throw std::runtime_error("enough"); };
                                     b.net.send(large.letter);
                                     b.net.run(never);
                                 }),
                      "enough");
}

TEST_CASE("twenty runs give the same bytes") {
    simgrid_platform p = two_hosts(1e7, 137us);
    p.model = "LV08";
    p.cross_traffic = true;
    p.flow_threshold = 20'000;
    const auto trace = [&] {
        return in_a_child(p, [](bench& b) {
            std::vector<std::unique_ptr<parcel>> all;
            std::uint64_t state = 1;
            for (int i = 0; i < 300; ++i) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                const node_id from = i % 2;
                all.push_back(std::make_unique<parcel>(1000 + (state >> 47), from, 1 - from));
                parcel& one = *all.back();
                one.then = [&b, &one, i] {
                    b.out << i << '@' << b.world.now().time_since_epoch().count() << '\n';
                    if (one.times < 3)
                        b.net.send(one.letter);
                };
                b.net.send(one.letter);
            }
            b.net.run(never);
        });
    };
    const std::string first = trace();
    CHECK(std::count(first.begin(), first.end(), '\n') == 900);
    for (int i = 1; i < 20; ++i)
        REQUIRE(trace() == first);
}

TEST_CASE("a platform file of SimGrid's is read, with its routes and latencies") {
    const auto file = std::filesystem::temp_directory_path() /
                      ("windtunnel-platform-" + std::to_string(getpid()) + ".xml");
    std::ofstream(file) << R"(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="all" routing="Full">
    <host id="north" speed="1Gf"/> <host id="south" speed="1Gf"/> <host id="island" speed="1Gf"/>
    <link id="sea" bandwidth="125kBps" latency="10ms" sharing_policy="SPLITDUPLEX"/>
    <route src="north" dst="south"> <link_ctn id="sea" direction="UP"/> </route>
  </zone>
</platform>)";
    simgrid_platform p;
    p.file = file;
    p.placement = {"north", "south", "island"};
    CHECK(alone(p, 100'000) == Approx(.954842).margin(5e-7)); // the way back is a link of its own
    p.flow_threshold = 1'000'000;
    CHECK(alone(p, 100'000) == Approx(.954842).margin(5e-7));
    const auto send_to_island = [](bench& b) {
        parcel lost(1, 0, 2);
        b.net.send(lost.letter);
    };
    CHECK_THROWS_WITH(in_a_child(p, send_to_island),
                      "platform: no route leads from 'north' to 'island'");
    p.placement.push_back("west");
    CHECK_THROWS_WITH(in_a_child(p, send_to_island),
                      "platform: the host of node 3 is 'west': must be one of the platform's "
                      "hosts: island north south");
    std::ofstream(file) << "<platform version=\"4.1\"> <zone id=";
    CHECK_THROWS_WITH(in_a_child(p, send_to_island), Catch::Contains(file.filename().string()));
    std::filesystem::remove(file);
}

TEST_CASE("a network that cannot be built says what is wrong with it") {
    const auto said = [](const std::function<void(simgrid_platform&)>& spoil) {
        simgrid_platform p = two_hosts(1e6, 1ms);
        spoil(p);
        try {
            p.validate();
        } catch (const std::invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string("nothing");
    };
    using platform = simgrid_platform;
    CHECK(said([](platform&) {}) == "nothing");
    CHECK(said([](platform& p) { p.model = "SMPI"; }) ==
          "platform: the model is 'SMPI': must be LV08 or CM02");
    CHECK(said([](platform& p) { p.links[0].bandwidth = 0; }) ==
          "platform: the bandwidth of link 'wire' is 0.000000: must be a finite number above 0");
    CHECK(said([](platform& p) { p.links[0].latency = -1ns; }) ==
          "platform: the latency of link 'wire' is -1 ns: must not be negative");
    CHECK(said([](platform& p) { p.hosts[1].name = "a"; }) ==
          "platform: the host 'a' is given twice: names are unique");
    CHECK(said([](platform& p) { p.routes[0].to = "c"; }) ==
          "platform: the route from 'a' to 'c': 'to' is 'c': must be one of the platform's hosts: "
          "a b");
    CHECK(said([](platform& p) { p.routes[0].links = {"rope"}; }) ==
          "platform: the route from 'a' to 'b': a link is 'rope': must be one of the platform's "
          "links: wire");
    CHECK(said([](platform& p) { p.routes[0].links.clear(); }) ==
          "platform: the route from 'a' to 'b' is without links: must name at least one");
    CHECK(said([](platform& p) {
              p.routes.push_back({"b", "a", {"wire"}});
          }) == "platform: the route between 'b' and 'a' is given twice: a route is used in both "
                "directions");
    CHECK(said([](platform& p) { p.placement[2] = "d"; }) ==
          "platform: the host of node 2 is 'd': must be one of the platform's hosts: a b");
    CHECK(said([](platform& p) { p.file = "x.xml"; }) ==
          "platform: the platform is given as the file 'x.xml' and inline: give one of the two");
    CHECK(said([](platform& p) { (p = {}).file = "/no/such.xml"; }) ==
          "platform: the file is '/no/such.xml': must be a SimGrid platform file that exists");
}

TEST_CASE("sending where no route leads, or to a node without a place, is an error that names it") {
    simgrid_platform p = two_hosts(1e6, 1ms);
    p.hosts.push_back({"c", 1e9});
    p.placement.push_back("c");
    const auto send_to = [&](node_id to) {
        return in_a_child(p, [&](bench& b) {
            parcel lost(1, 0, to);
            b.net.send(lost.letter);
        });
    };
    CHECK_THROWS_WITH(send_to(3), "platform: no route leads from 'a' to 'c'");
    CHECK_THROWS_WITH(send_to(4), "simgrid_network: node 4 has no place: the placement names 4");
}

TEST_CASE("a process has one SimGrid network in its life") {
    CHECK_THROWS_WITH(
        in_a_child(two_hosts(1e6, 1ms), [](bench&) { bench second(two_hosts(1e6, 1ms)); }),
        Catch::Contains("this process has had one"));
}

TEST_CASE("an abort inside SimGrid becomes an exception with what SimGrid said") {
    const auto file = std::filesystem::temp_directory_path() /
                      ("windtunnel-broken-" + std::to_string(getpid()) + ".xml");
    std::ofstream(file) << R"(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"> <zone id="all" routing="Full"> <host id="a" speed="1Gf"/>
<route src="a" dst="nobody"><link_ctn id="nothing"/></route> </zone> </platform>)";
    simgrid_platform p;
    p.file = file;
    p.placement = {"a"};
    try {
        in_a_child(p, [](bench&) {});
        FAIL("no exception");
    } catch (const std::runtime_error& e) {
        CHECK_THAT(e.what(), Catch::Contains("nobody") || Catch::Contains("nothing"));
    }
    std::filesystem::remove(file);
}

TEST_CASE("SimGrid leaves signals and std::terminate as they were") {
    const std::string result = run_isolated([] {
        const auto handler = [](int) {};
        const auto terminate = [] { std::abort(); };
        for (const int signal : {SIGINT, SIGSEGV, SIGTERM})
            std::signal(signal, handler);
        std::set_terminate(terminate);
        const bench b(two_hosts(1e6, 1ms));
        std::string kept;
        for (const int signal : {SIGINT, SIGSEGV, SIGTERM})
            kept += std::signal(signal, SIG_DFL) == +handler ? "kept " : "lost ";
        return kept + (std::get_terminate() == +terminate ? "kept" : "lost");
    });
    CHECK(result == "kept kept kept kept");
}
