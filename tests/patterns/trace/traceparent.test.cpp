// SPDX-License-Identifier: BSL-1.0
// The vectors are those of the W3C's test suite for trace context (test/test.py of
// w3c/trace-context) and of the recommendation's own examples.
#include "patterns/trace/traceparent.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "patterns/trace/trace_id.hpp"

using namespace windtunnel;

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
const std::string good = "00-" + trace + "-" + parent + "-01";

} // namespace

TEST_CASE("a traceparent is read and written as the W3C has it") {
    const auto read = parse_traceparent(good);
    REQUIRE(read);
    CHECK(read->trace_high == 0x4bf92f3577b34da6);
    CHECK(read->trace_low == 0xa3ce929d0e0e4736);
    CHECK(read->span == 0x00f067aa0ba902b7);
    CHECK(read->sampled);
    CHECK(read->recording == 0);
    CHECK(to_traceparent(*read) == good);
    const auto unsampled = parse_traceparent("00-" + trace + "-" + parent + "-00");
    CHECK_FALSE(unsampled->sampled);
    CHECK(to_traceparent(*unsampled) == "00-" + trace + "-" + parent + "-00");
}

TEST_CASE("of the flags only the one that is known is taken, and only that one is passed on") {
    for (const auto& [flags, sampled] : std::vector<std::pair<std::string, bool>>{
             {"03", true}, {"fe", false}, {"ff", true}, {"02", false}}) {
        const auto read = parse_traceparent("00-" + trace + "-" + parent + "-" + flags);
        REQUIRE(read);
        CHECK(read->sampled == sampled);
        CHECK(to_traceparent(*read).ends_with(sampled ? "-01" : "-00"));
    }
}

TEST_CASE("a later version is read as far as it is known, and version 00 is nothing but itself") {
    CHECK(parse_traceparent("cc-" + trace + "-" + parent + "-01"));
    CHECK(parse_traceparent("cc-" + trace + "-" + parent + "-01-what-the-future-will-be-like"));
    CHECK(parse_traceparent("fe-" + trace + "-" + parent + "-01-"));
    CHECK_FALSE(
        parse_traceparent("cc-" + trace + "-" + parent + "-01.what-the-future-will-be-like"));
    CHECK_FALSE(parse_traceparent(good + "-extra"));
    CHECK_FALSE(parse_traceparent(good + "-"));
    CHECK_FALSE(parse_traceparent(good + "."));
}

TEST_CASE("what is not of the form counts as absent") {
    for (const std::string& bad : std::vector<std::string>{
             "",
             "ff-" + trace + "-" + parent + "-01", // version ff is invalid
             ".0-" + trace + "-" + parent + "-01", // illegal characters
             "0.-" + trace + "-" + parent + "-01",
             "CC-" + trace + "-" + parent + "-01",  // upper case
             "000-" + trace + "-" + parent + "-01", // too long, too short
             "0-" + trace + "-" + parent + "-01",
             "00-" + trace + "-" + parent + "-1",
             "00-" + trace + "-" + parent + "-001",
             "00-" + trace + "-" + parent + "-.0",
             "00-" + trace + "-" + parent + "-0.",
             "00-00000000000000000000000000000000-" + parent + "-01",
             "00-.bf92f3577b34da6a3ce929d0e0e4736-" + parent + "-01",
             "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + parent + "-01",
             "00-" + trace + "9-" + parent + "-01",
             "00-" + trace.substr(1) + "-" + parent + "-01",
             "00-" + trace + "-0000000000000000-01",
             "00-" + trace + "-.0f067aa0ba902b7-01",
             "00-" + trace + "-00F067AA0BA902B7-01",
             "00-" + trace + "-" + parent + "9-01",
             "00-" + trace + "-" + parent.substr(1) + "-01",
             "00_" + trace + "-" + parent + "-01",
             "00-" + trace + "_" + parent + "-01",
             "00-" + trace + "-" + parent + "_01",
             good.substr(0, 54),
             " " + good,
             good + " ",
         }) {
        INFO(bad);
        CHECK_FALSE(parse_traceparent(bad));
    }
}

TEST_CASE("without a trace, or without a span, there is no traceparent") {
    CHECK(to_traceparent({}).empty());
    CHECK(to_traceparent({.trace_low = 1}).empty());
    CHECK(to_traceparent({.trace_low = 1, .span = 2}) ==
          "00-00000000000000000000000000000001-0000000000000002-00");
}

TEST_CASE("X-Trace-ID is the trace alone") {
    const auto read = parse_x_trace_id(trace);
    REQUIRE(read);
    CHECK(to_x_trace_id(*read) == trace);
    CHECK(read->span == 0);
    CHECK_FALSE(read->sampled);
    CHECK(parse_x_trace_id("4BF92F3577B34DA6A3CE929D0E0E4736")->trace_low == read->trace_low);
    CHECK(to_x_trace_id(*parse_x_trace_id("a3ce929d0e0e4736")) ==
          "0000000000000000a3ce929d0e0e4736");
    for (const std::string& bad :
         std::vector<std::string>{"", "12", trace + "0", trace.substr(1), "0000000000000000",
                                  "00000000000000000000000000000000", "req-7", trace + "\n"})
        CHECK_FALSE(parse_x_trace_id(bad));
    CHECK(to_x_trace_id({}).empty());
}

TEST_CASE("a trace can be named by the first digits of its id") {
    const auto prefix = trace_id_prefix::parse("4BF92");
    REQUIRE(prefix);
    CHECK(prefix->matches(0x4bf92f3577b34da6, 7));
    CHECK_FALSE(prefix->matches(0x4bf93f3577b34da6, 7));
    CHECK(trace_id_prefix::parse(trace)->matches(0x4bf92f3577b34da6, 0xa3ce929d0e0e4736));
    CHECK_FALSE(trace_id_prefix::parse(trace)->matches(0x4bf92f3577b34da6, 0xa3ce929d0e0e4737));
    CHECK(trace_id_prefix::parse("4bf92f3577b34da6a")
              ->matches(0x4bf92f3577b34da6, ~0ULL & ~(5ULL << 60)));
    CHECK_FALSE(trace_id_prefix::parse(""));
    CHECK_FALSE(trace_id_prefix::parse("xyz"));
    CHECK_FALSE(trace_id_prefix::parse(trace + "0"));
}
