// SPDX-License-Identifier: BSL-1.0
#include "gui/model/traces.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "gui/screen.hpp"
#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

time_point at(std::int64_t ms) {
    return time_point{std::chrono::milliseconds{ms}};
}

span part(span_role role, std::uint32_t parent, std::int64_t begin, std::int64_t end) {
    span s;
    s.role = role;
    s.parent = parent;
    s.start = at(begin);
    s.end = at(end);
    s.how = span_end::ok;
    return s;
}

/// A call of 100 ms: its first try fails after 30, a back-off of 10, and a second one of which 5
/// are network each way, 20 in a queue and the rest work.
trace tried_twice() {
    trace t;
    t.spans = {part(span_role::call, span::no_parent, 0, 100),
               part(span_role::attempt, 0, 0, 30),
               part(span_role::network, 1, 0, 30),
               part(span_role::back_off, 0, 30, 40),
               part(span_role::attempt, 0, 40, 100),
               part(span_role::network, 4, 40, 45),
               part(span_role::server, 4, 45, 95),
               part(span_role::queue, 6, 45, 65),
               part(span_role::work, 6, 65, 95),
               part(span_role::network, 4, 95, 100)};
    t.spans[1].attempt = 1;
    t.spans[1].how = span_end::failed;
    t.spans[4].attempt = 2;
    return t;
}

duration spent(const waterfall& w, time_use use) {
    return w.spent[static_cast<std::size_t>(use)];
}

scenario::scenario_spec recorded_shop() {
    scenario::scenario_spec spec = spec_of(shop);
    spec.tracing.emplace();
    return spec;
}

} // namespace

TEST_CASE("a request's time goes into work, waiting, network and retries") {
    const waterfall w = waterfall_of(tried_twice(), {"web.GET /"});
    CHECK(w.length == 100ms);
    CHECK(spent(w, time_use::retry) == 40ms); // the try that another followed, and the back-off
    CHECK(spent(w, time_use::network) == 10ms);
    CHECK(spent(w, time_use::waiting) == 20ms);
    CHECK(spent(w, time_use::work) == 30ms);
}

TEST_CASE("a call has a row, and its tries have rows where there are several") {
    const waterfall w = waterfall_of(tried_twice(), {"web.GET /"});
    REQUIRE(w.rows.size() == 3);
    CHECK(w.rows[0].name == "web.GET /");
    CHECK(w.rows[1].name == "try 1");
    CHECK(w.rows[1].failed);
    CHECK(w.rows[2].name == "try 2");
    CHECK(w.rows[2].depth == 1);
    CHECK(w.rows[2].begin == 40ms);
}

TEST_CASE("requests of one service to several others are no tries of one call") {
    trace t;
    t.spans = {part(span_role::server, span::no_parent, 0, 20), part(span_role::attempt, 0, 0, 10),
               part(span_role::attempt, 0, 10, 20)};
    t.spans[1].attempt = t.spans[2].attempt = 1;
    t.spans[1].subject = 1;
    t.spans[2].subject = 2;
    const waterfall w = waterfall_of(t, {"web.GET /", "cart.GET /", "pay.POST /"});
    REQUIRE(w.rows.size() == 3);
    CHECK(w.rows[1].name == "cart.GET /");
    CHECK(w.rows[2].name == "pay.POST /");
    CHECK(spent(w, time_use::retry) == 0ms);
}

TEST_CASE("the uses of every recorded request add up to its length") {
    session s(recorded_shop(), 1);
    s.run_until(1h);
    const trace_book& book = *s.view().traces;
    REQUIRE(book.kept.size() > 100);
    for (const scenario::kept_trace& k : book.kept) {
        const waterfall w = waterfall_of(k.what, book.endpoints);
        CHECK(std::accumulate(w.spent.begin(), w.spent.end(), duration{}) == k.what.length());
    }
}

TEST_CASE("the slowest are the slowest, and the failed failed") {
    session s(recorded_shop(), 1);
    s.run_until(1h);
    const trace_book& book = *s.view().traces;
    const auto& slowest = book.lists[0];
    REQUIRE(slowest.size() == 50);
    duration longest{};
    for (const scenario::kept_trace& k : book.kept)
        longest = std::max(longest, k.what.length());
    CHECK(slowest[0].length == longest);
    CHECK(slowest[0].slow_rank == 1);
    CHECK(std::is_sorted(slowest.begin(), slowest.end(),
                         [](const auto& a, const auto& b) { return a.length > b.length; }));
    for (const trace_line& l : book.lists[1])
        CHECK(l.failed);
}

TEST_CASE("nothing is listed where nothing is recorded") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    CHECK(s.view().traces->kept.empty());
    workspace panels;
    screen display(1600, 1000);
    display.frame(panels, s);
    CHECK(display.items().says("no request is over yet"));
}

TEST_CASE("traces are chosen by click and by key, and lead to their moment") {
    session s(recorded_shop(), 1);
    s.run_until(1h);
    workspace panels;
    panels.show(panel_choice::traces);
    screen display(1600, 1000);
    const auto& slowest = s.view().traces->lists[0];
    display.click(panels, s, "trace 3");
    CHECK(panels.traces().chosen() == slowest[2].id);
    display.type(panels, s, 'j');
    CHECK(panels.traces().chosen() == slowest[3].id);
    display.type(panels, s, 'k');
    CHECK(panels.traces().chosen() == slowest[2].id);
    const commands clicked = display.click(panels, s, "go there");
    REQUIRE(clicked.size() == 1);
    CHECK(clicked[0].what == command::kind::seek);
    CHECK(clicked[0].time == slowest[2].begin);
    CHECK(display.type(panels, s, 'g').at(0).time == slowest[2].begin);
    display.type(panels, s, 'o');
    CHECK(panels.traces().order() == trace_order::failed);
    display.click(panels, s, "slowest");
    CHECK(panels.traces().order() == trace_order::slowest);
}

} // namespace windtunnel::gui
