// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/dead_letter.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using reason = dead_letter_reason;
constexpr time_point first_time{1s};
constexpr time_point later{2s};

/// Dies in these queues for these reasons, in this order.
queue_message died(const std::vector<std::pair<std::string, reason>>& deaths) {
    queue_message m;
    for (const auto& [queue, why] : deaths)
        record_death(m, queue, why, first_time);
    return m;
}

} // namespace

TEST_CASE("a death is recorded once a queue and reason, counted, the latest in front") {
    queue_message m;
    m.ttl = 5s;
    record_death(m, "orders", reason::expired, first_time);
    record_death(m, "parked", reason::rejected, later);
    record_death(m, "orders", reason::maxlen, later);
    m.ttl = duration::max();
    record_death(m, "orders", reason::expired, later);
    REQUIRE(m.deaths.size() == 3);
    CHECK(m.deaths[0] == death_record{"orders", reason::expired, 2, first_time, 5s});
    CHECK(m.deaths[1] == death_record{"orders", reason::maxlen, 1, later, 5s});
    CHECK(m.deaths[2] == death_record{"parked", reason::rejected, 1, later, 5s});
}

TEST_CASE("a dead letter lives without end") {
    queue_message m;
    m.ttl = 5s;
    m.tag = 3;
    const auto d = made_dead(std::move(m), "orders", reason::expired, later);
    CHECK(d.what.ttl == duration::max());
    CHECK(d.what.tag == 3);
    CHECK(d.what.deaths.at(0).original_ttl == 5s);
    CHECK(d.reason == reason::expired);
    CHECK(d.at == later);
}

TEST_CASE("a way back into a queue is a cycle, unless somebody rejected the message since then") {
    using deaths = std::vector<std::pair<std::string, reason>>;
    const auto [way, target, cycle] = GENERATE(table<deaths, std::string, bool>({
        {{}, "a", false},
        {{{"a", reason::expired}}, "b", false},
        {{{"a", reason::expired}}, "a", true},
        {{{"a", reason::rejected}}, "a", false}, // a loop of retries
        {{{"a", reason::expired}, {"b", reason::expired}}, "a", true},
        {{{"a", reason::expired}, {"b", reason::maxlen}}, "c", false},
        {{{"a", reason::rejected}, {"b", reason::expired}}, "a", false},
        {{{"a", reason::expired}, {"b", reason::rejected}}, "a", false},
        {{{"c", reason::rejected}, {"a", reason::expired}, {"b", reason::expired}}, "a", true},
        {{{"a", reason::delivery_limit}, {"b", reason::expired}}, "a", true},
    }));
    CAPTURE(way.size(), target);
    CHECK(is_dead_letter_cycle(died(way), target) == cycle);
}

TEST_CASE("which reasons a policy takes; what a crash loses is never a dead letter") {
    const auto [why, all, redrive, name] = GENERATE(table<reason, bool, bool, std::string>({
        {reason::rejected, true, false, "rejected"},
        {reason::expired, true, false, "expired"},
        {reason::maxlen, true, false, "maxlen"},
        {reason::delivery_limit, true, true, "delivery_limit"},
        {reason::crash, false, false, "crash"},
    }));
    CAPTURE(name);
    CHECK(dead_letter_all.takes(why) == all);
    CHECK(dead_letter_delivery_limit.takes(why) == redrive);
    CHECK_FALSE(dead_letter_policy{}.takes(why));
    CHECK(to_string(why) == name);
}
