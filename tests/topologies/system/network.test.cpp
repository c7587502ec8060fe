// SPDX-License-Identifier: BSL-1.0
// Links between processes: which entry of a topology they have, and whose streams.
#include <catch2/catch.hpp>

#include "sim-core/physics/delay_network.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

TEST_CASE("a link entry holds in both directions, whichever end is named first") {
    const std::string ends =
        GENERATE(as<std::string>(), R"("from":"user","to":"a")", R"("from":"a","to":"user")",
                 R"("from":"*","to":"a")", R"("from":"a","to":"*")");
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{}}}},"network":{"links":[{)" + ends +
                R"(,"latency":"10ms"}]}})",
            {R"({"call":"a.x"})"});
    const visit& v = w.send(0ms);
    w.run();
    INFO(ends);
    CHECK(v.ended == at(20ms));
}

TEST_CASE("a service that nobody calls changes no draw of the others") {
    const auto ended = [](const std::string& more) {
        world w(R"({"name":"t","services":{)" + more +
                    R"j("a":{"replicas":3,"endpoints":{"x":{"steps":[{"call":"b.x"}]}}},
                       "b":{"endpoints":{"x":{}}}},
                   "network":{"latency":"exponential(mean=5ms)"}})j",
                {R"({"call":"a.x"})"}, 7);
        for (int i = 0; i < 20; ++i)
            w.send(i * 1ms);
        w.run();
        std::vector<time_point> all;
        for (const visit& v : w.visits)
            all.push_back(v.ended);
        return all;
    };
    CHECK(ended("") == ended(R"("idle":{"replicas":2,"endpoints":{"x":{}}},)"));
}

TEST_CASE("links are made for the pairs that talk, not for all that could") {
    world w(R"({"name":"t","services":{
               "a":{"replicas":2000,"endpoints":{"x":{"steps":[{"call":"b.x"}]}}},
               "b":{"replicas":2000,"endpoints":{"x":{}}}}})",
            {R"({"call":"a.x"})"});
    for (int i = 0; i < 10; ++i)
        w.send(i * 1ms);
    w.run();
    CHECK(w.running->messages()->links() == 4 * 10); // there and back, twice
}

} // namespace windtunnel::topology
