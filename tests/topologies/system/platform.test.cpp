// SPDX-License-Identifier: BSL-1.0
// Hosts of a platform: work takes the time that their speed says. One SimGrid engine to a process,
// so each world is run in one of its own.
#include <catch2/catch.hpp>

#include "sim-core/physics/simgrid/isolated.hpp"
#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

/// How long a request takes whose work of 10 ms is done on this host.
std::string time_on(const std::string& host) {
    return sim::run_isolated([&] {
        world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{"work":"10ms"}}}},
                    "platform":{"hosts":{"h":)" +
                    host + R"(},"placement":{"a":"h","user":"h"}}})",
                {R"({"call":"a.x"})"});
        const visit& v = w.send(0ms);
        w.run(1s);
        w.run(2s);
        return v.result.ok() ? std::to_string(v.ended.time_since_epoch().count()) : "failed";
    });
}

} // namespace

TEST_CASE("work takes as long as the host's flops say, of 1e9 by default") {
    CHECK(time_on("{}") == "10000000");
    CHECK(time_on(R"({"flops":2e9})") == "5000000");
    CHECK(time_on(R"({"flops":5e8})") == "20000000");
}

} // namespace windtunnel::topology
