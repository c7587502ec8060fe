// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/deduplication_window.hpp"

#include <map>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

TEST_CASE("R8: an id is known until the end of its window, not at it") {
    deduplication_window w{5min};
    const time_point start{10s};
    CHECK_FALSE(w.contains(7));
    w.add(7, start);
    w.advance(start + 5min - 1ns);
    CHECK(w.contains(7));
    CHECK_FALSE(w.contains(8));
    w.advance(start + 5min);
    CHECK_FALSE(w.contains(7));
    CHECK(w.size() == 0);
    w.add(7, start + 5min);
    w.clear();
    CHECK_FALSE(w.contains(7));
}

TEST_CASE("a deduplication window agrees with a map of when each id was first seen") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        deduplication_window w{10ns};
        std::map<std::uint64_t, time_point> first;
        time_point now{};
        for (const auto& [id, step] : script) {
            now += duration{step % 4};
            w.advance(now);
            std::erase_if(first, [now](const auto& e) { return now - e.second >= 10ns; });
            RC_ASSERT(w.size() == first.size());
            RC_ASSERT(w.contains(id) == first.contains(id));
            if (first.emplace(id, now).second)
                w.add(id, now);
        }
    }));
}
