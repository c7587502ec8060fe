// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/deadline.hpp"

#include <limits>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {
constexpr time_point now{100s};
}

TEST_CASE("a child never has more time than its parent") {
    CHECK(child_deadline(now + 3s, now, 1s) == now + 1s);
    CHECK(child_deadline(now + 1s, now, 3s) == now + 1s);
    CHECK(child_deadline(never, now, 2s) == now + 2s);
    CHECK(child_deadline(never, now, duration::max()) == never);
    CHECK(child_deadline(now + 1s, now, duration::max()) == now + 1s);
    CHECK(child_deadline(now - 1s, now, 1s) == now - 1s);
}

TEST_CASE("a timeout of zero leaves no time to start") {
    CHECK(expired(child_deadline(never, now, 0s), now));
}

TEST_CASE("R8: nothing starts at its deadline") {
    CHECK_FALSE(expired(now + 1ns, now));
    CHECK(expired(now, now));
    CHECK(expired(now - 1ns, now));
    CHECK_FALSE(expired(never, now));
    CHECK_FALSE(expired(never, never));
}

TEST_CASE("the remaining time is never negative") {
    CHECK(remaining(now + 2s, now) == 2s);
    CHECK(remaining(now, now) == 0s);
    CHECK(remaining(now - 2s, now) == 0s);
    CHECK(remaining(never, now) == duration::max());
}

TEST_CASE("the time on the way is the callee's loss") {
    CHECK(deadline_on_arrival(now, 100ms, 30ms) == now + 70ms);
    CHECK(deadline_on_arrival(now, 100ms, 0ms) == now + 100ms);
    CHECK(expired(deadline_on_arrival(now, 30ms, 30ms), now));
    CHECK(expired(deadline_on_arrival(now, 30ms, 40ms), now));
    CHECK(deadline_on_arrival(now, duration::max(), 40ms) == never);
}

TEST_CASE("grpc-timeout takes the finest unit that eight digits can say, rounded down") {
    const auto [left, text] = GENERATE(table<duration, std::string>({
        {-1s, "0n"},
        {0s, "0n"},
        {1ns, "1n"},
        {99'999'999ns, "99999999n"},
        {100'000'000ns, "100000u"},
        {100'000'999ns, "100000u"},
        {1s, "1000000u"},
        {99'999'999us, "99999999u"},
        {100s, "100000m"},
        {99'999'999ms, "99999999m"},
        {100'000'000ms, "100000S"},
        {99'999'999s, "99999999S"},
        {100'000'000s, "1666666M"},
        {std::chrono::hours{2'000'000}, "2000000H"},
        {duration::max(), "2562047H"},
    }));
    CHECK(std::string{encode_timeout(left).view()} == text);
}

TEST_CASE("grpc-timeout is read in each unit") {
    CHECK(parse_timeout("1H") == 1h);
    CHECK(parse_timeout("2M") == 2min);
    CHECK(parse_timeout("3S") == 3s);
    CHECK(parse_timeout("4m") == 4ms);
    CHECK(parse_timeout("5u") == 5us);
    CHECK(parse_timeout("6n") == 6ns);
    CHECK(parse_timeout("00000001S") == 1s);
    CHECK(parse_timeout("0n") == 0s);
    CHECK(parse_timeout("99999999S") == 99'999'999s);
    CHECK(parse_timeout("99999999H") == duration::max());
}

TEST_CASE("what is not a grpc-timeout is refused") {
    const auto* const text = GENERATE("", "S", "1", "-1S", "+1S", " 1S", "1 S", "1S ", "1s", "1h",
                                      "1x", "1.5S", "100000000S", "123456789n", "0x1S", "1SS");
    CAPTURE(text);
    CHECK_FALSE(parse_timeout(text).has_value());
}

TEST_CASE("a deadline over the wire is never later, and hardly earlier, than it was") {
    REQUIRE(rc::check([](std::int64_t count) {
        const duration left{count & std::numeric_limits<std::int64_t>::max()};
        const auto text = encode_timeout(left);
        RC_ASSERT(text.view().size() <= 9U);
        const auto arrived = parse_timeout(text);
        RC_ASSERT(arrived.has_value());
        RC_ASSERT(*arrived <= left);
        RC_ASSERT(left - *arrived <= left / 100'000); // at least 100,000 of its unit
    }));
}
