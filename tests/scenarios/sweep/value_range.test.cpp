// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/value_range.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

namespace {

using texts = std::vector<std::string>;

std::string complaint(const std::string& text) {
    return message_of([&] { parse_values(text); });
}

} // namespace

TEST_CASE("a range of whole numbers goes on by one") {
    CHECK(parse_values("1..5") == texts{"1", "2", "3", "4", "5"});
    CHECK(parse_values("-1..1") == texts{"-1", "0", "1"});
    CHECK(parse_values("1..10:4") == texts{"1", "5", "9"});
    CHECK(parse_values("5..1:-2") == texts{"5", "3", "1"});
}

TEST_CASE("a step has a unit, and decimal steps end where they should") {
    CHECK(parse_values("100/s..200/s:50/s") == texts{"100/s", "150/s", "200/s"});
    CHECK(parse_values("0.1..0.5:0.1") == texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
    CHECK(parse_values("5%..15%:5%") == texts{"5%", "10%", "15%"});
    CHECK(parse_values("500ms..2s:500ms") == texts{"500ms", "1s", "1.5s", "2s"});
    CHECK(parse_values("60/min..3/s:1/s") == texts{"60/min", "120/min", "180/min"});
    CHECK(parse_values("16KiB..48KiB:16KiB") == texts{"16KiB", "32KiB", "48KiB"});
    CHECK(parse_values("1Mbit/s..3Mbit/s:1Mbit/s") == texts{"1Mbit/s", "2Mbit/s", "3Mbit/s"});
    CHECK(parse_values("1000000000000..3000000000000:1000000000000") ==
          texts{"1000000000000", "2000000000000", "3000000000000"});
}

TEST_CASE("a range may go by a factor") {
    CHECK(parse_values("1ms..8ms:x2") == texts{"1ms", "2ms", "4ms", "8ms"});
    CHECK(parse_values("1..1000:x10") == texts{"1", "10", "100", "1000"});
    CHECK(parse_values("100/s..25/s:x0.5") == texts{"100/s", "50/s", "25/s"});
}

TEST_CASE("lists hold values, ranges, and texts with commas of their own") {
    CHECK(parse_values("a, b,c") == texts{"a", "b", "c"});
    CHECK(parse_values("1..3,7,10..11") == texts{"1", "2", "3", "7", "10", "11"});
    CHECK(parse_values("poisson(1/s),ramp(from=1/s, to=2/s, over=1s)") ==
          texts{"poisson(1/s)", "ramp(from=1/s, to=2/s, over=1s)"});
    CHECK(parse_values(R"({"a":[1,2],"b":"x,y"},"off",null)") ==
          texts{R"({"a":[1,2],"b":"x,y"})", R"("off")", "null"});
}

TEST_CASE("what is wrong with values is said with what to write") {
    struct bad {
        std::string text, says;
    };
    const auto each = GENERATE(values<bad>({
        {"5..1", "is empty: write 1..5, or 5..1:-1"},
        {"3..3", "is empty: both ends are the same"},
        {"1..5:-1", "from 1 a step downwards never comes to 5"},
        {"5..1:1", "from 5 a step upwards never comes to 1"},
        {"1..5:0", "does not get on with a step of 0"},
        {"100/s..800/s", "needs a step: write 100/s..800/s:70/s for a step, or 100/s..800/s:x2"},
        {"0.5..1", "needs a step: write 0.5..1:0.05"},
        {"1s..10", "units that do not go together"},
        {"1s..10s:5", "must be with a unit, as its ends are: write one such as 900ms"},
        {"1..10:1s", "must be a number without a unit as its ends are"},
        {"1s..10s:1/s", "must be with a unit"},
        {"0..8:x2", "both ends must be above zero"},
        {"1..8:x1", "has the factor \"1\""},
        {"8..1:x2", "from 8 a step upwards"},
        {"1..1000000000", "at most 100000 are possible"},
        {"a..b", "begins with \"a\", which is no number or quantity"},
        {"1..", "ends with \"\", which is no number or quantity"},
        {"1,,2", "has an empty value"},
        {"1,2,1", "the value \"1\" is there twice"},
        {"1..3,2", "the value \"2\" is there twice"},
    }));
    INFO(each.text);
    CHECK_THAT(complaint(each.text), Catch::Matchers::Contains(each.says));
}

TEST_CASE("quantities keep their unit and twelve digits") {
    const auto like = [](const std::string& text) { return *read_quantity(text); };
    CHECK(quantity_text(0.1 + 0.2, like("1")) == "0.3");
    CHECK(quantity_text(0.0525, like("1%")) == "5.25%");
    CHECK(quantity_text(0.0015, like("1s")) == "1.5ms");
    CHECK(quantity_text(0.00000125, like("1/s")) == "0.00000125/s");
    CHECK_FALSE(read_quantity("abc"));
    CHECK_FALSE(read_quantity("5 apples"));
    CHECK_FALSE(read_quantity("poisson(5/s)"));
}

} // namespace windtunnel::scenario
