// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/context_headers.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "patterns/base/environment.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;

namespace {
constexpr const char* example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}

TEST_CASE("A call's context is on the wire what the callee can use of it") {
    call_context context;
    context.deadline = time_point{2s};
    context.priority = -3;
    context.user_priority = 23;
    context.attempt = 2;
    context.trace = *parse_traceparent(example);
    const auto headers = to_headers(context, time_point{1500ms});
    CHECK(headers.values[0] == "500000u");
    CHECK(headers.values[1] == example);
    CHECK(headers.values[2] == "-3");
    CHECK(headers.values[3] == "2");
    CHECK(headers.values[4] == "23");

    const auto plain = to_headers({}, time_point{});
    CHECK(plain.values[0].empty());
    CHECK(plain.values[1].empty());
    CHECK(plain.values[2].empty());
    CHECK(plain.values[3] == "1");
    CHECK(plain.values[4].empty());
}

TEST_CASE("What arrives is the context again, with a deadline of the callee's own clock") {
    boost::asio::io_context io;
    auto& env = environment_of(io.get_executor());
    const time_point before = env.now();
    context_headers headers;
    headers.values = {"250m", example, "7", "3", "23", ""};
    const auto context = from_headers(headers, "POST", env);
    CHECK(context.deadline >= before + 250ms);
    CHECK(context.deadline <= env.now() + 250ms);
    CHECK(context.priority == 7);
    CHECK(context.user_priority == 23);
    CHECK(context.attempt == 3);
    CHECK(!context.idempotent);
    CHECK(to_traceparent(context.trace) == example);
}

TEST_CASE("Headers that cannot be read count as absent") {
    boost::asio::io_context io;
    context_headers headers;
    headers.values = {"soon", "00-zz", "high", "0", "-1", "none"};
    const auto context = from_headers(headers, "GET", environment_of(io.get_executor()));
    CHECK(context.deadline == never);
    CHECK(context.trace.span == 0);
    CHECK(context.priority == 0);
    CHECK(context.attempt == 1);
    CHECK(context.idempotent);
}

TEST_CASE("Who knows X-Trace-ID alone gets it, and a sound traceparent goes before it") {
    boost::asio::io_context io;
    auto& env = environment_of(io.get_executor());
    call_context context;
    context.trace = *parse_traceparent(example);
    context_headers headers = to_headers(context, time_point{});
    CHECK(headers.values[5] == "4bf92f3577b34da6a3ce929d0e0e4736");
    headers.values[5] = "00000000000000000000000000000001";
    CHECK(from_headers(headers, "GET", env).trace.trace_low == 0xa3ce929d0e0e4736);
    headers.values[1] = "00-zz";
    CHECK(from_headers(headers, "GET", env).trace.trace_low == 1);
    CHECK(from_headers(headers, "GET", env).trace.span == 0);
}
