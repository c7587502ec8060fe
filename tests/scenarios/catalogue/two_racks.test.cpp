// SPDX-License-Identifier: BSL-1.0
// scenarios/two-racks.json: SimGrid's times against the closed form of its model LV08.
#include <catch2/catch.hpp>
#include <cmath>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

/// Seconds of a message that is alone: links' latencies in s, the narrowest bandwidth in bytes/s.
double lv08(double latency, double bandwidth, double size) {
    return 13.01 * latency + 1.05 * size / (0.97 * bandwidth);
}

constexpr double near_latency = 20e-6, far_latency = 140e-6;
constexpr double near_bandwidth = 1.25e9, far_bandwidth = 125e6;
constexpr double thumbnail = 16'384, image = 4e6, work = 1e-3;

/// A request of no size there, work, the answer back.
double near_time(double size) {
    return lv08(near_latency, near_bandwidth, 0) + work + lv08(near_latency, near_bandwidth, size);
}
double far_time(double size) {
    return lv08(far_latency, far_bandwidth, 0) + work + lv08(far_latency, far_bandwidth, size);
}

} // namespace

TEST_CASE("what the way to the other rack costs is SimGrid's closed form") {
    const scenario_spec spec = shipped("two-racks");
    for (const std::uint64_t seed : seeds) {
        INFO("seed " << seed);
        const auto run = run_once(spec, seed);
        CHECK(run.verdict == verdict::passed);
        CHECK(exit_code(run.verdict) == 0);
        const auto check = [&](const std::string& workload, double expected) {
            INFO(workload);
            const tally t = in_phase(run.merged, workload, "overall");
            CHECK(t.requests == 120);
            CHECK(t.failed() == 0);
            CHECK(to_seconds(t.good_latency.min()) == Approx(expected).margin(10e-9).epsilon(0));
            CHECK(to_seconds(t.good_latency.max()) == Approx(expected).margin(10e-9).epsilon(0));
        };
        check("near thumbnails", near_time(thumbnail));
        check("near images", near_time(image));
        check("far thumbnails", far_time(thumbnail));
        check("far images", far_time(image));
        // four flows share the link: together they take as long as one of four times the size
        check("far albums", far_time(4 * image));
    }
}

TEST_CASE("a thumbnail pays for the way, an image for the link") {
    CHECK(far_time(thumbnail) - near_time(thumbnail) == Approx(3.25e-3).epsilon(0.01));
    CHECK((far_time(image) - far_time(0)) / (near_time(image) - near_time(0)) == Approx(10));
}

} // namespace windtunnel::scenario
