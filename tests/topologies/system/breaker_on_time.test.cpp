// SPDX-License-Identifier: BSL-1.0
// Breakers that go half-open by themselves, in a running system: the observer hears of it at the
// instant, though nobody calls.
#include <catch2/catch.hpp>

#include "topologies/system/world.hpp"

using namespace std::chrono_literals;

namespace windtunnel::topology {

namespace {

std::string front_with(const std::string& more) {
    return R"({"name":"t","services":{
        "front":{"workers":10,"endpoints":{"x":{"steps":[{"call":"back.y","circuit_breaker":{
            "sliding_window_type":"count","minimum_number_of_calls":2,"wait_in_open":"5s",
            "wait_jitter":"0%",)" +
           more + R"("permitted_calls_in_half_open":1,"max_wait_in_half_open":"3s"}}]}}},
        "back":{"workers":10,"endpoints":{"y":{"errors":"100%"}}}}})";
}

const std::string automatic = R"("automatic_half_open":true,)";

struct change {
    std::string_view from, to;
    time_point at;
    friend bool operator==(const change&, const change&) = default;
};

std::vector<change> changes_of(const world& w) {
    std::vector<change> all;
    for (const auto& c : w.books.changes)
        all.push_back({c.from, c.to, c.at});
    return all;
}

} // namespace

TEST_CASE("a breaker is seen half-open when its wait is over, not with the next call") {
    for (const bool by_itself : {true, false}) {
        world w(front_with(by_itself ? automatic : ""), {R"({"call":"front.x"})"});
        w.send(1s);
        w.send(2s);
        w.run(20s);
        const std::vector<change> opened{{"closed", "open", at(2s)}};
        auto expected = opened;
        if (by_itself)
            expected.push_back({"open", "half_open", at(7s)});
        CHECK(changes_of(w) == expected);
        w.send(30s);
        w.run(32s);
        expected.push_back(by_itself ? change{"half_open", "open", at(30s)}
                                     : change{"open", "half_open", at(30s)});
        CHECK(changes_of(w).at(expected.size() - 1) == expected.back());
        CHECK(w.settled());
    }
}

TEST_CASE("the breaker of a caller that crashed does nothing any more") {
    world w(front_with(automatic), {R"({"call":"front.x"})"});
    w.send(1s);
    w.send(2s);
    w.act(4s, [&] { w.at_replica(0).crash(); });
    w.act(10s, [&] { w.at_replica(0).restart(); });
    w.run(20s);
    CHECK(changes_of(w) ==
          std::vector<change>{{"closed", "open", at(2s)}, {"half_open", "closed", at(10s)}});
}

} // namespace windtunnel::topology
