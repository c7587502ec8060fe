// SPDX-License-Identifier: BSL-1.0
#include "gui/model/history.hpp"

#include <catch2/catch.hpp>

#include "gui/support.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

TEST_CASE("what was recorded between two states of a histogram has its own quantiles") {
    sim::histogram earlier;
    for (int i = 0; i < 1000; ++i)
        earlier.record(1ms);
    sim::histogram later = earlier, alone;
    for (int i = 1; i <= 1000; ++i) {
        later.record(i * 100us);
        alone.record(i * 100us);
    }
    const sim::histogram between = recorded_since(earlier, later);
    CHECK(between.count() == 1000);
    for (const double q : {0.5, 0.95, 0.99})
        CHECK(to_seconds(between.quantile(q)) ==
              Approx(to_seconds(alone.quantile(q))).epsilon(2 * sim::histogram::relative_error));
    CHECK(recorded_since(later, later).empty());
}

TEST_CASE("each request is in exactly one point of the history") {
    session run(spec_of(shop), 1);
    run.run_until(1h);
    const scenario::run_result result = run.run().result();
    const auto& lines = run.view().lines;
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].name == "all workloads");
    std::uint64_t all_sent = 0;
    for (std::size_t w = 0; w < result.workloads.size(); ++w) {
        const auto& workload = result.workloads[w];
        std::uint64_t sent = 0, good = 0, failed = 0;
        duration last{};
        CHECK(lines[w + 1].name == workload.name);
        for (const history_point& p : lines[w + 1].points) {
            CHECK(p.begin == last);
            last = p.end;
            sent += p.sent;
            good += p.good;
            failed += p.failed;
        }
        const auto& whole = workload.traffic.phases.at(scenario::whole_phase);
        CHECK(sent == workload.sent);
        CHECK(good == whole.good());
        CHECK(failed == whole.failed());
        CHECK(last == result.ended);
        all_sent += sent;
    }
    for (const history_point& p : lines[0].points)
        all_sent -= p.sent;
    CHECK(all_sent == 0);
}

TEST_CASE("the points of a second are its rates") {
    session run(spec_of(shop), 1);
    run.run_until(3s);
    const auto& buyers = run.view().lines.at(2);
    REQUIRE(buyers.points.size() == 3);
    CHECK(buyers.points[2].begin == 2s);
    CHECK(buyers.points[2].per_second(buyers.points[2].sent) == Approx(50).margin(1));
    REQUIRE(buyers.points[2].latency);
    CHECK(buyers.points[2].latency->p50 <= buyers.points[2].latency->p95);
    CHECK(buyers.points[2].latency->p95 <= buyers.points[2].latency->p99);
}

} // namespace windtunnel::gui
