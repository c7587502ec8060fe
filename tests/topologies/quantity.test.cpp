// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/quantity.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

TEST_CASE("durations are numbers with units, largest first, or ISO 8601") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("1m30s") == 90s);
    CHECK(parse_duration("0.25ms") == 250us);
    CHECK(parse_duration("2us") == 2us);
    CHECK(parse_duration("1ns") == 1ns);
    CHECK(parse_duration("1.5min") == 90s);
    CHECK(parse_duration("1d2h3m4s5ms6us7ns") == 26h + 3min + 4s + 5ms + 6us + 7ns);
    CHECK(parse_duration("0s") == 0s);
    CHECK(parse_duration("PT2M") == 2min);
    CHECK(parse_duration("P1DT12H") == 36h);
    CHECK(parse_duration("PT1M30.5S") == 90500ms);
    CHECK(parse_duration("100000d") == 24h * 100000);
}

TEST_CASE("a duration that is none is refused with a remedy") {
    struct bad {
        std::string text, message;
    };
    const auto [text, message] = GENERATE(values<bad>({
        {"250", "expected a duration such as \"250ms\", found \"250\": it has no unit"},
        {"0", "expected a duration such as \"250ms\", found \"0\": it has no unit"},
        {"", "expected a duration such as \"250ms\", found \"\""},
        {"ms", "expected a duration such as \"250ms\", found \"ms\""},
        {"-5s", "expected a duration such as \"250ms\", found \"-5s\": it must not be negative"},
        {"30s1m", "expected a duration such as \"250ms\", found \"30s1m\": its parts must go from "
                  "the largest unit to the smallest"},
        {"1s1s", "expected a duration such as \"250ms\", found \"1s1s\": its parts must go from "
                 "the largest unit to the smallest"},
        {"5 ms", "expected a duration such as \"250ms\", found \"5 ms\": no unit \" ms\"; units "
                 "are ns, us, ms, s, m, min, h, d"},
        {"5sec", "expected a duration such as \"250ms\", found \"5sec\": no unit \"sec\"; units "
                 "are ns, us, ms, s, m, min, h, d"},
        {"1e3ms", "expected a duration such as \"250ms\", found \"1e3ms\": no unit \"e\"; units "
                  "are ns, us, ms, s, m, min, h, d"},
        {"0.1ns", "expected a duration such as \"250ms\", found \"0.1ns\": it is less than a "
                  "nanosecond"},
        {"200000d", "expected a duration such as \"250ms\", found \"200000d\": it is longer than "
                    "292 years"},
        {"PT", "expected a duration such as \"250ms\", found \"PT\": not of the ISO 8601 form "
               "PnDTnHnMnS"},
        {"PT5X", "expected a duration such as \"250ms\", found \"PT5X\": not of the ISO 8601 form "
                 "PnDTnHnMnS"},
        {"P1M", "expected a duration such as \"250ms\", found \"P1M\": not of the ISO 8601 form "
                "PnDTnHnMnS"},
    }));
    CHECK(message_of([t = text] { parse_duration(t); }) == message);
}

TEST_CASE("a misspelt unit is suggested in place") {
    try {
        parse_duration("5mss");
        FAIL("no error");
    } catch (const bad_quantity& error) {
        CHECK(error.suggestion() == "5ms");
    }
}

TEST_CASE("rates, sizes, bandwidths and shares have their units") {
    CHECK(parse_rate("200/s") == 200);
    CHECK(parse_rate("30/min") == Approx(0.5));
    CHECK(parse_rate("2/ms") == 2000);
    CHECK(parse_rate("7200/h") == Approx(2));
    CHECK(parse_size("16KiB") == 16384);
    CHECK(parse_size("1MB") == 1'000'000);
    CHECK(parse_size("0B") == 0);
    CHECK(parse_size("1.5kB") == 1500);
    CHECK(parse_bandwidth("10Mbit/s") == 1.25e6);
    CHECK(parse_bandwidth("125MB/s") == 125e6);
    CHECK(parse_bandwidth("1KiB/s") == 1024);
    CHECK(parse_share("5%") == 0.05);
    CHECK(parse_share("0.05") == 0.05);
    CHECK(parse_share("100%") == 1);
    CHECK(parse_number("-2.5") == -2.5);
}

TEST_CASE("rates, sizes, bandwidths, shares and numbers that are none are refused") {
    CHECK(message_of([] { parse_rate("200"); }) ==
          "expected a rate such as \"200/s\", found \"200\": it has no unit");
    CHECK(message_of([] { parse_rate("200/second"); }) ==
          "expected a rate such as \"200/s\", found \"200/second\": no unit \"/second\"; units are "
          "/ms, /s, /m, /min, /h, /d");
    CHECK(message_of([] { parse_size("1.5B"); }) ==
          "expected a size such as \"16KiB\", found \"1.5B\": it is no whole number of bytes");
    CHECK(message_of([] { parse_size("99999TiB"); }) ==
          "expected a size such as \"16KiB\", found \"99999TiB\": it is larger than 8 PiB");
    CHECK(message_of([] { parse_bandwidth("10MB"); }) ==
          "expected a bandwidth such as \"10Mbit/s\", found \"10MB\": no unit \"MB\"; units are "
          "bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, KB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s");
    CHECK(message_of([] { parse_share("5"); }) ==
          "expected a share such as \"5%\", found \"5\": write \"5%\" or 0.05");
    CHECK(message_of([] { parse_share("101%"); }) ==
          "expected a share such as \"5%\", found \"101%\": it is more than 100%");
    CHECK(message_of([] { parse_number("0x10"); }) == "expected a number, found \"0x10\"");
    CHECK(message_of([] { parse_number("inf"); }) == "expected a number, found \"inf\"");
}

TEST_CASE("a duration is printed in its shortest form, which reads back as itself") {
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(90s) == "1m30s");
    CHECK(format_duration(1500us) == "1.5ms");
    CHECK(format_duration(2h) == "2h");
    CHECK(format_duration(999ns) == "999ns");
    CHECK(format_duration(1h + 1ns) == "1h0.000000001s");
    CHECK(rc::check("read back", [] {
        const duration value{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000)};
        RC_ASSERT(parse_duration(format_duration(value)) == value);
    }));
}

} // namespace windtunnel::topology
