// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/critical_path.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace windtunnel;

namespace {

span made(std::uint32_t parent, span_role role, int start, int end, span_end how = span_end::ok) {
    span s;
    s.parent = parent;
    s.role = role;
    s.start = time_point{} + start * 1ms;
    s.end = time_point{} + end * 1ms;
    s.how = how;
    return s;
}

/// "0:0-2 1:2-10": which span, from when to when.
std::string path_of(const std::vector<span>& spans) {
    trace t;
    t.spans = spans;
    std::string text;
    for (const path_segment& each : critical_path(t))
        text += (text.empty() ? "" : " ") + std::to_string(each.span) + ":" +
                std::to_string(each.begin.time_since_epoch() / 1ms) + "-" +
                std::to_string(each.end.time_since_epoch() / 1ms);
    return text;
}

constexpr auto none = span::no_parent;
constexpr auto call = span_role::call;

} // namespace

TEST_CASE("the path of a chain is what each waited for") {
    CHECK(path_of({made(none, call, 0, 10), made(0, span_role::queue, 1, 4),
                   made(0, span_role::work, 4, 9)}) == "0:0-1 1:1-4 2:4-9 0:9-10");
    CHECK(path_of({made(none, call, 3, 7)}) == "0:3-7");
    CHECK(path_of({made(none, call, 3, 3)}).empty());
}

TEST_CASE("of parallel branches the one that ended last is on the path") {
    CHECK(path_of({made(none, call, 0, 10), made(0, call, 0, 6), made(0, call, 0, 9)}) ==
          "2:0-9 0:9-10");
}

TEST_CASE("before it began, whatever was under way then is") {
    // A second attempt, sent while the first was still waited for, answered: hedging.
    CHECK(path_of({made(none, call, 0, 10), made(0, span_role::attempt, 0, 10, span_end::failed),
                   made(0, span_role::attempt, 4, 10)}) == "1:0-4 2:4-10");
}

TEST_CASE("what runs on when its caller has gone counts up to then") {
    CHECK(path_of({made(none, call, 0, 5), made(0, span_role::server, 1, 20),
                   made(1, span_role::queue, 1, 3), made(1, span_role::work, 3, 20)}) ==
          "0:0-1 2:1-3 3:3-5");
}

TEST_CASE("spans that hang in the air, or took no time, are not on the path") {
    CHECK(path_of({made(none, call, 0, 10), made(none, call, 2, 8),
                   made(0, span_role::refusal, 5, 5)}) == "0:0-10");
}

TEST_CASE("own time is what no child covers") {
    trace t;
    t.spans = {made(none, call, 0, 10), made(0, call, 1, 4), made(0, call, 3, 6),
               made(0, call, 9, 20), made(1, call, 2, 3)};
    const auto self = self_times(t);
    CHECK(self == std::vector<duration>{10ms - 5ms - 1ms, 2ms, 3ms, 11ms, 1ms});
}
