// SPDX-License-Identifier: BSL-1.0
#include "gui/model/session.hpp"

#include <catch2/catch.hpp>

#include "gui/support.hpp"
#include "patterns/base/random_stream.hpp"
#include "scenarios/src/archive.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

/// A short text instead of the archive: a message must be readable.
std::string bytes(const scenario::run_result& r) {
    return std::to_string(random_stream(0, scenario::to_archive(r))());
}

std::string in_one_go(const scenario::scenario_spec& spec) {
    scenario::scenario_run run(spec, 1);
    run.run_to_end();
    return bytes(run.result());
}

void play_to_the_end(session& s, double speed) {
    s.apply({command::kind::set_speed, speed});
    s.apply({command::kind::play_or_pause});
    for (int i = 0; i < 1'000'000 && s.playing(); ++i)
        s.frame(16ms);
}

} // namespace

TEST_CASE("a run in slices of any size finds what a run in one go finds") {
    const std::string expected = in_one_go(spec_of(shop));
    for (const double speed : {0.7, 13.0, 1000.0}) {
        session s(spec_of(shop), 1);
        play_to_the_end(s, speed);
        CHECK(s.view().ended);
        CHECK(bytes(s.run().result()) == expected);
    }
}

TEST_CASE("a run that drains is the same in slices, too") {
    scenario::scenario_spec spec = spec_of(shop);
    spec.drain = 2s;
    session s(spec, 1);
    play_to_the_end(s, 0.7);
    CHECK(bytes(s.run().result()) == in_one_go(spec));
}

TEST_CASE("a run in single events, seconds and seeks finds what a run in one go finds") {
    session s(spec_of(shop), 1);
    for (int i = 0; i < 500; ++i)
        s.apply({command::kind::step_event});
    s.apply({command::kind::step_time, 0, 1s});
    while (s.seeking())
        s.frame(16ms);
    s.apply({command::kind::seek, 0, 7s});
    while (s.seeking())
        s.frame(16ms);
    CHECK(s.view().now == 7s);
    s.run_until(1h);
    CHECK(bytes(s.run().result()) == in_one_go(spec_of(shop)));
}

TEST_CASE("playing takes as much time as the speed says") {
    session s(spec_of(shop), 1);
    s.apply({command::kind::set_speed, 2});
    s.apply({command::kind::play_or_pause});
    for (int i = 0; i < 50; ++i)
        s.frame(10ms, 10s);
    CHECK(s.view().now == 1s);
    CHECK(s.real_speed() > 1);
    s.apply({command::kind::play_or_pause});
    s.frame(10ms);
    CHECK(s.view().now == 1s);
}

TEST_CASE("a slice ends when its budget is used up") {
    session s(spec_of(shop), 1);
    s.apply({command::kind::set_speed, 1000});
    s.apply({command::kind::play_or_pause});
    s.frame(100ms, 1ns);
    CHECK(s.view().now > 0s);
    CHECK(s.view().now < 1s);
    CHECK(s.playing());
}

TEST_CASE("speed keeps within its limits") {
    session s(spec_of(shop), 1);
    s.apply({command::kind::set_speed, 1e9});
    CHECK(s.speed() == session::fastest);
    s.apply({command::kind::set_speed, 0});
    CHECK(s.speed() == session::slowest);
}

TEST_CASE("going back is the same run again from the beginning") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    const std::string then = bytes(s.run().result());
    const std::uint64_t requests = s.view().requests;
    s.run_until(9s);
    s.apply({command::kind::seek, 0, 3s});
    while (s.seeking())
        s.frame(16ms);
    CHECK(s.view().now == 3s);
    CHECK(s.view().requests == requests);
    CHECK(bytes(s.run().result()) == then);
    s.apply({command::kind::restart});
    CHECK(s.view().now == 0s);
    CHECK(s.view().lines.front().points.empty());
    CHECK_FALSE(s.playing());
}

TEST_CASE("a step is one event, and the view tells the time after it") {
    session s(spec_of(shop), 1);
    s.apply({command::kind::step_event});
    const std::uint64_t one = s.view().events;
    s.apply({command::kind::step_event});
    CHECK(s.view().events == one + 1);
    CHECK(s.view().now == s.run().now());
}

TEST_CASE("expectations are told as of now, and finally at the end") {
    session s(spec_of(shop), 1);
    CHECK(s.view().expectations.size() == 2);
    s.run_until(3s);
    CHECK(s.view().expectations[1].status == scenario::check_status::passed);
    s.run_until(1h);
    REQUIRE(s.view().ended);
    const auto expected = scenario::check_expectations(s.spec(), s.run().result());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(s.view().expectations[i].status == expected[i].status);
        CHECK(s.view().expectations[i].observed_text == expected[i].observed_text);
    }
    CHECK(s.view().expectations[1].status != scenario::check_status::passed);
    CHECK(s.view().verdict == scenario::verdict_of(expected, scenario::run_status::complete));
}

TEST_CASE("faults are told while they are on, and as bands") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    CHECK(s.view().faults_on.empty());
    REQUIRE(s.view().faults.size() == 1);
    CHECK(s.view().faults[0].planned);
    CHECK(s.view().faults[0].begin == 4s);
    CHECK(s.view().faults[0].end == 8s);
    s.run_until(5s);
    CHECK(s.view().faults_on == std::vector<std::string>{"pay down"});
    s.run_until(9s);
    CHECK(s.view().faults_on.empty());
    REQUIRE(s.view().faults.size() == 2);
    CHECK_FALSE(s.view().faults[1].planned);
    CHECK(s.view().faults[1].begin == 4s);
    CHECK(s.view().faults[1].end == 8s);
}

TEST_CASE("a long run has no more than 600 samples") {
    scenario::scenario_spec spec = spec_of(shop);
    spec.length = 7200s;
    session s(std::move(spec), 1);
    CHECK(s.sample_interval() == 13s);
}

} // namespace windtunnel::gui
