// SPDX-License-Identifier: BSL-1.0
// Going back to an event: the state there is that of a run that has never been further.
#include <catch2/catch.hpp>

#include "gui/model/session.hpp"
#include "gui/support.hpp"
#include "patterns/base/random_stream.hpp"
#include "scenarios/src/archive.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

/// shop with less load: a hundred runs of it.
scenario::scenario_spec small_shop() {
    scenario::scenario_spec spec = spec_of(shop);
    spec.length = 4s;
    return spec;
}

std::uint64_t print(const scenario::run_result& r) {
    return random_stream(0, scenario::to_archive(r))();
}

} // namespace

TEST_CASE("a rewind to an event shows the state of a fresh run to that event") {
    session s(small_shop(), 1);
    s.run_until(1h);
    const std::uint64_t all = s.view().events;
    REQUIRE(all > 1000);
    random_stream draws(1, "rewind");
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t event = 1 + draws() % (all - 1);
        command to{command::kind::seek_event};
        to.event = event;
        s.apply(to);
        scenario::scenario_run fresh(s.spec(), 1);
        while (fresh.events() < event && fresh.step()) {
        }
        INFO(event);
        REQUIRE(s.view().events == fresh.events());
        REQUIRE(s.view().now == fresh.now());
        REQUIRE(print(s.run().result()) == print(fresh.result()));
    }
}

TEST_CASE("a step back is to the event before") {
    session s(small_shop(), 1);
    for (int i = 0; i < 300; ++i)
        s.apply({command::kind::step_event});
    const std::uint64_t there = s.view().events;
    const duration now = s.view().now;
    s.apply({command::kind::step_event});
    s.apply({command::kind::step_back});
    CHECK(s.view().events == there);
    CHECK(s.view().now == now);
    CHECK_FALSE(s.playing());
}

TEST_CASE("dragging through time shows recorded pictures, and letting go ends that") {
    session s(spec_of(shop), 1);
    for (int i = 1; i <= 11; ++i)
        s.run_until(std::chrono::seconds{i});
    const auto faults_at_pay = [&s] {
        std::size_t faults = 0;
        for (const node_view& n : s.view().topology.nodes)
            faults += n.faults.size();
        return faults;
    };
    CHECK(faults_at_pay() == 0);
    s.apply({command::kind::peek, 0, 6500ms});
    REQUIRE(s.view().peeked);
    CHECK(*s.view().peeked == 6s);
    CHECK(faults_at_pay() == 1);
    CHECK(s.view().now == 11s); // the run stays where it is
    s.apply({command::kind::set_speed, 1});
    CHECK_FALSE(s.view().peeked);
    CHECK(faults_at_pay() == 0);
}

TEST_CASE("recorded pictures keep their distance") {
    recording r(300s);
    for (int i = 0; i < 2000; ++i)
        r.add(std::chrono::milliseconds{i * 150}, {});
    CHECK(r.size() <= recording::most);
    CHECK(r.size() > 200);
    REQUIRE(r.at(10s) != nullptr);
    CHECK(r.at(10s)->at <= 10s);
    CHECK(r.at(10s)->at > 8s);
    CHECK(recording(1s).at(1s) == nullptr);
}

TEST_CASE("moments are when faults come and go and breakers change") {
    session s(spec_of(shop), 1);
    s.run_until(1h);
    const auto& all = s.view().moments;
    REQUIRE(all.size() > 2);
    const moment* first = next_moment(all, 0s, 1);
    REQUIRE(first != nullptr);
    CHECK(first->what == moment::kind::fault_begins);
    CHECK(first->at == 4s);
    const moment* opened = next_moment(all, 4s, 1);
    REQUIRE(opened != nullptr);
    CHECK(opened->what == moment::kind::transition);
    CHECK_THAT(opened->text, Catch::Matchers::Contains("web->pay: circuit breaker of web#"));
    CHECK(next_moment(all, opened->at, -1) == first);
    CHECK(next_moment(all, 0s, -1) == nullptr);
    CHECK(next_moment(all, 12s, 1) == nullptr);
}

} // namespace windtunnel::gui
